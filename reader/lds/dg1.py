"""DG1: the machine readable zone (Doc 9303-10, 4.7.1)."""

from __future__ import annotations

from typing import Final

from crypto import tlv
from reader.errors import LdsError
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import data_group
from reader.lds.mrz import Mrz, parse_mrz

_FILE: Final = data_group(1)
_MRZ: Final = 0x5F1F


def parse(raw: bytes) -> Mrz:
    """Read the complete file; raises LdsError when it or its MRZ is malformed."""
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        text = tlv.require(tlv.parse(value), _MRZ)
    mrz = parse_mrz(text.decode("ascii", errors="replace"))
    if len(mrz.text) != len(text):
        raise LdsError(f"{_FILE.name}: the MRZ has line breaks or spaces")
    return mrz


def encode(mrz: Mrz) -> bytes:
    """Write the complete file."""
    return wrap(tlv.encode(_MRZ, mrz.text.encode("ascii")), _FILE)
