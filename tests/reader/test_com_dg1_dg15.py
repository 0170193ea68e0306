from __future__ import annotations

from pathlib import Path

import pytest

from reader.errors import LdsError
from reader.lds import com, dg1, dg15
from reader.lds.com import Com
from reader.lds.mrz import parse_mrz

CARD = "IDVNM0990000017001099000001<<8\n9902015M3902013VNM<<<<<<<<<<<6\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
EF_COM = bytes.fromhex("6017 5F0104 30313037 5F3606 303430303030 5C05 61756D6E6F")


def _reference(shared_data: Path, name: str) -> bytes:
    return (shared_data / "bsi-tr03105-5" / name).read_bytes()


def test_com() -> None:
    found = com.parse(EF_COM)
    assert found == Com((0x61, 0x75, 0x6D, 0x6E, 0x6F), "0107", "040000")
    assert com.encode(found) == EF_COM
    assert found.data_groups == (1, 2, 13, 14, 15)


def test_com_of_the_reference_data_set(shared_data: Path) -> None:
    raw = _reference(shared_data, "EF_COM.bin")
    found = com.parse(raw)
    assert found == Com((0x61, 0x75, 0x63, 0x76, 0x6E), "0107", "040000")
    assert found.data_groups == (1, 2, 3, 4, 14)
    assert com.encode(found) == raw


def test_com_keeps_tags_that_are_no_data_group() -> None:
    found = Com((0x61, 0x77, 0x00))
    assert com.parse(com.encode(found)) == found
    assert found.data_groups == (1,)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "60",
        "6000",
        "6100",
        "6017 5F0104 30313037 5F3606 303430303030 5C05 61756D6E",
        "6010 5F0104 30313037 5F3606 303430303030",
        "6017 5F0104 3031303A 5F3606 303430303030 5C05 61756D6E6F",
        "6017 5F0105 3031303730 5F3605 3430303030 5C05 61756D6E6F",
        "6017 5F0104 30313037 5F3606 303430303030 5C05 61756D6E6F 00",
        "6080 5F0104 30313037 5F3606 303430303030 5C05 61756D6E6F 0000",
    ],
)
def test_malformed_com(raw: str) -> None:
    with pytest.raises(LdsError, match=r"EF\.COM"):
        com.parse(bytes.fromhex(raw))


def test_size_is_bounded() -> None:
    with pytest.raises(LdsError, match="at most 1024"):
        com.parse(com.encode(Com((0x61,) * 2000)))


def test_dg1_of_a_citizens_card() -> None:
    mrz = parse_mrz(CARD)
    raw = dg1.encode(mrz)
    assert raw == bytes.fromhex("615D5F1F5A") + CARD.replace("\n", "").encode()
    assert dg1.parse(raw) == mrz


def test_dg1_of_the_reference_data_set(shared_data: Path) -> None:
    raw = _reference(shared_data, "Datagroup1.bin")
    mrz = dg1.parse(raw)
    assert (mrz.format, mrz.issuer, mrz.document_number) == ("TD3", "D", "C11T002JM")
    assert (mrz.surname, mrz.given_names) == ("MUSTERMANN", "ERIKA")
    assert all(mrz.check_digits_ok.values())
    assert dg1.encode(mrz) == raw


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x61", b"\x75"),
        (b"\x5f\x1f\x5a", b"\x5f\x1e\x5a"),
        (b"\x5f\x1f\x5a", b"\x5f\x1f\x59"),
        (b"NGUYEN", b"NGUY\xcaN"),
        (b"NGUYEN", b"nguyen"),
        (b"MAU<", b"MAU\n"),
    ],
)
def test_malformed_dg1(old: bytes, new: bytes) -> None:
    with pytest.raises(LdsError):
        dg1.parse(dg1.encode(parse_mrz(CARD)).replace(old, new, 1))


def test_dg1_has_no_line_breaks() -> None:
    with pytest.raises(LdsError, match="line breaks"):
        dg1.parse(bytes.fromhex("615F5F1F5C") + CARD.encode())


def test_dg15_of_the_reference_data_set(shared_data: Path) -> None:
    raw = _reference(shared_data, "Datagroup15.bin")
    found = dg15.parse(raw)
    assert found.public_key == _reference(shared_data, "DG15_pk.bin")
    assert dg15.encode(found) == raw


@pytest.mark.parametrize(
    "raw",
    ["", "6F00", "6E0430020500", "6F04300205", "6F0430020500 00", "6F0530020500 00", "6F05308102 0500", "6F0430800000"],
)
def test_malformed_dg15(raw: str) -> None:
    with pytest.raises(LdsError, match="DG15"):
        dg15.parse(bytes.fromhex(raw))
