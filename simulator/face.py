"""Drawn portraits of invented people: the face image of DG2, as a rule 413 × 531 pixels and 15 to 20 kB."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image

from simulator.face_painter import FacePainter
from simulator.look import Look

_LARGEST_JPEG: Final = 19_000
"""Bytes: leaves room to pad the finished DG2 to the 19,967 bytes of the benchmark."""
_BEST_QUALITY: Final = 98
_LEAST_QUALITY: Final = 60
_JPEG_2000_RATE: Final = 36
"""Of the picture's bytes to those of its JPEG 2000: 18 kB."""


def draw(look: Look) -> Image.Image:
    """The portrait as an RGB image of 413 × 531 pixels; the same look always gives the same picture."""
    return FacePainter(look).paint()


def portrait_jpeg(look: Look, *, scale: int = 1, largest: int = _LARGEST_JPEG) -> bytes:
    """The portrait as the best JPEG of at most `largest` bytes.

    Args:
        scale: how many times as many pixels in either direction.
    """
    image = draw(look)
    if scale > 1:
        image = image.resize((scale * image.width, scale * image.height), Image.Resampling.LANCZOS)
    encoded = b""
    for quality in range(_BEST_QUALITY, _LEAST_QUALITY, -1):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True, dpi=(300, 300))
        encoded = buffer.getvalue()
        if len(encoded) <= largest:
            break
    return encoded


def portrait_jpeg_2000(look: Look, *, codestream: bool) -> bytes:
    """The portrait as a JP2 file, or as the bare codestream that many passports hold."""
    buffer = io.BytesIO()
    draw(look).save(
        buffer,
        "JPEG2000",
        quality_mode="rates",
        quality_layers=[_JPEG_2000_RATE],
        irreversible=True,
        no_jp2=codestream,
    )
    return buffer.getvalue()


def pad_jpeg(jpeg: bytes, size: int) -> bytes:
    """The same picture in exactly `size` bytes, by a comment segment at its beginning (ISO 10918-1, B.2.4.5).

    Raises ValueError where `size` leaves no room for the segment's four bytes of header, or is beyond one segment.
    """
    missing = size - len(jpeg)
    if missing == 0:
        return jpeg
    if not 4 <= missing <= 2 + 0xFFFF:
        raise ValueError(f"a JPEG of {len(jpeg)} bytes cannot be padded to {size}")
    length = missing - 2
    return jpeg[:2] + b"\xff\xfe" + length.to_bytes(2, "big") + bytes(length - 2) + jpeg[2:]
