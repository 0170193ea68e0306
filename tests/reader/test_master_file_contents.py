"""EF.ATR/INFO, EF.DIR and EF.CardSecurity: what stands in the master file."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import atr_info, card_security, sod
from reader.lds import dir as ef_dir
from reader.lds.atr_info import AtrInfo
from reader.lds.card_security import CardSecurity
from reader.lds.files import EMRTD_AID
from reader.lds.security_infos import (
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfos,
    UnknownSecurityInfo,
    encode_security_infos,
)
from simulator import cms_writer
from simulator.cms_writer import Signer
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind

ATR_INFO = bytes.fromhex("4703B801E0 7F6608 02020830 02022710 4301B8")
STANDARDIZED_KEY = bytes.fromhex("3017 300C 0607 04007F00070102 02010D 0307 00 040102030405")
CARD_INFOS = SecurityInfos(
    (
        PaceInfo("0.4.0.127.0.7.2.2.4.6.2", 2, 13),
        ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", STANDARDIZED_KEY, 13),
        # EFDIRInfo (Doc 9303-11, 9.2.9) and a kind that nobody knows.
        UnknownSecurityInfo("2.23.136.1.1.13", bytes.fromhex("0403610102")),
        UnknownSecurityInfo("0.4.0.127.0.7.2.2.3.2", bytes.fromhex("3003020105 020148")),
    )
)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create(now=datetime(2026, 11, 1, tzinfo=UTC), random_bytes=random.Random(1).randbytes, keys=keys)


def _signed(issuer: Issuer, content_type: str, content: bytes, *, by_key: bool = False) -> bytes:
    signer = Signer(issuer.document_signer_der, issuer.keys.document_signer, by_key=by_key)
    return cms_writer.sign(content_type, content, signer)


def test_atr_info() -> None:
    found = atr_info.parse(ATR_INFO)
    assert found == AtrInfo(0x0830, 10_000, bytes.fromhex("B801E0"), ((0x43, b"\xb8"),))
    assert (found.extended_length, found.command_chaining) == (True, True)
    assert atr_info.encode(found) == ATR_INFO


@pytest.mark.parametrize(
    ("capabilities", "extended"),
    [("4703000000", False), ("4703000040", True), ("47020040", None), ("470140", None), ("", None)],
)
def test_extended_length_stands_in_the_third_byte(capabilities: str, extended: bool | None) -> None:
    assert atr_info.parse(bytes.fromhex(capabilities)).extended_length is extended


def test_lengths_are_unsigned_of_one_to_four_bytes() -> None:
    found = atr_info.parse(bytes.fromhex("7F660A 0202FFFF 020400010002"))
    assert (found.max_command, found.max_response) == (65_535, 65_538)
    assert (atr_info.parse(bytes.fromhex("7F6606 0201E0 0201DF")).max_command) == 0xE0


@pytest.mark.parametrize("padding", [b"\0" * 40, b"\xff" * 40, b"\0", b"\xff\0"])
def test_padding_after_the_objects_is_taken(padding: bytes) -> None:
    assert atr_info.parse(ATR_INFO + padding) == atr_info.parse(ATR_INFO)
    assert ef_dir.parse(ef_dir.encode([EMRTD_AID]) + padding) == (EMRTD_AID,)


def test_a_value_that_ends_like_padding_is_no_padding() -> None:
    assert atr_info.parse(bytes.fromhex("4703000000")).card_capabilities == bytes(3)
    assert atr_info.parse(bytes.fromhex("5F5203FFFFFF")).others == ((0x5F52, b"\xff\xff\xff"),)


def test_an_empty_file_says_nothing() -> None:
    assert atr_info.parse(b"") == atr_info.parse(bytes(64)) == AtrInfo()
    assert ef_dir.parse(b"") == ()


@pytest.mark.parametrize(
    "raw",
    [
        "47",
        "4703B801",
        "4700",
        "4704B801E000",
        "7F6608 02020830 0202",
        "7F6604 02020830",
        "7F660C 02020830 02022710 02022710",
        "7F6608 02020830 04022710",
        "7F6606 0200 02022710",
        "7F660B 02050000000001 02022710",
        "4703B801E0 00 43",
        "4703B801E0 FF 43",
        "4380 0000",
        "4301B8" * 65,
        "4301B8" * 30_000,
    ],
)
def test_malformed_atr_info(raw: str) -> None:
    with pytest.raises(LdsError, match=r"EF\.ATR/INFO"):
        atr_info.parse(bytes.fromhex(raw))


def test_one_length_alone_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="together"):
        atr_info.encode(AtrInfo(max_command=256))


LENGTHS = st.integers(0, 2**32 - 1)
TAGS = st.sampled_from([0x43, 0x46, 0x5F52, 0x7F49, 0xE0])


@given(
    st.none() | st.tuples(LENGTHS, LENGTHS),
    st.none() | st.binary(min_size=1, max_size=3),
    st.lists(st.tuples(TAGS, st.binary(max_size=20)), max_size=5),
    st.sampled_from([b"", b"\0" * 9, b"\xff" * 9]),
)
def test_atr_info_round_trip(
    lengths: tuple[int, int] | None, capabilities: bytes | None, others: list[tuple[int, bytes]], padding: bytes
) -> None:
    info = AtrInfo(*(lengths or (None, None)), capabilities, tuple(others))
    assert atr_info.parse(atr_info.encode(info) + padding) == info


def test_dir_of_doc_9303_10() -> None:
    raw = bytes.fromhex("61094F07A0000002471001 61094F07A0000002472001 61094F07A0000002472002 61094F07A0000002472003")
    identifiers = ef_dir.parse(raw)
    assert identifiers == tuple(bytes.fromhex(f"A000000247{end}") for end in ("1001", "2001", "2002", "2003"))
    assert ef_dir.encode(identifiers) == raw


def test_dir_with_labels_and_other_objects() -> None:
    raw = bytes.fromhex("6111 4F07A0000002471001 50064D6F74204368 5F500101")
    assert ef_dir.parse(raw) == (EMRTD_AID,)


@pytest.mark.parametrize(
    "raw",
    ["61", "6100", "61024F00", "61134F11" + "A0" * 17, "61055003414243", "61094F07A00000024710", "61004F00" * 40],
)
def test_malformed_dir(raw: str) -> None:
    with pytest.raises(LdsError, match=r"EF\.DIR"):
        ef_dir.parse(bytes.fromhex(raw))


@pytest.mark.parametrize("by_key", [False, True])
def test_card_security(issuer: Issuer, by_key: bool) -> None:
    content = encode_security_infos(CARD_INFOS)
    raw = card_security.encode(_signed(issuer, card_security.CONTENT_TYPE, content, by_key=by_key))
    found = card_security.parse(raw)
    assert found == CardSecurity(found.signed_data, CARD_INFOS)
    assert found.signed_data.content == content
    assert found.signed_data.verify_signer().fault is None


def test_malformed_card_security(issuer: Issuer) -> None:
    content = encode_security_infos(CARD_INFOS)
    raw = _signed(issuer, card_security.CONTENT_TYPE, content)
    for bad in (
        b"",
        content,
        raw[:-1],
        raw + b"\0",
        _signed(issuer, sod.CONTENT_TYPE, content),
        _signed(issuer, card_security.CONTENT_TYPE, b"\x31\x80\0\0"),
        _signed(issuer, card_security.CONTENT_TYPE, b""),
        _signed(issuer, card_security.CONTENT_TYPE, tlv.encode(0x31, bytes(70_000))),
    ):
        with pytest.raises(LdsError, match=r"EF\.CardSecurity"):
            card_security.parse(bad)
