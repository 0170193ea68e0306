"""Whatever bytes a chip sends, a parser of the LDS gives a value or an LdsError."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import (
    atr_info,
    card_access,
    card_security,
    com,
    dg1,
    dg2,
    dg5,
    dg7,
    dg11,
    dg12,
    dg13,
    dg14,
    dg15,
    dg16,
    sod,
)
from reader.lds import dir as ef_dir
from reader.lds.atr_info import AtrInfo
from reader.lds.com import Com
from reader.lds.dg2 import Dg2
from reader.lds.dg11 import Dg11
from reader.lds.dg12 import Dg12
from reader.lds.dg13 import Dg13
from reader.lds.dg15 import Dg15
from reader.lds.dg16 import PersonToNotify
from reader.lds.files import EMRTD_AID
from reader.lds.images import StoredImage
from reader.lds.mrz import parse_mrz
from reader.lds.person_name import PersonName
from reader.lds.security_infos import PaceInfo, SecurityInfos, TerminalAuthenticationInfo, encode_security_infos
from reader.partial_date import PartialDate
from simulator import cms_writer
from simulator.cms_writer import Signer
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind

INFOS = SecurityInfos((TerminalAuthenticationInfo(1), PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)))
MRZ = "IDVNM0990000017001099000001<<8\n9902015M3902013VNM<<<<<<<<<<<6\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
NAME, DAY, IMAGE = PersonName("Mẫu", "Văn"), PartialDate(1999, 2, 1), StoredImage(b"\xff\xd8\xff" + bytes(20))
Parser = Callable[[bytes], object]
PARSERS: dict[str, tuple[Parser, bytes]] = {
    "EF.COM": (com.parse, com.encode(Com((0x61, 0x75)))),
    "EF.ATR/INFO": (
        atr_info.parse,
        atr_info.encode(AtrInfo(2096, 10_000, bytes.fromhex("B801E0"), ((0x43, b"\xb8"),))),
    ),
    "EF.DIR": (ef_dir.parse, ef_dir.encode([EMRTD_AID, EMRTD_AID])),
    "EF.CardAccess": (card_access.parse, card_access.encode(INFOS)),
    "DG1": (dg1.parse, dg1.encode(parse_mrz(MRZ))),
    "DG2": (dg2.parse, dg2.encode(Dg2(IMAGE.image, "jpeg"))),
    "DG2 in ISO 39794": (dg2.parse, dg2.encode(Dg2(IMAGE.image, "jpeg", 413, 531, "iso39794-5"))),
    "DG5": (dg5.parse, dg5.encode([IMAGE, IMAGE])),
    "DG7": (dg7.parse, dg7.encode([IMAGE])),
    "DG11": (dg11.parse, dg11.encode(Dg11(NAME, (NAME, NAME), "1", DAY, ("A", "B"), proof_of_citizenship=IMAGE))),
    "DG12": (dg12.parse, dg12.encode(Dg12("C", DAY, (NAME,), personalised_at=datetime.fromisoformat("20220402")))),
    "DG13": (dg13.parse, dg13.encode(Dg13(number="001099000001", name="Mẫu", father="Cha", mother="Mẹ", spouse=""))),
    "DG14": (dg14.parse, dg14.encode(INFOS)),
    "DG15": (dg15.parse, dg15.encode(Dg15(bytes.fromhex("3007 3003 060100 0300")))),
    "DG16": (dg16.parse, dg16.encode([PersonToNotify(DAY, NAME, "1", ("A", "B"))])),
}
# Files without an outermost object: what is cut between two objects is a shorter file.
IN_PIECES = {"EF.ATR/INFO", "EF.DIR"}


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
        assert not _survives(parser, valid[:position]) or name in IN_PIECES
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


@pytest.fixture(scope="module")
def signed() -> dict[str, tuple[Parser, bytes]]:
    """The two files that are CMS signed data."""
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    issuer = Issuer.create(now=datetime(2026, 11, 1, tzinfo=UTC), random_bytes=random.Random(1).randbytes, keys=keys)
    signer = Signer(issuer.document_signer_der, issuer.keys.document_signer)
    security = cms_writer.sign(card_security.CONTENT_TYPE, encode_security_infos(INFOS), signer)
    return {
        "EF.SOD": (sod.parse, issuer.sign_sod({1: bytes(32), 2: bytes(32)})),
        "EF.CardSecurity": (card_security.parse, card_security.encode(security)),
    }


@pytest.mark.parametrize("name", ["EF.SOD", "EF.CardSecurity"])
def test_every_altered_byte_and_every_cut_of_signed_files(name: str, signed: dict[str, tuple[Parser, bytes]]) -> None:
    parser, valid = signed[name]
    assert _survives(parser, valid)
    for position in range(len(valid)):
        _survives(parser, valid[:position] + bytes((valid[position] ^ 1,)) + valid[position + 1 :])
        assert position % 7 or not _survives(parser, valid[:position])


@pytest.mark.parametrize("name", ["EF.SOD", "EF.CardSecurity"])
@given(data=st.data())
def test_several_altered_bytes_of_signed_files(
    name: str, signed: dict[str, tuple[Parser, bytes]], data: st.DataObject
) -> None:
    parser, valid = signed[name]
    altered = bytearray(valid)
    for position, value in data.draw(st.dictionaries(st.integers(0, len(valid) - 1), st.integers(0, 255))).items():
        altered[position] = value
    _survives(parser, bytes(altered))
    _survives(parser, data.draw(st.binary(max_size=200)))


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize(
    "filling",
    [
        bytes.fromhex("0200"),
        bytes.fromhex("A000"),
        bytes.fromhex("5F0F00"),
        bytes.fromhex("5F0F013C"),
        bytes.fromhex("3000"),
        bytes.fromhex("61024F00"),
        bytes.fromhex("7F6000"),
        b"<",
        "å".encode(),
        b"\xff",
    ],
)
def test_64_kib_of_the_same_take_little_time_and_memory(name: str, filling: bytes) -> None:
    parser, valid = PARSERS[name]
    content = filling * (65_000 // len(filling))
    inner = (
        tlv.encode(0xA0, content),
        tlv.encode(0x5F0E, content),
        tlv.encode(0x7F61, content),
        tlv.encode(0x31, content),
    )
    tracemalloc.start()
    try:
        started = time.perf_counter()
        for raw in (content, tlv.encode(valid[0], content), *(tlv.encode(valid[0], one) for one in inner)):
            _survives(parser, raw)
        assert time.perf_counter() - started < 6.0
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
