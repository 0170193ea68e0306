import QtQuick
import "../components"

// Nobody can be served here: where people go instead. The cure, for staff, stands beside the code.
ScreenFrame {
    id: screen

    Reception {
        anchors.fill: parent
        sign: screen.content.sign
        number: screen.content.counter
    }
}
