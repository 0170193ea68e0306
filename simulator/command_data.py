"""Data objects in the commands of a security protocol (ISO/IEC 7816-4, 11.5.5)."""

from __future__ import annotations

from typing import Final

from crypto import tlv
from crypto.errors import TlvError
from crypto.tlv import Tlv
from simulator.status import Refusal, Status

DYNAMIC_DATA: Final = 0x7C
"""Dynamic authentication data, around all that GENERAL AUTHENTICATE carries in either direction."""


def parse_objects(data: bytes) -> list[Tlv]:
    """The data objects of a command; raises Refusal where they are none."""
    try:
        return tlv.parse(data)
    except TlvError:
        raise Refusal(Status.WRONG_DATA) from None


def parse_dynamic_data(data: bytes) -> list[Tlv]:
    """The objects within the 7C of a GENERAL AUTHENTICATE; raises Refusal where there is no such object."""
    objects = parse_objects(data)
    if [found.tag for found in objects] != [DYNAMIC_DATA]:
        raise Refusal(Status.WRONG_DATA)
    return parse_objects(objects[0].value)
