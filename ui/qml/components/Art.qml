import QtQuick
import ".."

// One of our drawings in the colours of the scheme.
Image {
    required property string name

    source: "image://art/" + name + "/" + Theme.scheme
    sourceSize: Qt.size(width, height)
    Accessible.ignored: true
}
