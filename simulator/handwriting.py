"""Invented signatures: the displayed signature of DG7."""

from __future__ import annotations

import hashlib
import io
import math
from typing import Final

from simulator.drawing import XY, Canvas, Colour

_WIDTH: Final = 360
_HEIGHT: Final = 120
_PAPER: Final[Colour] = (255, 255, 255)
_INK: Final[Colour] = (24, 32, 78)
_STROKES: Final = 24


def signature_jpeg(name: str) -> bytes:
    """A flourish of 360 × 120 pixels; the same name always gives the same one."""
    # Any even distribution does: nothing here is secret.
    swings = hashlib.sha256(name.encode()).digest()[:_STROKES]
    points: list[XY] = []
    for index, swing in enumerate(swings):
        x = (index / (_STROKES - 1) - 0.5) * 0.84 * _WIDTH + 14 * math.sin(2.1 * index)
        height = (0.36 if index < 3 else 0.2) * _HEIGHT * (0.4 + swing / 255)
        points.append((x, 0.52 * _HEIGHT + height * (-1) ** index))
    canvas = Canvas(_WIDTH, _HEIGHT, _PAPER)
    canvas.line(points, 3.2, _INK, taper=True)
    canvas.line([(-0.3 * _WIDTH, 0.86 * _HEIGHT), (0, 0.8 * _HEIGHT), (0.4 * _WIDTH, 0.87 * _HEIGHT)], 2.4, _INK)
    buffer = io.BytesIO()
    canvas.finish().save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
