"""The 12-digit number of a Vietnamese citizen (số định danh cá nhân) and what it says by itself.

``PPP C YY NNNNNN``: where the birth was registered, century and sex, the year's last two digits, a random number. There
is no check digit. Circular 59/2021/TT-BCA.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal

from reader.errors import PayloadError

_NUMBER: Final = re.compile("[0-9]{12}")
_FIRST_FOREIGN_CODE: Final = 100


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """A number of twelve digits.

    Raises:
        PayloadError: `digits` is anything else (code ``payload.citizen_number``).
    """

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        if _NUMBER.fullmatch(self.digits) is None:
            raise PayloadError(
                "a citizen's number has twelve digits",
                code="payload.citizen_number",
                remedy="Type the number as it is printed on the card.",
            )

    @property
    def province_code(self) -> str:
        """Three digits: a province's code, or from 100 up a foreign country's."""
        return self.digits[:3]

    @property
    def sex(self) -> Literal["M", "F"]:
        return "F" if int(self.digits[3]) % 2 else "M"

    @property
    def birth_year(self) -> int:
        """From 1900 to 2399."""
        return 1900 + 100 * (int(self.digits[3]) // 2) + int(self.digits[4:6])

    @property
    def document_number(self) -> str:
        """The nine digits that stand as document number in the card's MRZ."""
        return self.digits[3:]

    @property
    def can(self) -> str:
        """The six digits that open the card's chip by PACE."""
        return self.digits[6:]


class NumberConflict(StrEnum):
    """Why a number and what is known of its holder do not fit; a data conflict, no proof of forgery."""

    PROVINCE = "province"
    """No province ever had this code."""
    FUTURE = "future"
    """The number says that its holder is not born yet."""
    BIRTH_YEAR = "birth_year"
    SEX = "sex"


@dataclass(frozen=True, slots=True)
class ProvinceTable:
    """Names of the provinces by code, one mapping a period, oldest first."""

    periods: tuple[tuple[date, Mapping[str, str]], ...]

    def name(self, code: str, on: date) -> str | None:
        """What the code meant on a day; None when it meant nothing then."""
        in_force = [names for start, names in self.periods if start <= on]
        return (in_force[-1] if in_force else self.periods[0][1]).get(code)

    def may_exist(self, code: str) -> bool:
        """False for codes below 100 that no period knows; the codes of foreign countries are not published."""
        return int(code) >= _FIRST_FOREIGN_CODE or any(code in names for _, names in self.periods)


def load_provinces() -> ProvinceTable:
    """The table that ships with the program, ``data/provinces.toml``."""
    content = tomllib.loads(resources.files("reader").joinpath("data", "provinces.toml").read_text(encoding="utf-8"))
    return ProvinceTable(
        tuple((period["from"], MappingProxyType(dict(period["names"]))) for period in content["period"])
    )


def conflicts(
    number: CitizenNumber, provinces: ProvinceTable, today: date, *, birth_year: int | None, sex: str | None
) -> tuple[NumberConflict, ...]:
    """Compare a number with its holder's year of birth and sex ("M", "F"); None is not compared."""
    found = {
        NumberConflict.PROVINCE: not provinces.may_exist(number.province_code),
        NumberConflict.FUTURE: number.birth_year > today.year,
        NumberConflict.BIRTH_YEAR: birth_year is not None and birth_year != number.birth_year,
        NumberConflict.SEX: sex is not None and sex != number.sex,
    }
    return tuple(conflict for conflict, present in found.items() if present)
