"""Measurements, run by hand. What counts is how the figures of one run stand to each other."""
