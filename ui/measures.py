"""Sizes of a screen in millimetres, and what they make of text and targets (EN 301 549 clause 5.1.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

CAPITAL_ANGLE_DEGREES: Final = 0.7
"""The angle that a capital H of body text subtends at the viewing distance, at least."""

SMALLEST_CAPITAL_MM: Final = 4.8
"""No text is smaller, whatever the distance (US Section 508, ICT 402.4)."""

CAPITAL_SHARE: Final = 0.74
"""Height of a capital of Be Vietnam Pro as a share of the font size."""

DEFAULT_PITCH_MM: Final = 0.248
"""Of a 21.5 inch screen of 1920 × 1080 pixels: what stands in for a screen that does not know its size."""

_PLAUSIBLE_PITCH_MM: Final = (0.1, 0.6)


@dataclass(frozen=True, slots=True)
class ScreenGeometry:
    """A screen, or the part of one that the kiosk fills: pixels, and the millimetres that they measure."""

    width_px: int
    height_px: int
    width_mm: float
    viewing_distance_mm: float = 500.0

    @property
    def px_per_mm(self) -> float:
        return self.width_px / self.width_mm

    @property
    def body_px(self) -> float:
        """Font size of body text: its capitals subtend `CAPITAL_ANGLE_DEGREES`."""
        capital_mm = self.viewing_distance_mm * math.tan(math.radians(CAPITAL_ANGLE_DEGREES))
        return max(capital_mm, SMALLEST_CAPITAL_MM) / CAPITAL_SHARE * self.px_per_mm

    @property
    def smallest_px(self) -> float:
        """Font size of the smallest text on a screen for the public."""
        return SMALLEST_CAPITAL_MM / CAPITAL_SHARE * self.px_per_mm

    def scaled_into(self, width_px: int, height_px: int) -> ScreenGeometry:
        """The same screen drawn smaller or larger: the greatest size of its aspect that fits into the given pixels."""
        scale = min(width_px / self.width_px, height_px / self.height_px)
        width, height = (max(1, int(side * scale)) for side in (self.width_px, self.height_px))
        return ScreenGeometry(width, height, self.width_mm, self.viewing_distance_mm)


PORTRAIT: Final = ScreenGeometry(1080, 1920, 1080 * DEFAULT_PITCH_MM)
"""A kiosk of 21.5 inches, upright."""
LANDSCAPE: Final = ScreenGeometry(1920, 1080, 1920 * DEFAULT_PITCH_MM)
"""The same screen, lying."""
DESK: Final = ScreenGeometry(1366, 768, 344.0)
"""A desk PC or a laptop of 15.6 inches."""


def measured(width_px: int, height_px: int, reported_mm: float | None, viewing_distance_mm: float) -> ScreenGeometry:
    """The geometry of a real screen; a width that cannot be true (EDID often lies) gives way to the default pitch."""
    low, high = _PLAUSIBLE_PITCH_MM
    if reported_mm is None or not low <= reported_mm / width_px <= high:
        reported_mm = width_px * DEFAULT_PITCH_MM
    return ScreenGeometry(width_px, height_px, reported_mm, viewing_distance_mm)
