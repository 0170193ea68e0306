import QtQuick
import ".."

// Laid over any screen when somebody asks for help: where a person is, in one sentence. The visit beneath waits.
FocusScope {
    id: sheet

    required property var labels

    signal closed

    visible: false

    Rectangle {
        anchors.fill: parent
        color: Theme.dark || Theme.contrast ? "#000000" : Theme.ink
        opacity: 0.55
    }
    MouseArea {
        anchors.fill: parent
        onClicked: sheet.closed()
    }
    Surface {
        id: card

        anchors.centerIn: parent
        width: Math.min(parent.width - 2 * Theme.edge, Theme.mm(250))
        height: body.implicitHeight + 2 * Theme.mm(12)

        MouseArea {
            anchors.fill: parent
        }
        Column {
            id: body

            x: Theme.mm(12)
            y: Theme.mm(12)
            width: parent.width - 2 * x
            spacing: Theme.step * 2

            Reception {
                anchors.horizontalCenter: parent.horizontalCenter
                width: Math.min(parent.width, Theme.mm(Theme.compact ? 90 : 140))
                height: width * 0.6
                sign: sheet.labels.sign
                number: sheet.labels.counter
            }
            Words {
                width: parent.width
                text: sheet.labels.helpHeadline
                size: Theme.title
                font.weight: Font.Bold
                Accessible.role: Accessible.Heading
            }
            Words {
                width: parent.width
                text: sheet.labels.helpText
                size: Theme.lead
                color: Theme.inkSoft
            }
            Item {
                width: parent.width
                height: Theme.primaryTarget

                PrimaryButton {
                    anchors.right: parent.right
                    focus: true
                    symbol: "check"
                    text: sheet.labels.close
                    onClicked: sheet.closed()
                }
            }
        }
    }
}
