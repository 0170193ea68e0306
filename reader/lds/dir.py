"""EF.DIR: the applications on the card (Doc 9303-10, 3.11.2; ISO/IEC 7816-4, 12.2.3).

It is not signed, and a card without it is read all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from crypto import tlv
from reader.errors import LdsError
from reader.lds.content import objects, reading
from reader.lds.files import ELEMENTARY_FILES

_FILE: Final = ELEMENTARY_FILES["EF.DIR"]
_APPLICATION_TEMPLATE: Final = 0x61
_APPLICATION_IDENTIFIER: Final = 0x4F
_MAX_IDENTIFIER_SIZE: Final = 16


def parse(raw: bytes) -> tuple[bytes, ...]:
    """Give the application identifiers, 1 to 16 bytes each, in the file's order; other objects are passed over.

    Raises:
        LdsError: an object is malformed, or a template has no application identifier of a usable length.
    """
    templates = [item.value for item in objects(raw, _FILE) if item.tag == _APPLICATION_TEMPLATE]
    with reading(_FILE):
        identifiers = tuple(tlv.require(tlv.parse(value), _APPLICATION_IDENTIFIER) for value in templates)
    for identifier in identifiers:
        if not 0 < len(identifier) <= _MAX_IDENTIFIER_SIZE:
            raise LdsError(f"{_FILE.name}: an application identifier of {len(identifier)} bytes")
    return identifiers


def encode(identifiers: Iterable[bytes]) -> bytes:
    """Write the complete file."""
    return b"".join(
        tlv.encode(_APPLICATION_TEMPLATE, tlv.encode(_APPLICATION_IDENTIFIER, identifier)) for identifier in identifiers
    )
