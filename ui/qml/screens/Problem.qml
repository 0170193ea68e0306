pragma ComponentBehavior: Bound
import QtQuick
import ".."
import "../components"

// What happened in one sentence, what to do now in one button, who helps in one line.
ScreenFrame {
    id: screen

    asideShare: 0.16

    Component {
        id: code

        Item {
            Art {
                name: "scan"
                anchors.centerIn: parent
                width: Math.min(parent.width, parent.height / 0.42)
                height: width * 0.42
            }
        }
    }
    Component {
        id: card

        Item {
            CardOnReader {
                anchors.centerIn: parent
                width: Math.min(parent.width, parent.height * 0.9)
                lift: 0.45
            }
        }
    }
    Component {
        id: reception

        Reception {
            sign: screen.content.sign
            number: screen.content.counter
        }
    }
    Loader {
        anchors.fill: parent
        sourceComponent: screen.content.picture === "code" ? code : screen.content.picture === "card" ? card : reception
    }
    asideContent: Column {
        width: parent.width
        anchors.bottom: parent.bottom

        Words {
            width: parent.width
            visible: text !== ""
            text: screen.content.helper
            color: Theme.inkSoft
        }
        Notice {
            width: parent.width
            visible: text !== ""
            text: screen.content.takeCard
            tone: "attention"
            symbol: "card"
            size: Theme.body
        }
    }
}
