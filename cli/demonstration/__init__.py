"""The whole product without hardware: a virtual reader, cards of software, a registry of its own."""
