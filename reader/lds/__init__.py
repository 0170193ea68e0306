"""The logical data structure of Doc 9303-10: every elementary file, parsed and encoded."""
