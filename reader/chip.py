"""Whether the chip is the issuer's and no copy: what its answers prove (Doc 9303-11, 4.4.3.5 and section 6).

Everything here is pure: the reader judges by it what a chip just said, and whoever has the evidence judges by it again.
The public keys are taken from files that the issuer signed and that were found unchanged: a key that anyone could have
put there would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from crypto import active_authentication, ec, pace_cam, public_keys
from crypto.active_authentication import AaResult
from crypto.errors import CryptoError, UnsupportedAlgorithm
from crypto.iso7816 import SW_SUCCESS
from crypto.protocols import NonceMapping
from crypto.public_keys import EcPublicKey, PublicKey, RsaPublicKey
from reader.access.pace_offers import offers
from reader.access.transcript import MappingProof
from reader.checks import Check, CheckId, CheckStatus, failed, inconclusive, not_applicable, passed, unavailable
from reader.errors import LdsError
from reader.examiner import ExaminationOutcome, ExaminationResult
from reader.lds.dg15 import Dg15
from reader.lds.security_infos import ActiveAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfos
from reader.passive import SignerExamination
from reader.static_keys import StaticKey, agreement_keys, static_keys
from reader.transcript import AgreementAttempt, AgreementOutcome, SignatureExchange

CHALLENGE_LENGTH: Final = 8
NOT_OFFERED: Final = "chip.not_offered"
"""The chip has no such key; it is no fault of its own."""
KEY_MALFORMED: Final = "chip.key_malformed"
"""The issuer signed something in the place of a key that is none."""
EXAMINER_REFUTED: Final = "chip.examiner_refuted"
"""Somebody who asked the chip himself says that it has no such key."""

_NEEDS_EXTENDED_LENGTH: Final = "chip.needs_extended_length"
_ECDSA_HASHES: Final = MappingProxyType(
    {
        "0.4.0.127.0.7.1.1.4.1.1": "sha1",
        "0.4.0.127.0.7.1.1.4.1.2": "sha224",
        "0.4.0.127.0.7.1.1.4.1.3": "sha256",
        "0.4.0.127.0.7.1.1.4.1.4": "sha384",
        "0.4.0.127.0.7.1.1.4.1.5": "sha512",
    }
)
"""ecdsa-plain-SHA…, as an ActiveAuthenticationInfo names them (Doc 9303-11 section 9.2.4)."""
_SHORTEST_RSA_BITS: Final = 1024
"""Documents with such keys are in circulation; below it a clone's maker can compute the private key."""
_LONGEST_DER_OVERHEAD: Final = 9


def judge_agreement(infos: SecurityInfos, attempts: Sequence[AgreementAttempt]) -> Check:
    """Chip authentication version 1 (section 6.2).

    Args:
        infos: from a verified DG14.
        attempts: as `reader.chip_dialogue` made them, by the keys of `infos`.
    """
    check = CheckId.CHIP_CHIP_AUTHENTICATION
    if not infos.of(ChipAuthenticationPublicKeyInfo):
        return not_applicable(check, NOT_OFFERED, "DG14 holds no key for chip authentication.")
    try:
        keys = agreement_keys(infos)
    except CryptoError as error:
        return unusable(check, error)
    if not attempts:
        return unavailable(check, "chip.channel_lost", "The chip could not be asked any more.")
    by_name = {(key.protocol.oid, key.key_id): key for key in keys}
    used = [by_name.get((attempt.protocol, attempt.key_id)) for attempt in attempts]
    last, key = attempts[-1], used[-1]
    if key is None:
        return inconclusive(check, "chip.key_not_signed", "Chip authentication was run with a key that DG14 has not.")
    evidence = _agreement_evidence(last, key, attempts)
    match last.outcome:
        case AgreementOutcome.CONFIRMED:
            return passed(check, evidence, "The chip answered under keys that only the signed key can agree on.")
        case AgreementOutcome.UNCONFIRMED:
            detail = "The chip cannot use the keys that were agreed on."
            return failed(check, "chip.keys_not_confirmed", detail, evidence)
    refused = [
        found
        for found, attempt in zip(used, attempts, strict=True)
        if attempt.outcome is AgreementOutcome.REFUSED and found is not None
    ]
    if not refused:
        return unavailable(check, _NEEDS_EXTENDED_LENGTH, "The terminal's key is too long for this reader.")
    if all(found.inferred for found in refused):
        detail = "The chip refused a protocol that is not named in DG14 and was guessed."
        return inconclusive(check, "chip.inferred_protocol_refused", detail, evidence)
    return failed(check, "chip.refused", "The chip refused chip authentication.", evidence)


def choose_key(infos: SecurityInfos) -> StaticKey:
    """The best key for chip authentication.

    Args:
        infos: from a verified DG14 that holds a key.

    Raises:
        CryptoError: there is none that we can use.
    """
    try:
        return agreement_keys(infos)[0]
    except IndexError:
        raise UnsupportedAlgorithm("chip authentication without a key") from None


def signature_length(dg15: Dg15) -> int:
    """Bytes that a signature of active authentication has at most.

    Raises:
        CryptoError: DG15 holds no key that can be used.
    """
    key = public_keys.parse(dg15.public_key)
    if isinstance(key, RsaPublicKey):
        return (key.modulus.bit_length() + 7) // 8
    return 2 * _curve_key(key).curve.order_length + _LONGEST_DER_OVERHEAD


def judge_exchange(dg15: Dg15, infos: SecurityInfos | None, exchange: SignatureExchange | None) -> Check:
    """Active authentication (section 6.1), whatever came of asking for it.

    Args:
        dg15, infos: as of `judge_signature`.
        exchange: None where the chip could not be asked.
    """
    check = CheckId.CHIP_ACTIVE_AUTHENTICATION
    try:
        signature_length(dg15)
    except CryptoError as error:
        return unusable(check, error)
    if exchange is None:
        return unavailable(check, "chip.channel_lost", "The chip could not be asked any more.")
    if exchange.status is None:
        return unavailable(check, _NEEDS_EXTENDED_LENGTH, "The signature is too long for this reader.")
    if exchange.status != SW_SUCCESS:
        status = {"challenge": exchange.challenge.hex(), "status": f"{exchange.status:04X}"}
        return failed(check, "chip.refused", "The chip refused active authentication.", status)
    return judge_signature(dg15, infos, exchange.challenge, exchange.signature)


def judge_signature(dg15: Dg15, infos: SecurityInfos | None, challenge: bytes, signature: bytes) -> Check:
    """Active authentication (section 6.1): whether the signed key made the signature over the challenge.

    Args:
        dg15: verified.
        infos: from a verified DG14, which names the hash of an ECDSA key.
        challenge: eight bytes.
        signature: as received.
    """
    check = CheckId.CHIP_ACTIVE_AUTHENTICATION
    try:
        key = public_keys.parse(dg15.public_key)
        result = _verify(key, infos, challenge, signature)
    except CryptoError as error:
        return unusable(check, error)
    evidence = {
        "challenge": challenge.hex(),
        "signature": signature.hex(),
        "key_bits": str(result.key_bits),
        "form": result.form or "unknown",
        "hash": result.hash_name or "unknown",
    }
    if result.fault is not None:
        return failed(check, f"chip.aa_{result.fault}", "The signature is not the signed key's.", evidence)
    if isinstance(key, RsaPublicKey) and result.key_bits < _SHORTEST_RSA_BITS:
        return failed(check, "chip.key_too_short", "A key so short can be computed by a forger.", evidence)
    return passed(check, evidence, "The chip signed a fresh challenge with the signed key.")


def no_key(check: CheckId, number: int, signed: Mapping[int, bytes], malformed: LdsError | None) -> Check:
    """Why there is no key to ask the chip for.

    Args:
        number: of the data group that would hold it.
        signed: the hashes of EF.SOD.
        malformed: what is wrong with the group, where it is as the issuer signed it.
    """
    if number not in signed:
        return not_applicable(check, NOT_OFFERED, f"The issuer signed no DG{number}.")
    if malformed is not None:
        return inconclusive(check, KEY_MALFORMED, malformed.message)
    return inconclusive(check, "chip.key_not_verified", f"DG{number} is not there as the issuer signed it.")


def judge_mapping(
    proof: MappingProof | None,
    card_security: tuple[SecurityInfos, SignerExamination] | LdsError | None,
    dg14: SecurityInfos | None,
) -> Check:
    """PACE with chip authentication mapping: does the proof lead to a static key that the issuer signed (4.4.3.5.2)?

    The arithmetic alone proves nothing to whoever did not run PACE himself: anyone can choose the proof first and make
    the key of the mapping from it.

    Args:
        proof: None where PACE ran with another mapping, or not at all.
        card_security: content of EF.CardSecurity and what is to be said of its signer, whose chain has been bound to
            the document's issuing state; the error when it is malformed; None when the chip gave none.
        dg14: verified. It is asked for the key where EF.CardSecurity is not there, and otherwise whether the document
            has this mapping at all.
    """
    check = CheckId.CHIP_PACE_CAM
    if proof is None:
        return not_applicable(check, "chip.pace_cam_not_used")
    if proof.flaw is not None:
        return failed(check, proof.flaw, "The chip sent no usable chip authentication data.")
    if isinstance(card_security, LdsError):
        return failed(check, "chip.card_security_malformed", card_security.message)
    signed = _keys_for(proof, dg14)
    evidence = {"group": proof.group.name, "chip_map_key": proof.chip_map_public.hex()}
    if card_security is None:
        if not signed:
            detail = "The chip did not give EF.CardSecurity, which holds the key of the mapping."
            return inconclusive(check, "chip.card_security_missing", detail, evidence)
        return _prove_mapping(proof, signed, {**evidence, "key_from": "DG14"})
    infos, signer = card_security
    for finding in (signer.signature, signer.chain, signer.revocation):
        if finding.status is CheckStatus.FAILED:
            detail = f"EF.CardSecurity: {finding.detail}"
            return failed(check, finding.reason or KEY_MALFORMED, detail, {**evidence, **finding.evidence})
    for finding in (signer.signature, signer.chain):
        if finding.status is not CheckStatus.PASSED:
            detail = f"EF.CardSecurity: {finding.detail}"
            return inconclusive(check, finding.reason or KEY_MALFORMED, detail, {**evidence, **finding.evidence})
    keys = _keys_for(proof, infos)
    both = "EF.CardSecurity, DG14" if {public for _, public in keys} & {public for _, public in signed} else None
    evidence |= {"key_from": both or "EF.CardSecurity", "signer": str(signer.signer)}
    found = _prove_mapping(proof, keys, evidence)
    # EF.CardSecurity names no document. Who has the key out of one chip could serve it with the files of another.
    if found.status is CheckStatus.PASSED and both is None and not _announces_mapping(dg14):
        detail = "Nothing in the signed DG14 tells that EF.CardSecurity belongs to this document."
        return inconclusive(check, "chip.pace_cam_not_bound", detail, evidence)
    return found


def with_examination(checks: Mapping[CheckId, Check], examination: ExaminationResult | None) -> Mapping[CheckId, Check]:
    """What the examiner found against the chip outweighs what the reader found for it.

    Args:
        checks: chip and active authentication among them.
    """
    if examination is None or examination.outcome is not ExaminationOutcome.REFUTED:
        return checks
    own = (CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_ACTIVE_AUTHENTICATION)
    asked = [check for check in own if checks[check].status is not CheckStatus.NOT_APPLICABLE] or [own[0]]
    detail = "The examiner asked the chip and says that it is not genuine."
    evidence = {"examination": examination.examination_id}
    return {
        **checks,
        **{
            check: failed(check, EXAMINER_REFUTED, detail, {**checks[check].evidence, **evidence})
            for check in asked
            if checks[check].status is not CheckStatus.FAILED
        },
    }


def as_witnessed(check: Check) -> Check:
    """Mark what a third party must take from the reader, because only who has the session's keys can compute it."""
    if check.status in (CheckStatus.NOT_APPLICABLE, CheckStatus.UNAVAILABLE):
        return check
    evidence = MappingProxyType({**check.evidence, "witness": "the reader"})
    return replace(check, detail=f"{check.detail} As the reader witnessed it.".strip(), evidence=evidence)


def unusable(check: CheckId, error: CryptoError) -> Check:
    """What this reader cannot do is no flaw of the document; a key that nobody could use is one."""
    reason = "chip.unsupported" if isinstance(error, UnsupportedAlgorithm) else KEY_MALFORMED
    return inconclusive(check, reason, error.message)


def _agreement_evidence(last: AgreementAttempt, key: StaticKey, attempts: Sequence[AgreementAttempt]) -> dict[str, str]:
    evidence = {
        "protocol": last.protocol,
        "group": key.group.name,
        "command": last.command,
        "terminal_public_key": last.terminal_public_key.hex(),
    }
    if last.key_id is not None:
        evidence["key_id"] = str(last.key_id)
    if key.inferred:
        evidence["inferred"] = "the protocol, from the kind of the key"
    if last.status is not None:
        evidence["status"] = f"{last.status:04X}"
    if last.code is not None:
        evidence["code"] = last.code
    earlier = [f"{attempt.protocol}: {attempt.status:04X}" for attempt in attempts[:-1] if attempt.status is not None]
    return evidence | ({"refused_before": ", ".join(earlier)} if earlier else {})


def _keys_for(proof: MappingProof, infos: SecurityInfos | None) -> list[tuple[int | None, bytes]]:
    return [(key_id, public) for key_id, group, public in static_keys(infos) if group == proof.group]


def _announces_mapping(dg14: SecurityInfos | None) -> bool:
    """Whether DG14, which has a copy of what EF.CardAccess offers (9.2.11), has chip authentication mapping in it."""
    offered = () if dg14 is None else offers(dg14.infos)
    return any(offer.protocol.mapping is NonceMapping.CAM for offer in offered)


def _prove_mapping(proof: MappingProof, keys: Sequence[tuple[int | None, bytes]], evidence: dict[str, str]) -> Check:
    check = CheckId.CHIP_PACE_CAM
    if not keys:
        detail = "The issuer signed no key in the group that PACE ran in."
        return failed(check, "chip.pace_cam_key_missing", detail, evidence)
    for key_id, public in keys:
        if pace_cam.proves_static_key(proof.group, proof.data, proof.chip_map_public, public):
            evidence |= {"static_key": public.hex()} | ({} if key_id is None else {"key_id": str(key_id)})
            return passed(check, evidence, "The chip made the key of the mapping from the signed key.")
    return failed(check, "chip.pace_cam_wrong", "The chip's proof does not lead to the signed key.", evidence)


def _verify(key: PublicKey, infos: SecurityInfos | None, challenge: bytes, signature: bytes) -> AaResult:
    if isinstance(key, RsaPublicKey):
        return active_authentication.verify_rsa(key.modulus, key.exponent, challenge, signature)
    curve_key = _curve_key(key)
    curve = curve_key.curve
    point = ec.decode_point(curve, curve_key.point)
    named = () if infos is None else infos.of(ActiveAuthenticationInfo)
    first: AaResult | None = None
    for hash_name in _hashes(named):
        result = active_authentication.verify_ecdsa(curve, point, hash_name, challenge, signature)
        if result.valid:
            return result
        first = first or result
    if first is None or not any(info.signature_algorithm in _ECDSA_HASHES for info in named):
        raise UnsupportedAlgorithm("DG14 does not name the hash of the ECDSA key, and none of the known ones fits")
    return first


def _hashes(named: Sequence[ActiveAuthenticationInfo]) -> Iterator[str]:
    """The hash that DG14 names, then all others: whichever fits, only the owner of the key can have signed.

    Issuers forget the ActiveAuthenticationInfo, or name another hash than their chips use.
    """
    first = [_ECDSA_HASHES[info.signature_algorithm] for info in named if info.signature_algorithm in _ECDSA_HASHES]
    yield from dict.fromkeys((*first, "sha256", "sha1", "sha224", "sha384", "sha512"))


def _curve_key(key: PublicKey) -> EcPublicKey:
    if not isinstance(key, EcPublicKey):
        raise UnsupportedAlgorithm("a key of this kind signs nothing")
    return key
