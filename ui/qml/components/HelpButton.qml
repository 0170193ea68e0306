
// Calls staff. Always in the same corner, on every screen.
QuietButton {
    symbol: "bell"
}
