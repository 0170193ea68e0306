"""Padding method 2 of ISO/IEC 9797-1: a byte 80, then zeros to the end of the block."""

from __future__ import annotations

from crypto.errors import PaddingError


def pad(data: bytes, block: int) -> bytes:
    """Fill `data` to whole blocks of `block` bytes; one byte is always added."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes, block: int) -> bytes:
    """Take the padding off whole blocks of `block` bytes.

    Raises:
        PaddingError: not whole blocks, no padding, or more of it than a block.
    """
    unpadded = data.rstrip(b"\x00")
    if len(data) % block or unpadded[-1:] != b"\x80" or len(data) - len(unpadded) >= block:
        raise PaddingError("wrong padding")
    return unpadded[:-1]
