"""What a visit wants done. The conductor does it; where there is an answer, it comes as an event with the same job."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.visit.states import Clinic, InsuranceStanding
from reader.keys import Opening
from reader.model import Document, Verdict


@dataclass(frozen=True, slots=True)
class StartReading:
    """Inspect the card that lies on the reader, going on where an interrupted reading of this person stopped."""

    job: int
    opening: Opening = field(repr=False)


@dataclass(frozen=True, slots=True)
class StopReading:
    """Nobody waits for the reading any more: let go of the card."""

    job: int


@dataclass(frozen=True, slots=True)
class LookUpInsurance:
    job: int
    document: Document = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadClinics:
    """Learn where patients can go while nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Record:
    """Store the check-in; only then anybody is told so."""

    job: int
    document: Document = field(repr=False)
    verdict: Verdict
    reasons: tuple[str, ...]
    insurance: InsuranceStanding | None
    clinic: Clinic | None
    examination_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AbandonRecord:
    """The person was told that the record could not be stored: it must not be stored any more."""

    job: int


@dataclass(frozen=True, slots=True)
class NoteDenial:
    """Write into the audit trail that somebody was sent to staff."""

    verdict: Verdict
    reasons: tuple[str, ...]
    document: Document | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ForgetPerson:
    """Drop everything that was kept of this person outside the visit."""


@dataclass(frozen=True, slots=True)
class SetCamera:
    on: bool


Effect = (
    StartReading
    | StopReading
    | LookUpInsurance
    | LoadClinics
    | Record
    | AbandonRecord
    | NoteDenial
    | ForgetPerson
    | SetCamera
)
