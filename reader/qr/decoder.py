"""From a picture to the QR codes in it: the plain picture first, then what helps small, blurred and dark codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from reader.errors import DeviceError
from reader.qr.engines import Engine, Grey, QrCode, installed_engines

MAX_PIXELS = 64_000_000
"""A larger picture is refused before any work is done on it."""

_MAX_ENLARGED = 1920 * 1200
"""Pixels beyond which a picture is not enlarged: its codes have modules enough, and the work grows with the area."""
_THRESHOLD_WINDOW = 25
"""Pixels: about five modules of a small code after enlargement."""
_THRESHOLD_OFFSET = 2


def decode(image: NDArray[np.uint8]) -> list[QrCode]:
    """The QR codes in a picture, all that the first successful way of looking finds.

    Args:
        image: height × width, or height × width × 3 (BGR), `uint8`.

    Raises:
        ValueError: `image` is not such an array, is empty, or has more than `MAX_PIXELS` pixels.
        DeviceError: no QR engine is installed (code ``qr.no_engine``).
    """
    return QrDecoder(installed_engines()).decode(image)


@dataclass(frozen=True, slots=True)
class QrDecoder:
    """The ways of looking, over `engines`, the best one first; raises DeviceError (``qr.no_engine``) without any."""

    engines: tuple[Engine, ...]

    def __post_init__(self) -> None:
        if not self.engines:
            raise DeviceError("no QR engine is installed", code="qr.no_engine")

    def decode(self, image: NDArray[np.uint8], turn: int | None = None) -> list[QrCode]:
        """As the function `decode`.

        Args:
            image: as there.
            turn: None tries every way. A number, counted up from frame to frame of a stream, tries the quick ways and
                one of the slow ones in rotation: the next frame of the same card will get the next.
        """
        first, *others = self.engines
        grey = _grey(image)
        if found := first(grey):
            return found
        factor = 2 if grey.size <= _MAX_ENLARGED else 1
        enlarged = _enlarged(grey, factor)
        if factor > 1 and (found := first(enlarged)):
            return _shrunk(found, factor)
        slow: list[Callable[[], list[QrCode]]] = [
            lambda: _shrunk(first(_binarised(enlarged)), factor),
            *(partial(engine, grey) for engine in others),
        ]
        for way in slow if turn is None else [slow[turn % len(slow)]]:
            if found := way():
                return found
        return []


def _grey(image: NDArray[np.uint8]) -> Grey:
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError("a picture is height × width or height × width × 3 of uint8")
    if not 0 < image.shape[0] * image.shape[1] <= MAX_PIXELS:
        raise ValueError(f"a picture has 1 to {MAX_PIXELS} pixels")
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _enlarged(grey: Grey, factor: int) -> Grey:
    if factor == 1:
        return grey
    enlarged = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, dtype=np.uint8)


def _binarised(grey: Grey) -> Grey:
    binary = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, _THRESHOLD_WINDOW, _THRESHOLD_OFFSET
    )
    return np.asarray(binary, dtype=np.uint8)


def _shrunk(found: list[QrCode], factor: int) -> list[QrCode]:
    return [replace(code, corners=code.corners / factor) for code in found]
