"""DG12: further data of the document (Doc 9303-10, 4.7.12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from reader.lds import details
from reader.lds.content import unwrap, wrap
from reader.lds.details import Detail, RawDetails, encode_details, parse_details
from reader.lds.files import data_group
from reader.lds.images import StoredImage
from reader.lds.person_name import PersonName
from reader.partial_date import PartialDate

_FILE: Final = data_group(12)
_DETAILS: Final[Mapping[int, Detail]] = MappingProxyType(
    {
        0x5F19: details.text("issuing_authority"),
        0x5F26: details.day("issue_date"),
        0x5F1A: details.name("other_people", repeated=True),
        0x5F1B: details.text("endorsements"),
        0x5F1C: details.text("tax_or_exit_requirements"),
        0x5F1D: details.image("front"),
        0x5F1E: details.image("rear"),
        0x5F55: details.moment("personalised_at"),
        0x5F56: details.number("personalisation_system"),
    }
)


@dataclass(frozen=True, slots=True)
class Dg12:
    """The data by their meaning. None: missing, or not readable and then in `unknown`; empty: there without a value."""

    issuing_authority: str | None = field(default=None, repr=False)
    issue_date: PartialDate | None = field(default=None, repr=False)
    other_people: tuple[PersonName, ...] = field(default=(), repr=False)
    """Whom the document is for besides its holder."""
    endorsements: str | None = field(default=None, repr=False)
    tax_or_exit_requirements: str | None = field(default=None, repr=False)
    front: StoredImage | None = field(default=None, repr=False)
    """The document's front."""
    rear: StoredImage | None = field(default=None, repr=False)
    """The document's rear."""
    personalised_at: datetime | None = field(default=None, repr=False)
    """Without a time zone: none is given."""
    personalisation_system: str | None = field(default=None, repr=False)
    """Serial number of the system that personalised the document."""
    unknown: RawDetails = field(default=(), repr=False)


def parse(raw: bytes) -> Dg12:
    """Read the complete file; raises LdsError when an object in it is malformed."""
    found, unknown = parse_details(unwrap(raw, _FILE), _FILE, _DETAILS)
    return Dg12(**found, unknown=unknown)


def encode(dg12: Dg12) -> bytes:
    """Write the complete file."""
    return wrap(encode_details(dg12, _DETAILS, dg12.unknown), _FILE)
