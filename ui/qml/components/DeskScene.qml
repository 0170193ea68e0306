import QtQuick
import ".."

// Daylight on the wall and the wooden desk. The desk comes up when nobody is here and goes down when work begins.
Item {
    id: scene

    // Where the desk's far edge stands, from the top.
    required property real horizon

    Accessible.ignored: true

    Rectangle {
        anchors.fill: parent
        color: Theme.paper
    }
    Art {
        name: "window_light"
        visible: !Theme.contrast
        height: Math.min(scene.width, scene.height)
        width: height
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.topMargin: -height * 0.07
    }
    Item {
        y: scene.horizon
        width: parent.width
        height: scene.height * 0.62

        Behavior on y {
            enabled: !Theme.reducedMotion
            NumberAnimation {
                duration: Theme.motion
                easing.type: Easing.OutQuad
            }
        }

        Rectangle {
            // The desk's shadow on the wall.
            visible: !Theme.contrast
            width: parent.width
            height: Theme.mm(6)
            y: -height
            opacity: 0.5
            gradient: Gradient {
                GradientStop { position: 0; color: "transparent" }
                GradientStop { position: 1; color: Theme.dark ? "#000000" : "#E9DFC8" }
            }
        }
        Art {
            name: "desk"
            anchors.fill: parent
        }
    }
}
