import QtQuick
import ".."

// One thing that is so, with its icon, its word and its colour.
Rectangle {
    id: notice

    required property string text
    required property string tone
    required property string symbol
    property real size: Theme.lead

    implicitHeight: column.implicitHeight + 2 * pad
    radius: Theme.radius
    color: Theme.tonePaper(tone)
    border.width: Theme.outline
    border.color: Theme.ink

    readonly property real pad: Theme.mm(Theme.compact ? 4 : 6)

    Rectangle {
        id: badge

        x: notice.pad
        y: notice.pad
        width: Math.round(notice.size * Theme.lineHeight)
        height: width
        radius: width / 2
        color: Theme.toneInk(notice.tone)

        Icon {
            anchors.centerIn: parent
            name: notice.symbol
            ink: Theme.tonePaper(notice.tone)
            size: badge.width * 0.66
        }
    }
    Column {
        id: column

        anchors.left: badge.right
        anchors.leftMargin: Theme.mm(5)
        anchors.right: parent.right
        anchors.rightMargin: notice.pad
        y: notice.pad

        Words {
            width: parent.width
            text: notice.text
            size: notice.size
            font.weight: Font.Medium
            color: Theme.toneInk(notice.tone)
        }
    }
}
