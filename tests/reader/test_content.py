"""What verified data groups say, held against one another and against what was presented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from reader.checks import CheckStatus
from reader.content import check_consistency, check_mrz, check_validity, document_from
from reader.keys import PresentedIdentity
from reader.lds.dg13 import Dg13
from reader.lds.mrz import parse_mrz

TODAY = date(2026, 11, 22)
LINES = ("IDVNM0990000017001099000001<<8", "9902015M3902013VNM<<<<<<<<<<<6", "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<")
MRZ = parse_mrz("\n".join(LINES))
DG13 = Dg13(
    number="001099000001", name="Nguyễn Văn Mẫu", birth_text="01/02/1999", sex_text="Nam", expiry_text="01/02/2039"
)


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
