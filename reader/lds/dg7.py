"""DG7: the signature or usual mark as it is printed on the document (Doc 9303-10, 4.7.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reader.lds.displayed_images import encode_images, parse_images
from reader.lds.files import data_group
from reader.lds.images import StoredImage

_FILE: Final = data_group(7)
_SIGNATURE: Final = 0x5F43


def parse(raw: bytes) -> tuple[StoredImage, ...]:
    """Read the complete file; raises LdsError when it is malformed or holds more than nine signatures."""
    return parse_images(raw, _FILE, _SIGNATURE)


def encode(signatures: Sequence[StoredImage]) -> bytes:
    """Write the complete file; raises ValueError for more than nine signatures."""
    return encode_images(signatures, _FILE, _SIGNATURE)
