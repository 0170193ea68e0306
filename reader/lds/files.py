"""The elementary files of the eMRTD and where they stand (Doc 9303-10, 3.11 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

EMRTD_AID: Final = bytes.fromhex("A0000002471001")
"""Application identifier of the LDS1 eMRTD application."""

_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class ElementaryFile:
    """One transparent file.

    File and short identifiers are unique within their place only: the master file or the eMRTD application.
    """

    name: str
    fid: int
    """File identifier, two bytes."""
    sfi: int
    """Short file identifier, 1 to 30."""
    tag: int | None
    """Outermost BER-TLV tag; None where the content is no single object."""
    max_size: int
    """Bytes that a reader takes at most, header included; what is larger is no such file."""
    in_master_file: bool = False
    """True: read it with the master file selected, before the application."""


def _data_group(number: int, tag: int, max_size: int = 64 * _KIB) -> ElementaryFile:
    return ElementaryFile(f"DG{number}", 0x0100 + number, number, tag, max_size)


_FILES: Final = (
    ElementaryFile("EF.ATR/INFO", 0x2F01, 0x01, None, 64 * _KIB, in_master_file=True),
    ElementaryFile("EF.DIR", 0x2F00, 0x1E, None, 64 * _KIB, in_master_file=True),
    ElementaryFile("EF.CardAccess", 0x011C, 0x1C, 0x31, 64 * _KIB, in_master_file=True),
    ElementaryFile("EF.CardSecurity", 0x011D, 0x1D, 0x30, 64 * _KIB, in_master_file=True),
    ElementaryFile("EF.COM", 0x011E, 0x1E, 0x60, _KIB),
    ElementaryFile("EF.SOD", 0x011D, 0x1D, 0x77, 32 * _KIB),
    _data_group(1, 0x61, 512),
    _data_group(2, 0x75, 256 * _KIB),
    _data_group(3, 0x63),
    _data_group(4, 0x76),
    _data_group(5, 0x65),
    _data_group(6, 0x66),
    _data_group(7, 0x67),
    _data_group(8, 0x68),
    _data_group(9, 0x69),
    _data_group(10, 0x6A),
    _data_group(11, 0x6B),
    _data_group(12, 0x6C),
    _data_group(13, 0x6D),
    _data_group(14, 0x6E),
    _data_group(15, 0x6F),
    _data_group(16, 0x70),
)

ELEMENTARY_FILES: Final[Mapping[str, ElementaryFile]] = MappingProxyType({file.name: file for file in _FILES})
"""Every file by its name: ``EF.COM``, ``DG1`` … ``DG16``, ``EF.SOD``, ``EF.CardAccess``, …"""

_DATA_GROUP_NUMBERS: Final = MappingProxyType(
    {file.tag: file.sfi for file in _FILES if file.name.startswith("DG") and file.tag is not None}
)


def data_group(number: int) -> ElementaryFile:
    """The file of data group 1 to 16; raises KeyError for other numbers."""
    return ELEMENTARY_FILES[f"DG{number}"]


def data_group_of_tag(tag: int) -> int | None:
    """The number of the data group with this tag, as EF.COM lists them; None for other tags."""
    return _DATA_GROUP_NUMBERS.get(tag)
