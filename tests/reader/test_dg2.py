from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import dg2
from reader.lds.dg2 import Dg2, ImageFormat, image_format

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200)) + b"\xff\xd9"
JP2 = bytes.fromhex("0000000C6A5020200D0A870A") + bytes(50)
J2K = bytes.fromhex("FF4FFF51") + bytes(50)


def _dg2(block: bytes, *, count: bytes = b"\x01", block_tag: int = 0x5F2E, templates: int = 1) -> bytes:
    template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(block_tag, block))
    return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, count) + template * templates))


def _record(
    image: bytes = JPEG,
    *,
    faces: int = 1,
    points: int = 0,
    longer_face: int = 0,
    longer_record: int = 0,
    version: bytes = b"010\0",
    tail: bytes = b"",
) -> bytes:
    face = points.to_bytes(2, "big") + bytes(14) + bytes(8 * points) + b"\x01\x01" + bytes(10) + image
    face = (len(face) + 4 + longer_face).to_bytes(4, "big") + face
    head = b"FAC\0" + version + (14 + len(face) + len(tail) + longer_record).to_bytes(4, "big")
    return head + faces.to_bytes(2, "big") + face + tail


@pytest.mark.parametrize(("image", "name"), [(JPEG, "jpeg"), (JP2, "jp2"), (J2K, "j2k")])
def test_round_trip(image: bytes, name: ImageFormat) -> None:
    face = Dg2(image, name, 413, 531)
    raw = dg2.encode(face)
    assert raw[0] == 0x75
    assert dg2.parse(raw) == face
    assert dg2.encode(dg2.parse(raw)) == raw


def test_reference_data_set(shared_data: Path) -> None:
    raw = (shared_data / "bsi-tr03105-5" / "Datagroup2.bin").read_bytes()
    face = dg2.parse(raw)
    # The record declares 337 x 449; the image has 413 x 531.
    assert (face.image_format, face.width, face.height) == ("jp2", 337, 449)
    assert len(face.image) == 0x3AB7 - 20 - 12
    assert face.image.endswith(b"\xff\xd9")
    assert dg2.encode(face) == raw


@pytest.mark.parametrize("tag", [0x5F2E, 0x7F2E])
def test_both_tags_of_the_data_block(tag: int) -> None:
    assert dg2.parse(_dg2(_record(), block_tag=tag)).image == JPEG


def test_feature_points_are_skipped() -> None:
    assert dg2.parse(_dg2(_record(points=3))).image == JPEG


def test_the_first_of_several_faces_counts() -> None:
    second = _record(J2K)[14:]
    assert dg2.parse(_dg2(_record(tail=second, faces=2))).image == JPEG
    assert dg2.parse(_dg2(_record(), count=b"\x02", templates=2)).image == JPEG


def test_the_image_is_recognised_by_its_bytes() -> None:
    assert dg2.parse(_dg2(_record(J2K))).image_format == "j2k"
    assert image_format(b"\x89PNG\r\n\x1a\n") is None
    assert image_format(b"") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes.fromhex("7500"),
        bytes.fromhex("75057F61020200"),
        _dg2(_record(), count=b"\x00"),
        _dg2(_record(), count=b"\xc8"),
        _dg2(_record(), count=b""),
        _dg2(_record(), templates=0),
        _dg2(_record(), block_tag=0x5F2D),
        _dg2(_record()[:30]),
        _dg2(b""),
        _dg2(_record(faces=0)),
        _dg2(_record(longer_face=1)),
        _dg2(_record(longer_record=1)),
        _dg2(_record()[:-1]),
        _dg2(_record(points=0xFFFF)[:100]),
        _dg2(_record(b"")),
        _dg2(_record(b"\x89PNG")),
        _dg2(_record(version=b"030\0")),
        b"\x61" + _dg2(_record())[1:],
        _dg2(_record()) + b"\0",
    ],
)
def test_malformed_files(raw: bytes) -> None:
    with pytest.raises(LdsError, match="DG2"):
        dg2.parse(raw)


@pytest.mark.parametrize("block", [_record(b"\x89PNG"), _record(version=b"030\0")])
def test_other_formats_have_a_code_of_their_own(block: bytes) -> None:
    with pytest.raises(LdsError) as caught:
        dg2.parse(_dg2(block))
    assert caught.value.code == "document.face_format"


@given(st.binary(max_size=80))
def test_any_data_block_is_read_or_refused(block: bytes) -> None:
    for data in (block, b"FAC\x00010\x00" + block, _record(block)):
        try:
            face = dg2.parse(_dg2(data))
        except LdsError:
            continue
        assert face.image in data


def test_repr_hides_the_image() -> None:
    assert "xff" not in repr(Dg2(JPEG, "jpeg"))
