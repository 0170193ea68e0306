pragma ComponentBehavior: Bound
import QtQuick
import ".."
import "../components"

// The person is greeted: small portrait, who it is, and the insurance in one sentence.
ScreenFrame {
    id: screen

    asideShare: 0.46

    Surface {
        id: person

        readonly property real pad: Theme.mm(Theme.compact ? 6 : 10)

        width: parent.width
        height: Math.min(parent.height, Math.max(Theme.mm(Theme.compact ? 90 : 136), who.implicitHeight + 2 * pad))
        y: screen.columns ? (parent.height - height) * 0.4 : parent.height - height

        PortraitFrame {
            id: face

            x: person.pad
            anchors.verticalCenter: parent.verticalCenter
            width: parent.width * (screen.columns ? 0.36 : 0.4)
            height: Math.min(width * 1.3, parent.height - 2 * person.pad)
            source: screen.visit.portrait
            name: screen.content.portraitName
        }
        Column {
            id: who

            anchors.left: face.right
            anchors.leftMargin: person.pad
            anchors.right: parent.right
            anchors.rightMargin: person.pad
            anchors.verticalCenter: parent.verticalCenter
            spacing: Theme.mm(Theme.compact ? 2 : 4)

            Words {
                width: parent.width
                text: screen.content.name
                size: Theme.fitting(Theme.compact ? Theme.lead : Theme.title, text, [20, 30])
                maximumLineCount: 3
                elide: Text.ElideRight
                font.weight: Font.Bold
            }
            Repeater {
                model: screen.content.facts

                Column {
                    id: fact

                    required property var modelData

                    width: parent.width

                    Words {
                        text: fact.modelData.label
                        size: Theme.small
                        lineHeight: Math.round(size * 1.2)
                        color: Theme.inkSoft
                    }
                    Words {
                        text: fact.modelData.value
                        font.weight: Font.Medium
                    }
                }
            }
            Row {
                spacing: Theme.mm(2)
                width: parent.width

                Icon {
                    id: seal

                    name: screen.content.genuine.icon
                    ink: Theme.toneInk(screen.content.genuine.tone)
                    size: Theme.mm(9)
                }
                Words {
                    width: parent.width - seal.width - parent.spacing
                    text: screen.content.genuine.text
                    size: Theme.small
                    font.weight: Font.Medium
                    color: Theme.toneInk(screen.content.genuine.tone)
                }
            }
        }
    }
    asideContent: Repeater {
        model: screen.content.notices

        Notice {
            required property var modelData

            y: screen.columns ? 0 : Theme.step * 2
            width: parent.width
            text: modelData.text
            tone: modelData.tone
            symbol: modelData.icon
            size: Theme.compact ? Theme.lead : Theme.title
        }
    }
}
