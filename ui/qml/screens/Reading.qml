import QtQuick
import "../components"

// The document is read: the ring closes with what is done, the steps say what that is.
ScreenFrame {
    id: screen

    asideShare: 0.31

    ProgressRing {
        id: ring

        anchors.centerIn: parent
        width: Math.min(parent.width * 0.94, parent.height)
        height: width
        fraction: screen.visit.fraction
        Accessible.name: screen.content.progressName

        CardOnReader {
            anchors.horizontalCenter: parent.horizontalCenter
            width: parent.width * 0.8
            y: (parent.height - height) / 2 - headroom * unit * 0.45
            lift: 0
        }
    }
    asideContent: StepList {
        width: parent.width
        anchors.bottom: parent.bottom
        steps: screen.content.steps
    }
}
