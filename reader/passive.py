"""Passive authentication (Doc 9303-11, 5.1): are the files as the issuer signed them, and is the issuer trusted?

Six checks, each of its own: well-formed, signed, by a trusted issuer, not revoked, unchanged, complete. A forgery fails
the one that it breaks and leaves the others as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from crypto.certificates import Certificate
from crypto.chain import ChainFault, ChainResult, build_chain
from crypto.cms import SignedData, SignerFault
from reader.checks import Check, CheckId, CheckStatus, failed, inconclusive, not_applicable, passed, unavailable
from reader.errors import LdsError
from reader.issuing_states import certificate_countries
from reader.lds import sod as ef_sod
from reader.lds.sod import EfSod
from reader.trust import TrustStore, is_signed_by_any

ISSUER_NOT_PROVISIONED: Final = "passive.issuer_not_provisioned"
MAX_CRL_AGE: Final = timedelta(days=90)
"""Doc 9303-12, 4.3: an issuer publishes a new CRL at least every 90 days."""

_CHIP_KEY_GROUPS: Final = frozenset({14, 15})
SENSITIVE_GROUPS: Final = frozenset({3, 4})
"""Fingers and irises: closed to whoever has no certificate for terminal authentication (Doc 9303-10, 4.7.3)."""
_NEEDS_EXTENDED_ACCESS: Final = "needs extended access control"

_SIGNER_FAULTS: Final[Mapping[SignerFault, tuple[str, str]]] = MappingProxyType(
    {
        SignerFault.CERTIFICATE_MISSING: (
            "passive.signer_certificate_missing",
            "There is no certificate of the signer that is named.",
        ),
        SignerFault.CONTENT_TYPE: (
            "passive.content_type",
            "The signed content type is not that of the content.",
        ),
        SignerFault.MESSAGE_DIGEST: (
            "passive.message_digest",
            "The content is not the one that was signed.",
        ),
        SignerFault.ALGORITHM_PROTECTION: (
            "passive.algorithm_protection",
            "Other algorithms are named than the signer used.",
        ),
        SignerFault.ALGORITHM: (
            "passive.signature_algorithm",
            "The signature algorithm is none that Doc 9303-12 knows.",
        ),
        SignerFault.SIGNATURE: (
            "passive.signature_invalid",
            "The signature is not that of the document signer's key.",
        ),
    }
)

_CHAIN_FAULTS: Final[Mapping[ChainFault, tuple[str, str]]] = MappingProxyType(
    {
        ChainFault.ISSUER_KEY_UNKNOWN: (
            "passive.issuer_key_unknown",
            "The document signer bears the name of a trusted CSCA, and none of its installed keys signed it.",
        ),
        ChainFault.SIGNATURE: (
            "passive.chain_signature",
            "The CSCA that the document signer names did not sign it.",
        ),
        ChainFault.NOT_A_CA: (
            "passive.issuer_not_a_ca",
            "The document signer's issuer may not sign certificates.",
        ),
        ChainFault.PATH_LENGTH: (
            "passive.path_length",
            "More authorities follow one another than the CSCA allows.",
        ),
        ChainFault.CRITICAL_EXTENSION: (
            "passive.critical_extension",
            "A certificate carries a critical extension that is not known.",
        ),
        ChainFault.COUNTRY: (
            "passive.country_mismatch",
            "Document signer and CSCA are of different countries.",
        ),
        ChainFault.VALIDITY: (
            "passive.signer_not_valid",
            "A certificate was not valid when the document was signed.",
        ),
        ChainFault.SIGNER_KEY_USAGE: (
            "passive.signer_key_usage",
            "The document signer's certificate is not one for signing documents.",
        ),
        ChainFault.SIGNER_PURPOSE: (
            "passive.signer_key_usage",
            "The document signer's certificate is for another purpose.",
        ),
    }
)


class GroupPresence(StrEnum):
    """What the reader knows of a data group on the chip."""

    READ = "read"
    PRESENT = "present, not read"
    """The chip has it; nobody asked for its content."""
    ABSENT = "absent"
    """Not found: 6A82."""
    DENIED = "access denied"
    """Security status not satisfied: 6982."""
    UNREADABLE = "unreadable"
    """Refused again and again, with another status word."""
    NOT_REQUESTED = "not requested"
    """Nothing is known of it, since nobody asked for it."""


@dataclass(frozen=True, slots=True)
class SodExamination:
    """What EF.SOD and the trust store say before any data group is read.

    `sod` is None when it is malformed or missing, `signer` when its certificate is not there.
    """

    sod: EfSod | None = field(repr=False)
    signer: Certificate | None
    structure: Check
    signature: Check
    chain: Check
    revocation: Check

    @property
    def checks(self) -> tuple[Check, ...]:
        return self.structure, self.signature, self.chain, self.revocation

    @property
    def is_signed(self) -> bool:
        """Whether the hashes of EF.SOD are those that some document signer, trusted or not, signed."""
        return self.signature.status is CheckStatus.PASSED

    def vouches_for(self, number: int, content: bytes) -> bool:
        """Whether `content` is the data group of this number as it was signed. Only then may it be shown."""
        if self.sod is None or not self.is_signed:
            return False
        security_object = self.sod.security_object
        return security_object.hashes.get(number) == hashlib.new(security_object.digest_algorithm, content).digest()


@dataclass(frozen=True, slots=True)
class SignerExamination:
    """What the trust store says of the signer of CMS signed data; `signer` is None when its certificate is not there.

    The checks bear the ids of EF.SOD's. What they say of EF.CardSecurity becomes part of `chip.pace_cam`.
    """

    signer: Certificate | None
    signature: Check
    chain: Check
    revocation: Check


def examine(
    raw: bytes | None,
    trust: TrustStore,
    at: datetime,
    *,
    include_simulated: bool,
    max_crl_age: timedelta = MAX_CRL_AGE,
) -> SodExamination:
    """Check the structure, signature, chain and revocation of EF.SOD (Doc 9303-11, 5.1.1).

    Args:
        raw: the complete file as received; None when the chip has none.
        at: aware moment of the inspection.
        include_simulated: issuers that exist only in software count too.
        max_crl_age: a CRL of an earlier time, reckoned from `at`, says nothing any more.
    """
    structure, sod = _structure(raw)
    if sod is None:
        reason = structure.reason or "passive.sod_malformed"
        return SodExamination(
            None,
            None,
            structure,
            unavailable(CheckId.PASSIVE_SIGNATURE, reason),
            unavailable(CheckId.PASSIVE_CHAIN, reason),
            unavailable(CheckId.PASSIVE_REVOCATION, reason),
        )
    found = examine_signer(sod.signed_data, trust, at, include_simulated=include_simulated, max_crl_age=max_crl_age)
    return SodExamination(sod, found.signer, structure, found.signature, found.chain, found.revocation)


def examine_signer(
    signed: SignedData,
    trust: TrustStore,
    at: datetime,
    *,
    include_simulated: bool,
    max_crl_age: timedelta = MAX_CRL_AGE,
) -> SignerExamination:
    """Check signature, chain and revocation of signed data of an issuer: EF.SOD's or EF.CardSecurity's.

    Certificates are judged at the signing time that the data state; where they state none, at the moment from which the
    signer's certificate is valid, which is before it signed anything. Neither may lie after `at`.

    Args:
        at, include_simulated, max_crl_age: as of `examine`.
    """
    signature, signer = _signature(signed)
    if signer is None:
        reason = "passive.signer_certificate_missing"
        return SignerExamination(
            None,
            signature,
            unavailable(CheckId.PASSIVE_CHAIN, reason),
            unavailable(CheckId.PASSIVE_REVOCATION, reason),
        )
    anchors = trust.certificates(include_simulated=include_simulated)
    moment = signed.signer.signing_time or signer.not_before
    result = build_chain(signer, anchors, moment, intermediates=signed.certificates)
    if result.fault is None and moment > at:
        result = ChainResult((signer,), ChainFault.VALIDITY, signer)
    chain = _chain(signed, signer, result, trust)
    revocation = _revocation(signer, result, trust, at, include_simulated, max_crl_age)
    return SignerExamination(signer, signature, chain, revocation)


def bind_issuing_state(examination: SodExamination, issuing_state: str) -> SodExamination:
    """Hold the document signer's country against the issuing state of DG1, so that no country signs for another.

    Args:
        issuing_state: the MRZ's code, one to three letters, for example ``"VNM"`` or ``"D"``.
    """
    return replace(examination, chain=bind_signer(examination.chain, examination.signer, issuing_state))


def bind_signer(chain: Check, signer: Certificate | None, issuing_state: str) -> Check:
    """The check of a signer's chain, held against the issuing state of DG1 as well.

    Args:
        chain: what `examine` or `examine_signer` found.
        issuing_state: as of `bind_issuing_state`.
    """
    if signer is None or chain.status is CheckStatus.FAILED:
        return chain
    countries = certificate_countries(issuing_state)
    evidence = {**chain.evidence, "issuing_state": issuing_state}
    if countries and signer.country not in countries:
        reason, detail = "passive.country_mismatch", "The document signer is of another country than the MRZ's issuer."
        return failed(CheckId.PASSIVE_CHAIN, reason, detail, evidence)
    if chain.status is not CheckStatus.PASSED:
        return chain
    if not countries:
        reason, detail = "passive.issuing_state_unknown", "The MRZ's issuing state is no known code."
        return inconclusive(CheckId.PASSIVE_CHAIN, reason, detail, evidence)
    return passed(CheckId.PASSIVE_CHAIN, evidence, chain.detail)


def check_hashes(sod: EfSod | None, groups: Mapping[int, bytes]) -> Check:
    """Hash every data group that was read and compare it with EF.SOD.

    A group that EF.SOD does not sign is for `check_completeness`; whether EF.SOD itself is signed, for `examine`.

    Args:
        groups: data group number → the complete file as received.
    """
    if sod is None:
        return unavailable(CheckId.PASSIVE_HASHES, "passive.sod_malformed", "There is nothing to compare with.")
    security_object = sod.security_object
    evidence: dict[str, str] = {"algorithm": security_object.digest_algorithm}
    changed: list[str] = []
    for number, content in sorted(groups.items()):
        signed = security_object.hashes.get(number)
        if signed is None:
            continue
        name, found = f"DG{number}", hashlib.new(security_object.digest_algorithm, content).digest()
        evidence[name] = found.hex()
        if found != signed:
            changed.append(name)
            evidence[name] = f"{found.hex()}, signed {signed.hex()}"
    if changed:
        detail = f"Not as it was signed: {', '.join(changed)}."
        return failed(CheckId.PASSIVE_HASHES, "passive.group_changed", detail, evidence)
    if len(evidence) == 1:
        return not_applicable(CheckId.PASSIVE_HASHES, "passive.nothing_read", "No signed data group was read.")
    return passed(CheckId.PASSIVE_HASHES, evidence, "Every data group that was read is as it was signed.")


def check_completeness(
    sod: EfSod | None, listed: Collection[int] | None, presence: Mapping[int, GroupPresence]
) -> Check:
    """Hold EF.COM, EF.SOD and the files on the chip against one another; EF.SOD decides.

    Nothing may be on the chip or in EF.COM that EF.SOD does not sign, EF.COM may not conceal what EF.SOD signs, and
    what EF.SOD signs must be on the chip. DG3 and DG4 need extended access control and are never read.

    Args:
        listed: the data groups in EF.COM; None when the chip has no EF.COM, which LDS 1.8 does not need any more.
        presence: what is known of each data group; absent keys count as not requested.
    """
    if sod is None:
        return unavailable(CheckId.PASSIVE_COMPLETENESS, "passive.sod_malformed", "There is nothing to compare with.")
    signed = sod.security_object.hashes.keys()
    on_chip = {number for number, state in presence.items() if state in (GroupPresence.READ, GroupPresence.PRESENT)}
    evidence = {
        "EF.SOD": _names(signed),
        "EF.COM": "absent" if listed is None else _names(listed),
        **{f"DG{number}": _state(number, presence) for number in sorted(signed)},
        **{f"DG{number}": f"{presence[number]}, not signed" for number in sorted(on_chip - signed)},
    }
    for reason, numbers, detail in (
        ("passive.unsigned_group", on_chip - signed, "On the chip and not signed"),
        (
            "passive.com_disagrees",
            (signed if listed is None else set(listed)) ^ signed,
            "In only one of EF.COM and EF.SOD",
        ),
        ("passive.group_missing", _with(presence, GroupPresence.ABSENT) & signed, "Signed and not on the chip"),
        # Whoever may read the other groups may read these (Doc 9303-10, 4.7): a chip that denies them wants to be
        # spared the questions that its private keys would answer.
        (
            "passive.chip_key_denied",
            (_with(presence, GroupPresence.DENIED) | _with(presence, GroupPresence.UNREADABLE))
            & signed
            & _CHIP_KEY_GROUPS,
            "Signed and denied",
        ),
    ):
        if numbers:
            return failed(CheckId.PASSIVE_COMPLETENESS, reason, f"{detail}: {_names(numbers)}.", evidence)
    for reason, state in (
        ("passive.group_denied", GroupPresence.DENIED),
        ("passive.group_unreadable", GroupPresence.UNREADABLE),
    ):
        refused = (_with(presence, state) & signed) - SENSITIVE_GROUPS
        if refused:
            detail = f"The chip does not let these be read: {_names(refused)}."
            return inconclusive(CheckId.PASSIVE_COMPLETENESS, reason, detail, evidence)
    return passed(CheckId.PASSIVE_COMPLETENESS, evidence, "EF.COM, EF.SOD and the files on the chip agree.")


def _structure(raw: bytes | None) -> tuple[Check, EfSod | None]:
    check = CheckId.PASSIVE_SOD_STRUCTURE
    if raw is None:
        return failed(check, "passive.sod_missing", "The chip has no EF.SOD."), None
    try:
        sod = ef_sod.parse(raw)
    except LdsError as error:
        return failed(check, "passive.sod_malformed", error.message, {"bytes": str(len(raw))}), None
    evidence = {
        "bytes": str(len(raw)),
        "content_type": sod.signed_data.content_type,
        "hash_algorithm": sod.security_object.digest_algorithm,
        "data_groups": _names(sod.security_object.hashes),
    }
    return passed(check, evidence, "EF.SOD is well-formed and holds one LDS security object."), sod


def _signature(signed: SignedData) -> tuple[Check, Certificate | None]:
    check = CheckId.PASSIVE_SIGNATURE
    result = signed.verify_signer()
    evidence: dict[str, str] = {}
    if result.certificate is not None:
        evidence["signer"] = str(result.certificate)
        evidence["certificate_sha256"] = result.certificate.fingerprint
    if result.algorithm:
        evidence["algorithm"] = result.algorithm
    if result.fault is SignerFault.KEY:
        detail = "The document signer's key is of a kind that cannot be used here."
        return inconclusive(check, "passive.signer_key_unsupported", detail, evidence), result.certificate
    if result.fault is not None:
        reason, detail = _SIGNER_FAULTS[result.fault]
        return failed(check, reason, detail, evidence), result.certificate
    return passed(check, evidence, "The document signer signed the content."), result.certificate


def _chain(signed: SignedData, signer: Certificate, result: ChainResult, trust: TrustStore) -> Check:
    check = CheckId.PASSIVE_CHAIN
    signing_time = signed.signer.signing_time
    judged = "the signing time" if signing_time else "the document signer's first day, no signing time being stated"
    evidence = {
        "signer": str(signer),
        "signer_validity": f"{signer.not_before:%Y-%m-%d} to {signer.not_after:%Y-%m-%d}",
        "judged_at": f"{signing_time or signer.not_before:%Y-%m-%d}, {judged}",
    }
    if result.fault is None:
        *_, anchor = result.path
        evidence["path"] = " ← ".join(str(certificate) for certificate in result.path)
        evidence["anchor_sha256"] = anchor.fingerprint
        evidence["origin"] = trust.origin_of(anchor)
        if not set(signed.certificates) <= set(result.path):
            detail = "There is a certificate that has nothing to do with the signer."
            return failed(check, "passive.unexplained_certificate", detail, evidence)
        return passed(check, evidence, "A trusted CSCA issued the document signer's certificate.")
    evidence["about"] = str(result.subject or signer)
    if result.fault is ChainFault.ISSUER_UNKNOWN:
        evidence["issuer"] = str(signer.issuer)
        detail = "No CSCA of this name or key is installed; nothing can be said about the signer."
        return inconclusive(check, ISSUER_NOT_PROVISIONED, detail, evidence)
    if result.fault is ChainFault.UNVERIFIABLE:
        detail = "The issuer's key or signature is of a kind that cannot be used here."
        return inconclusive(check, "passive.chain_unverifiable", detail, evidence)
    reason, detail = _CHAIN_FAULTS[result.fault]
    return failed(check, reason, detail, evidence)


def _revocation(
    signer: Certificate,
    result: ChainResult,
    trust: TrustStore,
    at: datetime,
    include_simulated: bool,
    max_age: timedelta,
) -> Check:
    check = CheckId.PASSIVE_REVOCATION
    if result.fault is not None:
        return unavailable(check, "passive.chain_not_established", "Without its issuer no CRL can be believed.")
    issuer = result.path[1]
    installed = trust.crls_of(issuer, include_simulated=include_simulated)
    if not installed:
        return unavailable(check, "passive.crl_not_installed", "No CRL of this issuer is installed.")
    keys = (issuer, *trust.certificates(include_simulated=include_simulated))
    genuine = [crl.revocation_list for crl in installed if is_signed_by_any(crl.revocation_list, keys)]
    if not genuine:
        return inconclusive(check, "passive.crl_invalid", "No installed CRL of this issuer carries its signature.")
    newest = max(genuine, key=lambda crl: crl.this_update)
    evidence = {"crl_issuer": str(newest.issuer), "crl_of": f"{newest.this_update:%Y-%m-%d}"}
    revoked = [moment for crl in genuine if (moment := crl.revocation_of(signer)) is not None]
    if revoked:
        evidence["revoked"] = f"{min(revoked):%Y-%m-%d}"
        detail = "The issuer has revoked the document signer's certificate."
        return failed(check, "passive.signer_revoked", detail, evidence)
    if at - newest.this_update > max_age or (newest.next_update is not None and at > newest.next_update):
        return inconclusive(check, "passive.crl_too_old", "The newest CRL of this issuer is out of date.", evidence)
    return passed(check, evidence, "The issuer's CRL does not name the document signer.")


def _with(presence: Mapping[int, GroupPresence], state: GroupPresence) -> set[int]:
    return {number for number, found in presence.items() if found is state}


def _state(number: int, presence: Mapping[int, GroupPresence]) -> str:
    found = presence.get(number, GroupPresence.NOT_REQUESTED)
    closed = number in SENSITIVE_GROUPS and found in (GroupPresence.NOT_REQUESTED, GroupPresence.DENIED)
    return _NEEDS_EXTENDED_ACCESS if closed else str(found)


def _names(numbers: Collection[int]) -> str:
    return ", ".join(f"DG{number}" for number in sorted(numbers))
