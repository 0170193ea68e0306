import QtQuick
import ".."

// The face from the chip in its true aspect, like a print with a white border; a plain figure where there is none.
Item {
    id: frame

    required property string source
    required property string name
    property string emptyText: ""
    readonly property real border: Theme.mm(Theme.compact ? 1.5 : 2)
    readonly property bool empty: picture.status !== Image.Ready

    implicitWidth: Theme.mm(36)
    implicitHeight: Theme.mm(46)
    Accessible.role: Accessible.Graphic
    Accessible.name: name

    Rectangle {
        id: sheet

        anchors.centerIn: parent
        width: (frame.empty ? frame.width - 2 * frame.border : picture.paintedWidth) + 2 * frame.border
        height: (frame.empty ? frame.height - 2 * frame.border : picture.paintedHeight) + 2 * frame.border
        color: frame.empty ? Theme.calmPaper : "#FFFFFF"
        radius: Theme.mm(1)
        border.width: Theme.outline
        border.color: Theme.ink

        SoftShadow {
            z: -1
            radius: sheet.radius
        }
    }
    Image {
        id: picture

        anchors.fill: parent
        anchors.margins: frame.border
        source: frame.source
        fillMode: Image.PreserveAspectFit
        // Nothing of a face may stay in a cache.
        cache: false
        mipmap: true
        smooth: true
        Accessible.ignored: true
    }
    Column {
        anchors.centerIn: parent
        visible: frame.empty
        width: parent.width - 4 * frame.border

        Icon {
            anchors.horizontalCenter: parent.horizontalCenter
            name: "card"
            ink: Theme.inkSoft
            size: Theme.mm(12)
        }
        Words {
            width: parent.width
            visible: text !== ""
            text: frame.emptyText
            size: Theme.small
            color: Theme.inkSoft
            horizontalAlignment: Text.AlignHCenter
        }
    }
}
