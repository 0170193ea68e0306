"""Smooth flat shapes on a Pillow image: the brush of the drawn portraits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
XY = tuple[float, float]

_SUPERSAMPLING: Final = 3
_STEPS_PER_SPAN: Final = 10


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour `share` (0 to 1) of the way from `first` to `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def mirrored(half: Sequence[XY]) -> list[XY]:
    """A closed outline, symmetric in x = 0, from its right half listed from top to bottom."""
    return [*half, *((-x, y) for x, y in reversed(half) if x != 0)]


def _spline(points: Sequence[XY], closed: bool) -> list[XY]:
    """A Catmull-Rom spline through `points`, as a polyline."""
    count = len(points)
    curve: list[XY] = []
    for index in range(count if closed else count - 1):
        neighbours = [index + offset for offset in (-1, 0, 1, 2)]
        anchors = [points[i % count] if closed else points[min(max(i, 0), count - 1)] for i in neighbours]
        for step in range(_STEPS_PER_SPAN):
            t = step / _STEPS_PER_SPAN
            weights = (
                -0.5 * t + t * t - 0.5 * t**3,
                1 - 2.5 * t * t + 1.5 * t**3,
                0.5 * t + 2 * t * t - 1.5 * t**3,
                -0.5 * t * t + 0.5 * t**3,
            )
            x = sum(weight * anchor[0] for weight, anchor in zip(weights, anchors, strict=True))
            y = sum(weight * anchor[1] for weight, anchor in zip(weights, anchors, strict=True))
            curve.append((x, y))
    if not closed:
        curve.append(points[-1])
    return curve


def _ellipse(centre: XY, radii: XY) -> list[XY]:
    angles = (2 * math.pi * step / 72 for step in range(72))
    return [(centre[0] + radii[0] * math.cos(angle), centre[1] + radii[1] * math.sin(angle)) for angle in angles]


class Canvas:
    """Draws larger than it delivers, so that edges come out smooth.

    Coordinates are pixels of the finished picture: x from its middle, positive to the right, y from its top.
    """

    def __init__(self, width: int, height: int, background: Colour) -> None:
        self._size = (width, height)
        self._image = Image.new("RGB", (width * _SUPERSAMPLING, height * _SUPERSAMPLING), background)

    def shape(
        self,
        outline: Sequence[XY],
        colour: Colour,
        *,
        curved: bool = True,
        opacity: float = 1.0,
        blur: float = 0.0,
        within: Sequence[XY] | None = None,
    ) -> None:
        """Fill a closed outline. `blur` is in pixels; `within` clips it to another, curved, outline."""
        points = self._place(_spline(outline, closed=True) if curved else outline)
        clip = None if within is None else self._place(_spline(within, closed=True))
        self._fill(points, colour, opacity, blur, clip)

    def ellipse(
        self,
        centre: XY,
        radii: XY,
        colour: Colour,
        *,
        opacity: float = 1.0,
        blur: float = 0.0,
        within: Sequence[XY] | None = None,
    ) -> None:
        """Fill an ellipse; the options are those of `shape`."""
        self.shape(_ellipse(centre, radii), colour, curved=False, opacity=opacity, blur=blur, within=within)

    def line(
        self, points: Sequence[XY], width: float, colour: Colour, *, taper: bool = False, opacity: float = 1.0
    ) -> None:
        """A curved line with round ends, as a brush draws it; with `taper` it thins out towards both ends."""
        curve = _spline(points, closed=False)
        left: list[XY] = []
        right: list[XY] = []
        for index, (x, y) in enumerate(curve):
            before, after = curve[max(index - 1, 0)], curve[min(index + 1, len(curve) - 1)]
            dx, dy = after[0] - before[0], after[1] - before[1]
            length = math.hypot(dx, dy) or 1.0
            swell = math.sin(math.pi * index / (len(curve) - 1)) ** 0.6 if taper else 1.0
            half = width / 2 * max(swell, 0.12)
            left.append((x - dy / length * half, y + dx / length * half))
            right.append((x + dy / length * half, y - dx / length * half))
        self._fill(self._place([*left, *reversed(right)]), colour, opacity, 0, None)
        if not taper:
            for end in (curve[0], curve[-1]):
                self.ellipse(end, (width / 2, width / 2), colour, opacity=opacity)

    def finish(self) -> Image.Image:
        """The picture at its true size."""
        return self._image.resize(self._size, Image.Resampling.LANCZOS)

    def _place(self, points: Sequence[XY]) -> list[XY]:
        middle = self._size[0] / 2
        return [((x + middle) * _SUPERSAMPLING, y * _SUPERSAMPLING) for x, y in points]

    def _fill(
        self, points: Sequence[XY], colour: Colour, opacity: float, blur: float, clip: Sequence[XY] | None
    ) -> None:
        if opacity == 1 and not blur and clip is None:
            ImageDraw.Draw(self._image).polygon(points, fill=colour)
            return
        margin = 3 * blur * _SUPERSAMPLING
        left, top = (max(int(min(p[axis] for p in points) - margin), 0) for axis in (0, 1))
        right, bottom = (min(int(max(p[axis] for p in points) + margin) + 2, self._image.size[axis]) for axis in (0, 1))
        if left >= right or top >= bottom:
            return
        mask = self._mask(points, (left, top), (right - left, bottom - top))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * _SUPERSAMPLING))
        if clip is not None:
            window = self._mask(clip, (left, top), mask.size)
            mask = Image.composite(mask, Image.new("L", mask.size, 0), window)
        if opacity < 1:
            mask = mask.point([round(level * opacity) for level in range(256)])
        self._image.paste(colour, (left, top), mask)

    @staticmethod
    def _mask(points: Sequence[XY], origin: tuple[int, int], size: tuple[int, int]) -> Image.Image:
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).polygon([(x - origin[0], y - origin[1]) for x, y in points], fill=255)
        return mask
