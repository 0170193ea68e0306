pragma ComponentBehavior: Bound
import QtQuick
import ".."

// What the machine does, in verbs: done with a tick, the present one strong, the rest to come.
Column {
    id: list

    required property var steps

    spacing: Theme.mm(Theme.compact ? 2 : 4)

    Repeater {
        model: list.steps

        Item {
            id: row

            required property var modelData
            readonly property bool finished: modelData.standing === "finished"
            readonly property bool current: modelData.standing === "current"

            width: list.width
            height: Math.max(words.height, badge.height)
            Accessible.role: Accessible.ListItem
            Accessible.name: modelData.text + ": " + modelData.standingName

            Rectangle {
                id: badge

                width: Theme.mm(10)
                height: width
                radius: width / 2
                color: row.finished ? Theme.action : "transparent"
                border.width: row.finished ? 0 : Theme.mm(0.9)
                border.color: row.current ? Theme.action : Theme.track
                anchors.verticalCenter: parent.verticalCenter

                Icon {
                    anchors.centerIn: parent
                    visible: row.finished
                    name: "check"
                    ink: Theme.actionInk
                    size: Theme.mm(7)
                }
                Rectangle {
                    anchors.centerIn: parent
                    visible: row.current
                    width: Theme.mm(4)
                    height: width
                    radius: width / 2
                    color: Theme.action
                }
            }
            Words {
                id: words

                anchors.left: badge.right
                anchors.leftMargin: Theme.step
                anchors.right: parent.right
                anchors.verticalCenter: parent.verticalCenter
                text: row.modelData.text
                size: row.current ? Theme.lead : Theme.body
                font.weight: row.current ? Font.Bold : Font.Normal
                color: row.current ? Theme.ink : Theme.inkSoft
                Accessible.ignored: true
            }
        }
    }
}
