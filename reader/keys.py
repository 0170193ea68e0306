"""Keys that open a chip, and the data that a person presented. Secrets: their repr is redacted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import ClassVar


class AccessMode(StrEnum):
    """Which access protocol the caller wants."""

    AUTO = "auto"
    PACE = "pace"
    BAC = "bac"


@dataclass(frozen=True, slots=True)
class CanKey:
    """A card access number: six digits as a rule. Opens by PACE only."""

    kind: ClassVar[str] = "CAN"
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MrzKey:
    """The three fields of the MRZ that open a chip by PACE or BAC (Doc 9303-11, 4.3.2)."""

    kind: ClassVar[str] = "MRZ"
    document_number: str = field(repr=False)
    birth: str = field(repr=False)
    """YYMMDD as in the MRZ."""
    expiry: str = field(repr=False)
    """YYMMDD as in the MRZ."""
    repaired: tuple[str, ...] = field(default=(), compare=False)
    """Fields that are not as they were presented, by the names of `Mrz.check_digits_ok`: a typing fault is mended."""


@dataclass(frozen=True, slots=True)
class PinKey:
    """A secret number that only the holder knows. Opens by PACE only.

    It is tried once, and never when the chip warns that this is the last try: a blocked PIN cannot be mended here.
    """

    kind: ClassVar[str] = "PIN"
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PukKey:
    """The number that unblocks a PIN; as guarded as that. Opens by PACE only."""

    kind: ClassVar[str] = "PUK"
    digits: str = field(repr=False)


AccessKey = CanKey | MrzKey | PinKey | PukKey


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
    repairs: tuple[MrzKey, ...] = ()
    """Keys that may have been meant where one of `keys` has a typing fault, likeliest first; tried after all `keys`."""
    suspicious_fields: tuple[str, ...] = ()
    """Fields to look at again when nothing opens the chip, by the names of `Mrz.check_digits_ok`."""

    def opened_by(self, key: AccessKey | None) -> Opening:
        """The same for the sessions that follow once `key`, one of these, has opened the chip: it is tried first.

        A field that was mistyped is no longer held against the document: the chip has confirmed another value.
        """
        if key is None or key not in (*self.keys, *self.repairs):
            return self
        presented = self.presented
        if presented is not None and isinstance(key, MrzKey):
            presented = replace(
                presented,
                document_number=None if "document_number" in key.repaired else presented.document_number,
                birth_date=None if "birth_date" in key.repaired else presented.birth_date,
            )
        keys = (key, *(other for other in self.keys if other != key))
        return replace(self, keys=keys, presented=presented, repairs=tuple(k for k in self.repairs if k != key))
