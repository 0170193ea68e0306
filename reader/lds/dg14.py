"""DG14: the signed SecurityInfos, with the keys for chip authentication (Doc 9303-10, 4.7.14)."""

from __future__ import annotations

from typing import Final

from crypto import tlv
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import data_group
from reader.lds.security_infos import SecurityInfos, encode_security_infos, parse_security_infos

_FILE: Final = data_group(14)


def parse(raw: bytes) -> SecurityInfos:
    """Read the complete file; raises LdsError when it is malformed or too large.

    Bytes after the SET are passed over: Swedish identity cards have some (andrea-deluca/NFCPassportReader issue 6), and
    the hash in EF.SOD covers them.
    """
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        return parse_security_infos(value[: tlv.read_header(value).total_length])


def encode(infos: SecurityInfos) -> bytes:
    """Write the complete file."""
    return wrap(encode_security_infos(infos), _FILE)
