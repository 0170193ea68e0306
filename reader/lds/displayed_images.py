"""What DG5 and DG7 have in common: a count, and that many images (Doc 9303-10, 4.7.5 and 4.7.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crypto import tlv
from reader.errors import LdsError
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import ElementaryFile
from reader.lds.images import StoredImage

_COUNT: Final = 0x02
_MAX_IMAGES: Final = 9


def parse_images(raw: bytes, file: ElementaryFile, tag: int) -> tuple[StoredImage, ...]:
    """Read the complete file, whose images stand under `tag`.

    The images that are there count, not the number that the file gives; objects of other tags are passed over.

    Raises:
        LdsError: the file is malformed or holds more than nine images.
    """
    value = unwrap(raw, file)
    with reading(file):
        images = [item.value for item in tlv.parse(value) if item.tag == tag]
    if len(images) > _MAX_IMAGES:
        raise LdsError(f"{file.name}: {len(images)} images where at most {_MAX_IMAGES} are allowed")
    return tuple(StoredImage(image) for image in images)


def encode_images(images: Sequence[StoredImage], file: ElementaryFile, tag: int) -> bytes:
    """Write the complete file; raises ValueError for more than nine images."""
    if len(images) > _MAX_IMAGES:
        raise ValueError(f"{file.name} holds at most {_MAX_IMAGES} images")
    encoded = b"".join(tlv.encode(tag, stored.image) for stored in images)
    return wrap(tlv.encode(_COUNT, bytes((len(images),))) + encoded, file)
