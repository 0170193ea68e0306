import QtQuick
import QtQuick.Controls.Basic
import ".."

// The one main button of a screen. It says what will happen.
Button {
    id: button

    property string symbol: "forward"

    implicitHeight: Theme.primaryTarget
    implicitWidth: Math.max(Theme.mm(64), row.implicitWidth + 4 * Theme.step)
    padding: 0
    focusPolicy: Qt.StrongFocus
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: Theme.radius
        color: button.down ? Theme.actionPressed : Theme.action

        SoftShadow {
            z: -1
        }
        FocusRing {
            visible: button.visualFocus
        }
    }
    contentItem: Item {
        Row {
            id: row

            anchors.centerIn: parent
            spacing: Theme.mm(4)

            Words {
                anchors.verticalCenter: parent.verticalCenter
                text: button.text
                size: Theme.lead
                wrapMode: Text.NoWrap
                font.weight: Font.Bold
                color: Theme.actionInk
                Accessible.ignored: true
            }
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: button.symbol
                ink: Theme.actionInk
                size: Theme.mm(10)
            }
        }
    }
}
