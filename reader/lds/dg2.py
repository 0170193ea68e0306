"""DG2: the face image, ISO/IEC 19794-5:2005 within CBEFF (Doc 9303-10, 4.7.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, Literal

from crypto import tlv
from reader.errors import LdsError
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import data_group

ImageFormat = Literal["jpeg", "jp2", "j2k"]

_FILE: Final = data_group(2)
_GROUP: Final = 0x7F61
_TEMPLATE: Final = 0x7F60
_COUNT: Final = 0x02
_HEADER: Final = 0xA1
_DATA_BLOCKS: Final = (0x5F2E, 0x7F2E)

# Facial record header; facial information with the number of 8-byte feature points; image information.
_RECORD: Final = struct.Struct(">4s4sIH")
_FACE: Final = struct.Struct(">IH14x")
_IMAGE: Final = struct.Struct(">BBHH6x")
_FEATURE_POINT_SIZE: Final = 8
_FORMAT_IDENTIFIER: Final = b"FAC\0"
_VERSION: Final = b"010\0"

_MAGIC: Final[tuple[tuple[bytes, ImageFormat], ...]] = (
    (b"\xff\xd8\xff", "jpeg"),
    (bytes.fromhex("0000000C6A5020200D0A870A"), "jp2"),
    (b"\xff\x4f\xff\x51", "j2k"),
)
_FULL_FRONTAL: Final = 1
_DATA_TYPE_JPEG: Final = 0
_DATA_TYPE_JPEG_2000: Final = 1


@dataclass(frozen=True, slots=True)
class Dg2:
    """The first face image, as it is stored."""

    image: bytes = field(repr=False)
    image_format: ImageFormat
    """By the image's first bytes: the data type that the record declares is often wrong."""
    width: int = 0
    """Pixels as the record declares them, 0 to 65,535; the image itself may differ."""
    height: int = 0


def image_format(image: bytes) -> ImageFormat | None:
    """Recognise JPEG, a JP2 file or a JPEG 2000 codestream by its first bytes."""
    return next((name for magic, name in _MAGIC if image.startswith(magic)), None)


def parse(raw: bytes) -> Dg2:
    """Read the complete file.

    Raises:
        LdsError: the file is malformed, holds no face, is not ISO/IEC 19794-5:2005, a length points beyond what holds
            it, or the image is neither JPEG nor JPEG 2000.
    """
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        group = tlv.parse(tlv.require(tlv.parse(value), _GROUP))
        templates = [found.value for found in group if found.tag == _TEMPLATE]
        count = tlv.require(group, _COUNT)
        if not templates or int.from_bytes(count, "big") != len(templates):
            raise LdsError(f"{_FILE.name}: {len(templates)} faces where {int.from_bytes(count, 'big')} are announced")
        blocks = [found.value for found in tlv.parse(templates[0]) if found.tag in _DATA_BLOCKS]
    if len(blocks) != 1:
        raise LdsError(f"{_FILE.name}: {len(blocks)} data blocks in place of one")
    return _face(blocks[0])


def _face(block: bytes) -> Dg2:
    if len(block) < _RECORD.size + _FACE.size:
        raise LdsError(f"{_FILE.name}: the facial record is cut short")
    identifier, version, record_length, faces = _RECORD.unpack_from(block)
    if (identifier, version) != (_FORMAT_IDENTIFIER, _VERSION):
        raise LdsError(f"{_FILE.name}: not a facial record of ISO/IEC 19794-5:2005", code="document.face_format")
    face_length, feature_points = _FACE.unpack_from(block, _RECORD.size)
    information = _RECORD.size + _FACE.size + feature_points * _FEATURE_POINT_SIZE
    end = _RECORD.size + face_length
    if not faces or not information + _IMAGE.size <= end <= record_length <= len(block):
        raise LdsError(f"{_FILE.name}: the lengths in the facial record contradict each other")
    _, _, width, height = _IMAGE.unpack_from(block, information)
    image = block[information + _IMAGE.size : end]
    found = image_format(image)
    if found is None:
        raise LdsError(f"{_FILE.name}: the image is neither JPEG nor JPEG 2000", code="document.face_format")
    return Dg2(image, found, width, height)


def encode(dg2: Dg2) -> bytes:
    """Write the complete file: one full frontal face without feature points."""
    data_type = _DATA_TYPE_JPEG if dg2.image_format == "jpeg" else _DATA_TYPE_JPEG_2000
    face_length = _FACE.size + _IMAGE.size + len(dg2.image)
    block = (
        _RECORD.pack(_FORMAT_IDENTIFIER, _VERSION, _RECORD.size + face_length, 1)
        + _FACE.pack(face_length, 0)
        + _IMAGE.pack(_FULL_FRONTAL, data_type, dg2.width, dg2.height)
        + dg2.image
    )
    # Biometric type: face; subtype: none; owner of the format: ISO/IEC JTC 1/SC 37; its type: face image.
    header = (
        tlv.encode(0x81, b"\x02") + tlv.encode(0x82, b"\0") + tlv.encode(0x87, b"\1\1") + tlv.encode(0x88, b"\0\x08")
    )
    template = tlv.encode(_HEADER, header) + tlv.encode(_DATA_BLOCKS[0], block)
    return wrap(tlv.encode(_GROUP, tlv.encode(_COUNT, b"\1") + tlv.encode(_TEMPLATE, template)), _FILE)
