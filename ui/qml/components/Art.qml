import QtQuick
import ".."

// One of our drawings in the colours of the scheme. It is drawn when its size has settled, not at every size on the way.
Image {
    id: art

    required property string name
    property size drawn: Qt.size(0, 0)

    function settle() {
        drawn = Qt.size(width, height)
    }

    onWidthChanged: Qt.callLater(settle)
    onHeightChanged: Qt.callLater(settle)

    source: drawn.width > 0 && drawn.height > 0 ? "image://art/" + name + "/" + Theme.scheme : ""
    sourceSize: drawn
    Accessible.ignored: true
}
