"""The chip's examiner: somebody away from the kiosk who asks the chip himself, so that no kiosk can answer for it.

The examiner chooses the challenge of active authentication and the ephemeral key of a chip authentication whose session
keys stay with him (Doc 9303-11, 6.1 and 6.2). The reader only carries: it shows what the issuer signed, gets a task,
has the chip do it, and hands back what the chip said. What the chip says is judged by the examiner alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class ExaminationOutcome(StrEnum):
    """What the examiner makes of the chip's answers."""

    GENUINE = "genuine"
    """The chip holds a private key whose public key the issuer signed."""
    REFUTED = "refuted"
    """The chip was asked and could not prove that it holds the key, or the files are not as the issuer signed them."""
    INCONCLUSIVE = "inconclusive"
    """Nothing was proved in either way, for example because the issuer is not provisioned or the card went away."""


@dataclass(frozen=True, slots=True)
class AgreementTask:
    """Chip authentication with an ephemeral key of the examiner's.

    Attributes:
        protocol: object identifier of the chip authentication, such as 0.4.0.127.0.7.2.2.3.2.2.
        key_id: the chip's key as DG14 numbers it; None where it has only one.
        public_key: the examiner's ephemeral key in the encoding that the chip is sent: an uncompressed point, or the
            minimal unsigned integer of a DH key.
        command: protected under the keys that were agreed on: READ BINARY of DG1 by its short identifier. To be
            transmitted as it is.
    """

    protocol: str
    key_id: int | None
    public_key: bytes
    command: bytes


@dataclass(frozen=True, slots=True)
class ChipTask:
    """What the examiner asks of the chip.

    Attributes:
        examination_id: names the examination to the examiner.
        challenge: eight bytes for active authentication; None: not asked for.
        agreement: None: not asked for.
    """

    examination_id: str
    challenge: bytes | None
    agreement: AgreementTask | None


@dataclass(frozen=True, slots=True)
class ChipAnswers:
    """What the chip said, unjudged. A field is None where the chip was not asked, or the link failed over it.

    Attributes:
        signature: data of the response to INTERNAL AUTHENTICATE; empty when the chip refused.
        signature_status: its status word.
        agreement_status: status word of MSE:Set KAT, or of MSE:Set AT when that was refused, else of GENERAL
            AUTHENTICATE.
        agreement_response: response APDU to the task's `command`, as it came: data objects, then the status word.
    """

    examination_id: str
    signature: bytes | None = field(default=None, repr=False)
    signature_status: int | None = None
    agreement_status: int | None = None
    agreement_response: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """How an examination ended."""

    examination_id: str
    outcome: ExaminationOutcome


class ChipExaminer(Protocol):
    """Reached over a network as a rule. Neither method raises for what the network does; both have a deadline."""

    def begin(self, sod: bytes, groups: Mapping[int, bytes]) -> ChipTask | None:
        """Show what the issuer signed and get a task. Called in a thread beside the reading of DG2.

        Args:
            sod: complete EF.SOD.
            groups: complete DG1, DG14 and DG15 by their numbers, as far as they were read.

        Returns:
            None: the examiner cannot be reached now, or has nothing to ask.
        """
        ...

    def finish(self, answers: ChipAnswers) -> ExaminationOutcome | None:
        """Hand over what the chip said; None: the examiner cannot be reached now."""
        ...
