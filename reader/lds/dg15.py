"""DG15: the public key for active authentication (Doc 9303-10, 4.7.15)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crypto import der
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import data_group

_FILE: Final = data_group(15)


@dataclass(frozen=True, slots=True)
class Dg15:
    """The content of DG15."""

    public_key: bytes = field(repr=False)
    """DER of a SubjectPublicKeyInfo, RSA or elliptic curve."""


def parse(raw: bytes) -> Dg15:
    """Read the complete file; raises LdsError when it holds anything but one DER object."""
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        der.check(value)
    return Dg15(value)


def encode(dg15: Dg15) -> bytes:
    """Write the complete file."""
    return wrap(dg15.public_key, _FILE)
