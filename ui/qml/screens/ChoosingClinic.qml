pragma ComponentBehavior: Bound
import QtQuick
import ".."
import "../components"

// Where to today: up to six large cards, most used first; more of them a page further.
ScreenFrame {
    id: screen

    property int page: 0
    readonly property int pages: Math.ceil(content.clinics.length / content.page)
    readonly property var shown: content.clinics.slice(page * content.page, (page + 1) * content.page)
    readonly property int across: wide ? 3 : 2
    readonly property real gap: Theme.mm(Theme.compact ? 4 : 6)

    spread: true

    Grid {
        id: grid

        width: parent.width
        columns: screen.across
        spacing: screen.gap

        readonly property int rows_: Math.ceil(screen.content.page / columns)
        readonly property real cellWidth: (width - (columns - 1) * spacing) / columns
        readonly property real cellHeight: Math.min(Theme.mm(92), (parent.height - (rows_ - 1) * spacing) / rows_)

        Repeater {
            model: screen.shown

            ChoiceCard {
                required property var modelData

                width: grid.cellWidth
                height: grid.cellHeight
                text: modelData.name
                place: modelData.place
                waiting: modelData.waiting
                onClicked: screen.visit.chooseClinic(modelData.id)
            }
        }
    }
    QuietButton {
        parent: screen
        anchors.right: parent.right
        anchors.rightMargin: Theme.edge
        y: screen.height - Theme.ledge - Theme.mm(Theme.compact ? 5 : 12) - Theme.primaryTarget
        height: Theme.primaryTarget
        visible: screen.content.more !== ""
        text: screen.content.more
        symbol: "forward"
        onClicked: screen.page = (screen.page + 1) % screen.pages
    }
}
