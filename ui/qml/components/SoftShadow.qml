pragma ComponentBehavior: Bound
import QtQuick
import ".."

// The one soft shadow, under whatever can be touched. Layers instead of an effect: it looks the same without a GPU.
Item {
    id: shadow

    property real radius: Theme.radius
    property real depth: Theme.mm(2.5)

    anchors.fill: parent
    visible: !Theme.contrast

    Repeater {
        model: 8
        Rectangle {
            required property int index
            readonly property real spread: (index - 3) * shadow.depth / 5

            x: -spread
            y: -spread + shadow.depth * 0.6
            width: shadow.width + 2 * spread
            height: shadow.height + 2 * spread
            radius: Math.max(0, shadow.radius + spread)
            color: Theme.shadow
            opacity: Theme.dark ? 0.06 : 0.022
        }
    }
}
