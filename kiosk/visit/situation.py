"""What the machine knows between two events: the screen, the person behind it, the devices, the clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from kiosk.settings import TimeLimits
from kiosk.visit.states import Clinic, Desk, Face, Insurance, OutOfService, OutOfServiceReason, Rest, VisitState
from reader.checks import Check
from reader.citizen_number import ProvinceTable
from reader.keys import Opening
from reader.model import Document, Verdict


@dataclass(frozen=True, slots=True)
class Findings:
    """What the inspection of the document found, as far as a screen may need it."""

    document: Document = field(repr=False)
    verdict: Verdict
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    face: Face | None = field(repr=False)
    examination_id: str | None = field(default=None, repr=False)
    """The registry's own examination of the chip."""


@dataclass(frozen=True, slots=True)
class Visit:
    """All that is known of the one person who is here.

    It is dropped as a whole, so that nothing of one person can be left for the next.
    """

    number: int
    opening: Opening | None = field(default=None, repr=False)
    document: Document | None = field(default=None, repr=False)
    """Whom the reading has shown so far; `findings` follow when it ends."""
    findings: Findings | None = None
    insurance: Insurance | None = None
    clinics: tuple[Clinic, ...] = ()
    reading: int | None = None
    """Job under way, like the next two."""
    looking_up: int | None = None
    recording: int | None = None
    look_up_ends: float = 0.0
    interruptions: int = 0
    arrivals: int = 0
    """How many cards had come when the reading began."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The whole of what `step` works on. Times are seconds on the monotonic clock."""

    state: VisitState = field(default_factory=lambda: OutOfService(OutOfServiceReason.NO_READER))
    visit: Visit | None = None
    entered: float = 0.0
    """When the present screen came up."""
    deadline: float | None = None
    """When the present screen ends by itself."""
    last_job: int = 0
    """Numbers jobs and visits; never used twice."""
    card_present: bool = False
    card_served: bool = False
    """The card on the reader has had its ticket: it is forgotten, not offered again."""
    card_waiting: bool = False
    """The card that came last has not been taken up by any visit."""
    card_left: float | None = None
    arrivals: int = 0
    """Cards that came so far."""
    reader_outage: OutOfServiceReason | None = OutOfServiceReason.NO_READER
    store_usable: bool = True

    @property
    def outage(self) -> OutOfServiceReason | None:
        """Why nobody can be served, or None."""
        return self.reader_outage if self.store_usable else OutOfServiceReason.STORE_UNUSABLE

    def without_visit(self, now: float) -> Situation:
        """Back at rest, or out of service, with nothing left but what is known of the devices."""
        state = Rest() if self.outage is None else OutOfService(self.outage)
        return replace(
            self, state=state, visit=None, entered=now, deadline=None, card_served=self.card_present, card_waiting=False
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What `step` may look at besides the situation."""

    now: float
    """Seconds on the monotonic clock."""
    today: date
    desk: Desk
    limits: TimeLimits
    counter: Clinic
    """Where people go whose insurance needs staff."""
    provinces: ProvinceTable
