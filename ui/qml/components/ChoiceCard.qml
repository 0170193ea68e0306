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
    readonly property real leading: Theme.compact ? 1.2 : Theme.lineHeight

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
            size: Theme.fitting(Theme.compact ? Theme.body : Theme.title, text, Theme.compact ? [20] : [20, 34])
            lineHeight: Math.round(size * card.leading)
            maximumLineCount: Theme.compact ? 2 : 3
            elide: Text.ElideRight
            font.weight: Font.Bold
            Accessible.ignored: true
        }
        Column {
            x: card.pad
            anchors.bottom: parent.bottom
            anchors.bottomMargin: card.pad
            width: parent.width - 2 * card.pad

            Words {
                width: parent.width - (card.waiting === "" ? arrow.width + card.pad : 0)
                text: card.place
                size: Theme.small
                lineHeight: Math.round(size * card.leading)
                maximumLineCount: Theme.compact ? 1 : 2
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            Words {
                width: parent.width - arrow.width - card.pad
                visible: text !== ""
                text: card.waiting
                size: Theme.small
                lineHeight: Math.round(size * card.leading)
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
