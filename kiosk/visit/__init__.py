"""One person's passage through a desk, as an explicit state machine."""
