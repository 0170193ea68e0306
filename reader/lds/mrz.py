"""Machine readable zones of sizes TD1, TD2 and TD3 (Doc 9303-3, -4, -5, -6), read and written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from crypto.mrz_key import check_digit
from reader.citizen_number import CitizenNumber
from reader.errors import LdsError
from reader.lds.names import name_field

_ALPHABET: Final = re.compile("[A-Z0-9<]*")
# The filler is what Doc 9303 wants for "not specified"; X is the same in the visual zone.
_SEXES: Final[Mapping[str, Literal["M", "F", "X"]]] = MappingProxyType({"M": "M", "F": "F", "X": "X", "<": "X"})

# Vietnam: the citizen's number stands in the optional data. On cards two fillers and a check digit of its own follow.
_VIETNAM: Final = "VNM"
_CITIZEN_NUMBER: Final = re.compile("([0-9]{12})(?![0-9])")
_CHECKED_CITIZEN_NUMBER: Final = re.compile("[0-9]{12}<<[0-9]")
_NO_EXPIRY: Final = "991231"


class MrzFormat(StrEnum):
    """The size of the document, which sets the lines of its MRZ."""

    TD1 = "TD1"
    """Three lines of 30: identity cards."""
    TD2 = "TD2"
    """Two lines of 36."""
    TD3 = "TD3"
    """Two lines of 44: passports."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each field stands, counted from the first character of the first line."""

    length: int
    width: int
    names: slice
    document_number: slice
    birth: slice
    sex: int
    expiry: slice
    nationality: slice
    optional_data: slice
    optional_data_2: slice | None
    composite: int
    composed: tuple[slice, ...]
    has_optional_check_digit: bool = False


_DOCUMENT_TYPE: Final = slice(0, 2)
ISSUER: Final = slice(2, 5)
LAYOUTS: Final[Mapping[MrzFormat, Layout]] = MappingProxyType(
    {
        MrzFormat.TD1: Layout(
            length=90,
            width=30,
            names=slice(60, 90),
            document_number=slice(5, 14),
            birth=slice(30, 36),
            sex=37,
            expiry=slice(38, 44),
            nationality=slice(45, 48),
            optional_data=slice(15, 30),
            optional_data_2=slice(48, 59),
            composite=59,
            composed=(slice(5, 37), slice(38, 45), slice(48, 59)),
        ),
        MrzFormat.TD2: Layout(
            length=72,
            width=36,
            names=slice(5, 36),
            document_number=slice(36, 45),
            birth=slice(49, 55),
            sex=56,
            expiry=slice(57, 63),
            nationality=slice(46, 49),
            optional_data=slice(64, 71),
            optional_data_2=None,
            composite=71,
            composed=(slice(36, 46), slice(49, 56), slice(57, 71)),
        ),
        MrzFormat.TD3: Layout(
            length=88,
            width=44,
            names=slice(5, 44),
            document_number=slice(44, 53),
            birth=slice(57, 63),
            sex=64,
            expiry=slice(65, 71),
            nationality=slice(54, 57),
            optional_data=slice(72, 86),
            optional_data_2=None,
            composite=87,
            composed=(slice(44, 54), slice(57, 64), slice(65, 87)),
            has_optional_check_digit=True,
        ),
    }
)
_FORMATS_BY_LENGTH: Final = MappingProxyType({layout.length: size for size, layout in LAYOUTS.items()})
_PRINCIPAL_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Mrz:
    """One machine readable zone, as it stands: wrong check digits are reported, not refused."""

    format: MrzFormat
    lines: tuple[str, ...] = field(repr=False)
    document_type: str
    """One or two letters: ``P``, ``ID``, …"""
    issuer: str
    """State or organisation, up to three letters."""
    document_number: str = field(repr=False)
    """Complete also where it is longer than its nine places; inner fillers stay."""
    birth_yymmdd: str = field(repr=False)
    sex: Literal["M", "F", "X"] = field(repr=False)
    """X: not specified."""
    expiry_yymmdd: str = field(repr=False)
    nationality: str
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    optional_data: str = field(repr=False)
    """Without trailing fillers; inner fillers stay."""
    optional_data_2: str = field(repr=False)
    """TD1 only, else empty."""

    @property
    def text(self) -> str:
        """The lines joined by nothing, as DG1 holds them."""
        return "".join(self.lines)

    @property
    def name_latin(self) -> str:
        """The whole name in the MRZ's letters, surname first."""
        return f"{self.surname} {self.given_names}".strip()

    @property
    def name_may_be_cut(self) -> bool:
        """The name fills its field to the last place."""
        return not self.text[LAYOUTS[self.format].names].endswith("<")

    @property
    def is_vietnamese(self) -> bool:
        """Issued by Vietnam, whose documents have fields of their own."""
        return self.issuer == _VIETNAM

    @property
    def personal_number(self) -> str | None:
        """A Vietnamese citizen's twelve digits; None on other documents."""
        match = _CITIZEN_NUMBER.match(self.optional_data) if self.is_vietnamese else None
        return match and match[1]

    @property
    def never_expires(self) -> bool:
        """A Vietnamese card that is valid for life carries 991231."""
        return self.is_vietnamese and self.expiry_yymmdd == _NO_EXPIRY

    @property
    def number_check_digit(self) -> str:
        """The check digit of the document number as it stands; the filler where there is none."""
        return _number_parts(self.text, self.format, LAYOUTS[self.format])[1]

    def birth_date(self, today: date) -> date | None:
        """The date of birth; None when a part of it is unknown or it is no date.

        A citizen's number tells the century; without one it is the latest that is not in the future.
        """
        if self.personal_number is not None:
            year = CitizenNumber(self.personal_number).birth_year
            if self.birth_yymmdd[:2] == f"{year % 100:02d}":
                return _date(year, self.birth_yymmdd)
        born = _date(_year_within_century(self.birth_yymmdd, today.year), self.birth_yymmdd)
        if born is not None and born > today:
            return _date(born.year - 100, self.birth_yymmdd)
        return born

    def expiry_date(self, today: date) -> date | None:
        """The last day of validity; None without expiry, or when it is no date.

        The century is the one that lies within fifty years of today.
        """
        if self.never_expires:
            return None
        return _date(_year_within_century(self.expiry_yymmdd, today.year + 50), self.expiry_yymmdd)

    @property
    def check_digits_ok(self) -> dict[str, bool]:
        """Each check digit by the name of what it covers."""
        text, layout = self.text, LAYOUTS[self.format]
        optional = text[layout.optional_data]
        number, number_digit, _ = _number_parts(text, self.format, layout)
        found = {
            "document_number": _agrees(number, number_digit),
            "birth_date": _agrees(text[layout.birth], text[layout.birth.stop]),
            "expiry_date": _agrees(text[layout.expiry], text[layout.expiry.stop]),
        }
        if layout.has_optional_check_digit:
            found["optional_data"] = _agrees(optional, text[layout.optional_data.stop])
        if self.format is MrzFormat.TD1 and self.is_vietnamese and _CHECKED_CITIZEN_NUMBER.fullmatch(optional):
            found["personal_number"] = _agrees(optional[:-1], optional[-1])
        found["composite"] = _agrees("".join(text[part] for part in layout.composed), text[layout.composite])
        return found


def parse_mrz(text: str) -> Mrz:
    """Read an MRZ whose lines are joined by line breaks or by nothing.

    Raises:
        LdsError: the lines have the wrong length, hold other characters than A to Z, 0 to 9 and ``<``, or the sex is
            none of M, F, X and ``<``.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    joined = "".join(lines)
    mrz_format = _FORMATS_BY_LENGTH.get(len(joined))
    if mrz_format is None:
        raise LdsError("an MRZ has three lines of 30, two of 36 or two of 44 characters")
    layout = LAYOUTS[mrz_format]
    if _ALPHABET.fullmatch(joined) is None:
        raise LdsError("an MRZ holds the letters A to Z, digits and fillers only")
    if len(lines) > 1 and any(len(line) != layout.width for line in lines):
        raise LdsError("the lines of the MRZ differ in length")
    sex = _SEXES.get(joined[layout.sex])
    if sex is None:
        raise LdsError("the MRZ has none of M, F, X and the filler as sex")
    number, _, optional_data = _number_parts(joined, mrz_format, layout)
    surname, _, given_names = joined[layout.names].partition("<<")
    return Mrz(
        format=mrz_format,
        lines=_split(joined, layout.width),
        document_type=joined[_DOCUMENT_TYPE].rstrip("<"),
        issuer=joined[ISSUER].rstrip("<"),
        document_number=number.rstrip("<"),
        birth_yymmdd=joined[layout.birth],
        sex=sex,
        expiry_yymmdd=joined[layout.expiry],
        nationality=joined[layout.nationality].rstrip("<"),
        surname=_words(surname),
        given_names=_words(given_names),
        optional_data=optional_data.rstrip("<"),
        optional_data_2=joined[layout.optional_data_2].rstrip("<") if layout.optional_data_2 else "",
    )


def build_mrz(
    mrz_format: MrzFormat,
    *,
    document_type: str,
    issuer: str,
    document_number: str,
    birth_yymmdd: str,
    sex: Literal["M", "F", "X"],
    expiry_yymmdd: str,
    nationality: str,
    surname: str,
    given_names: str,
    optional_data: str = "",
    optional_data_2: str = "",
) -> str:
    """Write an MRZ with its check digits; the lines are joined by line breaks.

    The names are folded into the MRZ's letters and cut where they do not fit. A document number of more than nine
    characters runs on in the optional data (Doc 9303-5, 4.2.2, note j; Doc 9303-6 alike); TD3 has no such rule.

    Raises:
        ValueError: a value does not fit into its field or holds characters that no MRZ has.
    """
    layout = LAYOUTS[mrz_format]
    places = ["<"] * layout.length

    def put(what: str, place: slice | None, value: str) -> None:
        width = place.stop - place.start if place else 0
        if len(value) > width or _ALPHABET.fullmatch(value) is None:
            raise ValueError(f"the {what} does not fit into the MRZ")
        if place:
            places[place] = value.ljust(width, "<")

    if _ALPHABET.fullmatch(document_number) is None:
        raise ValueError("the document number does not fit into the MRZ")
    if len(document_number) > _PRINCIPAL_DIGITS and mrz_format is not MrzFormat.TD3:
        put("document number", layout.document_number, document_number[:_PRINCIPAL_DIGITS])
        rest = document_number[_PRINCIPAL_DIGITS:] + check_digit(document_number)
        optional_data = f"{rest}<{optional_data}" if optional_data else rest
    else:
        put("document number", layout.document_number, document_number)
        places[layout.document_number.stop] = check_digit(document_number)
    put("document type", _DOCUMENT_TYPE, document_type)
    put("issuer", ISSUER, issuer)
    put("name", layout.names, name_field(surname, given_names, layout.names.stop - layout.names.start))
    put("birth date", layout.birth, birth_yymmdd)
    places[layout.birth.stop] = check_digit(birth_yymmdd)
    places[layout.sex] = "<" if sex == "X" else sex
    put("expiry date", layout.expiry, expiry_yymmdd)
    places[layout.expiry.stop] = check_digit(expiry_yymmdd)
    put("nationality", layout.nationality, nationality)
    put("optional data", layout.optional_data, optional_data)
    if layout.has_optional_check_digit and optional_data:
        places[layout.optional_data.stop] = check_digit(optional_data)
    put("second optional data", layout.optional_data_2, optional_data_2)
    places[layout.composite] = check_digit("".join("".join(places[part]) for part in layout.composed))
    return "\n".join(_split("".join(places), layout.width))


def build_citizen_card_mrz(
    number: CitizenNumber,
    *,
    birth_yymmdd: str,
    sex: Literal["M", "F"],
    expiry_yymmdd: str,
    surname: str,
    given_names: str,
) -> str:
    """Write the TD1 MRZ of a Vietnamese identity card: the number's last nine digits, and all of it as optional data.

    `expiry_yymmdd` is 991231 on a card without expiry. Raises ValueError as `build_mrz` does.
    """
    optional_data = number.digits + "<<"
    return build_mrz(
        MrzFormat.TD1,
        document_type="ID",
        issuer=_VIETNAM,
        document_number=number.document_number,
        birth_yymmdd=birth_yymmdd,
        sex=sex,
        expiry_yymmdd=expiry_yymmdd,
        nationality=_VIETNAM,
        surname=surname,
        given_names=given_names,
        optional_data=optional_data + check_digit(optional_data),
    )


def _number_parts(text: str, size: MrzFormat, layout: Layout) -> tuple[str, str, str]:
    """Give (document number as its check digit covers it, check digit, what is left of the optional data)."""
    number, digit = text[layout.document_number], text[layout.document_number.stop]
    optional_data = text[layout.optional_data]
    rest, _, remainder = optional_data.partition("<")
    if digit == "<" and len(rest) > 1 and size is not MrzFormat.TD3:
        return number + rest[:-1], rest[-1], remainder
    return number, digit, optional_data


def _agrees(covered: str, digit: str) -> bool:
    """Whether the digit fits; an empty field may have a filler instead (Doc 9303-4, 4.2.2.2)."""
    return digit == check_digit(covered) or (digit == "<" and not covered.strip("<"))


def _year_within_century(yymmdd: str, latest: int) -> int | None:
    """The year with these last two digits among the hundred that end with `latest`."""
    return latest - (latest - int(yymmdd[:2])) % 100 if yymmdd.isdigit() else None


def _date(year: int | None, yymmdd: str) -> date | None:
    if year is None:
        return None
    try:
        return date(year, int(yymmdd[2:4]), int(yymmdd[4:6]))
    except ValueError:
        return None


def _words(names: str) -> str:
    return " ".join(names.replace("<", " ").split())


def _split(text: str, width: int) -> tuple[str, ...]:
    return tuple(text[start : start + width] for start in range(0, len(text), width))
