from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import ber, der, tlv
from crypto.errors import DerError


def _indefinite(tag: int, contents: bytes) -> bytes:
    return bytes((tag, 0x80)) + contents + b"\0\0"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("3080 020101 0000", "3003 020101"),
        ("3080 0000", "3000"),
        ("3080 3080 0000 A080 0500 0000 0000", "3006 3000 A002 0500"),
        ("3080 2480 0402 0102 0401 03 0000 0000", "3005 0403 010203"),
        ("3080 2407 0402 0102 0401 03 0000", "3005 0403 010203"),
        ("3080 2480 2480 0401 01 0000 0401 02 0000 0000", "3004 0402 0102"),
        ("3080 2480 0000 0000", "3002 0400"),
        ("3080 3004 0402 0000 0000", "3006 3004 0402 0000"),
        ("3080 0402 3080 0000", "3004 0402 3080"),
        ("3003 020101", "3003 020101"),
        ("3080 7F490180 0000", None),
        ("3080 5F1F0100 0000", "3004 5F1F0100"),
    ],
)
def test_worked_examples(written: str, wanted: str | None) -> None:
    data = bytes.fromhex(written)
    if wanted is None:
        with pytest.raises(DerError):
            ber.to_der(data)
    else:
        assert ber.to_der(data) == bytes.fromhex(wanted)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "cut short"),
        ("30", "cut short"),
        ("3080", "cut short"),
        ("3080 020101", "cut short"),
        ("3080 020101 00", "tag 00|cut short"),
        ("3080 0201", "reaches beyond"),
        ("3080 020101 0000 00", "1 bytes after"),
        ("3080 02810101 0000", "shortest form"),
        ("3080 0282000101 0000", "shortest form"),
        ("3080 0480 0000 0000", "indefinite"),
        ("3080 2480 0201 01 0000 0000", "other pieces"),
        ("3080 3003 3080 00 0000", "reaches|tag 00|cut short"),
        ("3080 3002 0000 0000", "tag 00"),
        ("3080 8500 0000 000000", "3 bytes after"),
    ],
)
def test_what_is_refused(written: str, complaint: str) -> None:
    with pytest.raises(DerError, match=complaint):
        ber.to_der(bytes.fromhex(written))


def test_bounds() -> None:
    deep = b"\x05\0"
    for _ in range(40):
        deep = _indefinite(0x30, deep)
    with pytest.raises(DerError, match="nested"):
        ber.to_der(deep)
    with pytest.raises(DerError, match="too many"):
        ber.to_der(_indefinite(0x30, b"\x05\0" * 30_000))
    with pytest.raises(DerError, match="at most 100"):
        ber.to_der(_indefinite(0x30, bytes(200)), max_size=100)


LEAVES = st.builds(tlv.encode, st.sampled_from([0x02, 0x04, 0x0C, 0x80, 0x5F1F]), st.binary(max_size=300))
TREES = st.recursive(
    LEAVES,
    lambda children: st.builds(
        lambda tag, parts: tlv.encode(tag, b"".join(parts)),
        st.sampled_from([0x30, 0x31, 0xA0, 0xA1]),
        st.lists(children, max_size=4),
    ),
    max_leaves=20,
)


def _loosened(encoded: bytes, draw: st.DataObject) -> bytes:
    """The same object with some lengths indefinite and some OCTET STRINGs in pieces."""
    item = tlv.parse_one(encoded)
    constructed = bool(encoded[0] & 0x20)
    if not constructed and (item.tag != 0x04 or not draw.draw(st.booleans())):
        return encoded
    if constructed:
        tag, contents = (
            item.tag,
            b"".join(_loosened(tlv.encode(child.tag, child.value), draw) for child in tlv.parse(item.value)),
        )
    else:
        cut = draw.draw(st.integers(0, len(item.value)))
        tag, contents = 0x24, tlv.encode(0x04, item.value[:cut]) + tlv.encode(0x04, item.value[cut:])
    return _indefinite(tag, contents) if draw.draw(st.booleans()) else tlv.encode(tag, contents)


@given(TREES, st.data())
def test_whatever_was_loosened_is_der_again(encoded: bytes, data: st.DataObject) -> None:
    assert ber.to_der(encoded) == encoded
    assert ber.to_der(_loosened(encoded, data)) == encoded


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x30\x80", b"\x30\x80\x24\x80"]))
def test_any_bytes_become_der_or_an_error(data: bytes, start: bytes) -> None:
    try:
        encoded = ber.to_der(start + data)
    except DerError:
        return
    assert ber.to_der(encoded) == encoded
    assert b"\x80" in start + data or len(encoded) == len(start + data)


def test_nothing_else_is_put_right() -> None:
    """What comes out is judged by `der.check` afterwards."""
    encoded = ber.to_der(bytes.fromhex("3080 2C02 0C00 0000"))
    assert encoded == bytes.fromhex("3004 2C02 0C00")
    with pytest.raises(DerError):
        der.check(encoded)
