"""From the states of a visit to what the QML screens bind to."""
