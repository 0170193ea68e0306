import QtQuick
import QtQuick.Controls.Basic
import ".."

// One place to go: its name large, the way there, how many wait.
Button {
    id: card

    required property string place
    required property string waiting

    padding: 0
    focusPolicy: Qt.StrongFocus
    Accessible.name: [text, place, waiting].filter(part => part !== "").join(", ")
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    readonly property real pad: Theme.mm(Theme.compact ? 4 : 7)

    background: Surface {
        color: card.down ? Theme.donePaper : Theme.surface

        FocusRing {
            visible: card.visualFocus
        }
    }
    contentItem: Item {
        Words {
            x: card.pad
            y: card.pad
            width: parent.width - 2 * card.pad
            text: card.text
            size: Theme.compact ? Theme.body : Theme.title
            lineHeight: Math.round(size * (Theme.compact ? 1.2 : Theme.lineHeight))
            font.weight: Font.Bold
            maximumLineCount: 2
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        Column {
            x: card.pad
            anchors.bottom: parent.bottom
            anchors.bottomMargin: card.pad
            width: parent.width - 3 * card.pad - arrow.width

            Words {
                width: parent.width
                text: card.place
                size: Theme.small
                lineHeight: Math.round(size * (Theme.compact ? 1.2 : Theme.lineHeight))
                Accessible.ignored: true
            }
            Words {
                width: parent.width
                visible: text !== ""
                text: card.waiting
                size: Theme.small
                lineHeight: Math.round(size * (Theme.compact ? 1.2 : Theme.lineHeight))
                color: Theme.inkSoft
                Accessible.ignored: true
            }
        }
        Icon {
            id: arrow

            anchors.right: parent.right
            anchors.rightMargin: card.pad
            anchors.bottom: parent.bottom
            anchors.bottomMargin: card.pad
            name: "forward"
            ink: Theme.action
            size: Theme.mm(10)
        }
    }
}
