"""The window: QML screens and the view models behind them."""
