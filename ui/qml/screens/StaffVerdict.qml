pragma ComponentBehavior: Bound
import QtQuick
import ".."
import "../components"

// For the officer at a counter, dense: the portrait large in its true aspect, the verdict in one word, its checks below.
ScreenFrame {
    id: screen

    readonly property real gap: Theme.mm(Theme.compact ? 5 : 8)
    readonly property real rowHeight: Math.min(Theme.staff * 1.6, checks.height / Math.max(1, content.checks.length))

    wordsShare: 0.54
    asideShare: 0.54

    component Labelled: Column {
        id: labelled

        required property string label
        required property string value
        property color ink: Theme.ink
        property real size: Theme.compact ? Theme.staff : Theme.staff * 1.1

        Words {
            text: labelled.label
            size: Theme.staff * 0.86
            lineHeight: Math.round(size * 1.2)
            color: Theme.inkSoft
        }
        Words {
            width: labelled.width
            text: labelled.value
            size: labelled.size
            lineHeight: Math.round(size * 1.25)
            wrapMode: Text.WrapAnywhere
            font.weight: Font.Medium
            color: labelled.ink
        }
    }

    component CheckRow: Item {
        id: row

        required property var modelData

        Accessible.role: Accessible.ListItem
        Accessible.name: [modelData.name, modelData.status, modelData.reason].filter(part => part !== "").join(", ")

        Icon {
            id: mark

            anchors.verticalCenter: parent.verticalCenter
            name: row.modelData.icon
            ink: Theme.toneInk(row.modelData.tone)
            size: Theme.staff * 1.1
        }
        Words {
            anchors.left: mark.right
            anchors.leftMargin: Theme.mm(2)
            anchors.right: status.left
            anchors.rightMargin: Theme.mm(2)
            anchors.verticalCenter: parent.verticalCenter
            text: row.modelData.name
            size: Theme.staff
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        Words {
            id: status

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            text: row.modelData.status
            size: Theme.staff
            wrapMode: Text.NoWrap
            font.weight: Font.Medium
            color: Theme.toneInk(row.modelData.tone)
            Accessible.ignored: true
        }
    }

    readonly property Item person: Item {
        parent: screen.columns ? screen.asideArea : screen.stage
        anchors.fill: parent

        PortraitFrame {
            id: face

            width: Math.round(parent.width * (Theme.compact ? 0.4 : 0.44))
            height: Math.min(parent.height, width * 1.34)
            source: screen.visit.portrait
            name: screen.content.portraitName
            emptyText: screen.content.noPortrait
        }
        Column {
            anchors.left: face.right
            anchors.leftMargin: screen.gap
            anchors.right: parent.right
            spacing: Theme.mm(Theme.compact ? 1.5 : 4)

            Rectangle {
                width: parent.width
                height: verdict.height + 2 * Theme.mm(Theme.compact ? 1.5 : 3)
                radius: Theme.radius
                color: Theme.tonePaper(screen.content.verdict.tone)
                border.width: Theme.outline
                border.color: Theme.ink

                Row {
                    id: verdict

                    x: Theme.mm(4)
                    anchors.verticalCenter: parent.verticalCenter
                    spacing: Theme.mm(3)

                    Icon {
                        anchors.verticalCenter: parent.verticalCenter
                        name: screen.content.verdict.icon
                        ink: Theme.toneInk(screen.content.verdict.tone)
                        size: Theme.mm(10)
                    }
                    Words {
                        text: screen.content.verdict.text
                        size: Theme.compact ? Theme.lead : Theme.title
                        wrapMode: Text.NoWrap
                        font.weight: Font.Bold
                        color: Theme.toneInk(screen.content.verdict.tone)
                    }
                }
            }
            Labelled {
                width: parent.width
                visible: screen.content.reasons.length > 0
                label: screen.content.reasonsLabel
                value: screen.content.reasons.join("\n")
                size: Theme.staff * 0.92
                ink: Theme.toneInk(screen.content.verdict.tone)
            }
            Grid {
                id: facts

                width: parent.width
                columns: Theme.compact ? 2 : 1
                rowSpacing: parent.spacing
                columnSpacing: Theme.mm(2)

                Repeater {
                    model: screen.content.facts

                    Labelled {
                        required property var modelData

                        width: (facts.width - (facts.columns - 1) * facts.columnSpacing) / facts.columns
                        label: modelData.label
                        value: modelData.value
                    }
                }
            }
        }
    }
    readonly property Item list: Item {
        id: checks

        parent: screen.columns ? screen.stage : screen.asideArea
        anchors.fill: parent
        anchors.topMargin: screen.columns ? 0 : screen.gap

        Accessible.role: Accessible.List
        Accessible.name: screen.content.checksLabel

        Column {
            Repeater {
                model: screen.content.checks

                CheckRow {
                    width: checks.width
                    height: screen.rowHeight
                }
            }
        }
    }
}
