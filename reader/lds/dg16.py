"""DG16: whom to notify in an emergency (Doc 9303-10, 4.7.16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from crypto import tlv
from reader.lds import details
from reader.lds.content import reading, unwrap, wrap
from reader.lds.details import Detail, RawDetails, encode_details, parse_details
from reader.lds.files import data_group
from reader.lds.person_name import PersonName
from reader.partial_date import PartialDate

_FILE: Final = data_group(16)
_COUNT: Final = 0x02
_FIRST_PERSON: Final = 0xA1
_MAX_PERSONS: Final = 15
_PERSONS: Final = range(_FIRST_PERSON, _FIRST_PERSON + _MAX_PERSONS)
_DETAILS: Final[Mapping[int, Detail]] = MappingProxyType(
    {
        0x5F50: details.day("recorded"),
        0x5F51: details.name("name"),
        0x5F52: details.number("telephone"),
        0x5F53: details.parts("address"),
    }
)


@dataclass(frozen=True, slots=True)
class PersonToNotify:
    """One person; None: missing, or not readable and then in `unknown`."""

    recorded: PartialDate | None = field(default=None, repr=False)
    """When the person was named."""
    name: PersonName | None = field(default=None, repr=False)
    telephone: str | None = field(default=None, repr=False)
    address: tuple[str, ...] = field(default=(), repr=False)
    unknown: RawDetails = field(default=(), repr=False)


def parse(raw: bytes) -> tuple[PersonToNotify, ...]:
    """Read the complete file: the persons that are there, whatever their count says; other objects are passed over.

    Raises:
        LdsError: an object in it is malformed.
    """
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        templates = [item.value for item in tlv.parse(value, max_objects=2 * _MAX_PERSONS) if item.tag in _PERSONS]
    persons = (parse_details(template, _FILE, _DETAILS) for template in templates)
    return tuple(PersonToNotify(**found, unknown=unknown) for found, unknown in persons)


def encode(persons: Sequence[PersonToNotify]) -> bytes:
    """Write the complete file; raises ValueError for more than 15 persons."""
    if len(persons) > _MAX_PERSONS:
        raise ValueError(f"{_FILE.name} holds at most {_MAX_PERSONS} persons")
    templates = b"".join(
        tlv.encode(tag, encode_details(person, _DETAILS, person.unknown, tag_list=False))
        for tag, person in zip(_PERSONS, persons, strict=False)
    )
    return wrap(tlv.encode(_COUNT, bytes((len(persons),))) + templates, _FILE)
