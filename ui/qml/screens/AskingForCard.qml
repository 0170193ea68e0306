import QtQuick
import ".."
import "../components"

// The code was read: the picture shows what is still to do.
ScreenFrame {
    id: screen

    CardArriving {
        parent: screen
        width: screen.wide ? Math.min(screen.width * 0.44, screen.height * 0.76) : screen.width * 0.8
        x: screen.wide ? screen.width - width - Theme.edge : (screen.width - width) / 2
        y: screen.height - height - (screen.wide ? Theme.mm(4) : Theme.ledge + Theme.mm(30))
    }
}
