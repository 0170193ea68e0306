"""The groups of further data; each tolerance is named after the report of the field that asks for it."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import dg11, dg12, dg16
from reader.lds.dg11 import Dg11
from reader.lds.dg12 import Dg12
from reader.lds.dg16 import PersonToNotify
from reader.lds.images import StoredImage
from reader.lds.person_name import PersonName
from reader.partial_date import PartialDate
from reader.plain_text import plain_text

JPEG = bytes.fromhex("FFD8FFE000104A464946FFD9")


def _object(tag: int, text: str) -> bytes:
    return tlv.encode(tag, text.encode())


def _dg11(*objects: bytes, tag_list: str = "") -> bytes:
    return tlv.encode(0x6B, tlv.encode(0x5C, bytes.fromhex(tag_list)) + b"".join(objects))


def _dg12(*objects: bytes) -> bytes:
    return tlv.encode(0x6C, b"".join(objects))


# The examples of Doc 9303-10, A.5 and A.6, with their lengths put right.
EXAMPLE_11 = _dg11(
    _object(0x5F0E, "SMITH<<JOHN<J"),
    _object(0x5F11, "ANYTOWN<MN"),
    _object(0x5F42, "123 MAPLE RD<ANYTOWN<MN"),
    _object(0x5F12, "16125551212"),
    _object(0x5F13, "TRAVEL<AGENT"),
    tag_list="5F0E 5F11 5F42 5F12 5F13",
)
EXAMPLE_16 = tlv.encode(
    0x70,
    bytes.fromhex("020102")
    + tlv.encode(
        0xA1,
        _object(0x5F50, "20020101")
        + _object(0x5F51, "SMITH<<CHARLES<R")
        + _object(0x5F52, "19525551212")
        + _object(0x5F53, "123 MAPLE RD<ANYTOWN<MN<55100"),
    )
    + tlv.encode(
        0xA2,
        _object(0x5F50, "20020315")
        + _object(0x5F51, "BROWN<<MARY<J")
        + _object(0x5F52, "14155551212")
        + _object(0x5F53, "49 REDWOOD LN<OCEAN BREEZE<CA<94000"),
    ),
)
HOLDER = Dg11(
    name=PersonName("Muster Beispiel", "Ánna Đặng"),
    other_names=(PersonName("MUSTER"), PersonName("", "ANNA")),
    personal_number="19740812-0000",
    birth_date=PartialDate(1974, 8, 12),
    place_of_birth=("Utopia Stadt", "UT"),
    address=("Musterweg 1", "12345 Utopia"),
    telephone="+84 24 0000 0000",
    profession="Tester",
    title="Dr.",
    personal_summary="",
    proof_of_citizenship=StoredImage(JPEG),
    other_travel_documents=("C00000001", "C00000002"),
    custody="none",
    unknown=((0x5F60, b"\x01"), (0xC0, b"")),
)
DOCUMENT = Dg12(
    issuing_authority="Cục Quản lý xuất nhập cảnh",
    issue_date=PartialDate(2022, 4, 3),
    other_people=(PersonName("SMITH", "BRENDA P"),),
    endorsements="SEE PAGE 51",
    tax_or_exit_requirements="",
    front=StoredImage(JPEG),
    rear=StoredImage(b"not an image"),
    personalised_at=datetime.fromisoformat("2022-04-02T13:36:12"),
    personalisation_system="N-4962",
)


def test_dg11_of_doc_9303_10() -> None:
    found = dg11.parse(EXAMPLE_11)
    assert found == Dg11(
        name=PersonName("SMITH", "JOHN J"),
        place_of_birth=("ANYTOWN", "MN"),
        address=("123 MAPLE RD", "ANYTOWN", "MN"),
        telephone="16125551212",
        profession="TRAVEL AGENT",
    )
    assert dg11.parse(dg11.encode(found)) == found


def test_dg16_of_doc_9303_10() -> None:
    smith, brown = dg16.parse(EXAMPLE_16)
    assert smith == PersonToNotify(
        PartialDate(2002, 1, 1),
        PersonName("SMITH", "CHARLES R"),
        "19525551212",
        ("123 MAPLE RD", "ANYTOWN", "MN", "55100"),
    )
    assert (brown.recorded, brown.name) == (PartialDate(2002, 3, 15), PersonName("BROWN", "MARY J"))
    assert dg16.encode((smith, brown)) == EXAMPLE_16


@pytest.mark.parametrize(
    "other_people",
    [
        _object(0x5F1A, "SMITH<<BRENDA<P"),
        tlv.encode(0xA0, bytes.fromhex("020101") + _object(0x5F1A, "SMITH<<BRENDA<P")),
    ],
    ids=["early", "later"],
)
def test_dg12_of_the_supplements_to_doc_9303(other_people: bytes) -> None:
    raw = _dg12(
        bytes.fromhex("5C06 5F195F265F1A"),
        _object(0x5F19, "UNITED STATES OF AMERICA"),
        _object(0x5F26, "20020531"),
        other_people,
    )
    found = dg12.parse(raw)
    assert found == Dg12("UNITED STATES OF AMERICA", PartialDate(2002, 5, 31), (PersonName("SMITH", "BRENDA P"),))
    assert (dg12.encode(found) == raw) is (b"\xa0" in other_people)


def test_everything_at_once() -> None:
    assert dg11.parse(dg11.encode(HOLDER)) == HOLDER
    assert dg12.parse(dg12.encode(DOCUMENT)) == DOCUMENT
    assert bytes.fromhex("A015 020102 5F0F06 4D5553544552 5F0F06 3C3C414E4E41") in dg11.encode(HOLDER)


def test_empty_values_of_dutch_documents() -> None:
    """JMRTD, DG11FileTest: every element is there, most of them without a value."""
    raw = bytes.fromhex(
        "6B34 5C10 5F0E5F105F2B5F125F135F145F155F18 5F0E023C3C 5F1000 5F2B083139373131303139"
        "5F1200 5F1300 5F1400 5F1500 5F1800"
    )
    assert dg11.parse(raw) == Dg11(
        name=PersonName(""),
        personal_number="",
        birth_date=PartialDate(1971, 10, 19),
        telephone="",
        profession="",
        title="",
        personal_summary="",
        custody="",
    )


def test_other_names_without_their_template_in_chinese_passports() -> None:
    """gmrtd, document/dg11_test.go: the name in its own script, its Latin form without A0 around it."""
    raw = _dg11(_object(0x5F0E, "王小明"), _object(0x5F0F, "WANG<<XIAOMING"), tag_list="5F0E5F0F")
    found = dg11.parse(raw)
    assert (found.name, found.other_names) == (PersonName("王小明"), (PersonName("WANG", "XIAOMING"),))


def test_the_tag_list_is_not_believed() -> None:
    """Belarusian cards list A0 (gmrtd, document/dg11_test.go); others list what is missing, or nothing."""
    names = tlv.encode(0xA0, bytes.fromhex("020102") + _object(0x5F0F, "SMITH<<JOHN") + _object(0x5F0F, "JOHN<SMITH"))
    wanted = (PersonName("SMITH", "JOHN"), PersonName("JOHN SMITH"))
    for tag_list in ("A0", "5F0F", "", "5F0E5F105F2B", "5F00", "5F", "FFFFFFFF"):
        assert dg11.parse(_dg11(names, tag_list=tag_list)) == Dg11(other_names=wanted)
    assert dg11.parse(tlv.encode(0x6B, names)) == Dg11(other_names=wanted)


@pytest.mark.parametrize("count", ["020100", "0201FF", "02047FFFFFFF", "0200", ""])
def test_the_names_that_are_there_count_and_not_their_number(count: str) -> None:
    template = tlv.encode(0xA0, bytes.fromhex(count) + _object(0x5F0F, "SMITH<<JOHN"))
    assert dg11.parse(_dg11(template)).other_names == (PersonName("SMITH", "JOHN"),)
    person = tlv.encode(0xA1, _object(0x5F52, "1"))
    assert dg16.parse(tlv.encode(0x70, bytes.fromhex(count) + person)) == (PersonToNotify(telephone="1"),)


def test_floods_of_elements_are_refused() -> None:
    name = _object(0x5F0F, "A")
    for raw in (
        _dg11(*[name] * 200),
        _dg11(tlv.encode(0xA0, name * 200)),
        _dg11(*[tlv.encode(0xA0, name * 100)] * 100),
    ):
        with pytest.raises(LdsError, match="DG11"):
            dg11.parse(raw)
    with pytest.raises(LdsError, match="DG16"):
        dg16.parse(tlv.encode(0x70, tlv.encode(0xA1, b"") * 100))


def test_dates_in_bcd() -> None:
    """Malaysia, Spain (dmrtd pull request 40), Taiwan (gmrtd); times of Bosnia (JMRTD)."""
    assert dg11.parse(_dg11(tlv.encode(0x5F2B, bytes.fromhex("19740812")))).birth_date == PartialDate(1974, 8, 12)
    found = dg12.parse(
        _dg12(tlv.encode(0x5F26, bytes.fromhex("20210915")), tlv.encode(0x5F55, bytes.fromhex("20171115013612")))
    )
    assert found.issue_date is not None
    assert (found.issue_date.exact, found.personalised_at) == (
        date(2021, 9, 15),
        datetime.fromisoformat("2017-11-15T01:36:12"),
    )


def test_the_tag_5f85_of_belgian_passports() -> None:
    """A time under a tag of its own (proxmark3 pull request 1125), which BER would read as three bytes."""
    unknown = tlv.encode(0x5F85, b"20161115013612")
    assert unknown[:3] == bytes.fromhex("5F850E")
    raw = _dg12(bytes.fromhex("5C06 5F195F855F26"), _object(0x5F19, "UTOPIA"), unknown, _object(0x5F26, "20161115"))
    found = dg12.parse(raw)
    assert found == Dg12("UTOPIA", PartialDate(2016, 11, 15), unknown=((0x5F85, b"20161115013612"),))
    assert dg12.parse(dg12.encode(found)) == found


def test_empty_names_of_belgian_passports() -> None:
    """Names in the issuer's script are there without a value ("eMRTD data quirks", DG11)."""
    template = tlv.encode(0xA0, bytes.fromhex("020101 5F0F00"))
    found = dg11.parse(_dg11(_object(0x5F0E, ""), template, _object(0x5F10, "1"), tag_list="5F0E5F0F5F10"))
    assert found == Dg11(PersonName(""), (PersonName(""),), "1")


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("19740812", PartialDate(1974, 8, 12)),
        ("19740800", PartialDate(1974, 8)),
        ("19740000", PartialDate(1974)),
        ("1974<<<<", PartialDate(1974)),
        ("1974XXXX", PartialDate(1974)),
        ("197408  ", PartialDate(1974, 8)),
        ("19000229", None),
        ("19741332", None),
        ("00000000", None),
        ("<<<<<<<<", None),
        ("12081974", None),
        ("1974-8-1", None),
        ("١٩٧٤", None),
        ("1974", None),
        ("", None),
    ],
)
def test_partial_dates_and_what_is_no_date(written: str, known: PartialDate | None) -> None:
    found = dg11.parse(_dg11(_object(0x5F2B, written)))
    assert found == (Dg11(birth_date=known) if known else Dg11(unknown=((0x5F2B, written.encode()),)))


@pytest.mark.parametrize("value", ["1974081A", "0000", "197408", "FFFFFFFF"])
def test_bcd_that_is_no_date(value: str) -> None:
    raw = bytes.fromhex(value)
    assert dg11.parse(_dg11(tlv.encode(0x5F2B, raw))) == Dg11(unknown=((0x5F2B, raw),))


@pytest.mark.parametrize("value", ["20171115013660", "20171315013612", "20171115", ""])
def test_what_is_no_moment(value: str) -> None:
    assert dg12.parse(_dg12(_object(0x5F55, value))) == Dg12(unknown=((0x5F55, value.encode()),))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ERIKSSON<<ANNA<MARIA", PersonName("ERIKSSON", "ANNA MARIA")),
        ("ERIKSSON << ANNA MARIA", PersonName("ERIKSSON", "ANNA MARIA")),
        ("ERIKSSON<<ANNA<<MARIA", PersonName("ERIKSSON", "ANNA MARIA")),
        ("ERIKSSON<<ANNA<MARIA<<<<<", PersonName("ERIKSSON", "ANNA MARIA")),
        ("ERIKSSON<ANNA", PersonName("ERIKSSON ANNA")),
        ("ERIKSSON", PersonName("ERIKSSON")),
        ("<<ANNA", PersonName("", "ANNA")),
        ("<<", PersonName("")),
        ("", PersonName("")),
    ],
)
def test_names_with_odd_separators(written: str, name: PersonName) -> None:
    assert PersonName.parse(written) == name
    assert PersonName.parse(name.encoded) == name
    assert dg11.parse(_dg11(_object(0x5F0E, written))).name == name


def test_addresses_with_odd_separators() -> None:
    for written in ("1 ROAD<TOWN<UT", "1 ROAD<<TOWN< UT <", "1 ROAD\r\nTOWN\nUT", "<1  ROAD<TOWN<<<<UT"):
        assert dg11.parse(_dg11(_object(0x5F42, written))).address == ("1 ROAD", "TOWN", "UT")


def test_text_is_made_plain() -> None:
    hostile = "\u202eLine\none\x00<two\u200b<"
    found = dg11.parse(_dg11(_object(0x5F15, unicodedata.normalize("NFD", hostile)), _object(0x5F10, "<12<34<<")))
    assert (found.personal_summary, found.personal_number) == ("Line one two", "12<34")


@pytest.mark.parametrize("tag", [0x5F0E, 0x5F0F, 0x5F10, 0x5F11, 0x5F13])
def test_text_that_is_no_utf_8_is_not_guessed_at(tag: int) -> None:
    """No issuer is known to have another encoding: LDS 1.7 and 1.8 have UTF-8."""
    latin = "Müller".encode("latin-1")
    found = dg11.parse(_dg11(tlv.encode(tag, latin), _object(0x5F14, "Dr.")))
    assert found == Dg11(title="Dr.", unknown=((tag, latin),))


def test_what_is_too_long_stays_raw() -> None:
    found = dg11.parse(_dg11(_object(0x5F15, "A" * 5000), _object(0x5F42, "A<" * 100)))
    assert (found.personal_summary, found.address) == (None, ())
    assert [tag for tag, _ in found.unknown] == [0x5F15, 0x5F42]


def test_the_first_of_two_elements_counts() -> None:
    found = dg11.parse(_dg11(_object(0x5F10, "1"), _object(0x5F10, "2")))
    assert found == Dg11(personal_number="1", unknown=((0x5F10, b"2"),))


@pytest.mark.parametrize("content", ["5C", "5C025F0E5F0E05", "A003020101 00", "A0035F0F05", "5F0E80"])
def test_malformed_files(content: str) -> None:
    with pytest.raises(LdsError, match="DG11"):
        dg11.parse(tlv.encode(0x6B, bytes.fromhex(content)))
    with pytest.raises(LdsError, match="DG12"):
        dg12.parse(tlv.encode(0x6C, bytes.fromhex(content)))


def test_malformed_dg16() -> None:
    for content in ("A1", "A1035F5005", "A1025F50", "020101 00"):
        with pytest.raises(LdsError, match="DG16"):
            dg16.parse(tlv.encode(0x70, bytes.fromhex(content)))
    with pytest.raises(ValueError, match="at most 15"):
        dg16.encode([PersonToNotify()] * 16)
    assert len(dg16.parse(dg16.encode([PersonToNotify()] * 15))) == 15


def test_repr_shows_no_personal_data() -> None:
    assert repr(HOLDER) == "Dg11()"
    assert repr(DOCUMENT) == "Dg12()"
    assert repr(dg16.parse(EXAMPLE_16)[0]) == "PersonToNotify()"


WORD = st.text(max_size=12).map(lambda text: " ".join(plain_text(text.replace("<", "")).split()))
TEXT = st.none() | WORD
PARTS = st.lists(WORD.filter(bool), max_size=4).map(tuple)
NAMES = st.builds(PersonName, WORD, WORD)
DATES = st.none() | st.dates(min_value=date(1000, 1, 1)).map(PartialDate.of) | st.integers(1, 9999).map(PartialDate)
IMAGES = st.none() | st.binary(max_size=20).map(StoredImage)
UNKNOWN = st.lists(
    st.tuples(st.sampled_from([0xC1, 0x5F60, 0x5F85, 0x5FFF, 0x5F00, 0x7F4E]), st.binary(max_size=9)), max_size=3
).map(tuple)


@given(
    st.builds(
        Dg11,
        name=st.none() | NAMES,
        other_names=st.lists(NAMES, max_size=3).map(tuple),
        personal_number=TEXT,
        birth_date=DATES,
        place_of_birth=PARTS,
        address=PARTS,
        telephone=TEXT,
        profession=TEXT,
        title=TEXT,
        personal_summary=TEXT,
        proof_of_citizenship=IMAGES,
        other_travel_documents=PARTS,
        custody=TEXT,
        unknown=UNKNOWN,
    )
)
def test_dg11_round_trip(holder: Dg11) -> None:
    assert dg11.parse(dg11.encode(holder)) == holder


@given(
    st.builds(
        Dg12,
        issuing_authority=TEXT,
        issue_date=DATES,
        other_people=st.lists(NAMES, max_size=3).map(tuple),
        endorsements=TEXT,
        tax_or_exit_requirements=TEXT,
        front=IMAGES,
        rear=IMAGES,
        personalised_at=st.none() | st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
        personalisation_system=TEXT,
        unknown=UNKNOWN,
    )
)
def test_dg12_round_trip(document: Dg12) -> None:
    assert dg12.parse(dg12.encode(document)) == document


@given(st.lists(st.builds(PersonToNotify, DATES, st.none() | NAMES, TEXT, PARTS, UNKNOWN), max_size=4).map(tuple))
def test_dg16_round_trip(persons: tuple[PersonToNotify, ...]) -> None:
    assert dg16.parse(dg16.encode(persons)) == persons
