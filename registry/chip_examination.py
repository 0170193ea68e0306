"""The registry as the chip's examiner: what to ask a chip, and what its answers prove. Pure; see `reader.examiner`.

The files come by way of a kiosk that may lie, so that nothing counts but what the issuer signed. The challenge and the
ephemeral key are the registry's own, and so are the session keys that follow from it and the chip's signed key: they
never leave. The kiosk gets one command that is protected under them already. Whoever answers it with a right MAC holds
the chip's private key (Doc 9303-11, 6.1 and 6.2).

It is not proved where the chip is: a genuine card that lies on a reader elsewhere can answer by way of the kiosk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from crypto import chip_authentication
from crypto.errors import ApduError, CryptoError, SecureMessagingError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import SessionKeys, TerminalChannel, max_plain_le
from reader import chip, passive
from reader.checks import Check, CheckId, CheckStatus, failed, inconclusive, passed
from reader.errors import LdsError
from reader.examiner import AgreementTask, ChipAnswers, ExaminationOutcome
from reader.lds import dg1, dg14, dg15
from reader.lds.dg15 import Dg15
from reader.lds.files import data_group
from reader.lds.mrz import Mrz
from reader.lds.security_infos import ChipAuthenticationPublicKeyInfo, SecurityInfos
from reader.passive import GroupPresence, SodExamination
from reader.trust import TrustStore

RandomBytes = Callable[[int], bytes]

_AGREEMENT: Final = CheckId.CHIP_CHIP_AUTHENTICATION
_SIGNATURE: Final = CheckId.CHIP_ACTIVE_AUTHENTICATION
_SUCCESS: Final = 0x9000
_SHORT_RESPONSE: Final = 256
"""Data bytes that every reader and chip can exchange."""
_NOT_ANSWERED: Final = "chip.not_answered"
_REFUSED: Final = "chip.refused"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A chip authentication under way. The session keys must not leave the registry."""

    task: AgreementTask
    keys: SessionKeys = field(repr=False)
    length: int
    """Bytes of DG1 that are asked for."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was asked of a chip, and all that is needed to judge its answers. It is secret.

    Attributes:
        files: the checks of passive authentication, and of the keys that the issuer signed.
        mrz: of the signed DG1; None where there is none.
        challenge: None: active authentication is not asked for.
    """

    files: tuple[Check, ...]
    mrz: Mrz | None = field(repr=False)
    dg1: bytes = field(repr=False)
    challenge: bytes | None = None
    signature_key: Dg15 | None = field(default=None, repr=False)
    infos: SecurityInfos | None = None
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an examination ended.

    Attributes:
        reasons: stable codes of the checks that did not pass, in their order.
    """

    outcome: ExaminationOutcome
    reasons: tuple[str, ...]


def begin(
    sod: bytes,
    groups: Mapping[int, bytes],
    trust: TrustStore,
    at: datetime,
    random: RandomBytes,
    *,
    include_simulated: bool,
) -> Examination:
    """Verify what the issuer signed, and choose what to ask the chip. Where that is in doubt, nothing is asked.

    Args:
        sod: complete EF.SOD, as the kiosk says.
        groups: complete DG1, DG14 and DG15 by their numbers, as far as the kiosk has them. Without DG1 nobody's
            identity is proved, and nothing is asked.
        at: aware moment that revocation is judged at.
        random: gives so many bytes of a cryptographic random source.
        include_simulated: issuers that exist only in software count too.
    """
    examined = passive.examine(sod, trust, at, include_simulated=include_simulated)
    first = groups.get(1, b"")
    mrz, problem = _signed_mrz(examined, first)
    if mrz is not None:
        examined = passive.bind_issuing_state(examined, mrz.issuer)
    files = (
        *examined.checks,
        passive.check_hashes(examined.sod, groups),
        passive.check_completeness(examined.sod, None, dict.fromkeys(groups, GroupPresence.READ)),
        *problem,
    )
    if mrz is None or any(check.status in (CheckStatus.FAILED, CheckStatus.INCONCLUSIVE) for check in files):
        return Examination(files, mrz, first)
    infos, infos_problem = _signed_infos(examined, groups.get(14))
    key, key_problem = _signed_key(examined, groups.get(15))
    agreement, agreement_problem = _agreement(infos, len(first), random)
    return Examination(
        files=(*files, *infos_problem, *key_problem, *agreement_problem),
        mrz=mrz,
        dg1=first,
        challenge=None if key is None else random(chip.CHALLENGE_LENGTH),
        signature_key=key,
        infos=infos,
        agreement=agreement,
    )


def finish(examination: Examination, answers: ChipAnswers) -> Judgement:
    """Judge what the chip said.

    Genuine is a chip that one answer proves to hold a signed key while no other speaks against it. What a kiosk leaves
    out proves nothing, in either way.
    """
    checks = list(examination.files)
    if examination.agreement is not None:
        checks.append(_judge_agreement(examination.agreement, answers, examination.dg1))
    if examination.challenge is not None and examination.signature_key is not None:
        checks.append(_judge_signature(examination.signature_key, examination.infos, examination.challenge, answers))
    statuses = {check.status for check in checks if check.id in (_AGREEMENT, _SIGNATURE)}
    reasons = tuple(
        dict.fromkeys(
            check.reason or str(check.id)
            for check in checks
            if check.status in (CheckStatus.FAILED, CheckStatus.INCONCLUSIVE)
        )
    )
    if any(check.status is CheckStatus.FAILED for check in checks):
        return Judgement(ExaminationOutcome.REFUTED, reasons)
    if CheckStatus.PASSED in statuses:
        return Judgement(ExaminationOutcome.GENUINE, reasons)
    return Judgement(ExaminationOutcome.INCONCLUSIVE, reasons or (chip.NOT_OFFERED,))


def _signed_mrz(examined: SodExamination, content: bytes) -> tuple[Mrz | None, tuple[Check, ...]]:
    if not examined.vouches_for(1, content):
        return None, ()
    try:
        return dg1.parse(content), ()
    except LdsError as error:
        return None, (inconclusive(CheckId.CONTENT_MRZ, "content.mrz_malformed", error.message),)


def _signed_infos(examined: SodExamination, content: bytes | None) -> tuple[SecurityInfos | None, tuple[Check, ...]]:
    if content is None or not examined.vouches_for(14, content):
        return None, ()
    try:
        return dg14.parse(content), ()
    except LdsError as error:
        return None, (inconclusive(_AGREEMENT, chip.KEY_MALFORMED, error.message),)


def _signed_key(examined: SodExamination, content: bytes | None) -> tuple[Dg15 | None, tuple[Check, ...]]:
    if content is None or not examined.vouches_for(15, content):
        return None, ()
    try:
        return dg15.parse(content), ()
    except LdsError as error:
        return None, (inconclusive(_SIGNATURE, chip.KEY_MALFORMED, error.message),)


def _agreement(
    infos: SecurityInfos | None, dg1_length: int, random: RandomBytes
) -> tuple[Agreement | None, tuple[Check, ...]]:
    """Draw the ephemeral key for the best of the chip's keys, and protect the command that is to be answered."""
    if infos is None or not infos.of(ChipAuthenticationPublicKeyInfo):
        return None, ()
    try:
        key = chip.choose_key(infos)
        ours = key.group.generate_key_pair(random)
        keys = chip_authentication.session_keys(key.protocol.suite, key.group, ours.private, key.public)
    except CryptoError as error:
        return None, (chip.unusable(_AGREEMENT, error),)
    length = min(dg1_length, max_plain_le(keys.suite, _SHORT_RESPONSE))
    _, command = _read_dg1(keys, length)
    return Agreement(AgreementTask(key.protocol.oid, key.key_id, ours.public, command), keys, length), ()


def _read_dg1(keys: SessionKeys, length: int) -> tuple[TerminalChannel, bytes]:
    """The first command of a fresh channel, whose counter starts at zero: READ BINARY by short identifier."""
    channel = TerminalChannel(keys, bytes(keys.suite.block_size))
    return channel, channel.protect(CommandApdu(0x00, 0xB0, 0x80 | data_group(1).sfi, 0x00, le=length))


def _judge_agreement(agreement: Agreement, answers: ChipAnswers, signed: bytes) -> Check:
    raw = answers.agreement_response
    if raw is None:
        return _unanswered(_AGREEMENT, answers.agreement_status)
    channel, _ = _read_dg1(agreement.keys, agreement.length)
    try:
        bare = ResponseApdu.decode(raw)
        if not bare.data:
            return _bare(bare.sw)
        response = channel.unprotect(raw)
    except SecureMessagingError:
        return failed(_AGREEMENT, "chip.keys_not_confirmed", "The response is not of a chip with the signed key.")
    except ApduError as error:
        return inconclusive(_AGREEMENT, _NOT_ANSWERED, error.message)
    # An error under the right MAC proves the key as well: the chip has another idea of short identifiers.
    if not signed.startswith(response.data):
        return failed(_AGREEMENT, "chip.other_document", "The chip holds another DG1 than the one that was shown.")
    evidence = {"protocol": agreement.task.protocol, "status": f"{response.sw:04X}"}
    return passed(_AGREEMENT, evidence, "The chip answered under keys that only the signed key can agree on.")


def _bare(status: int) -> Check:
    evidence = {"status": f"{status:04X}"}
    # Some chips answer an unknown short identifier so, one that lost its power for a moment says 6988, and anybody can:
    # it proves nothing, in either way.
    return inconclusive(_AGREEMENT, _REFUSED, "The chip's answer is not protected.", evidence)


def _judge_signature(key: Dg15, infos: SecurityInfos | None, challenge: bytes, answers: ChipAnswers) -> Check:
    if answers.signature is None or answers.signature_status != _SUCCESS:
        return _unanswered(_SIGNATURE, answers.signature_status)
    return chip.judge_signature(key, infos, challenge, answers.signature)


def _unanswered(check: CheckId, status: int | None) -> Check:
    if status is None or status == _SUCCESS:
        return inconclusive(check, _NOT_ANSWERED, "Nobody handed over what the chip said.")
    return inconclusive(check, _REFUSED, "The chip refused, as the kiosk says.", {"status": f"{status:04X}"})
