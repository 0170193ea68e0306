pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import ".."

// All languages, each by its own name; the present one is filled in. One touch, on every screen.
Surface {
    id: choice

    required property var languages
    required property string current

    signal chosen(string code)

    implicitWidth: row.implicitWidth + 2 * row.anchors.margins
    implicitHeight: Theme.target

    Row {
        id: row

        anchors.fill: parent
        anchors.margins: 0

        Repeater {
            model: choice.languages

            AbstractButton {
                id: segment

                required property var modelData
                readonly property bool present: modelData.code === choice.current

                height: row.height
                width: Math.max(Theme.target, name.implicitWidth + 2 * Theme.step)
                checkable: false
                focusPolicy: Qt.StrongFocus
                onClicked: choice.chosen(modelData.code)
                Keys.onReturnPressed: clicked()
                Keys.onEnterPressed: clicked()
                Accessible.role: Accessible.RadioButton
                Accessible.name: modelData.name
                Accessible.checked: present

                background: Item {
                    Rectangle {
                        anchors.fill: parent
                        anchors.margins: Theme.mm(1.5)
                        radius: Theme.radius - Theme.mm(1.5)
                        color: segment.present ? Theme.action : "transparent"
                    }
                    FocusRing {
                        visible: segment.visualFocus
                        gap: -Theme.mm(0.8)
                    }
                }
                contentItem: Item {
                    Words {
                        id: name

                        anchors.centerIn: parent
                        text: segment.modelData.name
                        size: Theme.small
                        wrapMode: Text.NoWrap
                        font.weight: Font.Medium
                        color: segment.present ? Theme.actionInk : Theme.ink
                        Accessible.ignored: true
                    }
                }
            }
        }
    }
}
