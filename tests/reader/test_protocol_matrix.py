"""Every PACE that Doc 9303-11 allows is opened, read and accepted: mapping × agreement × cipher × group × password.

Each with extended length and through a reader without it. The chips are as small as a document can be; what is tested
is how they open.
"""

from __future__ import annotations

import io
import itertools
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import cache

import pytest
from PIL import Image

from crypto.certificates import Certificate
from crypto.groups import STANDARDIZED
from crypto.protocols import NonceMapping, PaceProtocol
from firmware_profiles.loader import load_profiles
from firmware_profiles.schema import ApduLimits, ReaderProfile
from reader.checks import CheckId, CheckStatus
from reader.inspection import Inspector
from reader.keys import AccessKey, CanKey, MrzKey, Opening, PinKey, PukKey
from reader.model import Inspection, Verdict
from reader.policy import Policy
from reader.transport import Transport
from reader.trust import Anchor, TrustStore
from simulator.chip import SimulatedChip
from simulator.chip_pace import Password
from simulator.face_file import FaceDesign
from simulator.issuer import Issuer, IssuerKeys
from simulator.pace_variants import PaceVariant, every_variant
from simulator.passport import PassportDesign, PassportKeys, RsaDesign, pace_info, personalise
from simulator.personalisation import ActiveAuthenticationKey, Personalisation
from simulator.signing_key import KeyKind
from simulator.travellers import sample_travellers

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOLDER = sample_travellers()["morel"]
FAST = load_profiles().reader("virtual-pcd")
SHORT = FAST.model_copy(
    update={"apdu": ApduLimits(max_response=256, extended="no"), "read_sizes": (256, 223, 192, 128)}
)
LENGTHS = {"extended length": FAST, "short length": SHORT}

Chips = Callable[[PaceProtocol, int], Personalisation]


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create("UT", now=NOW, random_bytes=random.Random(1).randbytes, keys=keys)


@pytest.fixture(scope="module")
def chips(issuer: Issuer) -> Chips:
    """One chip for each protocol on each group; all passwords open it, and one RSA key proves all of them genuine."""
    draw = random.Random(9303).randbytes
    only_aa = PassportDesign(pace=(), chip_authentication=(), active_authentication=RsaDesign(1024))
    small = tiny_jpeg()
    signing: ActiveAuthenticationKey | None = PassportKeys.generate(only_aa, draw).aa

    @cache
    def make(protocol: PaceProtocol, parameter_id: int) -> Personalisation:
        design = PassportDesign(
            bac=False,
            pace=(pace_info(protocol.oid, parameter_id),),
            passwords=frozenset(Password),
            chip_authentication=(),
            active_authentication=None,
            further_groups=(2,),
            face=FaceDesign(picture=small),
        )
        keys = PassportKeys.generate(design, draw)
        return personalise(HOLDER, issuer, design, PassportKeys(keys.ca, keys.cam, signing))

    return make


def tiny_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 32), (90, 120, 150)).save(buffer, "JPEG")
    return buffer.getvalue()


def key_of(password: Password) -> AccessKey:
    match password:
        case Password.MRZ:
            return MrzKey(HOLDER.document_number, f"{HOLDER.birth_date:%y%m%d}", f"{HOLDER.expires:%y%m%d}")
        case Password.CAN:
            return CanKey(HOLDER.can)
        case Password.PIN:
            return PinKey(HOLDER.pin)
        case Password.PUK:
            return PukKey(HOLDER.puk)


def read(chip: Personalisation, password: Password, profile: ReaderProfile, issuer: Issuer) -> Inspection:
    draw = random.Random(f"{chip.pace}{password}").randbytes
    slot = SimulatedChip(chip, draw)

    def connect() -> AbstractContextManager[Transport]:
        slot.reset()
        return nullcontext(slot)

    trust = TrustStore((Anchor(Certificate.parse(issuer.csca_der), "simulated", simulated=True),))
    inspector = Inspector(trust, Policy(), profile, draw, time.perf_counter)
    return inspector.inspect(connect, Opening((key_of(password),)), at=NOW)


def test_nothing_that_the_standard_allows_is_left_out() -> None:
    pairs = {(variant.protocol, variant.parameter_id) for variant in every_variant()}
    assert len(pairs) == 141
    assert len(every_variant()) * len(LENGTHS) == 1128
    allowed = {
        (protocol, number)
        for protocol, number in itertools.product({variant.protocol for variant in every_variant()}, STANDARDIZED)
        if protocol.agreement is STANDARDIZED[number].agreement
    }
    # The point encoding of the integrated mapping takes a square root that exists where p ≡ 3 (mod 4).
    left_out = {(protocol.mapping, STANDARDIZED[number].name) for protocol, number in allowed - pairs}
    assert left_out == {(NonceMapping.IM, "secp224r1")}


@pytest.mark.parametrize("variant", every_variant(), ids=lambda variant: variant.name)
def test_it_opens_and_is_accepted(variant: PaceVariant, chips: Chips, issuer: Issuer) -> None:
    chip = chips(variant.protocol, variant.parameter_id)
    for length, profile in LENGTHS.items():
        found = read(chip, variant.password, profile, issuer)
        status = {check.id: check.status for check in found.checks}
        assert (found.verdict, found.reasons, found.failure) == (Verdict.ACCEPT, (), None), length
        assert status[CheckId.ACCESS_PACE] is CheckStatus.PASSED, length
        assert found.access is not None
        assert (found.access.protocol, found.access.password) == ("PACE", variant.password.name), length
        if variant.protocol.mapping is NonceMapping.CAM:
            assert status[CheckId.CHIP_PACE_CAM] is CheckStatus.PASSED, length
