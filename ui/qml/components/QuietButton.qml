import QtQuick
import QtQuick.Controls.Basic
import ".."

// Back, help and whatever else stands beside the main button.
Button {
    id: button

    property string symbol: ""

    implicitHeight: Theme.target
    implicitWidth: row.implicitWidth + 3 * Theme.step
    padding: 0
    focusPolicy: Qt.StrongFocus
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Surface {
        color: button.down ? Theme.calmPaper : Theme.surface

        FocusRing {
            visible: button.visualFocus
        }
    }
    contentItem: Item {
        Row {
            id: row

            anchors.centerIn: parent
            spacing: Theme.mm(2.5)

            Icon {
                visible: button.symbol !== ""
                anchors.verticalCenter: parent.verticalCenter
                name: button.symbol
                ink: Theme.action
                size: Theme.mm(8)
            }
            Words {
                anchors.verticalCenter: parent.verticalCenter
                text: button.text
                wrapMode: Text.NoWrap
                font.weight: Font.Medium
                Accessible.ignored: true
            }
        }
    }
}
