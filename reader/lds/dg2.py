"""DG2: the face, in ISO/IEC 19794-5:2005 or ISO/IEC 39794-5:2019 within CBEFF (Doc 9303-10, 4.7.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, Literal

from crypto import tlv
from reader.errors import LdsError
from reader.lds import iso39794
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import data_group
from reader.lds.images import ImageFormat, image_format

FaceRecord = Literal["iso19794-5", "iso39794-5", "none"]

_FILE: Final = data_group(2)
_GROUP: Final = 0x7F61
_TEMPLATE: Final = 0x7F60
_COUNT: Final = 0x02
_HEADER: Final = 0xA1
_DATA_BLOCK: Final = 0x5F2E
_CONSTRUCTED_DATA_BLOCK: Final = 0x7F2E
_MAX_COUNT_SIZE: Final = 2
_DATA_BLOCKS: Final = (_DATA_BLOCK, _CONSTRUCTED_DATA_BLOCK)

# Facial record header; facial information with the number of 8-byte feature points; image information.
_RECORD: Final = struct.Struct(">4s4sIH")
_FACE: Final = struct.Struct(">IH14x")
_IMAGE: Final = struct.Struct(">BBHH6x")
_FEATURE_POINT_SIZE: Final = 8
_FORMAT_IDENTIFIER: Final = b"FAC\0"
_VERSION: Final = b"010\0"
_FULL_FRONTAL: Final = 1
_DATA_TYPE_JPEG: Final = 0
_DATA_TYPE_JPEG_2000: Final = 1

# Types of data block of ISO/IEC JTC 1/SC 37.
_FACE_IMAGE: Final = b"\0\x08"
_THIRD_GENERATION_FACE_IMAGE: Final = b"\0\x2a"


@dataclass(frozen=True, slots=True)
class Dg2:
    """The first face image that can be read, as it is stored."""

    image: bytes = field(repr=False)
    image_format: ImageFormat
    """By the image's first bytes: the format that the record announces is often wrong."""
    width: int = 0
    """Pixels as the record declares them, 0 to 65,535; the image itself may differ."""
    height: int = 0
    record: FaceRecord = "iso19794-5"
    """What holds the image: one of the two standards, or nothing."""
    announced_rightly: bool = True
    """Whether the record announces JPEG for JPEG, and JPEG 2000 for either form of it."""


def parse(raw: bytes) -> Dg2:
    """Read the complete file. Of several templates the first one counts that holds a face of a known format.

    Raises:
        LdsError: the file is malformed, holds no face, a length points beyond what holds it, or (with the code
            ``document.face_format``) the record is of no known format, or the image neither JPEG nor JPEG 2000.
    """
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        group = tlv.parse(tlv.require(tlv.parse(value), _GROUP))
        templates = [found.value for found in group if found.tag == _TEMPLATE]
        count = tlv.require(group, _COUNT)
        if not templates or len(count) > _MAX_COUNT_SIZE or int.from_bytes(count, "big") != len(templates):
            raise LdsError(f"{_FILE.name}: {len(templates)} faces where another number is announced")
        fault: LdsError | None = None
        for template in templates:
            try:
                return _face(template)
            except LdsError as error:
                fault = fault or error
    raise fault or LdsError(f"{_FILE.name}: no face")


def _face(template: bytes) -> Dg2:
    with reading(_FILE):
        blocks = [found.value for found in tlv.parse(template) if found.tag in _DATA_BLOCKS]
        if len(blocks) != 1:
            raise LdsError(f"{_FILE.name}: {len(blocks)} data blocks in place of one")
        block = blocks[0]
        if block.startswith(_FORMAT_IDENTIFIER):
            return _iso19794(block)
        if block.startswith(bytes((iso39794.WRAPPER_TAG,))):
            return _iso39794(block)
    # Some chips hold the bare image in place of a record (JMRTD, FaceInfo).
    return Dg2(block, _format_of(block), record="none")


def _iso19794(block: bytes) -> Dg2:
    if len(block) < _RECORD.size + _FACE.size:
        raise LdsError(f"{_FILE.name}: the facial record is cut short")
    _, version, record_length, faces = _RECORD.unpack_from(block)
    if version != _VERSION:
        raise LdsError(f"{_FILE.name}: not a facial record of ISO/IEC 19794-5:2005", code="document.face_format")
    face_length, feature_points = _FACE.unpack_from(block, _RECORD.size)
    information = _RECORD.size + _FACE.size + feature_points * _FEATURE_POINT_SIZE
    end = _RECORD.size + face_length
    # The record's length is 8 bytes short in passports of New Zealand, 1 in those of the United Kingdom (gmrtd pull
    # request 102): the face's own length counts.
    if not faces or not information + _IMAGE.size <= end <= len(block) or record_length > len(block):
        raise LdsError(f"{_FILE.name}: the lengths in the facial record contradict each other")
    _, data_type, width, height = _IMAGE.unpack_from(block, information)
    image = block[information + _IMAGE.size : end]
    found = _format_of(image)
    return Dg2(image, found, width, height, announced_rightly=data_type == _data_type(found))


def _iso39794(block: bytes) -> Dg2:
    face = iso39794.parse(block)
    found = _format_of(face.image)
    rightly = (face.format_code == iso39794.JPEG) == (found == "jpeg") and face.format_code is not None
    return Dg2(face.image, found, face.width, face.height, "iso39794-5", rightly)


def _format_of(image: bytes) -> ImageFormat:
    found = image_format(image)
    if found is None:
        raise LdsError(f"{_FILE.name}: the image is neither JPEG nor JPEG 2000", code="document.face_format")
    return found


def _data_type(image_format: ImageFormat) -> int:
    return _DATA_TYPE_JPEG if image_format == "jpeg" else _DATA_TYPE_JPEG_2000


def encode(dg2: Dg2) -> bytes:
    """Write the complete file: one face, full frontal and without feature points."""
    jpeg = (dg2.image_format == "jpeg") == dg2.announced_rightly
    block_tag, format_type, block = _DATA_BLOCK, _FACE_IMAGE, dg2.image
    if dg2.record == "iso39794-5":
        code = iso39794.JPEG if jpeg else iso39794.JPEG_2000_LOSSY
        block = iso39794.encode(iso39794.FaceImage(dg2.image, code, dg2.width, dg2.height))
        block_tag, format_type = _CONSTRUCTED_DATA_BLOCK, _THIRD_GENERATION_FACE_IMAGE
    elif dg2.record == "iso19794-5":
        data_type = _DATA_TYPE_JPEG if jpeg else _DATA_TYPE_JPEG_2000
        face_length = _FACE.size + _IMAGE.size + len(dg2.image)
        block = (
            _RECORD.pack(_FORMAT_IDENTIFIER, _VERSION, _RECORD.size + face_length, 1)
            + _FACE.pack(face_length, 0)
            + _IMAGE.pack(_FULL_FRONTAL, data_type, dg2.width, dg2.height)
            + dg2.image
        )
    # Biometric type: face; subtype: none; owner of the format: ISO/IEC JTC 1/SC 37; its type.
    header = tlv.encode(0x81, b"\x02") + tlv.encode(0x82, b"\0") + tlv.encode(0x87, b"\1\1")
    header += tlv.encode(0x88, format_type)
    template = tlv.encode(_HEADER, header) + tlv.encode(block_tag, block)
    return wrap(tlv.encode(_GROUP, tlv.encode(_COUNT, b"\1") + tlv.encode(_TEMPLATE, template)), _FILE)
