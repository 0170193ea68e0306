"""EF.CardSecurity: the SecurityInfos of the master file, signed (Doc 9303-10, 3.11.4; TR-03110-3, A.1.2.5).

It holds the static key that PACE with chip-authentication mapping proves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crypto.cms import SignedData
from crypto.errors import CryptoError
from reader.errors import LdsError
from reader.lds.files import ELEMENTARY_FILES
from reader.lds.security_infos import SecurityInfos, parse_security_infos

CONTENT_TYPE: Final = "0.4.0.127.0.7.3.2.1"
"""id-SecurityObject."""

_FILE: Final = ELEMENTARY_FILES["EF.CardSecurity"]


@dataclass(frozen=True, slots=True)
class CardSecurity:
    """A parsed EF.CardSecurity; what it says counts only when `signed_data` verifies."""

    signed_data: SignedData = field(repr=False)
    infos: SecurityInfos


def parse(raw: bytes) -> CardSecurity:
    """Read the complete file; raises LdsError when it is no well-formed CMS signed data around SecurityInfos."""
    try:
        signed = SignedData.parse(raw, max_size=_FILE.max_size)
        if signed.content_type != CONTENT_TYPE:
            raise LdsError(f"{_FILE.name} signs an object of the unknown type {signed.content_type}")
        return CardSecurity(signed, parse_security_infos(signed.content))
    except CryptoError as cause:
        raise LdsError(f"{_FILE.name}: {cause.message}") from cause


def encode(signed_data: bytes) -> bytes:
    """The complete file is the DER of the signed data, whose content `encode_security_infos` writes."""
    return signed_data
