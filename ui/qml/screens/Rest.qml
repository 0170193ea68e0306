import QtQuick
import ".."
import "../components"

// Nobody is here: one picture, one sentence.
ScreenFrame {
    id: screen

    textSymbol: "qr"
    wordsShare: 0.6

    CardArriving {
        parent: screen
        Accessible.ignored: false
        Accessible.role: Accessible.Graphic
        Accessible.name: screen.content.picture
        width: screen.wide ? Math.min(screen.width * 0.44, screen.height * 0.76) : screen.width * 0.94
        x: screen.wide ? screen.width - width - Theme.edge : (screen.width - width) / 2
        y: screen.height - height - (screen.wide ? Theme.mm(4) : Theme.mm(8))
    }
}
