"""DG11: further data of the holder (Doc 9303-10, 4.7.11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from reader.lds import details
from reader.lds.content import unwrap, wrap
from reader.lds.details import Detail, RawDetails, encode_details, parse_details
from reader.lds.files import data_group
from reader.lds.images import StoredImage
from reader.lds.person_name import PersonName
from reader.partial_date import PartialDate

_FILE: Final = data_group(11)
_DETAILS: Final[Mapping[int, Detail]] = MappingProxyType(
    {
        0x5F0E: details.name("name"),
        0x5F0F: details.name("other_names", repeated=True),
        0x5F10: details.number("personal_number"),
        0x5F2B: details.day("birth_date"),
        0x5F11: details.parts("place_of_birth"),
        0x5F42: details.parts("address"),
        0x5F12: details.number("telephone"),
        0x5F13: details.text("profession"),
        0x5F14: details.text("title"),
        0x5F15: details.text("personal_summary"),
        0x5F16: details.image("proof_of_citizenship"),
        0x5F17: details.parts("other_travel_documents"),
        0x5F18: details.text("custody"),
    }
)


@dataclass(frozen=True, slots=True)
class Dg11:
    """The data by their meaning. None: missing, or not readable and then in `unknown`; empty: there without a value."""

    name: PersonName | None = field(default=None, repr=False)
    """In full, and in the issuer's own script where it has one."""
    other_names: tuple[PersonName, ...] = field(default=(), repr=False)
    personal_number: str | None = field(default=None, repr=False)
    birth_date: PartialDate | None = field(default=None, repr=False)
    place_of_birth: tuple[str, ...] = field(default=(), repr=False)
    """Town, state, country, as far as they are there."""
    address: tuple[str, ...] = field(default=(), repr=False)
    telephone: str | None = field(default=None, repr=False)
    profession: str | None = field(default=None, repr=False)
    title: str | None = field(default=None, repr=False)
    personal_summary: str | None = field(default=None, repr=False)
    proof_of_citizenship: StoredImage | None = field(default=None, repr=False)
    other_travel_documents: tuple[str, ...] = field(default=(), repr=False)
    """Their numbers."""
    custody: str | None = field(default=None, repr=False)
    unknown: RawDetails = field(default=(), repr=False)


def parse(raw: bytes) -> Dg11:
    """Read the complete file; raises LdsError when an object in it is malformed."""
    found, unknown = parse_details(unwrap(raw, _FILE), _FILE, _DETAILS)
    return Dg11(**found, unknown=unknown)


def encode(dg11: Dg11) -> bytes:
    """Write the complete file."""
    return wrap(encode_details(dg11, _DETAILS, dg11.unknown), _FILE)
