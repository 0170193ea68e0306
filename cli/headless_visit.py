"""A visit led to its end by a program: the key is given, every main button pressed, a clinic chosen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Protocol

from kiosk.visit.events import ClinicChosen, Continued, KeyGiven, Touched, VisitEvent
from kiosk.visit.states import (
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Clinic,
    Farewell,
    HereYouAre,
    InsuranceStanding,
    OutOfService,
    OutOfServiceReason,
    Problem,
    Reading,
    Rest,
    StillThere,
    TicketIssued,
    VisitState,
)
from reader.errors import CardRemoved, LinkTimeout, NoCard
from reader.keys import Opening
from reader.progress import Phase


class Visitable(Protocol):
    """What is needed of a `kiosk.conductor.Conductor`."""

    def post(self, event: VisitEvent) -> None: ...

    def subscribe(self, listener: Callable[[VisitState], None]) -> Callable[[], None]: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the visit ended: with a ticket, or with the stable code of what stood in its way."""

    issued: TicketIssued | None = field(default=None, repr=False)
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Companion:
    """Who goes along.

    Attributes:
        choose: picks one of the clinics by its id.
        progress: told phase, step and fraction of the reading.
        say: told in words what the person with the card should do.
    """

    choose: Callable[[tuple[Clinic, ...]], str]
    progress: Callable[[Phase, str, float], None]
    say: Callable[[str], None]


def play_visit(conductor: Visitable, opening: Opening, companion: Companion, *, wait: float, timeout: float) -> Outcome:
    """Lead one visit to its end.

    Args:
        conductor: started, with nobody at it.
        opening: opens the chip.
        wait: seconds for a reader, and a card on it.
        timeout: seconds from the first command to the ticket.
    """
    states: SimpleQueue[VisitState] = SimpleQueue()
    unsubscribe = conductor.subscribe(states.put)
    try:
        return _Play(conductor, opening, companion).run(states, wait, timeout)
    finally:
        unsubscribe()


class _Play:
    def __init__(self, conductor: Visitable, opening: Opening, companion: Companion) -> None:
        self._conductor = conductor
        self._opening = opening
        self._companion = companion
        self._key_given = False
        self._waiting_for = NoCard.code
        self._lifted = False

    def run(self, states: SimpleQueue[VisitState], wait: float, timeout: float) -> Outcome:
        begun = False
        deadline = time.monotonic() + wait
        while True:
            try:
                state = states.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return Outcome(code=self._waiting_for)
            if isinstance(state, Reading) and not begun:
                begun, deadline, self._waiting_for = True, time.monotonic() + timeout, LinkTimeout.code
            outcome = self._answer(state)
            if outcome is not None:
                return outcome

    def _answer(self, state: VisitState) -> Outcome | None:
        match state:
            case OutOfService(reason=OutOfServiceReason.STORE_UNUSABLE as reason):
                return Outcome(code=reason.value)
            case OutOfService(reason=reason):
                self._key_given = False
                self._waiting_for = reason.value
            case Rest() | AskingForKey() if not self._key_given:
                self._key_given = True
                self._waiting_for = NoCard.code
                self._conductor.post(KeyGiven(self._opening))
                self._companion.say("Put the card on the reader.")
            case StillThere():
                self._conductor.post(Touched())
            case Reading(phase=phase, step=step, fraction=fraction):
                self._lifted = False
                self._companion.progress(phase, step, fraction)
            case CardLifted() if not self._lifted:
                self._lifted = True
                self._companion.say("The card left the reader. Put it back: the reading goes on where it stopped.")
            case HereYouAre(insurance=insurance):
                if insurance is None or insurance.standing is not InsuranceStanding.ASKING:
                    self._conductor.post(Continued())
            case ChoosingClinic(clinics=clinics):
                self._conductor.post(ClinicChosen(self._companion.choose(clinics)))
            case TicketIssued():
                return Outcome(issued=state)
            case Problem(code=code):
                return Outcome(code=code)
            case Farewell():
                return Outcome(code=CardRemoved.code)
        return None
