import QtQuick
import ".."

// What all screens share: headline and text at the top, a stage for one picture, something beside it, back at the lower
// left, the main button at the right. Upright, all stands below each other; lying, the words and what is aside keep left.
FocusScope {
    id: frame

    required property var visit
    required property var content

    // The headline runs over the whole width, and the stage lies below it, lying screens too.
    property bool spread: false
    // Share of the stage's height that `aside` takes on an upright screen.
    property real asideShare: 0
    property string textSymbol: ""
    property real bottomLimit: actionRow.y - Theme.step * (Theme.compact ? 1.5 : 3)

    readonly property bool wide: width > height
    readonly property bool columns: wide && !spread
    readonly property real gutter: Theme.mm(14)
    readonly property real inner: width - 2 * Theme.edge
    property real wordsShare: 0.5
    readonly property real columnWidth: columns ? Math.round((inner - gutter) * wordsShare) : inner
    readonly property real textBottom: words.y + words.height
    readonly property real stageTop: columns ? Theme.topBarY + Theme.target + Theme.step * 2 : textBottom + Theme.step * (Theme.compact ? 1.5 : 3)
    readonly property real stageHeight: bottomLimit - stageTop
    readonly property real asideHeight: columns ? bottomLimit - asideItem.y : Math.round(stageHeight * asideShare)

    readonly property alias stage: stageArea
    readonly property alias asideArea: asideItem
    default property alias stageContent: stageArea.data
    property alias asideContent: asideItem.data

    anchors.fill: parent
    focus: true

    Column {
        id: words

        x: Theme.edge
        y: Theme.topBarY + Theme.target + Theme.mm(Theme.compact ? 6 : 14)
        width: frame.columnWidth
        spacing: Theme.mm(Theme.compact ? 1 : 3)

        Words {
            width: parent.width
            text: frame.content.headline
            size: Theme.fitting(Theme.headline, text, [38, 48])
            maximumLineCount: 3
            elide: Text.ElideRight
            font.weight: Font.Bold
            font.letterSpacing: -size * 0.01
            Accessible.role: Accessible.Heading
        }
        Row {
            width: parent.width
            visible: frame.content.text !== ""
            spacing: Theme.mm(4)

            Icon {
                id: symbol

                visible: name !== ""
                name: frame.textSymbol
                ink: Theme.inkSoft
                size: Theme.subtitle * Theme.lineHeight
            }
            Words {
                width: parent.width - (symbol.visible ? symbol.width + parent.spacing : 0)
                text: frame.content.text
                size: Theme.subtitle
                color: Theme.inkSoft
            }
        }
    }
    Item {
        id: stageArea

        x: frame.columns ? Theme.edge + frame.columnWidth + frame.gutter : Theme.edge
        y: frame.stageTop
        width: frame.columns ? frame.width - x - Theme.edge : frame.inner
        height: frame.columns ? frame.stageHeight : frame.stageHeight - frame.asideHeight
    }
    Item {
        id: asideItem

        x: Theme.edge
        y: frame.columns ? frame.textBottom + Theme.step * 2 : stageArea.y + stageArea.height
        width: frame.columnWidth
        height: frame.asideHeight
    }
    Item {
        id: actionRow

        x: Theme.edge
        y: frame.height - Theme.ledge - Theme.mm(Theme.compact ? 5 : 12) - height
        width: frame.inner
        height: Theme.primaryTarget

        QuietButton {
            anchors.left: parent.left
            anchors.verticalCenter: parent.verticalCenter
            visible: frame.content.back !== ""
            text: frame.content.back
            symbol: "back"
            onClicked: frame.visit.goBack()
        }
        PrimaryButton {
            anchors.right: parent.right
            visible: frame.content.action !== ""
            focus: true
            text: frame.content.action
            onClicked: frame.visit.goOn()
        }
    }
}
