import QtQuick
import ".."

// The card and the reader, seen from where the person stands. `lift` is how far the card is above the reader: 0 lies on it.
Item {
    id: scene

    property real lift: 0
    property bool card: true
    property real cardOpacity: 1

    // The drawings share one scale: 1400 units across, 1180 high, and room for the lifted card above.
    readonly property real headroom: 300
    readonly property real unit: width / 1400
    readonly property real readerCentre: (headroom + 560) * unit

    implicitHeight: (1180 + headroom) * unit
    Accessible.ignored: true

    Art {
        name: "reader"
        y: scene.headroom * scene.unit
        width: 1400 * scene.unit
        height: 1180 * scene.unit
    }
    Art {
        name: "card_shadow"
        visible: scene.card && !Theme.contrast
        width: 1000 * scene.unit
        height: 660 * scene.unit
        x: (200 - 50 * scene.lift) * scene.unit
        y: (scene.headroom + 240 + 26 * scene.lift) * scene.unit
        opacity: scene.cardOpacity * (1 - 0.45 * scene.lift)
    }
    Art {
        name: "card"
        visible: scene.card
        width: 1000 * scene.unit
        height: 660 * scene.unit
        x: (200 + 60 * scene.lift) * scene.unit
        y: (scene.headroom + 221 - 430 * scene.lift) * scene.unit
        opacity: scene.cardOpacity
    }
}
