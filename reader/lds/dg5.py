"""DG5: the portrait as it is printed on the document (Doc 9303-10, 4.7.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reader.lds.displayed_images import encode_images, parse_images
from reader.lds.files import data_group
from reader.lds.images import StoredImage

_FILE: Final = data_group(5)
_PORTRAIT: Final = 0x5F40


def parse(raw: bytes) -> tuple[StoredImage, ...]:
    """Read the complete file; raises LdsError when it is malformed or holds more than nine portraits."""
    return parse_images(raw, _FILE, _PORTRAIT)


def encode(portraits: Sequence[StoredImage]) -> bytes:
    """Write the complete file; raises ValueError for more than nine portraits."""
    return encode_images(portraits, _FILE, _PORTRAIT)
