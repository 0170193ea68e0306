"""How a person is named and addressed on a screen, and which of their numbers may be seen there."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Final

from kiosk.visit.states import Clinic
from reader.model import Document
from ui.view_models.words import Language, Words

ADULT_FROM: Final = 40
"""Age in years from which a Vietnamese speaker says anh or chị instead of bạn."""
ELDER_FROM: Final = 60
"""Age in years from which a Vietnamese speaker says ông or bà."""

_SHOWN: Final = 3


def years_between(birth: date, today: date) -> int:
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def address(document: Document | None, words: Words, today: date) -> str:
    """The word for "you" that suits the person; a neutral one where age or sex is unknown."""
    return words.text(f"you.{_address_key(document, today)}")


def _address_key(document: Document | None, today: date) -> str:
    if document is None or document.birth_date is None:
        return "unknown"
    age = years_between(document.birth_date, today)
    if age < ADULT_FROM:
        return "young"
    if document.sex not in ("M", "F"):
        return "unknown"
    return f"{'elder' if age >= ELDER_FROM else 'adult'}_{document.sex.lower()}"


def full_name(document: Document) -> str:
    """The name in ordinary case: machine readable zones and many chips have capitals only."""
    name = " ".join(unicodedata.normalize("NFC", document.name or document.name_latin).split())
    return name.title() if name.isupper() else name


def called_name(document: Document) -> str:
    """What a friendly voice calls the person: the given name, which Vietnamese names end with; else the whole name."""
    name = full_name(document)
    return name.split(" ")[-1] if document.issuer == "VNM" and name else name


def masked(number: str) -> str:
    """The first and the last three characters, the rest as dots: "001 ••• ••• 001"."""
    if len(number) <= 2 * _SHOWN:
        return "•" * len(number)
    covered = number[:_SHOWN] + "•" * (len(number) - 2 * _SHOWN) + number[-_SHOWN:]
    return grouped(covered)


def masked_while_typing(digits: str, expected: int) -> list[str]:
    """One entry a place: the digit where it may be seen, a dot where it is covered, "" where none is typed yet.

    The last three typed stay visible so that a slip is noticed.
    """
    return [digit if place < _SHOWN or place >= len(digits) - _SHOWN else "•" for place, digit in enumerate(digits)] + [
        ""
    ] * (expected - len(digits))


def grouped(text: str, size: int = 3) -> str:
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


def clinic_name(clinic: Clinic, words: Words) -> str:
    return clinic.name_vi if words.language is Language.VIETNAMESE else clinic.name_en


def clinic_floor(clinic: Clinic, words: Words) -> str:
    return clinic.floor_vi if words.language is Language.VIETNAMESE else clinic.floor_en
