import QtQuick
import ".."

// The invitation: a card comes down onto the reader, rests, and comes again. Still, with reduced motion: half way down.
CardOnReader {
    id: scene

    lift: 0.8

    SequentialAnimation {
        running: !Theme.reducedMotion && scene.visible
        loops: Animation.Infinite

        PropertyAction { target: scene; property: "lift"; value: 1 }
        NumberAnimation { target: scene; property: "cardOpacity"; from: 0; to: 1; duration: 500; easing.type: Easing.OutQuad }
        PauseAnimation { duration: 500 }
        NumberAnimation { target: scene; property: "lift"; to: 0; duration: 1100; easing.type: Easing.InOutQuad }
        PauseAnimation { duration: 1700 }
        NumberAnimation { target: scene; property: "cardOpacity"; to: 0; duration: 500; easing.type: Easing.InQuad }
        PauseAnimation { duration: 400 }
    }
}
