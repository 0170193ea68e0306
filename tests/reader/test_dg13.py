from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import dg13
from reader.lds.dg13 import Dg13
from reader.plain_text import plain_text

# The invented person of the facts, built from the bytes that were seen on cards.
VECTOR = bytes.fromhex(
    "6D82015B30820157020101060628D316010008318201483011020101130C30303130393930303030303130180201020C"
    "134E677579E1BB856E2056C4836E204DE1BAAB75300F020103130A30312F30322F3139393930080201040C034E616D30"
    "0F0201050C0A5669E1BB8774204E616D30090201060C044B696E68300B0201070C064B68C3B46E6730140201080C0F58"
    "C3A320412C2054E1BB896E68204230280201090C2353E1BB9120312C205068C6B0E1BB9D6E6720432C205468C3A06E68"
    "207068E1BB912044301802010A0C134EE1BB9174207275E1BB936920433A2031636D300F02010B130A30332F30342F32"
    "303232300F02010C0C0A30312F30322F32303339302D02010D30130C114E677579E1BB856E2056C4836E204368613013"
    "0C115472E1BAA76E205468E1BB8B204DE1BAB9300302010E300E02010F13093031323334353637383015020110131030"
    "313233343536373839414243444546"
)
PERSON = Dg13(
    number="001099000001",
    name="Nguyễn Văn Mẫu",
    birth_text="01/02/1999",
    sex_text="Nam",
    nationality="Việt Nam",
    ethnicity="Kinh",
    religion="Không",
    place_of_origin="Xã A, Tỉnh B",
    place_of_residence="Số 1, Phường C, Thành phố D",
    personal_features="Nốt ruồi C: 1cm",
    issue_text="03/04/2022",
    expiry_text="01/02/2039",
    father="Nguyễn Văn Cha",
    mother="Trần Thị Mẹ",
    spouse="",
    old_number="012345678",
    reference="0123456789ABCDEF",
)


def _file(*fields: bytes) -> bytes:
    body = tlv.encode(0x02, b"\x01") + tlv.encode(0x06, bytes.fromhex("28D316010008"))
    return tlv.encode(0x6D, tlv.encode(0x30, body + tlv.encode(0x31, b"".join(fields))))


def _field(number: int, *values: bytes) -> bytes:
    return tlv.encode(0x30, tlv.encode(0x02, bytes((number,))) + b"".join(values))


def _utf8(text: str) -> bytes:
    return tlv.encode(0x0C, text.encode())


def test_vector_byte_for_byte() -> None:
    assert len(VECTOR) == 351
    assert dg13.parse(VECTOR) == PERSON
    assert dg13.encode(PERSON) == VECTOR


def test_dates_and_sex() -> None:
    found = dg13.parse(VECTOR)
    assert (found.birth_date, found.issue_date) == (date(1999, 2, 1), date(2022, 4, 3))
    assert (found.expiry_date, found.never_expires) == (date(2039, 2, 1), False)
    assert found.sex == "M"
    assert Dg13(sex_text="Nữ").sex == "F"
    assert Dg13(sex_text="?").sex is None


@pytest.mark.parametrize("text", ["Không thời hạn", "KHÔNG THỜI HẠN", unicodedata.normalize("NFD", "Không thời hạn")])
def test_no_expiry(text: str) -> None:
    found = dg13.parse(_file(_field(12, _utf8(text))))
    assert (found.never_expires, found.expiry_date) == (True, None)


def test_parents_in_one_sequence() -> None:
    raw = dg13.encode(PERSON, parents_together=True)
    assert raw != VECTOR
    assert dg13.parse(raw) == PERSON
    assert _utf8("Nguyễn Văn Cha") + _utf8("Trần Thị Mẹ") in raw


@pytest.mark.parametrize(
    ("values", "father", "mother"),
    [
        ([], "", None),
        ([tlv.encode(0x30, b"")], "", None),
        ([tlv.encode(0x30, b""), tlv.encode(0x30, _utf8("Mẹ"))], "", "Mẹ"),
        ([tlv.encode(0x30, _utf8("Cha"))], "Cha", None),
        ([_utf8("Cha"), _utf8("Mẹ")], "Cha", "Mẹ"),
        ([tlv.encode(0x30, _utf8("Cha") + _utf8("Mẹ"))], "Cha", "Mẹ"),
    ],
)
def test_shapes_of_the_parents(values: list[bytes], father: str, mother: str | None) -> None:
    found = dg13.parse(_file(_field(13, *values)))
    assert (found.father, found.mother, found.unknown) == (father, mother, ())


def test_more_than_two_parents_stay_raw() -> None:
    values = _utf8("A") + _utf8("B") + _utf8("C")
    found = dg13.parse(_file(_field(13, values)))
    assert (found.father, found.unknown) == (None, ((13, values),))
    assert dg13.encode(found) == _file(_field(13, values))


def test_spouse() -> None:
    assert dg13.parse(_file(_field(14))).spouse == ""
    assert dg13.parse(_file(_field(14, tlv.encode(0x30, _utf8("Lê Thị Vợ"))))).spouse == "Lê Thị Vợ"
    assert dg13.parse(_file(_field(14, _utf8("Lê Thị Vợ")))).spouse == "Lê Thị Vợ"
    assert dg13.encode(Dg13(spouse="Lê Thị Vợ")) == _file(_field(14, tlv.encode(0x30, _utf8("Lê Thị Vợ"))))


def test_missing_fields_and_any_order() -> None:
    found = dg13.parse(_file(_field(12, _utf8("01/02/2039")), _field(2, _utf8("Nguyễn Văn Mẫu"))))
    assert found == Dg13(name="Nguyễn Văn Mẫu", expiry_text="01/02/2039")
    assert dg13.parse(_file()) == Dg13()


def test_unknown_fields_and_types_stay_raw() -> None:
    octets, bmp = tlv.encode(0x04, b"\x00\xff"), tlv.encode(0x1E, "Mẫu".encode("utf-16-be"))
    raw = _file(_field(1, tlv.encode(0x13, b"001099000001")), _field(2, bmp), _field(17, octets), _field(40))
    found = dg13.parse(raw)
    assert found == Dg13(number="001099000001", unknown=((2, bmp), (17, octets), (40, b"")))
    assert dg13.encode(found) == raw


@pytest.mark.parametrize(
    "value",
    [
        tlv.encode(0x0C, b"\xff"),
        b"\x0c\x05A",
        _utf8("a" * 1001),
        tlv.encode(0x30, b"\x0c\x05A"),
        tlv.encode(0x04, bytes(32)),
        bytes(16),
    ],
)
def test_a_field_that_cannot_be_read_stays_raw_and_harms_no_other(value: bytes) -> None:
    found = dg13.parse(_file(_field(1, tlv.encode(0x13, b"001099000001")), _field(9, value)))
    assert found == Dg13(number="001099000001", unknown=((9, value),))
    assert dg13.encode(found) == _file(_field(1, tlv.encode(0x13, b"001099000001")), _field(9, value))


def test_fields_longer_than_127_bytes() -> None:
    address = "Số 1, " + "Phường Ấ, " * 20 + "Tỉnh B"
    raw = dg13.encode(Dg13(place_of_residence=address))
    assert b"\x02\x01\x09\x0c\x82" in raw
    assert dg13.parse(raw).place_of_residence == address


def test_the_pattern_of_a_field_within_a_text_is_text() -> None:
    text = tlv.encode(0x0C, b"x" * 150 + b"0\x03\x02\x01\x01")
    found = dg13.parse(_file(_field(9, text), _field(1, tlv.encode(0x13, b"001099000001"))))
    assert found.number == "001099000001"


def test_text_is_made_plain() -> None:
    hostile = "\u202eNguyễn\n\x00 Văn\u200b"
    found = dg13.parse(_file(_field(2, _utf8(unicodedata.normalize("NFD", hostile)))))
    assert found.name == "Nguyễn Văn"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes.fromhex("6D00"),
        bytes.fromhex("6E0430020500"),
        bytes.fromhex("6D023000"),
        bytes.fromhex("6D0430023100") + b"\0",
        bytes.fromhex("6D0631003100"),
        _file(b"\x31\x00"),
        _file(b"\x30\x00"),
        _file(tlv.encode(0x30, _utf8("1"))),
        _file(tlv.encode(0x30, b"\x02\x02\x00\x01")),
        _file(tlv.encode(0x30, b"\x02\x01")),
        _file(_field(1), _field(1)),
        _file(*(_field(number) for number in range(20, 120))),
        VECTOR[:-1],
    ],
)
def test_malformed_files(raw: bytes) -> None:
    with pytest.raises(LdsError, match="DG13"):
        dg13.parse(raw)


def test_repr_shows_no_personal_data() -> None:
    assert repr(PERSON) == "Dg13()"


TEXTS = st.none() | st.text(max_size=200).map(plain_text)


@given(
    st.builds(
        Dg13,
        *[TEXTS] * 12,
        father=st.text(max_size=40).map(plain_text),
        mother=TEXTS,
        spouse=TEXTS,
        old_number=TEXTS,
        reference=TEXTS,
        unknown=st.dictionaries(st.integers(17, 120), st.binary(max_size=20), max_size=5).map(
            lambda fields: tuple(sorted(fields.items()))
        ),
    ),
    st.booleans(),
)
def test_round_trip(person: Dg13, parents_together: bool) -> None:
    assert dg13.parse(dg13.encode(person, parents_together=parents_together)) == person
