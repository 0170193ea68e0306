import QtQuick
import ".."
import "../components"

// Nobody has moved: one question, the seconds, one button. What was on the screen is covered.
ScreenFrame {
    id: screen

    Rectangle {
        anchors.centerIn: parent
        width: Math.min(parent.width * 0.62, parent.height * 0.8)
        height: width
        radius: width / 2
        color: Theme.tonePaper("done")
        border.width: Theme.outline
        border.color: Theme.ink

        Words {
            anchors.centerIn: parent
            text: screen.content.seconds
            size: Theme.number * 1.25
            font.weight: Font.Bold
            color: Theme.action
            Accessible.ignored: true
        }
    }
}
