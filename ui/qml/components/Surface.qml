import QtQuick
import ".."

// A sheet of white on the paper.
Rectangle {
    property bool raised: true

    radius: Theme.radius
    color: Theme.surface
    border.color: Theme.ink
    border.width: Theme.outline

    SoftShadow {
        z: -1
        radius: parent.radius
        visible: parent.raised && !Theme.contrast
    }
}
