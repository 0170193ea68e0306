import QtQuick
import "../components"

// The card left too early: the ring waits where it is, the picture shows the way back.
ScreenFrame {
    id: screen

    asideShare: 0.31

    ProgressRing {
        anchors.centerIn: parent
        width: Math.min(parent.width * 0.94, parent.height)
        height: width
        fraction: screen.visit.fraction
        Accessible.name: screen.content.progressName

        CardArriving {
            anchors.horizontalCenter: parent.horizontalCenter
            width: parent.width * 0.8
            y: (parent.height - height) / 2 - headroom * unit * 0.45
        }
    }
    asideContent: Notice {
        width: parent.width
        anchors.bottom: parent.bottom
        text: screen.content.countdown
        tone: "attention"
        symbol: "clock"
    }
}
