import QtQuick
import ".."
import "../components"

// A card without a key: its QR code, or the twelve digits.
ScreenFrame {
    id: screen

    readonly property bool roomForPicture: !wide

    Keys.onPressed: event => {
        if (event.text >= "0" && event.text <= "9" && event.text.length === 1) {
            visit.typeDigit(event.text)
            event.accepted = true
        } else if (event.key === Qt.Key_Backspace || event.key === Qt.Key_Delete) {
            visit.eraseDigit()
            event.accepted = true
        }
    }

    asideShare: 0
    asideContent: NumberPlaces {
        visible: screen.columns
        width: parent.width
        marks: screen.content.places
        name: screen.content.typed
        wanting: screen.content.rejected
    }

    Art {
        id: picture

        visible: screen.roomForPicture
        name: "scan"
        width: Math.min(parent.width, Theme.mm(150))
        height: width * 0.42
        anchors.horizontalCenter: parent.horizontalCenter
        y: Theme.step
    }
    NumberPlaces {
        id: places

        visible: !screen.columns
        width: parent.width
        y: picture.y + picture.height + Theme.step * 3
        marks: screen.content.places
        name: screen.content.typed
        wanting: screen.content.rejected
    }
    Keypad {
        y: screen.columns ? (parent.height - height) / 2 + Theme.step : places.y + places.height + Theme.step * 2
        keyWidth: (parent.width - 2 * gap) / 3
        keyHeight: Math.min(Theme.mm(30), ((screen.columns ? parent.height : parent.height - y) - 4 * Theme.step) / 4)
        keys: screen.content.keys
        eraseName: screen.content.erase
        onTyped: digit => screen.visit.typeDigit(digit)
        onErased: screen.visit.eraseDigit()
    }
}
