pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import ".."

// Ten digits and one that takes back. A touch that lands a little to the right of a key still hits it.
Grid {
    id: pad

    required property var keys
    required property string eraseName
    property real keyWidth: Theme.mm(28)
    property real keyHeight: Theme.mm(20)
    readonly property real gap: Theme.step

    signal typed(string digit)
    signal erased

    columns: 3

    component Key: Button {
        id: key

        property string symbol: ""

        width: pad.keyWidth + pad.gap / 2
        height: pad.keyHeight + pad.gap
        rightInset: pad.gap / 2
        bottomInset: pad.gap
        padding: 0
        focusPolicy: Qt.StrongFocus

        background: Surface {
            color: key.down ? Theme.donePaper : Theme.surface

            FocusRing {
                visible: key.visualFocus
            }
        }
        contentItem: Item {
            Words {
                anchors.centerIn: parent
                anchors.horizontalCenterOffset: -key.rightInset / 2
                anchors.verticalCenterOffset: -key.bottomInset / 2
                text: key.text
                size: Theme.title
                font.weight: Font.Medium
                Accessible.ignored: true
            }
            Icon {
                anchors.centerIn: parent
                anchors.horizontalCenterOffset: -key.rightInset / 2
                anchors.verticalCenterOffset: -key.bottomInset / 2
                visible: key.symbol !== ""
                name: key.symbol
                ink: Theme.ink
                size: Theme.mm(12)
            }
        }
    }

    columnSpacing: gap / 2

    Repeater {
        model: pad.keys.slice(0, 9)

        Key {
            required property var modelData

            text: modelData.digit
            Accessible.name: modelData.name
            onClicked: pad.typed(modelData.digit)
        }
    }
    Item {
        width: pad.keyWidth + pad.gap / 2
        height: 1
    }
    Key {
        readonly property var zero: pad.keys[9]

        text: zero.digit
        Accessible.name: zero.name
        onClicked: pad.typed(zero.digit)
    }
    Key {
        symbol: "erase"
        Accessible.name: pad.eraseName
        onClicked: pad.erased()
    }
}
