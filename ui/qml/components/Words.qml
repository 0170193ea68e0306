import QtQuick
import ".."

// Text of any size. Always plain: what a card or a registry says is never markup.
Text {
    property real size: Theme.body

    color: Theme.ink
    textFormat: Text.PlainText
    wrapMode: Text.Wrap
    font.family: Theme.family
    font.pixelSize: size
    font.hintingPreference: Font.PreferNoHinting
    lineHeightMode: Text.FixedHeight
    lineHeight: Math.round(size * Theme.lineHeight)
    renderType: Text.NativeRendering
    Accessible.role: Accessible.StaticText
    Accessible.name: text
}
