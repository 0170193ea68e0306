"""What a person presents becomes keys, best first."""

from __future__ import annotations

from datetime import date

import pytest

from reader.errors import KeyMissing, PayloadError
from reader.keys import AccessMode, CanKey, MrzKey, Opening, PinKey, PukKey
from reader.opening import (
    opening_from_can,
    opening_from_fields,
    opening_from_mrz,
    opening_from_number,
    opening_from_qr,
    opening_from_typed,
)

TODAY = date(2026, 11, 22)
QR = "001099000001|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1, Xã A, Tỉnh B|{issued}"
MRZ = "IDVNM0990000017001099000001<<8\n9902015M3902013VNM<<<<<<<<<<<6\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
MRZ_KEY = MrzKey("099000001", "990201", "390201")


def test_a_qr_code_gives_the_can_and_then_the_mrz_key_by_the_law() -> None:
    opening = opening_from_qr(QR.format(issued="03042022"))
    assert opening.keys == (CanKey("000001"), MRZ_KEY)
    assert opening.presented is not None
    assert (opening.presented.personal_number, opening.presented.name) == ("001099000001", "Nguyễn Văn Mẫu")
    assert (opening.presented.birth_date, opening.presented.sex) == (date(1999, 2, 1), "M")


def test_a_card_without_expiry_and_one_born_on_a_leap_day() -> None:
    old = opening_from_qr("001058000001||Bùi Văn Già|01021958|Nam||03042022")
    assert old.keys[1:] == (MrzKey("058000001", "580201", "991231"),)
    leap = opening_from_qr("001096000001||Lê Văn Nhuận|29021996|Nam||03042022")
    assert leap.keys[1:] == (MrzKey("096000001", "960229", "360229"),)
    leap = opening_from_qr("001000000001||Lê Văn Nhuận|29022000|Nam||03042022")
    assert leap.keys[1:] == (MrzKey("000000001", "000229", "250228"), MrzKey("000000001", "000229", "250301"))


@pytest.mark.parametrize("text", [QR.format(issued=""), "001099000001||Nguyễn Văn Mẫu|1999|Nam||03042022"])
def test_without_its_dates_a_qr_code_gives_the_can_alone(text: str) -> None:
    assert opening_from_qr(text).keys == (CanKey("000001"),)


@pytest.mark.parametrize(
    "text", ["https://example.org", "", "WIFI:S:x;;", "1234567890|4e67757965|01/02/1999|1||01 - 013|-|-$"]
)
def test_other_codes_open_nothing(text: str) -> None:
    with pytest.raises(PayloadError):
        opening_from_qr(text)


def test_number_can_mrz_and_fields() -> None:
    assert opening_from_number("001099000001").keys == (CanKey("000001"),)
    assert opening_from_can("123456").keys == (CanKey("123456"),)
    opening = opening_from_mrz(MRZ, TODAY)
    assert opening.keys == (MRZ_KEY,)
    assert opening.presented is not None
    assert opening.presented.personal_number == "001099000001"
    assert opening_from_mrz(MRZ.replace("\n", ""), TODAY) == opening
    assert opening_from_fields("099000001", "990201", "390201").keys == (MRZ_KEY,)
    assert opening_from_fields("l898902c<", "690806", "940623").keys == (MrzKey("L898902C<", "690806", "940623"),)


@pytest.mark.parametrize("digits", ["00109900000", "00109900000x", "", "٠٠١٠٩٩٠٠٠٠٠١"])
def test_no_number(digits: str) -> None:
    with pytest.raises(PayloadError):
        opening_from_number(digits)


@pytest.mark.parametrize("digits", ["12345", "12345x", "", "1" * 21, "١٢٣٤٥٦"])
def test_no_can(digits: str) -> None:
    with pytest.raises(PayloadError):
        opening_from_can(digits)


@pytest.mark.parametrize(
    "fields", [("099 000", "990201", "390201"), ("099000001", "1999-02-01", "390201"), ("099000001", "990201", "3902")]
)
def test_no_fields_of_an_mrz(fields: tuple[str, str, str]) -> None:
    with pytest.raises(PayloadError):
        opening_from_fields(*fields)


def test_a_missing_field() -> None:
    with pytest.raises(KeyMissing):
        opening_from_fields("099000001", "", "390201")


def test_an_mrz_with_faults_gives_the_key_and_claims_what_is_sure() -> None:
    opening = opening_from_mrz(MRZ.replace("9902015M", "99O2OlSM").replace("<<8", "<8").lower(), TODAY)
    assert opening.keys == (MRZ_KEY,)
    assert isinstance(opening.keys[0], MrzKey)
    assert opening.keys[0].repaired == ("birth_date",)
    assert (opening.repairs, opening.suspicious_fields) == ((), ())
    assert opening.presented is not None
    assert (opening.presented.document_number, opening.presented.birth_date) == ("099000001", date(1999, 2, 1))
    assert opening.presented.name is None


def test_a_number_that_its_check_digit_refutes() -> None:
    opening = opening_from_mrz(MRZ.replace("VNM0990000017", "VNM09900O00I7"), TODAY)
    assert opening.keys == (MRZ_KEY,)
    assert opening.repairs[-1] == MrzKey("09900O00I", "990201", "390201")
    assert opening.suspicious_fields == ("document_number",)
    assert opening.presented is not None
    assert (opening.presented.document_number, opening.presented.personal_number) == (None, "001099000001")


def test_a_right_mrz_leaves_nothing_to_guess() -> None:
    opening = opening_from_mrz(MRZ, TODAY)
    assert (opening.repairs, opening.suspicious_fields) == ((), ())


def test_fields_that_a_person_types() -> None:
    opening = opening_from_fields("l8989O2c", "19690806", "94o623")
    assert opening.keys == (MrzKey("L8989O2C", "690806", "940623"),)
    assert isinstance(opening.keys[0], MrzKey)
    assert opening.keys[0].repaired == ("expiry_date",)
    assert opening.repairs[0] == MrzKey("L898902C", "690806", "940623")
    assert opening.repairs[0].repaired == ("document_number", "expiry_date")
    assert opening.suspicious_fields == ("document_number", "expiry_date")
    assert opening_from_fields("099000001", "991301", "390201").suspicious_fields == ("birth_date",)
    assert opening_from_fields("099000001", "990201", "390201").repairs == ()


def test_the_key_that_opened_comes_first_and_mended_fields_are_not_held_against_the_chip() -> None:
    opening = opening_from_fields("L8989O2C", "690806", "940623")
    typed, meant = opening.keys[0], opening.repairs[0]
    opened = opening.opened_by(meant)
    assert opened.keys == (meant, typed)
    assert meant not in opened.repairs
    assert opened.presented is not None
    assert opened.presented.document_number is None
    assert opening.opened_by(typed) == opening
    assert opening.opened_by(None) == opening.opened_by(MRZ_KEY) == opening


def test_no_mrz() -> None:
    with pytest.raises(PayloadError):
        opening_from_mrz("IDVNM", TODAY)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("001099000001", CanKey("000001")),
        (" 123456 ", CanKey("123456")),
        (QR.format(issued="03042022"), CanKey("000001")),
        (MRZ, MRZ_KEY),
    ],
)
def test_whatever_was_typed(typed: str, key: CanKey | MrzKey) -> None:
    opening = opening_from_typed(typed, TODAY, mode=AccessMode.PACE)
    assert opening.keys[0] == key
    assert opening.mode is AccessMode.PACE


def test_no_key_and_no_name_stands_in_a_repr() -> None:
    shown = repr(opening_from_qr(QR.format(issued="03042022"))) + repr(Opening((MRZ_KEY,), repairs=(MRZ_KEY,)))
    shown += repr(Opening((PinKey("123456"), PukKey("1234567890"))))
    for secret in ("000001", "990201", "Mẫu", "1999", "12345"):
        assert secret not in shown
