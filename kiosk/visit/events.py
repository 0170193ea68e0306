"""What can happen to a visit: people, devices, the reading, the registry and the clock.

Events that answer an effect carry its `job`, so that what belongs to an earlier person is known and dropped. With None
they answer whatever is under way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.visit.states import Clinic, Insurance, OutOfServiceReason, Ticket
from reader.keys import Opening
from reader.model import Inspection
from reader.progress import ProgressEvent


@dataclass(frozen=True, slots=True)
class ReaderReady:
    """At least one usable reader is connected."""


@dataclass(frozen=True, slots=True)
class ReaderGone:
    reason: OutOfServiceReason


@dataclass(frozen=True, slots=True)
class CardPlaced:
    pass


@dataclass(frozen=True, slots=True)
class CardTaken:
    pass


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """Text of a QR code, from the camera, a scanner or a file."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyGiven:
    """A key that came another way: from an MRZ, or from the command line."""

    opening: Opening = field(repr=False)


@dataclass(frozen=True, slots=True)
class DigitTyped:
    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DigitErased:
    pass


@dataclass(frozen=True, slots=True)
class Continued:
    """The main button of the screen."""


@dataclass(frozen=True, slots=True)
class WentBack:
    """The back button; leaves the visit where there is no earlier screen."""


@dataclass(frozen=True, slots=True)
class ClinicChosen:
    clinic_id: str


@dataclass(frozen=True, slots=True)
class Touched:
    """Any sign of life."""


@dataclass(frozen=True, slots=True)
class ReadingProgressed:
    progress: ProgressEvent = field(repr=False)
    job: int | None = None


@dataclass(frozen=True, slots=True)
class ReadingInterrupted:
    """The card left in mid-read; what was read is kept."""

    job: int | None = None


@dataclass(frozen=True, slots=True)
class ReadingEnded:
    """`inspection.failure` is set when no verdict was reached."""

    inspection: Inspection = field(repr=False)
    job: int | None = None


@dataclass(frozen=True, slots=True)
class InsuranceAnswered:
    insurance: Insurance
    clinics: tuple[Clinic, ...]
    job: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record is committed to the outbox; `ticket.confirmed` tells whether the registry has it too."""

    ticket: Ticket
    job: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    code: str
    job: int | None = None


@dataclass(frozen=True, slots=True)
class StoreReady:
    """Records can be kept, with their seal."""


@dataclass(frozen=True, slots=True)
class StoreGone:
    """Records cannot be kept, so nobody may be served."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Some time has passed on the monotonic clock; how much is seen from the clock itself."""


VisitEvent = (
    ReaderReady
    | ReaderGone
    | CardPlaced
    | CardTaken
    | CodeScanned
    | KeyGiven
    | DigitTyped
    | DigitErased
    | Continued
    | WentBack
    | ClinicChosen
    | Touched
    | ReadingProgressed
    | ReadingInterrupted
    | ReadingEnded
    | InsuranceAnswered
    | Recorded
    | RecordingFailed
    | StoreReady
    | StoreGone
    | Ticked
)
