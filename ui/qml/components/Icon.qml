import QtQuick

// One of our icons, in any colour. Decoration: the word beside it says the same.
Image {
    required property string name
    required property color ink
    property real size: 24

    width: size
    height: size
    source: name === "" ? "" : "image://icon/" + name + "/" + ink.toString().slice(1)
    sourceSize: Qt.size(size, size)
    Accessible.ignored: true
}
