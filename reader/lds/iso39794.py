"""The face in ISO/IEC 39794-5, as LDS 1.8 allows it in DG2, in the application profile for eMRTDs.

FaceImageDataBlock  ::= [APPLICATION 5] SEQUENCE { version [0], representations [1] SEQUENCE OF RepresentationBlock }
RepresentationBlock ::= SEQUENCE { id [0], representation [1] CHOICE { base [0] CHOICE { 2D [0] SEQUENCE {
                            image [0] OCTET STRING, information [1] SEQUENCE { format [0] CHOICE { code [0] },
                            …, size [7] SEQUENCE { width [0], height [1] } OPTIONAL, … }, … } } }, … }

The block stands within an object A1 (ISO/IEC 39794-5 Application Profile for eMRTDs, version 1.00, table 2). Everything
beyond the image, its format and its size is passed over, so that later versions of the standard do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crypto import tlv

WRAPPER_TAG: Final = 0xA1

_BLOCK: Final = 0x65
_VERSION: Final = 0xA0
_REPRESENTATIONS: Final = 0xA1
_REPRESENTATION: Final = 0x30
_IDENTIFIER: Final = 0x80
_TO_THE_2D_BLOCK: Final = (0xA1, 0xA0, 0xA0)
_IMAGE: Final = 0x80
_INFORMATION: Final = 0xA1
_FORMAT: Final = 0xA0
_FORMAT_CODE: Final = 0x80
_SIZE: Final = 0xA7
_WIDTH: Final = 0x80
_HEIGHT: Final = 0x81
_GENERATION: Final = 0x80
_YEAR: Final = 0x81

_FIRST_GENERATION: Final = 3
_FIRST_YEAR: Final = 2019
_MAX_SIDE: Final = 0xFFFF

JPEG: Final = 2
JPEG_2000_LOSSY: Final = 3
JPEG_2000_LOSSLESS: Final = 4


@dataclass(frozen=True, slots=True)
class FaceImage:
    """The first representation's image, with what the block says of it."""

    image: bytes = field(repr=False)
    format_code: int | None = None
    """`JPEG`, `JPEG_2000_LOSSY` or `JPEG_2000_LOSSLESS`; None where the block has an extension in its place."""
    width: int = 0
    """Pixels, 0 to 65,535; 0 where it is not given."""
    height: int = 0


def parse(block: bytes) -> FaceImage:
    """Read a data block that begins with the object A1.

    Raises:
        TlvError: malformed, or another structure.
    """
    inner = tlv.require([tlv.parse_one(block)], WRAPPER_TAG)
    representations = _value(_value(inner, _BLOCK), _REPRESENTATIONS)
    flat_image = _value(representations, _REPRESENTATION)
    for tag in _TO_THE_2D_BLOCK:
        flat_image = _value(flat_image, tag)
    image = _value(flat_image, _IMAGE)
    information = tlv.parse(_value(flat_image, _INFORMATION))
    code = tlv.first(tlv.parse(tlv.require(information, _FORMAT)), _FORMAT_CODE)
    size = tlv.first(information, _SIZE)
    sides = [] if size is None else tlv.parse(size.value)
    return FaceImage(image, None if code is None else _number(code), _side(sides, _WIDTH), _side(sides, _HEIGHT))


def encode(face: FaceImage) -> bytes:
    """Write the smallest block that holds the image, its format and its size; raises ValueError without a format."""
    if face.format_code is None:
        raise ValueError("the format of the image is not given")
    version = _integer(_GENERATION, _FIRST_GENERATION) + _integer(_YEAR, _FIRST_YEAR)
    size = _integer(_WIDTH, face.width) + _integer(_HEIGHT, face.height)
    information = tlv.encode(_FORMAT, _integer(_FORMAT_CODE, face.format_code)) + tlv.encode(_SIZE, size)
    encoded = tlv.encode(_IMAGE, face.image) + tlv.encode(_INFORMATION, information)
    for tag in reversed(_TO_THE_2D_BLOCK):
        encoded = tlv.encode(tag, encoded)
    representation = tlv.encode(_REPRESENTATION, _integer(_IDENTIFIER, 0) + encoded)
    block = tlv.encode(_VERSION, version) + tlv.encode(_REPRESENTATIONS, representation)
    return tlv.encode(WRAPPER_TAG, tlv.encode(_BLOCK, block))


def _value(data: bytes, tag: int) -> bytes:
    return tlv.require(tlv.parse(data), tag)


def _number(item: tlv.Tlv) -> int | None:
    return int.from_bytes(item.value, "big") if 0 < len(item.value) <= 4 else None


def _side(sides: list[tlv.Tlv], tag: int) -> int:
    found = tlv.first(sides, tag)
    return min((found and _number(found)) or 0, _MAX_SIDE)


def _integer(tag: int, number: int) -> bytes:
    return tlv.encode(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))
