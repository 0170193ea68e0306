"""The DER gate: real structures pass, every sloppiness is named and refused."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st

from crypto import der
from crypto.errors import DerError


@pytest.mark.parametrize(
    "data",
    ["0500", "020100", "30060201010201ff", "3000", "1f1f00", "bf813403020101", "048180" + "00" * 128],
)
def test_strict_der_passes(data: str) -> None:
    der.check(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "offence"),
    [
        ("", "nothing at all"),
        ("30", "no length"),
        ("3082", "half a length"),
        ("3082 01", "half a length"),
        ("0201", "contents are missing"),
        ("3080 0201010000", "indefinite length"),
        ("308103 020101", "length not in its shortest form"),
        ("30820003 020101", "length not in its shortest form"),
        ("0485 0000000001 00", "length of five bytes"),
        ("0484 FFFFFFFF", "four gigabytes"),
        ("020101 00", "trailing byte"),
        ("3003 020102 01", "trailing byte"),
        ("3004 02010100", "child cut short"),
        ("3003 020201", "child beyond its parent"),
        ("3003 300202 01", "grandchild beyond its parent"),
        ("0000", "end-of-contents"),
        ("2403 040101", "constructed octet string"),
        ("2203 020101", "constructed integer"),
        ("1003 020101", "primitive sequence"),
        ("1100", "primitive set"),
        ("9F1E 0101", "long tag for a small number"),
        ("9F8020 0101", "tag with leading zeros"),
        ("9FFFFFFFFF7F 00", "tag of more than four bytes"),
        ("9F", "tag cut short"),
    ],
)
def test_sloppy_encodings_are_refused(data: str, offence: str) -> None:
    with pytest.raises(DerError):
        der.check(bytes.fromhex(data))


def test_bounds_hold_before_any_parser_runs() -> None:
    deep = b""
    for _ in range(33):
        length = len(deep)
        deep = b"\x30" + (bytes([length]) if length < 128 else bytes([0x81, length])) + deep
    der.check(deep, max_depth=33)
    with pytest.raises(DerError, match="deeper"):
        der.check(deep)
    wide = b"\x30\x83" + (400_000).to_bytes(3, "big") + b"\x05\x00" * 200_000
    with pytest.raises(DerError, match="more than"):
        der.check(wide)
    with pytest.raises(DerError, match="at most"):
        der.check(wide, max_size=100_000)
    der.check(wide, max_nodes=200_001)


def test_an_object_identifier_is_bounded_since_decoding_takes_the_square_of_its_length() -> None:
    der.check(bytes.fromhex("0640") + b"\x81" * 63 + b"\1")
    with pytest.raises(DerError, match="object identifier of 65 bytes"):
        der.check(bytes.fromhex("0641") + b"\x81" * 64 + b"\1")


@given(st.binary(max_size=64))
def test_any_bytes_pass_or_raise_der_error(data: bytes) -> None:
    try:
        der.check(data)
    except DerError:
        return
    assert len(data) >= 2


def test_real_files_pass_and_none_survives_a_cut(shared_data: Path) -> None:
    sod = (shared_data / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes()
    der.check(sod)
    for length in random.Random(1).sample(range(len(sod)), 100):
        with pytest.raises(DerError):
            der.check(sod[:length])


def test_the_german_master_list_and_its_certificates_pass(shared_data: Path) -> None:
    raw = (shared_data / "master-lists" / "DE_ML_2026-05-28.ml").read_bytes()
    der.check(raw)
    content = cms.ContentInfo.load(raw)["content"]["encap_content_info"]["content"].native
    der.check(content, max_nodes=200_000)
