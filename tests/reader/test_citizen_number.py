from __future__ import annotations

from datetime import date

import pytest

from reader.citizen_number import CitizenNumber, NumberConflict, conflicts, load_provinces
from reader.errors import PayloadError

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("digits", "province", "sex", "year"),
    [
        ("001099000001", "001", "M", 1999),
        ("079199123456", "079", "F", 1999),
        ("048204000007", "048", "M", 2004),
        ("031324000009", "031", "F", 2024),
        ("001999000001", "001", "F", 2399),
    ],
)
def test_structure(digits: str, province: str, sex: str, year: int) -> None:
    number = CitizenNumber(digits)
    assert (number.province_code, number.sex, number.birth_year) == (province, sex, year)


def test_what_opens_the_chip() -> None:
    number = CitizenNumber("001099000001")
    assert (number.document_number, number.can) == ("099000001", "000001")


@pytest.mark.parametrize("text", ["", "00109900000", "0010990000012", "00109900000A", "٠٠١٠٩٩٠٠٠٠٠١", "001099000001\n"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(PayloadError) as caught:
        CitizenNumber(text)
    assert caught.value.code == "payload.citizen_number"
    assert text == "" or text not in str(caught.value)


def test_repr_hides_the_number() -> None:
    assert "0990" not in repr(CitizenNumber("001099000001"))


def test_provinces_before_and_after_the_merger() -> None:
    provinces = load_provinces()
    assert [len(names) for _, names in provinces.periods] == [63, 34]
    assert provinces.name("015", date(2025, 6, 30)) == "Yên Bái"
    assert provinces.name("015", date(2025, 7, 1)) == "Lào Cai"
    assert provinces.name("027", date(1958, 1, 1)) == "Bắc Ninh"
    assert provinces.name("027", date(2026, 1, 1)) is None
    reused = [
        code for code, name in provinces.periods[1][1].items() if name not in (provinces.periods[0][1][code], "Huế")
    ]
    assert reused == ["015", "024", "044", "052", "080", "082", "091"]


def test_conflicts() -> None:
    provinces = load_provinces()

    def found(digits: str, birth_year: int | None = None, sex: str | None = None) -> tuple[NumberConflict, ...]:
        return conflicts(CitizenNumber(digits), provinces, TODAY, birth_year=birth_year, sex=sex)

    assert found("001099000001", 1999, "M") == ()
    assert found("001099000001") == ()
    assert found("152304000001", 2004, "F") == ()  # born abroad: the codes are not published
    assert found("003099000001") == (NumberConflict.PROVINCE,)
    assert found("001227000001") == (NumberConflict.FUTURE,)
    assert found("001099000001", 1989, "F") == (NumberConflict.BIRTH_YEAR, NumberConflict.SEX)
