"""Visits: desks, settings, outbox, vault, audit, tickets. Knows no widget and no chip."""
