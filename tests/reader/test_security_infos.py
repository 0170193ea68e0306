from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from reader.errors import LdsError
from reader.lds import card_access, dg14
from reader.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
    UnknownSecurityInfo,
)

# What citizens' cards answer, the same in four independent programs.
CARD_ACCESS = bytes.fromhex(
    "3134"
    "300D 0608 04007F0007020202 020101"
    "300F 060A 04007F00070202030202 020101"
    "3012 060A 04007F00070202040202 020102 02010D"
)
CARD_INFOS = SecurityInfos(
    (
        TerminalAuthenticationInfo(1),
        ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.2", 1, None),
        PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),
    )
)
KEY = bytes.fromhex("3003 020105")


def test_card_access_of_a_citizens_card() -> None:
    assert len(CARD_ACCESS) == 54
    assert card_access.parse(CARD_ACCESS) == CARD_INFOS
    assert card_access.encode(CARD_INFOS) == CARD_ACCESS
    assert CARD_INFOS.of(PaceInfo) == (PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),)
    assert CARD_INFOS.of(ActiveAuthenticationInfo) == ()


def test_dg14_of_the_reference_data_set_in_its_own_order(shared_data: Path) -> None:
    folder = shared_data / "bsi-tr03105-5"
    raw = (folder / "Datagroup14.bin").read_bytes()
    found = dg14.parse(raw)
    assert [type(info) for info in found.infos] == [
        ChipAuthenticationPublicKeyInfo,
        ChipAuthenticationInfo,
        TerminalAuthenticationInfo,
    ]
    (key,) = found.of(ChipAuthenticationPublicKeyInfo)
    assert key.public_key == (folder / "DG14_pk.bin").read_bytes()
    assert (key.protocol, key.key_id) == ("0.4.0.127.0.7.2.2.1.2", None)
    assert found.of(ChipAuthenticationInfo) == (ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.1", 1, None),)
    assert dg14.encode(found) == raw


@pytest.mark.parametrize(
    ("info", "encoded"),
    [
        (PaceInfo("0.4.0.127.0.7.2.2.4.6.4", 2, None), "300F 060A 04007F00070202040604 020102"),
        (
            PaceDomainParameterInfo("0.4.0.127.0.7.2.2.4.2", KEY, 64),
            "3013 0609 04007F000702020402 3003020105 020140",
        ),
        (ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.1.4", 1, 200), "3013 060A 04007F00070202030104 020101 020200C8"),
        (
            ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.1", KEY, 1),
            "3013 0609 04007F000702020101 3003020105 020101",
        ),
        (
            ActiveAuthenticationInfo(1, "0.4.0.127.0.7.1.1.4.1.3"),
            "3017 0606 678108010105 020101 060A 04007F00070101040103",
        ),
        (
            TerminalAuthenticationInfo(1, bytes.fromhex("30040402011C")),
            "3013 0608 04007F0007020202 020101 30040402011C",
        ),
        (
            UnknownSecurityInfo("0.4.0.127.0.7.2.2.3.2", bytes.fromhex("0500 0C0141")),
            "3010 0609 04007F000702020302 05000C0141",
        ),
        (UnknownSecurityInfo("1.2.840.113549.1.1.11", b""), "300B 0609 2A864886F70D01010B"),
    ],
)
def test_each_kind(info: SecurityInfo, encoded: str) -> None:
    raw = tlv.encode(0x31, bytes.fromhex(encoded))
    assert card_access.parse(raw) == SecurityInfos((info,))
    assert card_access.encode(SecurityInfos((info,))) == raw
    assert dg14.parse(tlv.encode(0x6E, raw)) == SecurityInfos((info,))


def test_no_infos_at_all() -> None:
    assert card_access.parse(bytes.fromhex("3100")) == SecurityInfos(())


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "31",
        "3000",
        "3102 3000",
        "3102 0500",
        "3103 020101",
        "3180 0000",
        "318100",
        "3105 3003 020101",  # no protocol
        "3104 3002 0600",
        "3106 3004 0602 8001",  # not the shortest form
        "3105 3003 0601 FF",
        "310C 300A 0608 04007F0007020202",  # terminal authentication without version
        "3111 300F 060A 04007F00070202040202 04 0102",
        "3111 300F 060A 04007F00070202040202 02 00",
        "3114 3012 060A 04007F00070202040202 020102 04010D",
        "3117 3015 060A 04007F00070202040202 020102 02010D 020100",
        "3110 300E 0609 04007F000702020102 020101",  # a key that is no key
        "310D 300B 0606 678108010105 020101",  # active authentication without algorithm
    ],
)
def test_malformed_infos(raw: str) -> None:
    with pytest.raises(LdsError, match=r"EF\.CardAccess"):
        card_access.parse(bytes.fromhex(raw))
    with pytest.raises(LdsError, match="DG14"):
        dg14.parse(tlv.encode(0x6E, bytes.fromhex(raw)))


def test_bytes_after_the_set_are_passed_over_in_dg14_alone() -> None:
    """Swedish identity cards (andrea-deluca/NFCPassportReader issue 6): the hash in EF.SOD covers what follows."""
    raw = bytes.fromhex("3106 3004 0602 2A03")
    for tail in (b"\0", bytes(8), b"\xff\xff"):
        assert dg14.parse(tlv.encode(0x6E, raw + tail)) == dg14.parse(tlv.encode(0x6E, raw))
        with pytest.raises(LdsError, match=r"EF\.CardAccess"):
            card_access.parse(raw + tail)


def test_other_kinds_stay_as_they_are() -> None:
    """EFDIRInfo (Doc 9303-11, 9.2.9), and domain parameters and card locator of eID cards (TR-03110-3, A.1)."""
    infos = SecurityInfos(
        (
            UnknownSecurityInfo("2.23.136.1.1.13", bytes.fromhex("0403610102")),
            UnknownSecurityInfo("0.4.0.127.0.7.2.2.3.2", bytes.fromhex("3003020105 020148")),
            UnknownSecurityInfo("0.4.0.127.0.7.2.2.6", tlv.encode(0x16, b"https://example.org/")),
        )
    )
    assert dg14.parse(dg14.encode(infos)) == infos


def test_a_key_on_standardized_domain_parameters() -> None:
    """TR-03110-3, A.2.1.1: the algorithm is 0.4.0.127.0.7.1.2 with the parameters' number."""
    key = bytes.fromhex("3017 300C 0607 04007F00070102 02010D 0307 00 040102030405")
    infos = SecurityInfos((ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", key, 13),))
    assert dg14.parse(dg14.encode(infos)) == infos


def test_bounds() -> None:
    info = bytes.fromhex("300B 0609 2A864886F70D01010B")
    with pytest.raises(LdsError, match="side by side"):
        card_access.parse(tlv.encode(0x31, info * 65))
    with pytest.raises(LdsError, match="65536"):
        card_access.parse(tlv.encode(0x31, info * 6000))
    with pytest.raises(LdsError, match="5002 bytes"):
        card_access.parse(tlv.encode(0x31, tlv.encode(0x30, tlv.encode(0x06, b"\x2a" + b"\xff" * 5000 + b"\x01"))))
    nested = b"\x30\x00"
    for _ in range(40):
        nested = tlv.encode(0x30, nested)
    with pytest.raises(LdsError, match="nested"):
        card_access.parse(tlv.encode(0x31, nested))


NUMBERS = st.none() | st.integers(0, 2**64)
VERSIONS = st.integers(0, 255)
CIPHERS = st.tuples(st.sampled_from([1, 2]), st.integers(1, 4)).map(lambda arcs: f"{arcs[0]}.{arcs[1]}")
INFOS = st.one_of(
    st.builds(PaceInfo, CIPHERS.map("0.4.0.127.0.7.2.2.4.{}".format), VERSIONS, NUMBERS),
    st.builds(ChipAuthenticationInfo, CIPHERS.map("0.4.0.127.0.7.2.2.3.{}".format), VERSIONS, NUMBERS),
    st.builds(ChipAuthenticationPublicKeyInfo, st.just("0.4.0.127.0.7.2.2.1.2"), st.just(KEY), NUMBERS),
    st.builds(ActiveAuthenticationInfo, VERSIONS, st.just("0.4.0.127.0.7.1.1.4.1.3")),
    st.builds(TerminalAuthenticationInfo, VERSIONS),
    st.builds(
        UnknownSecurityInfo,
        st.integers(0, 2**40).map("1.3.{}".format),
        st.binary(max_size=20).map(lambda value: tlv.encode(0x04, value)),
    ),
)


@given(st.lists(INFOS, max_size=10).map(lambda infos: SecurityInfos(tuple(infos))))
def test_round_trip(infos: SecurityInfos) -> None:
    assert card_access.parse(card_access.encode(infos)) == infos
    assert dg14.parse(dg14.encode(infos)) == infos
