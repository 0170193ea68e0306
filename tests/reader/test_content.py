"""What verified data groups say, held against one another and against what was presented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from reader.checks import CheckStatus
from reader.content import check_consistency, check_mrz, check_validity, document_from
from reader.keys import PresentedIdentity
from reader.lds.dg11 import Dg11
from reader.lds.dg13 import Dg13
from reader.lds.mrz import MrzFormat, build_mrz, parse_mrz
from reader.lds.person_name import PersonName
from reader.partial_date import PartialDate

TODAY = date(2026, 11, 22)
LINES = ("IDVNM0990000017001099000001<<8", "9902015M3902013VNM<<<<<<<<<<<6", "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<")
MRZ = parse_mrz("\n".join(LINES))
DG13 = Dg13(
    number="001099000001", name="Nguyễn Văn Mẫu", birth_text="01/02/1999", sex_text="Nam", expiry_text="01/02/2039"
)
# A passport of an invented state, born in 1921 or 2021 as far as its MRZ tells.
PASSPORT = parse_mrz(
    build_mrz(
        MrzFormat.TD3,
        document_type="P",
        issuer="UTO",
        document_number="L898902C3",
        birth_yymmdd="210812",
        sex="F",
        expiry_yymmdd="320415",
        nationality="UTO",
        surname="Müller",
        given_names="Zoë Anna",
        optional_data="ZE184226B",
    )
)
DG11 = Dg11(name=PersonName("Müller", "Zoë Anna"), personal_number="ZE-184226", birth_date=PartialDate(1921, 8, 12))


def test_a_name_with_diacritics_goes_before_the_mrzs() -> None:
    document = document_from(MRZ, DG13, TODAY)
    assert (document.name, document.name_latin) == ("Nguyễn Văn Mẫu", "NGUYEN VAN MAU")
    assert (document.number, document.personal_number) == ("099000001", "001099000001")
    assert (document.birth_date, document.expiry_date) == (date(1999, 2, 1), date(2039, 2, 1))
    assert document_from(MRZ, None, TODAY).name == document_from(MRZ, Dg13(), TODAY).name == "NGUYEN VAN MAU"


def test_check_digits() -> None:
    assert check_mrz(MRZ).status is CheckStatus.PASSED
    wrong = check_mrz(parse_mrz("\n".join((LINES[0].replace("0990000017", "0990000016"), *LINES[1:]))))
    assert (wrong.status, wrong.reason) == (CheckStatus.FAILED, "content.check_digit")
    assert "document_number" in wrong.detail


@pytest.mark.parametrize(
    ("expiry", "status"),
    [
        ("390201", CheckStatus.PASSED),
        ("261122", CheckStatus.PASSED),
        ("261121", CheckStatus.FAILED),
        ("991231", CheckStatus.PASSED),
        ("<<<<<<", CheckStatus.INCONCLUSIVE),
        ("261300", CheckStatus.INCONCLUSIVE),
    ],
)
def test_validity_lasts_through_the_day_of_expiry(expiry: str, status: CheckStatus) -> None:
    mrz = parse_mrz("\n".join((LINES[0], LINES[1].replace("390201", expiry), LINES[2])))
    assert check_validity(mrz, TODAY).status is status


def test_what_agrees() -> None:
    qr = PresentedIdentity("001099000001", None, "NGUYỄN VĂN MẪU", date(1999, 2, 1), "M", "qr")
    check = check_consistency(MRZ, DG13, qr, TODAY)
    assert check.status is CheckStatus.PASSED
    assert set(check.evidence) == {"DG13", "qr"}
    mrz = PresentedIdentity("001099000001", "099000001", "NGUYEN VAN MAU", date(1999, 2, 1), "M", "mrz")
    assert check_consistency(MRZ, DG13, mrz, TODAY).status is CheckStatus.PASSED
    assert check_consistency(MRZ, None, None, TODAY).status is CheckStatus.NOT_APPLICABLE
    assert check_consistency(MRZ, Dg13(), PresentedIdentity(), TODAY).status is CheckStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "001099000002"),
        ("name", "Nguyễn Văn Khác"),
        ("birth_text", "02/02/1999"),
        ("sex_text", "Nữ"),
        ("expiry_text", "01/02/2040"),
        ("expiry_text", "Không thời hạn"),
    ],
)
def test_dg13_of_another_person(field: str, value: str) -> None:
    check = check_consistency(MRZ, replace(DG13, **{field: value}), None, TODAY)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "content.groups_differ")
    assert value not in check.detail + str(check.evidence)


@pytest.mark.parametrize(
    "presented",
    [
        PresentedIdentity(personal_number="001099000002"),
        PresentedIdentity(document_number="099000002"),
        PresentedIdentity(name="Nguyễn Văn"),
        PresentedIdentity(birth_date=date(1999, 2, 2)),
        PresentedIdentity(sex="F"),
        PresentedIdentity(name="NGUYEN VAN", source="mrz"),
    ],
)
@pytest.mark.parametrize("dg13", [DG13, None])
def test_another_person_presented(presented: PresentedIdentity, dg13: Dg13 | None) -> None:
    check = check_consistency(MRZ, dg13, presented, TODAY)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "content.presented_differs")


def test_a_presented_number_that_the_document_does_not_hold_is_not_confirmed() -> None:
    without = parse_mrz("\n".join((LINES[0][:15] + "<" * 15, *LINES[1:])))
    presented = PresentedIdentity("001099000001", name="Nguyễn Văn Mẫu", source="qr")
    check = check_consistency(without, None, presented, TODAY)
    assert (check.status, check.reason) == (CheckStatus.INCONCLUSIVE, "content.presented_not_confirmed")
    assert check_consistency(without, DG13, presented, TODAY).status is CheckStatus.PASSED
    stranger = check_consistency(without, DG13, replace(presented, personal_number="001099000002"), TODAY)
    assert (stranger.status, stranger.reason) == (CheckStatus.FAILED, "content.presented_differs")


def test_dg11_gives_the_name_in_full_the_personal_number_and_the_century() -> None:
    without = document_from(PASSPORT, None, TODAY)
    assert (without.name, without.personal_number) == ("MUELLER ZOE ANNA", None)
    assert without.birth_date == date(2021, 8, 12)
    document = document_from(PASSPORT, None, TODAY, DG11)
    assert (document.name, document.name_latin) == ("Müller Zoë Anna", "MUELLER ZOE ANNA")
    assert document.personal_number == "ZE-184226"
    assert document.birth_date == date(1921, 8, 12)


@pytest.mark.parametrize(
    "dg11",
    [
        Dg11(),
        Dg11(name=PersonName("王", "小明")),
        Dg11(name=PersonName("Müller", "Zoë")),
        Dg11(name=PersonName("Zoë Anna", "Müller")),
        Dg11(name=PersonName(""), birth_date=PartialDate(1921)),
        Dg11(birth_date=PartialDate(1999, 2, 1), personal_number=""),
    ],
)
def test_what_dg11_does_not_say_comes_from_the_mrz(dg11: Dg11) -> None:
    assert document_from(PASSPORT, None, TODAY, dg11) == document_from(PASSPORT, None, TODAY)


def test_a_vietnamese_document_has_its_citizens_number_first() -> None:
    """An old number of nine digits in DG11 must not hide the one that the registry knows."""
    document = document_from(MRZ, None, TODAY, Dg11(personal_number="012345678"))
    assert document.personal_number == "001099000001"
    check = check_consistency(MRZ, None, None, TODAY, Dg11(personal_number="012345678"))
    assert check.status is CheckStatus.NOT_APPLICABLE


def test_dg13_of_another_state_means_nothing() -> None:
    """French and Singaporean passports (NFCPassportReader issue 57, gmrtd issue 12)."""
    other = Dg13(number="001099000001", name="Nguyễn Văn Khác", birth_text="01/02/1999")
    assert document_from(PASSPORT, other, TODAY) == document_from(PASSPORT, None, TODAY)
    assert check_consistency(PASSPORT, other, None, TODAY).status is CheckStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    "dg11",
    [
        DG11,
        Dg11(name=PersonName("MUELLER", "ZOE ANNA")),
        Dg11(name=PersonName("ZOË ANNA MÜLLER")),
        Dg11(name=PersonName("Müller", "Zoë Anna Katharina")),
        Dg11(name=PersonName("Müller", "Zoë")),
        Dg11(birth_date=PartialDate(1921)),
        Dg11(birth_date=PartialDate(2021, 8)),
    ],
)
def test_dg11_agrees_however_its_issuer_writes(dg11: Dg11) -> None:
    check = check_consistency(PASSPORT, None, None, TODAY, dg11)
    assert (check.status, set(check.evidence)) == (CheckStatus.PASSED, {"DG11"})


@pytest.mark.parametrize(
    "dg11",
    [Dg11(), Dg11(name=PersonName("王", "小明")), Dg11(personal_number="001099000001"), Dg11(name=PersonName(""))],
)
def test_what_of_dg11_is_not_compared(dg11: Dg11) -> None:
    """Another script, and numbers that MRZs hold in another form (NFCPassportReader pull request 144)."""
    assert check_consistency(PASSPORT, None, None, TODAY, dg11).status is CheckStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    "dg11",
    [
        Dg11(name=PersonName("Müller", "Petra")),
        Dg11(birth_date=PartialDate(1921, 8, 13)),
        Dg11(birth_date=PartialDate(1920)),
        Dg11(birth_date=PartialDate(1900, 8, 12)),
    ],
)
def test_dg11_of_another_person(dg11: Dg11) -> None:
    check = check_consistency(PASSPORT, None, None, TODAY, dg11)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "content.groups_differ")
    assert "DG11" in check.detail
    assert "Petra" not in check.detail + str(check.evidence)


def test_dg11_of_another_citizen() -> None:
    check = check_consistency(MRZ, DG13, None, TODAY, Dg11(personal_number="001099000002"))
    assert (check.status, check.reason) == (CheckStatus.FAILED, "content.groups_differ")


def test_unknown_parts_of_the_date_of_birth_agree() -> None:
    for yymmdd in ("210800", "210000", "21<<<<", "<<<<<<", "2108<<"):
        mrz = parse_mrz(PASSPORT.text.replace("210812", yymmdd))
        assert check_consistency(mrz, None, None, TODAY, DG11).status is CheckStatus.PASSED
    mrz = parse_mrz(PASSPORT.text.replace("210812", "000812"))
    assert check_consistency(mrz, None, None, TODAY, DG11).status is CheckStatus.FAILED


def test_a_presented_mrz_knows_no_more_of_the_century_than_the_documents() -> None:
    presented = PresentedIdentity(birth_date=date(2021, 8, 12), source="mrz")
    assert check_consistency(PASSPORT, None, presented, TODAY, DG11).status is CheckStatus.PASSED
    typed = replace(presented, source="qr")
    assert check_consistency(PASSPORT, None, typed, TODAY, DG11).status is CheckStatus.FAILED
    born = replace(typed, birth_date=date(1921, 8, 12))
    assert check_consistency(PASSPORT, None, born, TODAY, DG11).status is CheckStatus.PASSED


def test_twelve_digits_of_another_state_are_no_citizens_number() -> None:
    """Malaysian numbers have twelve digits too."""
    presented = PresentedIdentity(personal_number="001099000001", source="qr")
    check = check_consistency(PASSPORT, None, presented, TODAY, replace(DG11, personal_number="001099000001"))
    assert (check.status, check.reason) == (CheckStatus.INCONCLUSIVE, "content.presented_not_confirmed")
