"""Devices in, verified documents out."""
