import QtQuick
import "components"

// The whole of a kiosk: the desk behind, the screen of the present state, and what stands on every screen.
Item {
    id: kiosk

    required property var visit
    required property real widthMm
    required property real bodyMm
    required property real smallestMm
    required property string scheme
    required property bool reducedMotion

    readonly property bool atRest: shown === "Rest" || shown === "AskingForCard"
    readonly property bool wide: width > height
    property string shown: ""
    readonly property bool deaf: settling.running

    clip: true
    focus: true

    Binding { target: Theme; property: "pxPerMm"; value: kiosk.width / kiosk.widthMm }
    Binding { target: Theme; property: "bodyPx"; value: kiosk.bodyMm * kiosk.width / kiosk.widthMm }
    Binding { target: Theme; property: "smallestPx"; value: kiosk.smallestMm * kiosk.width / kiosk.widthMm }
    Binding { target: Theme; property: "heightMm"; value: kiosk.height * kiosk.widthMm / kiosk.width }
    Binding { target: Theme; property: "wide"; value: kiosk.wide }
    Binding { target: Theme; property: "scheme"; value: kiosk.scheme }
    Binding { target: Theme; property: "reducedMotion"; value: kiosk.reducedMotion }

    function follow() {
        const content = visit.content
        if (content.screen === shown) {
            (screen.item as ScreenFrame).content = content
            return
        }
        shown = content.screen
        help.visible = false
        screen.setSource("screens/" + content.screen + ".qml", { visit: visit, content: content })
        settling.restart()
        entrance.restart()
    }

    Component.onCompleted: follow()
    Connections {
        target: kiosk.visit
        function onContentChanged() {
            kiosk.follow()
        }
    }

    DeskScene {
        anchors.fill: parent
        horizon: kiosk.atRest ? Math.round(kiosk.height * (kiosk.wide ? 0.47 : 0.585)) : kiosk.height - Theme.ledge
    }
    Loader {
        id: screen

        width: parent.width
        height: parent.height
        focus: !help.visible
    }
    ParallelAnimation {
        id: entrance

        NumberAnimation { target: screen; property: "opacity"; from: Theme.reducedMotion ? 1 : 0; to: 1; duration: Theme.motion; easing.type: Easing.OutQuad }
        NumberAnimation { target: screen; property: "y"; from: Theme.reducedMotion ? 0 : Theme.step; to: 0; duration: Theme.motion; easing.type: Easing.OutQuad }
    }

    LanguageSwitch {
        x: Theme.edge
        y: Theme.topBarY
        languages: kiosk.visit.labels.languages
        current: kiosk.visit.labels.language
        onChosen: code => kiosk.visit.switchLanguage(code)
    }
    HelpButton {
        anchors.right: parent.right
        anchors.rightMargin: Theme.edge
        y: Theme.topBarY
        text: kiosk.visit.labels.help
        onClicked: {
            kiosk.visit.callStaff()
            help.visible = true
            help.forceActiveFocus()
        }
    }
    Words {
        x: Theme.edge
        y: kiosk.height - Theme.ledge + (Theme.ledge - height) / 2
        width: parent.width - 2 * Theme.edge
        visible: text !== ""
        text: [kiosk.visit.content.code, kiosk.visit.content.cure ?? ""].filter(part => part !== "").join("  ·  ")
        size: Theme.small
        maximumLineCount: Theme.wide ? 1 : 2
        elide: Text.ElideRight
    }

    // A shaking hand touches twice: the second touch must not press what has just appeared under it.
    MouseArea {
        anchors.fill: parent
        visible: kiosk.deaf
    }
    Timer {
        id: settling

        interval: 300
    }

    HelpSheet {
        id: help

        anchors.fill: parent
        labels: kiosk.visit.labels
        onClosed: {
            visible = false
            screen.forceActiveFocus()
        }
    }

    // Above everything, taking nothing: each press is a sign of life and goes on to what lies beneath.
    MouseArea {
        anchors.fill: parent
        acceptedButtons: Qt.AllButtons
        Accessible.ignored: true
        onPressed: mouse => {
            kiosk.visit.touch()
            mouse.accepted = false
        }
    }
    Keys.onPressed: event => {
        kiosk.visit.touch()
        event.accepted = false
    }
}
