"""Whether evidence can be of one reading that came to a verdict, its parts held against one another.

A verdict counts what was found. Whoever takes something out of a file of evidence, or writes that the reading ended
earlier, must not get a better verdict for it: a reader leaves no such file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from crypto.ciphers import Suite
from crypto.errors import CryptoError
from crypto.groups import STANDARDIZED, Group
from crypto.protocols import NonceMapping, PaceProtocol, parse_pace_oid
from crypto.secure_messaging import max_plain_le
from reader.access.transcript import BacTranscript, PaceTranscript
from reader.checks import CheckId, CheckStatus
from reader.chip import judge_agreement, signature_length
from reader.document_content import DocumentContent
from reader.errors import EvidenceError
from reader.evidence import Evidence
from reader.manners import SHORT_RESPONSE
from reader.passive import GroupPresence
from reader.reading_plan import groups_to_look_for, groups_to_read
from reader.static_keys import agreement_keys
from reader.transcript import AgreementAttempt, AgreementOutcome, Stage, Transcript

_LAST: Final = (AgreementOutcome.CONFIRMED, AgreementOutcome.UNCONFIRMED)
"""After these no other attempt is made."""
_FITS_ALWAYS: Final = max_plain_le(Suite.AES128, SHORT_RESPONSE)
"""Bytes that every protected response holds."""
_OPENED_BY: Final = {"PACE": CheckId.ACCESS_PACE, "BAC": CheckId.ACCESS_BAC}


def require_sound(evidence: Evidence, signed: Mapping[int, bytes], content: DocumentContent) -> None:
    """Refuse what no reading leaves behind.

    Args:
        evidence: without a failure.
        signed: the hashes of EF.SOD by data group number.
        content: of the groups that the issuer's signature vouches for.

    Raises:
        EvidenceError: its parts do not fit one another.
    """
    flaw = next(_flaws(evidence, signed, content), None)
    if flaw is not None:
        raise EvidenceError(f"the file is of no reading: {flaw}")


def _flaws(evidence: Evidence, signed: Mapping[int, bytes], content: DocumentContent) -> Iterator[str]:
    transcript = evidence.transcript
    reached = transcript.reached
    broken = any(check.id in _OPENED_BY.values() and check.status is CheckStatus.FAILED for check in evidence.checks)
    nothing_signed = reached is Stage.SIGNED and not signed
    if reached is not Stage.DONE and not broken and not nothing_signed:
        yield "it ended early and does not say why"
    if reached.includes(Stage.OPENED):
        yield from _of_access(evidence)
    if reached.includes(Stage.READ):
        yield from _of_files(evidence, signed)
    if reached is Stage.DONE:
        yield from _of_proofs(transcript, content)


def _of_access(evidence: Evidence) -> Iterator[str]:
    access, transcript = evidence.access, evidence.transcript.access
    if access is None or access.protocol not in _OPENED_BY:
        yield "it does not say how the chip was opened"
        return
    if not any(check.id is _OPENED_BY[access.protocol] for check in evidence.checks):
        yield "there is no check of how the chip was opened"
    match transcript:
        case PaceTranscript():
            try:
                protocol = parse_pace_oid(transcript.protocol)
            except CryptoError:
                yield "PACE by an unknown protocol"
                return
            told = ("PACE", str(protocol.mapping), str(protocol.agreement), protocol.suite.label)
            if (access.protocol, access.mapping, access.agreement, access.cipher) != told:
                yield "the chip was opened in another way than is said"
            yield from _of_mapping(evidence.transcript, transcript, protocol)
        case BacTranscript():
            if access.protocol != "BAC" or evidence.transcript.mapping_proof is not None:
                yield "the chip was opened in another way than is said"
        case None:
            yield "there is no transcript of how the chip was opened"


def _of_mapping(transcript: Transcript, run: PaceTranscript, protocol: PaceProtocol) -> Iterator[str]:
    proof = transcript.mapping_proof
    if (proof is not None) != (protocol.mapping is NonceMapping.CAM):
        yield "the proof of the mapping is missing, or there should be none"
    if proof is None:
        return
    group = next((group for group in STANDARDIZED.values() if group.name == run.group), None)
    try:
        same = group == proof.group and proof.group.check_public_key(run.chip_map_key) == proof.chip_map_public
    except CryptoError:
        same = False
    if not same:
        yield "the proof of the mapping is of another run"


def _of_files(evidence: Evidence, signed: Mapping[int, bytes]) -> Iterator[str]:
    presence, requested = evidence.transcript.presence, evidence.transcript.requested
    if signed and not presence.keys() >= {*groups_to_read(requested, signed), *groups_to_look_for(requested, signed)}:
        yield "it does not say what became of every data group"
    read = {f"DG{number}" for number, found in presence.items() if found is GroupPresence.READ}
    if read != {name for name in evidence.files if name.startswith("DG")}:
        yield "its data groups are not those that were read"


def _of_proofs(transcript: Transcript, content: DocumentContent) -> Iterator[str]:
    attempts, infos, key = transcript.agreement, content.security_infos, content.active_authentication_key
    if any(attempt.outcome in _LAST for attempt in (attempts or ())[:-1]):
        yield "chip authentication went on after its end"
    usable = True
    if infos is not None:
        try:
            keys = agreement_keys(infos)
        except CryptoError:
            keys = ()
        if keys and not attempts:
            yield "the chip was not asked for chip authentication"
        groups = {(static.protocol.oid, static.key_id): static.group for static in keys}
        for attempt in attempts or ():
            if not _has_key(attempt, groups):
                yield "chip authentication with a terminal's key that is none"
        usable = not attempts or judge_agreement(infos, attempts).status is not CheckStatus.FAILED
    if key is None or not usable:
        return
    try:
        length = signature_length(key)
    except CryptoError:
        return
    if transcript.signature is None:
        yield "the chip was not asked for active authentication"
    elif transcript.signature.status is None and length <= _FITS_ALWAYS:
        yield "a signature that is too long, of a key that makes short ones"


def _has_key(attempt: AgreementAttempt, groups: Mapping[tuple[str, int | None], Group]) -> bool:
    """Whether the terminal sent a key of the group; an attempt with a key that DG14 has not counts for nothing."""
    group = groups.get((attempt.protocol, attempt.key_id))
    if group is None:
        return True
    try:
        group.check_public_key(attempt.terminal_public_key)
    except CryptoError:
        return False
    return True
