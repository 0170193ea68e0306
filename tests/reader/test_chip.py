"""What a chip's answers prove, and what they do not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from crypto import active_authentication, curves, pace_cam
from crypto.active_authentication import Trailer
from crypto.groups import STANDARDIZED
from reader.access.transcript import MappingProof
from reader.checks import Check, CheckId, CheckStatus, failed, inconclusive, not_applicable, passed, unavailable
from reader.chip import (
    as_witnessed,
    choose_key,
    judge_agreement,
    judge_exchange,
    judge_mapping,
    judge_signature,
    with_examination,
)
from reader.errors import LdsError
from reader.examiner import ExaminationOutcome, ExaminationResult
from reader.lds.dg15 import Dg15
from reader.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfos,
)
from reader.passive import SignerExamination
from reader.transcript import AgreementAttempt, AgreementOutcome, SignatureExchange
from simulator import chip_keys
from simulator.chip_keys import KeyForm
from simulator.personalisation import EcAuthenticationKey

CHALLENGE = bytes(range(8))
CA_ECDH_3DES = "0.4.0.127.0.7.2.2.3.2.1"
CA_ECDH_AES_128 = "0.4.0.127.0.7.2.2.3.2.2"
PK_ECDH = "0.4.0.127.0.7.2.2.1.2"
DRAW = random.Random(61).randbytes
KEY = chip_keys.generate_ca_key(STANDARDIZED[13], (CA_ECDH_AES_128,), DRAW)
PUBLIC = ChipAuthenticationPublicKeyInfo(PK_ECDH, chip_keys.ca_public_key_info(KEY), None)
NAMED = SecurityInfos((ChipAuthenticationInfo(CA_ECDH_AES_128, 1, None), PUBLIC))
UNNAMED = SecurityInfos((PUBLIC,))


def attempt(outcome: AgreementOutcome, status: int | None = None, **other: object) -> AgreementAttempt:
    made = AgreementAttempt(CA_ECDH_AES_128, None, False, "MSE:Set AT", b"\x04", outcome, status)
    return replace(made, **other)  # type: ignore[arg-type]


CONFIRMED = attempt(AgreementOutcome.CONFIRMED, 0x9000)
UNCONFIRMED = attempt(AgreementOutcome.UNCONFIRMED, 0x6988, code="link.session_lost")
REFUSED = attempt(AgreementOutcome.REFUSED, 0x6A80)
GUESS_REFUSED = attempt(AgreementOutcome.REFUSED, 0x6A88, protocol=CA_ECDH_3DES, inferred=True)
NOT_SENT = attempt(AgreementOutcome.NOT_SENT)


@pytest.mark.parametrize(
    ("infos", "attempts", "status", "reason"),
    [
        (NAMED, (CONFIRMED,), CheckStatus.PASSED, None),
        (NAMED, (REFUSED, CONFIRMED), CheckStatus.PASSED, None),
        (NAMED, (UNCONFIRMED,), CheckStatus.FAILED, "chip.keys_not_confirmed"),
        (NAMED, (REFUSED,), CheckStatus.FAILED, "chip.refused"),
        (NAMED, (NOT_SENT, REFUSED), CheckStatus.FAILED, "chip.refused"),
        (NAMED, (NOT_SENT,), CheckStatus.UNAVAILABLE, "chip.needs_extended_length"),
        (NAMED, (), CheckStatus.UNAVAILABLE, "chip.channel_lost"),
        (UNNAMED, (GUESS_REFUSED,), CheckStatus.INCONCLUSIVE, "chip.inferred_protocol_refused"),
        (UNNAMED, (replace(UNCONFIRMED, protocol=CA_ECDH_3DES),), CheckStatus.FAILED, "chip.keys_not_confirmed"),
        # Whoever writes another protocol, or "guessed", into the evidence does not change what the issuer signed.
        (UNNAMED, (CONFIRMED,), CheckStatus.INCONCLUSIVE, "chip.key_not_signed"),
        (NAMED, (replace(REFUSED, inferred=True),), CheckStatus.FAILED, "chip.refused"),
        (SecurityInfos(()), (), CheckStatus.NOT_APPLICABLE, "chip.not_offered"),
        (
            SecurityInfos((ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.9", 1, None), PUBLIC)),
            (),
            CheckStatus.INCONCLUSIVE,
            "chip.unsupported",
        ),
        (
            SecurityInfos((ChipAuthenticationPublicKeyInfo(PK_ECDH, b"\x30\x00", None),)),
            (),
            CheckStatus.INCONCLUSIVE,
            "chip.key_malformed",
        ),
    ],
)
def test_chip_authentication(
    infos: SecurityInfos, attempts: tuple[AgreementAttempt, ...], status: CheckStatus, reason: str | None
) -> None:
    check = judge_agreement(infos, attempts)
    assert (check.status, check.reason) == (status, reason)


def test_the_evidence_tells_how_it_came_to_that() -> None:
    evidence = judge_agreement(NAMED, (REFUSED, CONFIRMED)).evidence
    assert evidence["refused_before"] == f"{CA_ECDH_AES_128}: 6A80"
    assert "inferred" not in evidence
    guessed = replace(CONFIRMED, protocol=CA_ECDH_3DES, inferred=True)
    assert "inferred" in judge_agreement(UNNAMED, (guessed,)).evidence


def test_the_best_key() -> None:
    assert choose_key(NAMED).public == KEY.public


def rsa(bits: int, trailer: Trailer = Trailer.SHA256, challenge: bytes = CHALLENGE) -> tuple[Dg15, SignatureExchange]:
    key = chip_keys.generate_rsa_key(bits)
    m1 = bytes(active_authentication.recoverable_length(key.length, trailer))
    signature = active_authentication.sign_rsa(key, challenge, m1, trailer)
    return Dg15(chip_keys.rsa_public_key_info(key)), SignatureExchange(CHALLENGE, signature, 0x9000)


def ecdsa(*, der: bool = False, hash_name: str = "sha256") -> tuple[Dg15, SignatureExchange]:
    key = EcAuthenticationKey(curves.SECP256R1, 4711, hash_name, der)
    signature = active_authentication.sign_ecdsa(key.curve, key.private, hash_name, CHALLENGE, DRAW, der=der)
    return Dg15(chip_keys.ec_public_key_info(key)), SignatureExchange(CHALLENGE, signature, 0x9000)


def named(arc: int) -> SecurityInfos:
    return SecurityInfos((ActiveAuthenticationInfo(1, f"0.4.0.127.0.7.1.1.4.1.{arc}"),))


@pytest.mark.parametrize("trailer", list(Trailer))
def test_an_rsa_signature_with_every_trailer(trailer: Trailer) -> None:
    dg15, exchange = rsa(1024, trailer)
    check = judge_exchange(dg15, None, exchange)
    assert check.status is CheckStatus.PASSED
    assert (check.evidence["challenge"], check.evidence["key_bits"]) == (CHALLENGE.hex(), "1024")


def test_a_signature_over_another_challenge() -> None:
    dg15, exchange = rsa(1024, challenge=bytes(8))
    check = judge_exchange(dg15, None, exchange)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "chip.aa_digest")


@pytest.mark.parametrize("der", [False, True])
@pytest.mark.parametrize(
    "infos",
    [named(3), None, SecurityInfos(()), SecurityInfos((ActiveAuthenticationInfo(1, "1.2.3"),)), named(5)],
    ids=["named", "no DG14", "not named", "unknown", "another one named"],
)
def test_ecdsa_in_both_forms_with_whatever_hash_fits(der: bool, infos: SecurityInfos | None) -> None:
    dg15, exchange = ecdsa(der=der)
    check = judge_exchange(dg15, infos, exchange)
    assert (check.status, check.evidence["hash"]) == (CheckStatus.PASSED, "sha256")


def test_an_ecdsa_signature_over_another_challenge() -> None:
    dg15, exchange = ecdsa()
    other = replace(exchange, challenge=bytes(8))
    check = judge_exchange(dg15, named(3), other)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "chip.aa_signature")
    unnamed = judge_exchange(dg15, None, other)
    assert (unnamed.status, unnamed.reason) == (CheckStatus.INCONCLUSIVE, "chip.unsupported")


@pytest.mark.parametrize("status", [0x6D00, 0x6985, 0x6982])
def test_a_clone_that_has_no_private_key_refuses(status: int) -> None:
    dg15, _ = ecdsa()
    check = judge_exchange(dg15, None, SignatureExchange(CHALLENGE, b"", status))
    assert (check.status, check.evidence["status"]) == (CheckStatus.FAILED, f"{status:04X}")


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [(SignatureExchange(CHALLENGE, b"", None), "chip.needs_extended_length"), (None, "chip.channel_lost")],
)
def test_what_could_not_be_asked(exchange: SignatureExchange | None, reason: str) -> None:
    dg15, _ = ecdsa()
    check = judge_exchange(dg15, None, exchange)
    assert (check.status, check.reason) == (CheckStatus.UNAVAILABLE, reason)


@pytest.mark.parametrize("exchange", [None, SignatureExchange(CHALLENGE, b"", 0x9000)])
def test_no_key_in_dg15(exchange: SignatureExchange | None) -> None:
    assert judge_exchange(Dg15(b"\x30\x00"), None, exchange).reason == "chip.key_malformed"


def test_a_key_that_a_forger_could_compute() -> None:
    dg15, exchange = rsa(1024)
    assert judge_signature(dg15, None, CHALLENGE, exchange.signature).status is CheckStatus.PASSED


GROUP = STANDARDIZED[13]
MAP = GROUP.generate_key_pair(DRAW)
OFFERED = SecurityInfos((PaceInfo("0.4.0.127.0.7.2.2.4.6.2", 2, 13),))
"""A signed copy of an EF.CardAccess that offers chip authentication mapping."""
PROOF = MappingProof(GROUP, MAP.public, pace_cam.chip_authentication_data(GROUP, MAP.private, KEY.private))
SIGNED = SignerExamination(
    None,
    passed(CheckId.PASSIVE_SIGNATURE, {"algorithm": "x"}),
    passed(CheckId.PASSIVE_CHAIN, {"path": "x"}),
    unavailable(CheckId.PASSIVE_REVOCATION, "passive.crl_not_installed"),
)
OTHER_KEY = SecurityInfos(
    (
        ChipAuthenticationPublicKeyInfo(
            PK_ECDH, chip_keys.ca_public_key_info(chip_keys.generate_ca_key(GROUP, (), DRAW)), 13
        ),
    )
)
OTHER_GROUP = SecurityInfos(
    (
        ChipAuthenticationPublicKeyInfo(
            PK_ECDH, chip_keys.ca_public_key_info(chip_keys.generate_ca_key(STANDARDIZED[12], (), DRAW)), 13
        ),
    )
)
BOTH_KEYS = SecurityInfos((*OTHER_KEY.infos, *OTHER_GROUP.infos, *UNNAMED.infos))
STANDARD_FORM = SecurityInfos(
    (ChipAuthenticationPublicKeyInfo(PK_ECDH, chip_keys.ca_public_key_info(KEY, KeyForm.STANDARDIZED), 13),)
)


def of(signer: SignerExamination, **checks: Check) -> SignerExamination:
    return replace(signer, **checks)  # type: ignore[arg-type]


BAD_SIGNATURE = of(SIGNED, signature=failed(CheckId.PASSIVE_SIGNATURE, "passive.signature_invalid"))
BAD_CHAIN = of(SIGNED, chain=failed(CheckId.PASSIVE_CHAIN, "passive.country_mismatch"))
REVOKED = of(SIGNED, revocation=failed(CheckId.PASSIVE_REVOCATION, "passive.signer_revoked"))
UNKNOWN = of(SIGNED, chain=inconclusive(CheckId.PASSIVE_CHAIN, "passive.issuer_not_provisioned"))


@pytest.mark.parametrize(
    ("proof", "card_security", "dg14", "status", "reason"),
    [
        (PROOF, (UNNAMED, SIGNED), OFFERED, CheckStatus.PASSED, None),
        (PROOF, (BOTH_KEYS, SIGNED), OFFERED, CheckStatus.PASSED, None),
        (PROOF, (UNNAMED, SIGNED), None, CheckStatus.INCONCLUSIVE, "chip.pace_cam_not_bound"),
        (PROOF, (UNNAMED, SIGNED), OTHER_KEY, CheckStatus.INCONCLUSIVE, "chip.pace_cam_not_bound"),
        (PROOF, (STANDARD_FORM, SIGNED), NAMED, CheckStatus.PASSED, None),
        (PROOF, None, NAMED, CheckStatus.PASSED, None),
        (PROOF, None, None, CheckStatus.INCONCLUSIVE, "chip.card_security_missing"),
        (PROOF, LdsError("cut"), NAMED, CheckStatus.FAILED, "chip.card_security_malformed"),
        (PROOF, (UNNAMED, BAD_SIGNATURE), NAMED, CheckStatus.FAILED, "passive.signature_invalid"),
        (PROOF, (UNNAMED, BAD_CHAIN), NAMED, CheckStatus.FAILED, "passive.country_mismatch"),
        (PROOF, (UNNAMED, REVOKED), NAMED, CheckStatus.FAILED, "passive.signer_revoked"),
        (PROOF, (UNNAMED, UNKNOWN), NAMED, CheckStatus.INCONCLUSIVE, "passive.issuer_not_provisioned"),
        (PROOF, (OTHER_KEY, SIGNED), None, CheckStatus.FAILED, "chip.pace_cam_wrong"),
        (PROOF, (OTHER_GROUP, SIGNED), None, CheckStatus.FAILED, "chip.pace_cam_key_missing"),
        (replace(PROOF, data=bytes(32)), (UNNAMED, SIGNED), None, CheckStatus.FAILED, "chip.pace_cam_wrong"),
        (
            replace(PROOF, chip_map_public=GROUP.generator),
            (UNNAMED, SIGNED),
            None,
            CheckStatus.FAILED,
            "chip.pace_cam_wrong",
        ),
        (
            replace(PROOF, data=b"", flaw="chip.pace_cam_missing"),
            (UNNAMED, SIGNED),
            NAMED,
            CheckStatus.FAILED,
            "chip.pace_cam_missing",
        ),
        (None, None, NAMED, CheckStatus.NOT_APPLICABLE, "chip.pace_cam_not_used"),
    ],
)
def test_chip_authentication_mapping(
    proof: MappingProof | None,
    card_security: tuple[SecurityInfos, SignerExamination] | LdsError | None,
    dg14: SecurityInfos | None,
    status: CheckStatus,
    reason: str | None,
) -> None:
    check = judge_mapping(proof, card_security, dg14)
    assert (check.status, check.reason) == (status, reason)


def test_where_the_key_of_the_mapping_stands_is_told() -> None:
    assert judge_mapping(PROOF, (STANDARD_FORM, SIGNED), NAMED).evidence["key_from"] == "EF.CardSecurity, DG14"
    assert judge_mapping(PROOF, (STANDARD_FORM, SIGNED), OFFERED).evidence["key_from"] == "EF.CardSecurity"
    assert judge_mapping(PROOF, None, NAMED).evidence["key_from"] == "DG14"


AGREED = passed(CheckId.CHIP_CHIP_AUTHENTICATION, {"protocol": "x"})
SIGNED_CHALLENGE = passed(CheckId.CHIP_ACTIVE_AUTHENTICATION, {"challenge": "x"})
NO_AGREEMENT = not_applicable(CheckId.CHIP_CHIP_AUTHENTICATION, "chip.not_offered")
NO_SIGNATURE = not_applicable(CheckId.CHIP_ACTIVE_AUTHENTICATION, "chip.not_offered")


@pytest.mark.parametrize(
    ("agreement", "signature", "refuted"),
    [
        (AGREED, SIGNED_CHALLENGE, {AGREED.id, SIGNED_CHALLENGE.id}),
        (AGREED, NO_SIGNATURE, {AGREED.id}),
        (NO_AGREEMENT, SIGNED_CHALLENGE, {SIGNED_CHALLENGE.id}),
        (NO_AGREEMENT, NO_SIGNATURE, {AGREED.id}),
    ],
)
def test_the_examiner_has_the_last_word(agreement: Check, signature: Check, refuted: set[CheckId]) -> None:
    own = {check.id: check for check in (agreement, signature)}
    for outcome in (ExaminationOutcome.GENUINE, ExaminationOutcome.INCONCLUSIVE):
        assert with_examination(own, ExaminationResult("e", outcome)) == own
    assert with_examination(own, None) == own
    found = with_examination(own, ExaminationResult("e", ExaminationOutcome.REFUTED))
    assert {check.id for check in found.values() if check.reason == "chip.examiner_refuted"} == refuted
    assert {check.id for check in found.values() if check.status is CheckStatus.FAILED} == refuted


def test_what_a_third_party_must_believe_is_marked() -> None:
    marked = as_witnessed(AGREED)
    assert marked.evidence["witness"] == "the reader"
    assert "witnessed" in marked.detail
    assert as_witnessed(NO_AGREEMENT) == NO_AGREEMENT
