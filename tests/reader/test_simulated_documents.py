"""Each simulated document is judged as its profile says, and each fault fails the check that it names and no other."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crypto.certificates import Certificate
from firmware_profiles.loader import load_profiles
from firmware_profiles.schema import ApduLimits, ReaderProfile
from reader.checks import CheckStatus
from reader.inspection import Inspector
from reader.keys import AccessKey, CanKey, MrzKey, Opening
from reader.model import Inspection
from reader.policy import Policy
from reader.transport import Transport
from reader.trust import Anchor, TrustStore
from simulator.citizen_card import ChipKeys
from simulator.faults import find_fault, named_faults
from simulator.issuer import Issuer, IssuerKeys
from simulator.manners import Addressing, BareErrors, ChipManners, ReadRefusal
from simulator.profiles import find_profile, named_profiles
from simulator.sample_card import SampleCard, make_card, with_fault
from simulator.signing_key import KeyKind

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FAST = load_profiles().reader("virtual-pcd")
SHORT = FAST.model_copy(
    update={"apdu": ApduLimits(max_response=256, extended="no"), "read_sizes": (256, 223, 192, 128)}
)
NOT_A_DOCUMENT = {"bank-card", "not-a-document"}
FAULTY_DOCUMENTS = {
    "swapped-ca-keys": ("passport_two_ca_keys",),
    "wrong-cam-key": ("passport_cam",),
    "wrong-cam-data": ("passport_cam",),
    "torn-cam-data": ("passport_cam",),
    "missing-cam-data": ("passport_cam",),
    "stranger-card-security": ("passport_cam",),
    "wrong-aa-key": ("cccd", "passport_td3", "passport_aa_der", "passport_bac_only"),
    "wrong-aa-signature": ("cccd", "passport_td3", "passport_aa_der"),
    "wrong-ca-key": ("cccd", "passport_ca_dh", "passport_ca_dh_3des", "passport_ca_unannounced"),
    "wrong-pace-token": ("cccd", "passport_im", "passport_dh", "passport_cam"),
    "wrong-bac-mac": ("passport_bac_only",),
}
"""Where not every kind of document can have the fault, or several have it in ways of their own."""
FAULTS = [
    (name, profile)
    for name in named_faults()
    if name not in {"pulled-away", "not-a-document"}
    for profile in FAULTY_DOCUMENTS.get(name, ("cccd",))
]

_SELECTED = {"master_file": Addressing.SELECTION, "application": Addressing.SELECTION}
_MID_FILE = ReadRefusal(160, from_offset=1000)
MANNERS = {
    "short length only": {"extended_length": False},
    **{f"responses of {size}": {"max_response": size} for size in (256, 300, 1000, 65_535)},
    "commands of 300": {"max_command": 300},
    **{f"blocks of {size}": {"read_limit": size} for size in (100, 223, 231)},
    **{
        f"refuses more than {size} with {status:04X}": {"read_refusal": ReadRefusal(size, status)}
        for size in (160, 192, 223, 231, 255, 1024)
        for status in (0x6700, 0x6C00, 0x6282, 0x6F00)
    },
    **{
        f"refuses a block in mid file with {status:04X}": {"read_refusal": replace(_MID_FILE, status=status)}
        for status in (0x6700, 0x6C00, 0x6282)
    },
    **{
        f"nothing beyond the end but {status:04X}": {"header_first": status}
        for status in (0x6282, 0x6700, 0x6B00, 0x6C00)
    },
    "61xx": {"chained_reads": True},
    "61xx, short length": {"chained_reads": True, "extended_length": False},
    "nothing for an extended Le": {"empty_signature": True},
    "no short identifiers": _SELECTED,
    "no short identifiers in the master file": {"master_file": Addressing.SELECTION},
    "short identifiers only": {"master_file": Addressing.SHORT_IDENTIFIER, "application": Addressing.SHORT_IDENTIFIER},
    **{f"SELECT with P2 {p2:02X} only": {"select_p2": (p2,)} for p2 in (0x00, 0x0C)},
    **{
        f"no master file: {status:04X}": {"select_master_file": status}
        for status in (0x6985, 0x6D00, 0x6700, 0x6A86, 0x6A82, 0x6F00)
    },
    "no master file, no short identifiers": {"select_master_file": 0x6D00, **_SELECTED},
    **{
        f"errors {kind.value}; {what}": {"bare_errors": kind, **manner}
        for kind in BareErrors
        for what, manner in (
            ("blocks", {"read_refusal": ReadRefusal(200)}),
            ("mid file", {"read_refusal": _MID_FILE}),
            ("beyond the end", {"header_first": 0x6700}),
            ("extended length", {"extended_length": False}),
            ("short identifiers", _SELECTED),
        )
    },
}

Make = Callable[[str], SampleCard]


@pytest.fixture(scope="module")
def issuers() -> dict[str, Issuer]:
    draw = random.Random(3).randbytes
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return {country: Issuer.create(country, now=NOW, random_bytes=draw, keys=keys) for country in ("VN", "UT")}


@pytest.fixture(scope="module")
def make(issuers: dict[str, Issuer]) -> Make:
    """Cards by profile, each made once."""
    draw = random.Random(4).randbytes
    keys = ChipKeys.generate(draw)
    made: dict[str, SampleCard] = {}

    def card(name: str) -> SampleCard:
        if name not in made:
            profile = find_profile(name)
            made[name] = make_card(profile, issuers[profile.country], keys, draw)
        return made[name]

    return card


def keys_of(card: SampleCard) -> tuple[AccessKey, ...]:
    chip, keys = card.personalisation, list[AccessKey]()
    if chip.can is not None:
        keys.append(CanKey(chip.can))
    if chip.mrz is not None:
        keys.append(MrzKey(chip.mrz.document_number, chip.mrz.birth_yymmdd, chip.mrz.expiry_yymmdd))
    return tuple(keys) or (CanKey("000001"),)


def read(card: SampleCard, issuers: dict[str, Issuer], profile: ReaderProfile = FAST) -> Inspection:
    draw = random.Random(5).randbytes
    chip = card.chip(draw)
    known = () if card.fault is not None and not card.fault.issuer_known else issuers.values()

    def connect() -> AbstractContextManager[Transport]:
        chip.reset()
        return nullcontext(chip)

    anchors = (Anchor(Certificate.parse(issuer.csca_der), "simulated", simulated=True) for issuer in known)
    inspector = Inspector(TrustStore(tuple(anchors)), Policy(), profile, draw, time.perf_counter)
    return inspector.inspect(connect, Opening(keys_of(card)), at=NOW)


def told(found: Inspection) -> tuple[str, set[str]]:
    """The verdict, and the checks and reasons behind it."""
    failed = {str(check.id) for check in found.checks if check.status is CheckStatus.FAILED}
    return str(found.verdict), failed or set(found.reasons)


def expected(text: str) -> tuple[str, set[str]]:
    verdict, _, why = text.partition(": ")
    if verdict.startswith("as without the fault"):
        verdict = "accept"
    return verdict, {why} if why else set()


@pytest.mark.parametrize("profile", [FAST, SHORT], ids=["extended", "short"])
@pytest.mark.parametrize("name", [name for name in named_profiles() if name not in NOT_A_DOCUMENT])
def test_a_document_is_judged_as_its_profile_says(
    make: Make, issuers: dict[str, Issuer], name: str, profile: ReaderProfile
) -> None:
    assert told(read(make(name), issuers, profile)) == expected(find_profile(name).expected)


@pytest.mark.parametrize(("fault", "name"), FAULTS)
def test_a_fault_fails_what_it_says_and_nothing_else(
    make: Make, issuers: dict[str, Issuer], fault: str, name: str
) -> None:
    card = with_fault(make(name), find_fault(fault), random.Random(6).randbytes)
    assert told(read(card, issuers)) == expected(find_fault(fault).expected)


@pytest.mark.parametrize("profile", [FAST, SHORT], ids=["extended", "short"])
@pytest.mark.parametrize("manner", MANNERS)
def test_no_manner_of_a_chip_keeps_its_document_from_being_read(
    make: Make, issuers: dict[str, Issuer], manner: str, profile: ReaderProfile
) -> None:
    for name in ("cccd", "passport_bac_only"):
        card = replace(make(name), manners=ChipManners(**MANNERS[manner]))  # type: ignore[arg-type]
        assert told(read(card, issuers, profile)) == ("accept", set()), name


@pytest.mark.parametrize("name", sorted(NOT_A_DOCUMENT))
def test_what_is_no_document(make: Make, issuers: dict[str, Issuer], name: str) -> None:
    if name in named_faults():
        profile = find_profile("cccd")
        card = make_card(
            profile, issuers["VN"], ChipKeys.generate(random.Random(7).randbytes), bytes, fault=find_fault(name)
        )
    else:
        card = make(name)
    found = read(card, issuers)
    assert found.failure is not None
    assert found.failure.code == "document.not_supported"
