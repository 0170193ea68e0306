"""The texts in the QR codes of Vietnamese cards: identity cards of 2021 and 2024, and the health insurance card.

None of them is signed: a payload says what a card claims, never that it is genuine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final, Literal

from reader.lds.names import fold_name
from reader.partial_date import PartialDate
from reader.plain_text import plain_text

_MAX_CHARACTERS: Final = 4296  # the most that any QR symbol holds
_BARS: Final = str.maketrans("｜¦", "||")
# Put before the payload by some desk scanners.
_PREFIX: Final = re.compile(r"\A(?:CCCD|CĂN CƯỚC(?: CÔNG DÂN)?)\s*:\s*", re.IGNORECASE)

_IDENTITY_FIELDS: Final = range(7, 13)
_CAN_CUOC_FIELDS: Final = 10
_CAN_CUOC_SINCE: Final = date(2024, 7, 1)
_NUMBER: Final = re.compile("[0-9]{12}")
_OLD_NUMBER: Final = re.compile("[0-9]{9}")
_SEXES: Final[dict[str, Literal["M", "F"]]] = {"NAM": "M", "NU": "F"}

_INSURANCE_FIELDS: Final = range(8, 21)
# Fifteen characters, or the ten digits of the cards since 2021. Some codes have up to two characters more.
_CARD_NUMBER: Final = re.compile("([A-Z]{2}[1-5][0-9]{12})[0-9A-Z]{0,2}|([0-9]{10})")
_FACILITY: Final = re.compile("([0-9]{2}) *[-–]? *([0-9]{3})")
_HEXADECIMAL: Final = re.compile("(?:[0-9A-Fa-f]{2})+")
_INSURANCE_SEXES: Final[dict[str, Literal["M", "F"]]] = {"1": "M", "2": "F"}


@dataclass(frozen=True, slots=True)
class IdentityQr:
    """What the QR codes of both identity cards hold."""

    type: ClassVar[str]

    number: str = field(repr=False)
    """Twelve digits."""
    old_number: str | None = field(repr=False)
    """The nine digits of the former identity card (CMND)."""
    name: str = field(repr=False)
    birth: PartialDate = field(repr=False)
    sex: Literal["M", "F"] = field(repr=False)
    address: str = field(repr=False)
    """Permanent address; may be empty."""
    issue_date: date | None = field(repr=False)
    extra: tuple[str, ...] = field(default=(), repr=False)
    """Fields from the eighth on, as they stand: their order is not published."""

    @property
    def birth_date(self) -> date | None:
        """None when the day of birth is unknown."""
        return self.birth.exact

    def encode(self) -> str:
        """The text that a card carries."""
        return "|".join(
            (
                self.number,
                self.old_number or "",
                self.name,
                self.birth.written(""),
                "Nam" if self.sex == "M" else "Nữ",
                self.address,
                _written(self.issue_date, "", missing=""),
                *self.extra,
            )
        )

    def to_json(self) -> dict[str, object]:
        """The `payload` of ``motcham scan --json``."""
        return {
            "type": self.type,
            "number": self.number,
            "old_number": self.old_number,
            "name": self.name,
            "birth_date": self.birth.iso,
            "sex": self.sex,
            "address": self.address,
            "issue_date": _iso(self.issue_date),
            "extra": list(self.extra),
        }


@dataclass(frozen=True, slots=True)
class CccdQr(IdentityQr):
    """The citizen's card of 2021 (căn cước công dân), QR code on the front."""

    type: ClassVar[str] = "cccd"


@dataclass(frozen=True, slots=True)
class CanCuocQr(IdentityQr):
    """The identity card since 2024-07-01 (căn cước), QR code on the back."""

    type: ClassVar[str] = "can_cuoc"


@dataclass(frozen=True, slots=True)
class BhytQr:
    """The paper card of the social health insurance (bảo hiểm y tế)."""

    type: ClassVar[str] = "bhyt"

    card_number: str = field(repr=False)
    """Fifteen characters, or ten digits on cards since 2021."""
    name: str = field(repr=False)
    birth: PartialDate = field(repr=False)
    sex: Literal["M", "F"] = field(repr=False)
    address: str = field(repr=False)
    facility: str
    """Five digits: the facility where the holder is registered."""
    valid_from: date | None
    valid_to: date | None
    extra: tuple[str, ...] = field(default=(), repr=False)
    """Fields from the ninth on, as they stand."""

    @property
    def issue_date(self) -> date | None:
        return _exact_date(self._extra(0))

    @property
    def agency(self) -> str | None:
        """Code of the insurance agency that manages the card."""
        return self._extra(1)

    @property
    def parent_name(self) -> str | None:
        """Given on children's cards."""
        text = self._extra(2)
        return None if text is None else _from_hexadecimal(text)

    @property
    def living_area(self) -> str | None:
        """K1, K2 or K3."""
        return self._extra(3)

    @property
    def five_years_from(self) -> date | None:
        """From this day on the holder has been insured for five years without a gap."""
        return _exact_date(self._extra(4))

    def _extra(self, index: int) -> str | None:
        text = self.extra[index] if index < len(self.extra) else ""
        return None if text in ("", "-") else text

    def encode(self) -> str:
        """The text that a card carries."""
        fields = (
            self.card_number,
            self.name.encode().hex(),
            self.birth.written("/"),
            "1" if self.sex == "M" else "2",
            self.address.encode().hex(),
            f"{self.facility[:2]} - {self.facility[2:]}",
            _written(self.valid_from, "/", missing="-"),
            _written(self.valid_to, "/", missing="-"),
            *self.extra,
        )
        return "|".join(fields) + "$"

    def to_json(self) -> dict[str, object]:
        """The `payload` of ``motcham scan --json``."""
        return {
            "type": self.type,
            "card_number": self.card_number,
            "name": self.name,
            "birth_date": self.birth.iso,
            "sex": self.sex,
            "address": self.address,
            "facility": self.facility,
            "valid_from": _iso(self.valid_from),
            "valid_to": _iso(self.valid_to),
            "issue_date": _iso(self.issue_date),
            "agency": self.agency,
            "parent_name": self.parent_name,
            "living_area": self.living_area,
            "five_years_from": _iso(self.five_years_from),
            "extra": list(self.extra),
        }


@dataclass(frozen=True, slots=True)
class UnknownQr:
    """Any other text: a link, a contact, a VNeID code, whose format is not published."""

    type: ClassVar[str] = "unknown"

    text: str = field(repr=False)

    def to_json(self) -> dict[str, object]:
        """The `payload` of ``motcham scan --json``; the text stands beside it there."""
        return {"type": self.type}


QrPayload = CccdQr | CanCuocQr | BhytQr | UnknownQr


def parse(text: str) -> QrPayload:
    """Read the text of a QR code; whatever does not follow a known card's grammar is unknown.

    Full-width and broken bars count as bars, control and zero-width characters and scanners' prefixes are removed, and
    text is put into NFC. Two bars in a row are an empty field.
    """
    if len(text) > _MAX_CHARACTERS or "\0" in text:
        return UnknownQr(text)
    cleaned = _PREFIX.sub("", plain_text(text.translate(_BARS)))
    fields = [part.strip(" ") for part in cleaned.split("|")]
    return _identity(fields) or _insurance(fields) or UnknownQr(text)


def _identity(fields: Sequence[str]) -> CccdQr | CanCuocQr | None:
    if len(fields) not in _IDENTITY_FIELDS:
        return None
    number, old_number, name, birth_text, sex_text, address, issue_text, *extra = fields
    birth = PartialDate.parse(birth_text) if birth_text.isdigit() else None
    sex = _SEXES.get(fold_name(sex_text))
    issued = PartialDate.parse(issue_text) if issue_text.isdigit() else None
    issue_date = None if issued is None else issued.exact
    if (
        _NUMBER.fullmatch(number) is None
        or (old_number and _OLD_NUMBER.fullmatch(old_number) is None)
        or not fold_name(name)
        or birth is None
        or sex is None
        or (issue_text and issue_date is None)
    ):
        return None
    is_new = len(fields) >= _CAN_CUOC_FIELDS or (issue_date is not None and issue_date >= _CAN_CUOC_SINCE)
    card = CanCuocQr if is_new else CccdQr
    return card(number, old_number or None, name, birth, sex, address, issue_date, tuple(extra))


def _insurance(fields: Sequence[str]) -> BhytQr | None:
    if len(fields) not in _INSURANCE_FIELDS:
        return None
    fields = [*fields[:-1], fields[-1].removesuffix("$")]
    card, name_text, birth_text, sex_text, address_text, facility_text, from_text, to_text, *extra = fields
    number = _CARD_NUMBER.fullmatch(card)
    name = _from_hexadecimal(name_text)
    birth = PartialDate.parse(birth_text)
    sex = _INSURANCE_SEXES.get(sex_text)
    address = _from_hexadecimal(address_text) if address_text else ""
    facility = _FACILITY.fullmatch(facility_text)
    valid_from, valid_to = _exact_date(from_text), _exact_date(to_text)
    if (
        number is None
        or not name
        or birth is None
        or sex is None
        or address is None
        or facility is None
        or (valid_from is None and from_text not in ("", "-"))
        or (valid_to is None and to_text not in ("", "-"))
    ):
        return None
    return BhytQr(
        number[1] or number[2], name, birth, sex, address, facility[1] + facility[2], valid_from, valid_to, tuple(extra)
    )


def _from_hexadecimal(text: str) -> str | None:
    if _HEXADECIMAL.fullmatch(text) is None:
        return None
    try:
        return plain_text(bytes.fromhex(text).decode())
    except UnicodeDecodeError:
        return None


def _exact_date(text: str | None) -> date | None:
    parsed = None if text is None else PartialDate.parse(text)
    return None if parsed is None else parsed.exact


def _written(day: date | None, separator: str, *, missing: str) -> str:
    return missing if day is None else PartialDate.of(day).written(separator)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
