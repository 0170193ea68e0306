from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import dg2, iso39794
from reader.lds.dg2 import Dg2, FaceRecord
from reader.lds.images import ImageFormat, StoredImage, image_format

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200)) + b"\xff\xd9"
JP2 = bytes.fromhex("0000000C6A5020200D0A870A") + bytes(50)
J2K = bytes.fromhex("FF4FFF51") + bytes(50)


def _dg2(block: bytes, *, count: bytes = b"\x01", block_tag: int = 0x5F2E, templates: int = 1) -> bytes:
    template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(block_tag, block))
    return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, count) + template * templates))


def _group(*templates: bytes) -> bytes:
    count = tlv.encode(0x02, bytes((len(templates),)))
    return tlv.encode(0x75, tlv.encode(0x7F61, count + b"".join(templates)))


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
@pytest.mark.parametrize("record", ["iso19794-5", "iso39794-5"])
@pytest.mark.parametrize("announced_rightly", [True, False])
def test_round_trip(image: bytes, name: ImageFormat, record: FaceRecord, announced_rightly: bool) -> None:
    face = Dg2(image, name, 413, 531, record, announced_rightly)
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


def test_the_first_template_of_a_known_format_counts() -> None:
    """An issuer that changes over to ISO/IEC 39794 may give both, and another may come after that."""
    unknown = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(0x7F2E, b"\xa2\x00"))
    known = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(0x5F2E, _record(J2K)))
    assert dg2.parse(_group(unknown, known)).image == J2K
    with pytest.raises(LdsError, match="neither JPEG") as caught:
        dg2.parse(_group(unknown, tlv.encode(0x7F60, b"")))
    assert caught.value.code == "document.face_format"


def test_the_image_is_recognised_by_its_bytes() -> None:
    announced_as_jpeg = dg2.parse(_dg2(_record(J2K)))
    assert (announced_as_jpeg.image_format, announced_as_jpeg.announced_rightly) == ("j2k", True)
    announced_as_jpeg_2000 = dg2.parse(_dg2(_record(JPEG)))
    assert (announced_as_jpeg_2000.image_format, announced_as_jpeg_2000.announced_rightly) == ("jpeg", False)
    assert image_format(b"\x89PNG\r\n\x1a\n") is None
    assert image_format(b"") is None
    assert (StoredImage(JP2).image_format, StoredImage(b"GIF89a").image_format) == ("jp2", None)


@pytest.mark.parametrize("shorter", [1, 8])
def test_a_record_length_that_is_short_by_a_few_bytes(shorter: int) -> None:
    """New Zealand and the United Kingdom (gmrtd pull request 102)."""
    face = dg2.parse(_dg2(_record(longer_record=-shorter)))
    assert face.image == JPEG


def test_bytes_after_the_face_are_left_out() -> None:
    assert dg2.parse(_dg2(_record(tail=b"\0" * 8))).image == JPEG
    assert dg2.parse(_dg2(_record() + b"\0" * 8)).image == JPEG


@pytest.mark.parametrize("image", [JPEG, JP2, J2K])
def test_a_bare_image_in_place_of_a_record(image: bytes) -> None:
    """JMRTD meets it too (FaceInfo, "magic JP2 header")."""
    face = dg2.parse(_dg2(image))
    assert face == Dg2(image, image_format(image) or "jpeg", record="none")
    assert dg2.parse(dg2.encode(face)) == face


def test_a_count_of_faces_that_is_no_number_of_faces() -> None:
    for count in (b"\0" * 3 + b"\1", b"\xff" * 5000):
        with pytest.raises(LdsError, match="another number"):
            dg2.parse(_dg2(_record(), count=count))


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
    for data in (block, b"FAC\x00010\x00" + block, _record(block), tlv.encode(0xA1, block), tlv.encode(0xA1, JPEG)):
        try:
            face = dg2.parse(_dg2(data))
        except LdsError:
            continue
        assert face.image in data


def test_iso_39794_as_its_profile_nests_it() -> None:
    image = bytes.fromhex("FFD8FFE000104A46494600010100000100FFD9")
    information = (
        "A003 800102"  # imageDataFormat: code jpeg
        "A104 A102 8000"  # faceImageKind2D: extension block
        "A203 8101FF"  # postAcquisitionProcessingBlock: cropped
        "A708 8002019D 81020213"  # imageSizeBlock: 413 x 531
        "A905 A103 800102"  # imageColourSpace: extension block
        "BF2003 800100"  # a field of a later version
    )
    flat = tlv.encode(0x80, image) + tlv.encode(0xA1, bytes.fromhex(information)) + bytes.fromhex("A205 A003 8001FF")
    representation = (
        bytes.fromhex("800100")
        + tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, flat)))
        + bytes.fromhex("A20A 800207EA 81010B 820116")  # captureDateTimeBlock
        + bytes.fromhex("A30F 300D A006 800101 810101 A103 800150")  # qualityBlocks
    )
    block = bytes.fromhex("A007 800103 810207E3") + tlv.encode(0xA1, tlv.encode(0x30, representation))
    data_block = tlv.encode(0xA1, tlv.encode(0x65, block))
    face = Dg2(image, "jpeg", 413, 531, "iso39794-5")
    assert dg2.parse(_dg2(data_block, block_tag=0x7F2E)) == face
    assert dg2.parse(_dg2(data_block, block_tag=0x5F2E)) == face
    header = tlv.parse(tlv.parse(tlv.parse(tlv.parse_one(dg2.encode(face)).value)[0].value)[1].value)
    assert [item.tag for item in header] == [0xA1, 0x7F2E]
    # CBEFF: third-generation face image of ISO/IEC JTC 1/SC 37.
    assert bytes.fromhex("87020101 8802002A") in header[0].value


def test_the_smallest_iso_39794_block_byte_for_byte() -> None:
    image = bytes.fromhex("FFD8FFD9")
    encoded = iso39794.encode(iso39794.FaceImage(image, iso39794.JPEG, 413, 531))
    assert encoded == bytes.fromhex(
        "A12F 652D A007 800103 810207E3 A122 3020 800100 A11B A019 A017"
        "8004 FFD8FFD9 A10F A003 800102 A708 8002019D 81020213"
    )
    assert iso39794.parse(encoded) == iso39794.FaceImage(image, iso39794.JPEG, 413, 531)


def test_iso_39794_without_a_format_code_or_size() -> None:
    flat = tlv.encode(0x80, J2K) + tlv.encode(0xA1, bytes.fromhex("A002 A100"))
    representation = bytes.fromhex("800100") + tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, flat)))
    block = bytes.fromhex("A007 800103 810207E3") + tlv.encode(0xA1, tlv.encode(0x30, representation))
    face = dg2.parse(_dg2(tlv.encode(0xA1, tlv.encode(0x65, block)), block_tag=0x7F2E))
    assert face == Dg2(J2K, "j2k", 0, 0, "iso39794-5", announced_rightly=False)
    with pytest.raises(ValueError, match="not given"):
        iso39794.encode(iso39794.FaceImage(J2K))


@pytest.mark.parametrize(
    "block",
    [
        "A1",
        "A100",
        "A1026500",
        "A1046502A100",
        "A106 6504 A1023000",
        "A10B 6509 A107 3005 A103 A001 A0",
        "A180 65000000",
    ],
)
def test_malformed_iso_39794(block: str) -> None:
    with pytest.raises(LdsError, match="DG2"):
        dg2.parse(_dg2(bytes.fromhex(block), block_tag=0x7F2E))


def test_repr_hides_the_image() -> None:
    assert "xff" not in repr(Dg2(JPEG, "jpeg"))
