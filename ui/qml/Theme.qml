pragma Singleton
import QtQuick

// Every token of the design: colour, type, space, motion. Sizes are millimetres until `mm` turns them into pixels.
QtObject {
    id: theme

    // Set once by the window.
    property real pxPerMm: 4
    property real bodyPx: 34
    property real smallestPx: 26
    property real heightMm: 476
    property bool wide: false
    property string scheme: "light"
    property bool reducedMotion: false

    readonly property bool dark: scheme === "dark"
    readonly property bool contrast: scheme === "contrast"

    // Colour
    readonly property color paper: pick("#FBFAF6", "#0E1A18", "#000000")
    readonly property color surface: pick("#FFFFFF", "#1A2926", "#000000")
    readonly property color ink: pick("#10231F", "#EAF3F0", "#FFFFFF")
    readonly property color inkSoft: pick("#3C4F4A", "#B9C7C3", "#FFFFFF")
    readonly property color action: pick("#0B5A54", "#7FD6C8", "#FFE14D")
    readonly property color actionPressed: pick("#08443F", "#A6E6DB", "#FFFFFF")
    readonly property color actionInk: pick("#FFFFFF", "#06302C", "#000000")
    readonly property color track: pick("#DDE8E1", "#263B36", "#5A5A5A")
    readonly property color shadow: pick("#4A3410", "#000000", "#000000")
    readonly property color focus: pick("#0B5A54", "#EAF3F0", "#FFE14D")

    // Words of a state, and what lies behind them: never the colour alone, each has its icon.
    readonly property color doneInk: pick("#14562D", "#E6F4EA", "#FFFFFF")
    readonly property color donePaper: pick("#E6F4EA", "#16302A", "#000000")
    readonly property color attentionInk: pick("#6B4200", "#FFD27A", "#FFFFFF")
    readonly property color attentionPaper: pick("#FFF3D6", "#2B2617", "#000000")
    readonly property color stopInk: pick("#7A2616", "#FBE9E4", "#FFFFFF")
    readonly property color stopPaper: pick("#FBE9E4", "#3A1E18", "#000000")
    readonly property color calmInk: pick("#3C4F4A", "#B9C7C3", "#FFFFFF")
    readonly property color calmPaper: pick("#F0EEE4", "#1A2926", "#000000")

    function pick(light: string, dark: string, contrast: string): string {
        return theme.contrast ? contrast : theme.dark ? dark : light
    }
    function toneInk(tone: string): color {
        return tone === "done" ? doneInk : tone === "attention" ? attentionInk : tone === "stop" ? stopInk : calmInk
    }
    function tonePaper(tone: string): color {
        return tone === "done" ? donePaper : tone === "attention" ? attentionPaper : tone === "stop" ? stopPaper : calmPaper
    }

    // Space: steps of 4 mm; a screen of a desk PC is small enough to take half of them at its edges.
    readonly property bool compact: heightMm < 240
    readonly property real step: mm(4)
    readonly property real edge: mm(compact ? 12 : 16)
    readonly property real radius: mm(4)
    readonly property real target: mm(16)
    readonly property real primaryTarget: mm(compact ? 20 : 24)
    readonly property real outline: contrast ? 3 : 0
    readonly property real topBarY: mm(compact ? 6 : 10)
    readonly property real ledge: mm(compact ? 11 : wide ? 16 : 28)

    function mm(millimetres: real): real {
        return Math.round(millimetres * pxPerMm)
    }

    // Type: Be Vietnam Pro on a scale of 1 : 1.25.
    readonly property string family: "Be Vietnam Pro"
    readonly property real lineHeight: 1.35
    readonly property real small: Math.ceil(Math.max(bodyPx / 1.25, smallestPx))
    readonly property real body: Math.ceil(bodyPx)
    readonly property real lead: Math.ceil(bodyPx * 1.25)
    readonly property real title: Math.ceil(bodyPx * 1.5625)
    readonly property real headline: Math.ceil(bodyPx * (compact ? 1.5625 : wide ? 1.9531 : 2.4414))
    readonly property real number: Math.ceil(bodyPx * (compact ? 3.8147 : wide ? 4.7684 : 5.9605))
    readonly property real subtitle: compact ? body : lead
    // Long names take smaller letters, a step of the scale for each limit that they pass.
    function fitting(size: real, text: string, limits: list<int>): real {
        return limits.reduce((fit, limit) => text.length > limit ? Math.ceil(fit / 1.25) : fit, size)
    }

    // Staff sit close and read much at once.
    readonly property real staff: Math.ceil(bodyPx * 0.64)

    // Motion
    readonly property int motion: reducedMotion ? 0 : 200
}
