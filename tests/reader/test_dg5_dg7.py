from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import dg5, dg7
from reader.lds.images import StoredImage

JPEG = bytes.fromhex("FFD8FFE0 00104A464946 FFD9")
EXIF = bytes.fromhex("FFD8FFE1 0010457869660000 FFD9")
JP2 = bytes.fromhex("0000000C6A5020200D0A870A 00")
J2K = bytes.fromhex("FF4FFF51 002F")
GROUPS = pytest.mark.parametrize(("group", "outer", "inner"), [(dg5, 0x65, 0x5F40), (dg7, 0x67, 0x5F43)])


def _file(outer: int, *objects: bytes) -> bytes:
    return tlv.encode(outer, b"".join(objects))


@GROUPS
@given(st.lists(st.sampled_from([JPEG, EXIF, JP2, J2K, b"", b"GIF89a"]).map(StoredImage), max_size=9).map(tuple))
def test_round_trip(group: ModuleType, outer: int, inner: int, images: tuple[StoredImage, ...]) -> None:
    raw = group.encode(images)
    assert raw[0] == outer
    assert group.parse(raw) == images


@GROUPS
def test_one_image_byte_for_byte(group: ModuleType, outer: int, inner: int) -> None:
    raw = _file(outer, bytes.fromhex("020101"), tlv.encode(inner, JPEG))
    assert group.encode((StoredImage(JPEG),)) == raw
    assert group.parse(raw) == (StoredImage(JPEG),)


@GROUPS
def test_formats_are_told_by_the_images_bytes(group: ModuleType, outer: int, inner: int) -> None:
    """An Exif file among them, as in the signatures of Hungarian passports (gmrtd issue 94)."""
    raw = _file(outer, bytes.fromhex("020105"), *(tlv.encode(inner, image) for image in (JPEG, EXIF, JP2, J2K, b"BM")))
    assert [stored.image_format for stored in group.parse(raw)] == ["jpeg", "jpeg", "jp2", "j2k", None]


@GROUPS
@pytest.mark.parametrize("count", ["020100", "0201FF", "02047FFFFFFF", "0200", ""])
def test_the_images_that_are_there_count_and_not_their_number(
    group: ModuleType, outer: int, inner: int, count: str
) -> None:
    raw = _file(outer, bytes.fromhex(count), tlv.encode(inner, JPEG), tlv.encode(0x5F19, b"other"))
    assert group.parse(raw) == (StoredImage(JPEG),)


@GROUPS
def test_more_than_nine_images_are_refused(group: ModuleType, outer: int, inner: int) -> None:
    with pytest.raises(LdsError, match="10 images"):
        group.parse(_file(outer, *[tlv.encode(inner, JPEG)] * 10))
    with pytest.raises(LdsError, match="side by side"):
        group.parse(_file(outer, *[tlv.encode(inner, b"")] * 2000))
    with pytest.raises(ValueError, match="at most 9"):
        group.encode([StoredImage(JPEG)] * 10)


@GROUPS
def test_malformed_files(group: ModuleType, outer: int, inner: int) -> None:
    valid = group.encode((StoredImage(JPEG),))
    for raw in (b"", valid[:-1], valid + b"\0", b"\x61" + valid[1:], _file(outer, b"\0"), bytes((outer, 0x80, 0, 0))):
        with pytest.raises(LdsError):
            group.parse(raw)
    assert group.parse(_file(outer)) == ()


def test_repr_hides_the_image() -> None:
    assert repr(StoredImage(JPEG)) == "StoredImage()"
