"""Chips, issuers and devices that exist only in software."""
