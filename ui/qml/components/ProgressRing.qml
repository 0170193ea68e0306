import QtQuick
import QtQuick.Shapes
import ".."

// Closes with what is really done. It may stand still; it never goes back, and it starts where the work is.
Item {
    id: ring

    required property real fraction
    property real thickness: Theme.mm(4)
    property color colour: Theme.action
    property real shown: fraction

    onFractionChanged: if (fraction > shown) shown = fraction

    implicitWidth: Theme.mm(80)
    implicitHeight: implicitWidth
    Accessible.role: Accessible.ProgressBar

    Behavior on shown {
        enabled: !Theme.reducedMotion
        NumberAnimation {
            duration: Theme.motion
            easing.type: Easing.OutQuad
        }
    }

    Shape {
        anchors.fill: parent
        preferredRendererType: Shape.CurveRenderer

        ShapePath {
            strokeColor: Theme.track
            strokeWidth: ring.thickness
            fillColor: "transparent"

            PathAngleArc {
                centerX: ring.width / 2
                centerY: ring.height / 2
                radiusX: (ring.width - ring.thickness) / 2
                radiusY: radiusX
                startAngle: 0
                sweepAngle: 360
            }
        }
        ShapePath {
            strokeColor: ring.shown > 0 ? ring.colour : "transparent"
            strokeWidth: ring.thickness
            fillColor: "transparent"
            capStyle: ShapePath.RoundCap

            PathAngleArc {
                centerX: ring.width / 2
                centerY: ring.height / 2
                radiusX: (ring.width - ring.thickness) / 2
                radiusY: radiusX
                startAngle: -90
                sweepAngle: 360 * ring.shown
            }
        }
    }
}
