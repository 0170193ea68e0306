import QtQuick
import ".."
import "../components"

// The number, the way, and that it is recorded.
ScreenFrame {
    id: screen

    asideShare: 0.24

    TicketView {
        width: Math.min(parent.width, Theme.mm(190))
        height: implicitHeight
        anchors.centerIn: parent
        numberLabel: screen.content.numberLabel
        number: screen.content.number
        place: screen.content.place
        room: screen.content.room
        waiting: screen.content.waiting
        issued: screen.content.issued
    }
    asideContent: Column {
        width: parent.width
        anchors.bottom: parent.bottom
        spacing: Theme.step

        Notice {
            width: parent.width
            text: screen.content.recorded.text
            tone: screen.content.recorded.tone
            symbol: screen.content.recorded.icon
            size: Theme.body
        }
        Notice {
            width: parent.width
            visible: text !== ""
            text: screen.content.takeCard
            tone: "attention"
            symbol: "card"
            size: Theme.body
        }
    }
}
