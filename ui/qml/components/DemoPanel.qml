pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import ".."

// Buttons that play the person and the world. Plain and grey, so that nobody takes them for the kiosk.
Rectangle {
    id: panel

    required property var demo

    readonly property real unit: Math.max(12, Math.min(17, height / 68))
    readonly property color ink: "#E8ECEF"
    readonly property color faint: "#AEB9C2"

    color: "#2B3238"

    component PanelText: Text {
        width: parent.width
        color: panel.ink
        textFormat: Text.PlainText
        wrapMode: Text.Wrap
        font.family: Theme.family
        font.pixelSize: panel.unit
        renderType: Text.NativeRendering
    }

    Flickable {
        anchors.fill: parent
        anchors.margins: panel.unit * 1.4
        contentHeight: column.height
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        Column {
            id: column

            width: parent.width
            spacing: panel.unit * 0.6

            PanelText {
                text: panel.demo.content.title
                font.pixelSize: panel.unit * 1.35
                font.weight: Font.Bold
            }
            PanelText {
                text: panel.demo.content.explanation
                color: panel.faint
            }
            Repeater {
                model: panel.demo.content.groups

                Column {
                    id: group

                    required property var modelData

                    width: column.width
                    topPadding: panel.unit * 0.8
                    spacing: panel.unit * 0.4

                    PanelText {
                        text: group.modelData.heading
                        font.weight: Font.Medium
                        color: panel.faint
                    }
                    Repeater {
                        model: group.modelData.controls

                        Button {
                            id: control

                            required property var modelData

                            width: group.width
                            height: label.implicitHeight + panel.unit * 1.1
                            padding: 0
                            text: modelData.label
                            onClicked: panel.demo.press(modelData.id)

                            background: Rectangle {
                                radius: panel.unit * 0.4
                                color: control.down ? "#56636E" : control.hovered ? "#48545E" : "#3B454D"
                                border.width: control.visualFocus ? 2 : 0
                                border.color: panel.ink
                            }
                            contentItem: Item {
                                PanelText {
                                    id: label

                                    x: panel.unit * 0.8
                                    width: parent.width - 2 * x
                                    anchors.verticalCenter: parent.verticalCenter
                                    text: control.text
                                }
                            }
                        }
                    }
                }
            }
            PanelText {
                topPadding: panel.unit
                text: panel.demo.note
                color: panel.faint
            }
        }
    }
}
