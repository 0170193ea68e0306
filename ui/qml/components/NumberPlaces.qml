pragma ComponentBehavior: Bound
import QtQuick
import ".."

// Twelve places in groups of three, filled as the number is typed.
Row {
    id: places

    required property var marks
    required property string name
    property bool wanting: false
    readonly property real groupGap: Theme.step
    readonly property real gap: Theme.mm(1.5)
    readonly property real place: (width - 3 * groupGap - 8 * gap) / 12
    readonly property int typed: marks.filter(mark => mark !== "").length

    spacing: groupGap
    Accessible.role: Accessible.StaticText
    Accessible.name: name

    Repeater {
        model: 4

        Row {
            id: group

            required property int index

            spacing: places.gap

            Repeater {
                model: 3

                Rectangle {
                    id: box

                    required property int index
                    readonly property int at: group.index * 3 + index
                    readonly property bool next: at === places.typed

                    width: places.place
                    height: Theme.mm(17)
                    radius: Theme.mm(2)
                    color: places.marks[at] === "" ? Theme.calmPaper : Theme.surface
                    border.width: next || places.wanting || Theme.contrast ? Theme.mm(0.7) : 0
                    border.color: places.wanting ? Theme.attentionInk : next ? Theme.action : Theme.ink

                    Words {
                        anchors.centerIn: parent
                        text: places.marks[box.at]
                        size: Math.min(Theme.title, box.width * 0.95)
                        font.weight: Font.Bold
                        Accessible.ignored: true
                    }
                }
            }
        }
    }
}
