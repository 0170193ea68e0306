pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Shapes
import ".."

// The ticket as paper: the number large, where to go below it, torn off at the lower edge.
Item {
    id: ticket

    required property string numberLabel
    required property string number
    required property string place
    required property string room
    required property string waiting
    required property string issued

    readonly property real pad: Theme.mm(Theme.compact ? 4 : 12)
    readonly property real tooth: Theme.mm(3)
    readonly property color paper: Theme.surface

    implicitHeight: column.implicitHeight + 2 * pad + tooth

    function outline(dy: real): string {
        const count = Math.round(width / (2 * tooth))
        const w = width / count
        const bottom = height - tooth + dy
        let path = "M0 " + (Theme.radius + dy) + " Q0 " + dy + " " + Theme.radius + " " + dy
            + " H" + (width - Theme.radius) + " Q" + width + " " + dy + " " + width + " " + (Theme.radius + dy)
            + " V" + bottom
        for (let i = count; i > 0; i--)
            path += " L" + (i - 0.5) * w + " " + (bottom + tooth) + " L" + (i - 1) * w + " " + bottom
        return path + " Z"
    }

    Repeater {
        model: Theme.contrast ? 0 : 6

        Shape {
            id: layer

            required property int index

            anchors.fill: parent
            opacity: Theme.dark ? 0.10 : 0.035
            preferredRendererType: Shape.CurveRenderer

            ShapePath {
                strokeWidth: (5 - layer.index) * Theme.mm(1)
                strokeColor: Theme.shadow
                fillColor: Theme.shadow
                joinStyle: ShapePath.RoundJoin

                PathSvg {
                    path: ticket.outline(Theme.mm(1.2))
                }
            }
        }
    }
    Shape {
        anchors.fill: parent
        preferredRendererType: Shape.CurveRenderer

        ShapePath {
            strokeWidth: Theme.contrast ? 3 : -1
            strokeColor: Theme.ink
            fillColor: ticket.paper

            PathSvg {
                path: ticket.outline(0)
            }
        }
    }
    Column {
        id: column

        x: ticket.pad
        y: ticket.pad
        width: ticket.width - 2 * ticket.pad

        Words {
            width: parent.width
            text: ticket.numberLabel
            size: Theme.body
            color: Theme.inkSoft
            horizontalAlignment: Text.AlignHCenter
        }
        Words {
            id: number

            width: parent.width
            text: ticket.number
            size: Theme.number * (ticket.number.length > 5 ? 0.8 : 1)
            lineHeight: Math.round(size * (Theme.compact ? 1.05 : 1.15))
            wrapMode: Text.NoWrap
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Theme.title
            font.weight: Font.Bold
            color: Theme.action
            horizontalAlignment: Text.AlignHCenter
        }
        Item {
            width: 1
            height: ticket.place === "" || Theme.compact ? 0 : Theme.step
        }
        Words {
            width: parent.width
            visible: text !== ""
            text: ticket.place
            size: Theme.fitting(Theme.title, text, Theme.compact ? [18, 26] : [24])
            maximumLineCount: 2
            elide: Text.ElideRight
            font.weight: Font.Bold
            horizontalAlignment: Text.AlignHCenter
        }
        Words {
            width: parent.width
            visible: text !== ""
            text: ticket.room
            size: Theme.lead
            horizontalAlignment: Text.AlignHCenter
        }
        Item {
            width: 1
            height: Theme.compact ? Theme.mm(2) : Theme.step * 1.5
        }
        Row {
            anchors.horizontalCenter: parent.horizontalCenter
            visible: ticket.waiting !== ""
            spacing: Theme.mm(3)

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: "people"
                ink: Theme.inkSoft
                size: Theme.mm(8)
            }
            Words {
                text: ticket.waiting
                wrapMode: Text.NoWrap
                color: Theme.inkSoft
            }
        }
        Words {
            width: parent.width
            text: ticket.issued
            size: Theme.small
            color: Theme.inkSoft
            horizontalAlignment: Text.AlignHCenter
        }
    }
}
