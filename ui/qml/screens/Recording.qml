pragma ComponentBehavior: Bound
import QtQuick
import ".."
import "../components"

// The record is being stored; nothing is confirmed yet.
ScreenFrame {
    id: screen

    Column {
        anchors.centerIn: parent
        width: parent.width
        spacing: Theme.step * 3

        Row {
            anchors.horizontalCenter: parent.horizontalCenter
            spacing: Theme.mm(8)

            Repeater {
                model: 3

                Rectangle {
                    id: dot

                    required property int index

                    width: Theme.mm(12)
                    height: width
                    radius: width / 2
                    color: Theme.action
                    opacity: Theme.reducedMotion ? 0.35 + 0.3 * index : 0.3

                    SequentialAnimation on opacity {
                        running: !Theme.reducedMotion
                        loops: Animation.Infinite

                        PauseAnimation { duration: 220 * dot.index }
                        NumberAnimation { to: 1; duration: 420; easing.type: Easing.InOutQuad }
                        NumberAnimation { to: 0.3; duration: 420; easing.type: Easing.InOutQuad }
                        PauseAnimation { duration: 220 * (2 - dot.index) }
                    }
                }
            }
        }
        Words {
            width: parent.width
            visible: text !== ""
            text: screen.content.place
            size: Theme.title
            font.weight: Font.Bold
            horizontalAlignment: Text.AlignHCenter
        }
    }
}
