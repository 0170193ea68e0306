import QtQuick
import "../components"

// All personal data is gone; take the card.
ScreenFrame {
    id: screen

    CardOnReader {
        anchors.centerIn: parent
        width: Math.min(parent.width, parent.height * 0.9)
        card: screen.content.cardPresent
        lift: 0.9
    }
}
