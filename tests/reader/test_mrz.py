from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.mrz_key import mrz_information
from reader.citizen_number import CitizenNumber
from reader.errors import LdsError
from reader.lds.mrz import Mrz, MrzFormat, build_citizen_card_mrz, build_mrz, parse_mrz

TODAY = date(2026, 11, 22)
CARD = "IDVNM0990000017001099000001<<8\n9902015M3902013VNM<<<<<<<<<<<6\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"

# The specimens of Doc 9303-4 to -6, and the long document number of Doc 9303-11, D.2.
SPECIMENS = {
    "TD1": "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    "TD2": "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
    "TD3": "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "long": "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<",
}


def _rebuilt(mrz: Mrz) -> str:
    return build_mrz(
        mrz.format,
        document_type=mrz.document_type,
        issuer=mrz.issuer,
        document_number=mrz.document_number,
        birth_yymmdd=mrz.birth_yymmdd,
        sex=mrz.sex,
        expiry_yymmdd=mrz.expiry_yymmdd,
        nationality=mrz.nationality,
        surname=mrz.surname,
        given_names=mrz.given_names,
        optional_data=mrz.optional_data,
        optional_data_2=mrz.optional_data_2,
    )


@pytest.mark.parametrize("name", SPECIMENS)
def test_specimens_of_doc_9303(name: str) -> None:
    mrz = parse_mrz(SPECIMENS[name])
    assert mrz.format == (name if name != "long" else "TD1")
    assert mrz.check_digits_ok
    assert all(mrz.check_digits_ok.values()), mrz.check_digits_ok
    assert (mrz.issuer, mrz.nationality) == ("UTO", "UTO")
    assert _rebuilt(mrz) == SPECIMENS[name]
    assert parse_mrz(SPECIMENS[name].replace("\n", "")) == mrz
    assert parse_mrz(SPECIMENS[name].replace("\n", "\r\n") + "\r\n") == mrz


def test_fields_of_a_passport() -> None:
    mrz = parse_mrz(SPECIMENS["TD3"])
    assert (mrz.document_type, mrz.document_number, mrz.optional_data) == ("P", "L898902C3", "ZE184226B")
    assert (mrz.surname, mrz.given_names, mrz.name_latin) == ("ERIKSSON", "ANNA MARIA", "ERIKSSON ANNA MARIA")
    assert (mrz.sex, mrz.birth_date(TODAY), mrz.expiry_date(TODAY)) == ("F", date(1974, 8, 12), date(2012, 4, 15))
    assert mrz.personal_number is None


def test_long_document_number() -> None:
    mrz = parse_mrz(SPECIMENS["long"])
    assert (mrz.document_number, mrz.optional_data) == ("D23145890734", "")
    assert mrz_information(mrz.document_number, mrz.birth_yymmdd, mrz.expiry_yymmdd) == "D23145890734934071279507122"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        # A specimen of the Belgian identity card (Arg0s1080/mrz issue 4).
        (
            "IDBEL000590696<1015<<<<<<<<<<<\n9401013F2710017BEL000101123453\nSPECIMEN<<SPECIMEN<<<<<<<<<<<<",
            "000590696101",
        ),
        # One character too long (snifter/MRZCode.NET issue 9).
        (
            "IDUTO123456789<07<<<<<<<<<<<<<\n8601012M3001019UTO<<<<<<<<<<<6\nSPECIMEN<<JANE<<<<<<<<<<<<<<<<",
            "1234567890",
        ),
    ],
)
def test_long_document_numbers_of_the_field(text: str, number: str) -> None:
    mrz = parse_mrz(text)
    assert (mrz.document_number, mrz.optional_data) == (number, "")
    assert all(mrz.check_digits_ok.values())
    assert _rebuilt(mrz) == text


def test_examples_of_doc_9303_11_give_their_key(shared_data: Path) -> None:
    vectors = tomllib.loads((shared_data / "doc9303-11-vectors.toml").read_text(encoding="utf-8"))["d2_mrz"]
    assert {len(vector["mrz"]) for vector in vectors} == {2, 3}
    for vector in vectors:
        mrz = parse_mrz("\n".join(vector["mrz"]))
        information = mrz_information(mrz.document_number, mrz.birth_yymmdd, mrz.expiry_yymmdd)
        assert information == vector["mrz_information"]


def test_citizens_card() -> None:
    mrz = parse_mrz(CARD)
    assert (mrz.document_type, mrz.issuer, mrz.document_number) == ("ID", "VNM", "099000001")
    assert mrz.personal_number == "001099000001"
    assert mrz.name_latin == "NGUYEN VAN MAU"
    assert (mrz.birth_date(TODAY), mrz.expiry_date(TODAY)) == (date(1999, 2, 1), date(2039, 2, 1))
    assert mrz.check_digits_ok == dict.fromkeys(
        ("document_number", "birth_date", "expiry_date", "personal_number", "composite"), True
    )
    assert (
        build_citizen_card_mrz(
            CitizenNumber("001099000001"),
            birth_yymmdd="990201",
            sex="M",
            expiry_yymmdd="390201",
            surname="Nguyễn",
            given_names="Văn Mẫu",
        )
        == CARD
    )


def test_citizens_card_without_expiry() -> None:
    text = build_citizen_card_mrz(
        CitizenNumber("001158000002"),
        birth_yymmdd="580506",
        sex="F",
        expiry_yymmdd="991231",
        surname="Trần",
        given_names="Thị Mẫu",
    )
    assert "F9912315VNM" in text
    mrz = parse_mrz(text)
    assert mrz.never_expires
    assert mrz.expiry_date(TODAY) is None
    assert not parse_mrz(CARD).never_expires


def test_991231_is_a_date_elsewhere() -> None:
    mrz = parse_mrz(SPECIMENS["TD1"].replace("1204159", "9912315"))
    assert not mrz.never_expires
    assert mrz.expiry_date(TODAY) == date(1999, 12, 31)


def test_the_citizens_number_tells_the_century() -> None:
    def born(number: str, yymmdd: str) -> date | None:
        return parse_mrz(
            build_citizen_card_mrz(
                CitizenNumber(number),
                birth_yymmdd=yymmdd,
                sex="M",
                expiry_yymmdd="991231",
                surname="Nguyen",
                given_names="Van",
            )
        ).birth_date(TODAY)

    assert born("001020000001", "200304") == date(1920, 3, 4)
    assert born("001220000001", "200304") == date(2020, 3, 4)
    # A number that belongs to another year says nothing.
    assert born("001099000001", "200304") == date(2020, 3, 4)


@pytest.mark.parametrize(
    ("yymmdd", "born", "expires"),
    [
        ("261122", date(2026, 11, 22), date(2026, 11, 22)),
        ("261123", date(1926, 11, 23), date(2026, 11, 23)),
        ("000229", date(2000, 2, 29), date(2000, 2, 29)),
        ("760101", date(1976, 1, 1), date(2076, 1, 1)),
        ("770101", date(1977, 1, 1), date(1977, 1, 1)),
        ("580000", None, None),
        ("58<<<<", None, None),
        ("<<<<<<", None, None),
        ("991332", None, None),
    ],
)
def test_centuries_and_unknown_dates(yymmdd: str, born: date | None, expires: date | None) -> None:
    mrz = parse_mrz(SPECIMENS["TD2"].replace("740812", yymmdd).replace("120415", yymmdd))
    assert (mrz.birth_date(TODAY), mrz.expiry_date(TODAY)) == (born, expires)


def test_names_apart_by_single_fillers_only() -> None:
    mrz = parse_mrz(CARD.replace("NGUYEN<<VAN<MAU<", "NGUYEN<VAN<MAU<<"))
    assert mrz.name_latin == "NGUYEN VAN MAU"
    assert not mrz.name_may_be_cut
    assert parse_mrz(CARD.replace("MAU<<<<<<<<<<<<<<<", "MAU<THI<PHUONG<THA")).name_may_be_cut


@pytest.mark.parametrize(
    ("position", "wrong"),
    [
        (5, {"document_number", "composite"}),
        (14, {"document_number", "composite"}),
        (16, {"personal_number", "composite"}),
        (29, {"personal_number", "composite"}),
        (31, {"birth_date", "composite"}),
        (39, {"expiry_date", "composite"}),
        (59, {"composite"}),
    ],
)
def test_wrong_digits_are_named(position: int, wrong: set[str]) -> None:
    text = CARD.replace("\n", "")
    altered = text[:position] + str((int(text[position]) + 1) % 10) + text[position + 1 :]
    assert {name for name, fits in parse_mrz(altered).check_digits_ok.items() if not fits} == wrong


def test_optional_data_of_a_passport_have_their_own_digit() -> None:
    mrz = parse_mrz(SPECIMENS["TD3"].replace("ZE184226B", "ZE184226C"))
    assert {name for name, fits in mrz.check_digits_ok.items() if not fits} == {"optional_data", "composite"}
    empty = "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<C11T002JM4D<<9608122F2310314<<<<<<<<<<<<<<<4"
    assert all(parse_mrz(empty).check_digits_ok.values())
    assert all(parse_mrz(empty[:-2] + "04").check_digits_ok.values())


def test_citizens_number_in_a_passport() -> None:
    text = build_mrz(
        MrzFormat.TD3,
        document_type="P",
        issuer="VNM",
        document_number="C0000001",
        birth_yymmdd="990201",
        sex="M",
        expiry_yymmdd="320403",
        nationality="VNM",
        surname="Nguyễn",
        given_names="Văn Mẫu",
        optional_data="001099000001",
    )
    mrz = parse_mrz(text)
    assert (mrz.document_number, mrz.personal_number) == ("C0000001", "001099000001")
    assert all(mrz.check_digits_ok.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        CARD[:-1],
        CARD + "<",
        CARD.lower(),
        CARD.replace("NGUYEN", "NGUYỄN"),
        CARD.replace("9M", "9Q").replace("5M", "5Q"),
        CARD.replace("\n", "<\n", 1).replace("<<<<6", "<<<6"),
        CARD.replace("VNM<<", "VNM\0<"),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(LdsError) as caught:
        parse_mrz(text)
    assert "NGUYEN" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("document_type", "IDX"),
        ("document_number", "Đ1"),
        ("document_number", "A23456789Đ1"),
        ("document_number", "1" * 40),
        ("birth_yymmdd", "1999020"),
        ("birth_yymmdd", "99-2-1"),
        ("optional_data", "A" * 16),
        ("optional_data_2", "A" * 12),
        ("nationality", "VIET"),
    ],
)
def test_values_that_do_not_fit_are_refused(field: str, value: str) -> None:
    values = {
        "document_type": "I",
        "issuer": "UTO",
        "document_number": "D23145890",
        "birth_yymmdd": "740812",
        "expiry_yymmdd": "120415",
        "nationality": "UTO",
        "surname": "Eriksson",
        "given_names": "Anna Maria",
    }
    with pytest.raises(ValueError, match="does not fit"):
        build_mrz(MrzFormat.TD1, sex="F", **(values | {field: value}))


def test_td3_and_td2_have_no_second_optional_data() -> None:
    mrz = parse_mrz(SPECIMENS["TD2"])
    assert mrz.optional_data_2 == ""


def test_repr_shows_no_personal_data() -> None:
    shown = repr(parse_mrz(CARD))
    assert not [part for part in ("099000001", "990201", "390201", "NGUYEN", "MAU", "'M'") if part in shown]


LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=9)
ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DIGITS6 = st.text("0123456789", min_size=6, max_size=6)


@given(
    size=st.sampled_from(MrzFormat),
    number=st.text(ALPHANUMERIC, min_size=1, max_size=12),
    birth=DIGITS6,
    sex=st.sampled_from(["M", "F", "X"]),
    expiry=DIGITS6,
    surname=LETTERS,
    given_names=st.lists(LETTERS, max_size=2).map(" ".join),
    optional=st.text(ALPHANUMERIC, max_size=2),
    optional_2=st.text(ALPHANUMERIC, max_size=11),
)
def test_what_was_built_is_read(
    size: MrzFormat,
    number: str,
    birth: str,
    sex: Literal["M", "F", "X"],
    expiry: str,
    surname: str,
    given_names: str,
    optional: str,
    optional_2: str,
) -> None:
    text = build_mrz(
        size,
        document_type="I",
        issuer="UTO",
        document_number=number[:9] if size is MrzFormat.TD3 else number,
        birth_yymmdd=birth,
        sex=sex,
        expiry_yymmdd=expiry,
        nationality="UTO",
        surname=surname,
        given_names=given_names,
        optional_data=optional,
        optional_data_2=optional_2 if size is MrzFormat.TD1 else "",
    )
    mrz = parse_mrz(text)
    assert all(mrz.check_digits_ok.values())
    assert mrz.document_number == (number[:9] if size is MrzFormat.TD3 else number)
    assert (mrz.birth_yymmdd, mrz.sex, mrz.expiry_yymmdd) == (birth, sex, expiry)
    assert (mrz.surname, mrz.given_names, mrz.optional_data) == (surname, given_names, optional)
    assert _rebuilt(mrz) == text


@given(
    st.text()
    | st.sampled_from([72, 88, 90]).flatmap(lambda length: st.text("MF<09ZA", min_size=length, max_size=length))
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        mrz = parse_mrz(text)
    except LdsError:
        return
    assert isinstance(mrz.check_digits_ok["composite"], bool)
    assert mrz.birth_date(TODAY) is None or mrz.birth_yymmdd.isdigit()
    assert mrz.expiry_date(TODAY) is None or mrz.expiry_yymmdd.isdigit()
    assert mrz.text == "".join(text.split())
