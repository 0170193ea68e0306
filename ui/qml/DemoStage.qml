import QtQuick
import "components"

// The demo's window: the kiosk in its own frame, and beside it, outside of that frame, the panel that plays the person.
Rectangle {
    id: stage

    required property var demo
    required property real aspect
    required property var visit
    required property real widthMm
    required property real bodyMm
    required property real smallestMm
    required property string scheme
    required property bool reducedMotion

    readonly property real margin: Math.round(height * 0.02)
    readonly property real panelWidth: Math.max(260, Math.min(400, width * 0.36))

    color: "#20262B"

    Item {
        id: place

        width: stage.width - stage.panelWidth
        height: stage.height
    }
    Rectangle {
        anchors.fill: kiosk
        anchors.margins: -Math.round(stage.margin * 0.5)
        radius: stage.margin
        color: "#0B0E10"
    }
    Kiosk {
        id: kiosk

        readonly property real fit: Math.min((place.width - 2 * stage.margin) / stage.aspect, place.height - 2 * stage.margin)

        anchors.centerIn: place
        height: Math.floor(fit)
        width: Math.floor(fit * stage.aspect)
        visit: stage.visit
        widthMm: stage.widthMm
        bodyMm: stage.bodyMm
        smallestMm: stage.smallestMm
        scheme: stage.scheme
        reducedMotion: stage.reducedMotion
    }
    DemoPanel {
        x: place.width
        width: stage.panelWidth
        height: stage.height
        demo: stage.demo
    }
}
