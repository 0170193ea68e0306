"""The QR engines behind one signature: zxing-cpp first, zbar second.

The text of a code is its bytes, decoded strictly as UTF-8. No engine may guess a charset: zbar's guess garbles one
Vietnamese name in twenty, and a code whose bytes are not UTF-8 is none of the cards that we read.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""One picture, height × width, 0 black."""


@dataclass(frozen=True, slots=True, eq=False)
class QrCode:
    """A QR code that was found in a picture."""

    text: str = field(repr=False)
    """The payload, neither normalised nor trimmed."""
    corners: NDArray[np.float64]
    """4 × 2: x and y in pixels, clockwise from the corner that is the top left one of the upright symbol."""


Engine = Callable[[Grey], list[QrCode]]


@functools.cache
def installed_engines() -> tuple[Engine, ...]:
    """The engines that work on this machine, best first; looked for once, as finding libzbar starts processes."""
    return tuple(engine for engine in (_zxing(), _zbar()) if engine is not None)


def _zxing() -> Engine | None:
    try:
        import zxingcpp
    except ImportError:
        return None

    def read(picture: Grey) -> list[QrCode]:
        # The family QRCode also holds Micro QR and rMQR, of which noise makes phantoms.
        barcodes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2))
        return list(_readable((barcode.bytes, _zxing_corners(barcode.position)) for barcode in barcodes))

    return read


def _zxing_corners(position: Any) -> list[tuple[int, int]]:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return [(point.x, point.y) for point in points]


_GREY_FOURCC = int.from_bytes(b"Y800", "little")
_ANY_SYMBOLOGY = 0
_BINARY = 4
"""ZBAR_CFG_BINARY, which pyzbar's enumeration does not know: payload bytes as they stand (libzbar 0.23.1 and newer)."""


def _zbar() -> Engine | None:
    """zbar through pyzbar's bindings; pyzbar's own `decode` has no binary mode and fails on an unknown orientation."""
    try:
        from pyzbar import wrapper
    except ImportError:
        return None

    @contextlib.contextmanager
    def scanner() -> Iterator[Any]:
        handle = wrapper.zbar_image_scanner_create()
        try:
            yield handle
        finally:
            wrapper.zbar_image_scanner_destroy(handle)

    def configure(handle: Any) -> bool:
        settings = (
            (_ANY_SYMBOLOGY, wrapper.ZBarConfig.CFG_ENABLE, 0),
            (wrapper.ZBarSymbol.QRCODE, wrapper.ZBarConfig.CFG_ENABLE, 1),
            (wrapper.ZBarSymbol.QRCODE, _BINARY, 1),
        )
        return all(wrapper.zbar_image_scanner_set_config(handle, *setting) == 0 for setting in settings)

    def read(picture: Grey) -> list[QrCode]:
        height, width = picture.shape
        pixels = picture.tobytes()  # zbar keeps the pointer: the bytes must live until the image is destroyed
        image = wrapper.zbar_image_create()
        try:
            wrapper.zbar_image_set_format(image, _GREY_FOURCC)
            wrapper.zbar_image_set_size(image, width, height)
            wrapper.zbar_image_set_data(image, pixels, len(pixels), None)
            with scanner() as handle:
                configure(handle)
                wrapper.zbar_scan_image(handle, image)
                return list(_readable(symbols(image)))
        finally:
            wrapper.zbar_image_destroy(image)

    def symbols(image: Any) -> Iterator[tuple[bytes, list[tuple[int, int]]]]:
        symbol = wrapper.zbar_image_first_symbol(image)
        while symbol:
            length = wrapper.zbar_symbol_get_data_length(symbol)
            payload = ctypes.string_at(wrapper.zbar_symbol_get_data(symbol), length)
            corners = [
                (wrapper.zbar_symbol_get_loc_x(symbol, index), wrapper.zbar_symbol_get_loc_y(symbol, index))
                for index in range(wrapper.zbar_symbol_get_loc_size(symbol))
            ]
            if len(corners) == 4:
                yield payload, [corners[index] for index in (0, 3, 2, 1)]  # zbar goes round the other way
            symbol = wrapper.zbar_symbol_next(symbol)

    with scanner() as handle:
        # A libzbar without binary mode would guess charsets, and is as good as none.
        return read if configure(handle) else None


def _readable(found: Iterator[tuple[bytes, list[tuple[int, int]]]]) -> Iterator[QrCode]:
    for payload, corners in found:
        try:
            text = payload.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if text:
            yield QrCode(text, np.array(corners, dtype=np.float64))
