"""The central service that kiosks talk to."""
