"""The QR code of a card as a picture."""

from __future__ import annotations

import io
from typing import Final

import numpy
import zxingcpp
from PIL import Image

_ERROR_CORRECTION: Final = "M"


def qr_png(text: str, *, pixels_per_module: int = 8) -> bytes:
    """A PNG of the QR code with its quiet zone; `text` stands in it as UTF-8, as on the cards."""
    # As bytes: a text that fits Latin-1 would be written in Latin-1.
    code = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode, ec_level=_ERROR_CORRECTION)
    picture = Image.fromarray(numpy.asarray(code.to_image(scale=pixels_per_module, add_quiet_zones=True)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
