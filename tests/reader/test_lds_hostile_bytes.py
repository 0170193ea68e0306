"""Whatever bytes a chip sends, a parser of the LDS gives a value or an LdsError."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import card_access, com, dg1, dg2, dg13, dg14, dg15
from reader.lds.com import Com
from reader.lds.dg2 import Dg2
from reader.lds.dg13 import Dg13
from reader.lds.dg15 import Dg15
from reader.lds.mrz import parse_mrz
from reader.lds.security_infos import PaceInfo, SecurityInfos, TerminalAuthenticationInfo

INFOS = SecurityInfos((TerminalAuthenticationInfo(1), PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)))
MRZ = "IDVNM0990000017001099000001<<8\n9902015M3902013VNM<<<<<<<<<<<6\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
Parser = Callable[[bytes], object]
PARSERS: dict[str, tuple[Parser, bytes]] = {
    "EF.COM": (com.parse, com.encode(Com((0x61, 0x75)))),
    "EF.CardAccess": (card_access.parse, card_access.encode(INFOS)),
    "DG1": (dg1.parse, dg1.encode(parse_mrz(MRZ))),
    "DG2": (dg2.parse, dg2.encode(Dg2(b"\xff\xd8\xff" + bytes(20), "jpeg"))),
    "DG13": (dg13.parse, dg13.encode(Dg13(number="001099000001", name="Mẫu", father="Cha", mother="Mẹ", spouse=""))),
    "DG14": (dg14.parse, dg14.encode(INFOS)),
    "DG15": (dg15.parse, dg15.encode(Dg15(bytes.fromhex("3007 3003 060100 0300")))),
}


def _survives(parser: Parser, raw: bytes) -> bool:
    try:
        parser(raw)
    except LdsError:
        return False
    return True


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    parser, valid = PARSERS[name]
    content = data.draw(st.binary(max_size=200))
    _survives(parser, content)
    _survives(parser, tlv.encode(valid[0], content))


@pytest.mark.parametrize("name", PARSERS)
def test_every_altered_byte_and_every_cut(name: str) -> None:
    parser, valid = PARSERS[name]
    assert _survives(parser, valid)
    for position in range(len(valid)):
        assert not _survives(parser, valid[:position])
        for value in (0x00, 0x1F, 0x30, 0x7F, 0x80, 0x84, 0xFF, valid[position] ^ 1):
            _survives(parser, valid[:position] + bytes((value,)) + valid[position + 1 :])


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_several_altered_bytes(name: str, data: st.DataObject) -> None:
    parser, valid = PARSERS[name]
    altered = bytearray(valid)
    for position, value in data.draw(st.dictionaries(st.integers(0, len(valid) - 1), st.integers(0, 255))).items():
        altered[position] = value
    _survives(parser, bytes(altered))
