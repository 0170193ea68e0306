import QtQuick
import ".."

// Shown around what the keyboard is on.
Rectangle {
    property real gap: Theme.mm(1)

    anchors.fill: parent
    anchors.margins: -gap
    radius: Theme.radius + gap
    color: "transparent"
    border.color: Theme.focus
    border.width: Theme.mm(0.8)
}
