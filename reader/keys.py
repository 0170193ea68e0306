"""Keys that open a chip, and the data that a person presented. Secrets: their repr is redacted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class AccessMode(StrEnum):
    """Which access protocol the caller wants."""

    AUTO = "auto"
    PACE = "pace"
    BAC = "bac"


@dataclass(frozen=True, slots=True)
class CanKey:
    """A card access number: six digits as a rule. Opens by PACE only."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MrzKey:
    """The three fields of the MRZ that open a chip by PACE or BAC (Doc 9303-11, 4.3.2)."""

    document_number: str = field(repr=False)
    birth: str = field(repr=False)
    """YYMMDD as in the MRZ."""
    expiry: str = field(repr=False)
    """YYMMDD as in the MRZ."""


AccessKey = CanKey | MrzKey


@dataclass(frozen=True, slots=True)
class PresentedIdentity:
    """What the QR code, MRZ or typed number claimed, to be compared with the chip. Absent fields are None."""

    personal_number: str | None = field(default=None, repr=False)
    document_number: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)
    source: str = "typed"
    """"qr", "mrz" or "typed"."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything that may open the chip, best first, with what was presented."""

    keys: tuple[AccessKey, ...]
    mode: AccessMode = AccessMode.AUTO
    presented: PresentedIdentity | None = None
