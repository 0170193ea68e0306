"""EF.CardAccess: the SecurityInfos that can be read before the chip is opened (Doc 9303-10, 3.11.3).

It is not signed: what it says counts only once the signed DG14 says the same.
"""

from __future__ import annotations

from typing import Final

from reader.errors import LdsError
from reader.lds.content import reading
from reader.lds.files import ELEMENTARY_FILES
from reader.lds.security_infos import SecurityInfos, encode_security_infos, parse_security_infos

_FILE: Final = ELEMENTARY_FILES["EF.CardAccess"]


def parse(raw: bytes) -> SecurityInfos:
    """Read the complete file; raises LdsError when it is malformed or too large."""
    if len(raw) > _FILE.max_size:
        raise LdsError(f"{_FILE.name}: {len(raw)} bytes where at most {_FILE.max_size} are allowed")
    with reading(_FILE):
        return parse_security_infos(raw)


def encode(infos: SecurityInfos) -> bytes:
    """Write the complete file."""
    return encode_security_infos(infos)
