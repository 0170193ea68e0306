"""How an inspection went: what the chip was asked and what it said, as far as that may be known to others.

Public protocol data only, and what a verdict hangs on beside the files. Session keys, the keys that opened the chip and
anything made of them have no place here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from reader.access.transcript import AccessTranscript, MappingProof
from reader.examiner import ExaminationResult
from reader.keys import AccessMode, PresentedIdentity
from reader.passive import GroupPresence

_NO_GROUPS: Final[Mapping[int, GroupPresence]] = MappingProxyType({})


class Stage(StrEnum):
    """How far an inspection came; each stage holds those before it."""

    STARTED = "started"
    OPENED = "opened"
    """The chip is open."""
    SIGNED = "signed"
    """EF.SOD was read, or is known to be missing."""
    READ = "read"
    """Every file of the plan was read, or its refusal is known."""
    DONE = "done"
    """The chip was asked for its proofs too."""

    def includes(self, earlier: Stage) -> bool:
        """Whether the inspection came as far as `earlier`."""
        stages = list(Stage)
        return stages.index(self) >= stages.index(earlier)


class AgreementOutcome(StrEnum):
    """What became of an attempt at chip authentication."""

    CONFIRMED = "confirmed"
    """The chip answered a command under the new keys."""
    UNCONFIRMED = "unconfirmed"
    """The chip accepted the terminal's key and could not use the new keys."""
    REFUSED = "refused"
    """The chip answered with an error status; the session's keys stayed as they were."""
    NOT_SENT = "not sent"
    """The terminal's key is too long for what chip and reader can exchange."""


@dataclass(frozen=True, slots=True)
class AgreementAttempt:
    """One attempt at chip authentication (Doc 9303-11, 6.2).

    Attributes:
        protocol: object identifier.
        key_id: as sent to the chip; None where none was sent.
        inferred: no ChipAuthenticationInfo names the protocol; it follows from the kind of the key.
        command: ``MSE:Set KAT`` or ``MSE:Set AT``.
        terminal_public_key: the terminal's ephemeral key as it was sent.
        status: the last status word of the chip's, where there is one.
        code: the error code behind `UNCONFIRMED`.
    """

    protocol: str
    key_id: int | None
    inferred: bool
    command: str
    terminal_public_key: bytes
    outcome: AgreementOutcome
    status: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureExchange:
    """Active authentication (Doc 9303-11, 6.1): the challenge, and what the chip answered.

    Attributes:
        challenge: eight bytes.
        signature: as received; empty when the chip refused.
        status: None where the signature is longer than what chip and reader can exchange.
    """

    challenge: bytes
    signature: bytes
    status: int | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the checks are made of beside the files.

    Attributes:
        reader: id of the reader's profile.
        simulated: reader and card exist only in software.
        mode: the access protocol that the caller wanted.
        presented: what a person presented with the card.
        requested: the data groups that the caller asked for; None: all.
        presence: what is known of each data group that was read or looked for.
        access: how the chip was opened, in public.
        mapping_proof: what PACE with chip authentication mapping left behind.
        agreement: the attempts at chip authentication in their order; None: it was not come to.
        signature: None: active authentication was not come to, or there is no usable key for it.
        examination: None: there was no examiner, or he could not be reached.
    """

    reader: str = ""
    simulated: bool = False
    mode: AccessMode = AccessMode.AUTO
    presented: PresentedIdentity | None = None
    requested: tuple[int, ...] | None = None
    reached: Stage = Stage.STARTED
    presence: Mapping[int, GroupPresence] = field(default_factory=lambda: _NO_GROUPS)
    access: AccessTranscript | None = None
    mapping_proof: MappingProof | None = None
    agreement: tuple[AgreementAttempt, ...] | None = None
    signature: SignatureExchange | None = None
    examination: ExaminationResult | None = None
