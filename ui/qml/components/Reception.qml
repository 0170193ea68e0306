import QtQuick
import ".."

// A reception desk with somebody behind it, and the number of the counter on its sign.
Item {
    id: scene

    required property string sign
    required property string number
    readonly property real unit: Math.min(width / 1000, height / 600)

    Accessible.ignored: true

    Art {
        id: drawing

        anchors.centerIn: parent
        name: "reception"
        width: 1000 * scene.unit
        height: 600 * scene.unit

        Column {
            x: 690 * scene.unit
            y: 52 * scene.unit
            width: 220 * scene.unit

            Words {
                width: parent.width
                text: scene.sign
                size: 42 * scene.unit
                wrapMode: Text.NoWrap
                horizontalAlignment: Text.AlignHCenter
                font.weight: Font.Medium
                color: Theme.contrast ? "#000000" : "#FFFFFF"
                Accessible.ignored: true
            }
            Words {
                width: parent.width
                text: scene.number
                size: (scene.number.length > 2 ? 70 : 120) * scene.unit
                lineHeight: 130 * scene.unit
                wrapMode: Text.NoWrap
                horizontalAlignment: Text.AlignHCenter
                font.weight: Font.Bold
                color: Theme.contrast ? "#000000" : "#FFFFFF"
                Accessible.ignored: true
            }
        }
    }
}
