"""BER-TLV: what is written is read again, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.errors import TlvError
from crypto.tlv import Header, Tlv

tags = st.sampled_from([0x04, 0x30, 0x61, 0x80, 0x87, 0x99, 0x5F01, 0x7F49, 0x7F61, 0x5F8101])
objects = st.builds(Tlv, tag=tags, value=st.binary(max_size=300))


@given(st.lists(objects, max_size=8))
def test_objects_survive_their_encoding(items: list[Tlv]) -> None:
    assert tlv.parse(b"".join(tlv.encode(item.tag, item.value) for item in items)) == items


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_lengths_take_their_shortest_form(length: int) -> None:
    raw = tlv.encode(0x75, bytes(length))
    assert tlv.parse_one(raw) == Tlv(0x75, bytes(length))
    assert tlv.read_header(raw[:6]) == Header(0x75, length, len(raw) - length)


def test_the_first_block_of_a_file_tells_its_length() -> None:
    header = tlv.read_header(bytes.fromhex("7F61824E2002"))
    assert header == Header(0x7F61, 20_000, 5)
    assert header.total_length == 20_005


@pytest.mark.parametrize(
    "raw",
    ["", "61", "6182", "618201", "7F", "5F81", "5F8181810100", "6180", "618500000000", "00", "0000", "61FF"],
)
def test_headers_that_are_cut_or_unbounded_are_refused(raw: str) -> None:
    with pytest.raises(TlvError):
        tlv.read_header(bytes.fromhex(raw))


def test_four_gigabytes_are_a_header_and_no_object() -> None:
    assert tlv.read_header(bytes.fromhex("6184FFFFFFFF")).length == 0xFFFF_FFFF
    with pytest.raises(TlvError):
        tlv.parse(bytes.fromhex("6184FFFFFFFF"))


@pytest.mark.parametrize("raw", ["6102AA", "6101AABB", "", "61"])
def test_one_object_fills_its_bytes_exactly(raw: str) -> None:
    with pytest.raises(TlvError):
        tlv.parse_one(bytes.fromhex(raw))


def test_siblings_are_bounded() -> None:
    many = bytes.fromhex("8000") * 2000
    assert len(tlv.parse(many, max_objects=2000)) == 2000
    with pytest.raises(TlvError):
        tlv.parse(many)


@given(st.binary(max_size=80))
def test_any_bytes_are_objects_or_a_tlv_error(raw: bytes) -> None:
    try:
        items = tlv.parse(raw)
    except TlvError:
        return
    assert sum(len(item.value) for item in items) <= len(raw)


def test_objects_are_found_by_tag() -> None:
    items = tlv.parse(bytes.fromhex("8001018101028001 03".replace(" ", "")))
    assert tlv.first(items, 0x80) == Tlv(0x80, b"\x01")
    assert tlv.require(items, 0x81) == b"\x02"
    assert tlv.first(items, 0x82) is None
    with pytest.raises(TlvError):
        tlv.require(items, 0x82)
