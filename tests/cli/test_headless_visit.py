from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cli.headless_visit import Companion, Outcome, play_visit
from kiosk.visit.events import ClinicChosen, Continued, KeyGiven, Touched, VisitEvent
from kiosk.visit.states import (
    AskingForCard,
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Clinic,
    Farewell,
    HereYouAre,
    Insurance,
    InsuranceStanding,
    OutOfService,
    OutOfServiceReason,
    Problem,
    ProblemKind,
    Reading,
    Rest,
    StillThere,
    Ticket,
    TicketIssued,
    VisitState,
)
from reader.keys import CanKey, Opening
from reader.model import Document, Verdict
from reader.progress import Phase

OPENING = Opening((CanKey("000001"),))
DOCUMENT = Document("ID", "VNM", "190000001", "001190000001", "Lan", "LAN", date(1990, 1, 1), "F", "VNM", None)
EYES = Clinic("eyes", "Mắt", "Eyes", "P.203", "Tầng 2", "Second floor")
READING = Reading(Phase.OPENING, "access", 0.1)
ISSUED = TicketIssued(DOCUMENT, None, Ticket("D001", EYES, datetime(2026, 3, 2, tzinfo=UTC)))


def here(standing: InsuranceStanding | None) -> HereYouAre:
    insurance = None if standing is None else Insurance(standing)
    return HereYouAre(DOCUMENT, Verdict.ACCEPT, (), (), None, insurance)


class Script:
    """Stands where a conductor does: shows its states one after another and keeps what is posted."""

    def __init__(self, *states: VisitState) -> None:
        self.states = states
        self.posted: list[VisitEvent] = []
        self.listeners = 0

    def post(self, event: VisitEvent) -> None:
        self.posted.append(event)

    def subscribe(self, listener: Callable[[VisitState], None]) -> Callable[[], None]:
        self.listeners += 1
        for state in self.states:
            listener(state)

        def end() -> None:
            self.listeners -= 1

        return end


def play(script: Script, said: list[str] | None = None, **limits: Any) -> Outcome:
    companion = Companion(
        choose=lambda clinics: clinics[0].id, progress=lambda *_: None, say=(said if said is not None else []).append
    )
    outcome = play_visit(script, OPENING, companion, **{"wait": 0.05, "timeout": 0.05, **limits})
    assert script.listeners == 0
    return outcome


def test_a_visit_presses_what_a_person_would() -> None:
    script = Script(
        Rest(),
        AskingForCard(),
        StillThere(20, AskingForCard()),
        READING,
        CardLifted(0.1, 15),
        CardLifted(0.1, 14),
        READING,
        here(InsuranceStanding.ASKING),
        here(InsuranceStanding.VALID),
        ChoosingClinic(DOCUMENT, None, (EYES,)),
        ISSUED,
    )
    said: list[str] = []
    assert play(script, said) == Outcome(issued=ISSUED)
    assert script.posted == [KeyGiven(OPENING), Touched(), Continued(), ClinicChosen("eyes")]
    assert len(said) == 2, "where the card goes, and once that it was lifted"


def test_the_key_is_given_once_and_again_after_the_reader_came_back() -> None:
    script = Script(Rest(), AskingForKey(), OutOfService(OutOfServiceReason.READER_LOST), Rest(), here(None), ISSUED)
    play(script)
    assert script.posted == [KeyGiven(OPENING), KeyGiven(OPENING), Continued()]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((OutOfService(OutOfServiceReason.NO_SERVICE),), "link.no_service"),
        ((OutOfService(OutOfServiceReason.NO_READER),), "link.no_reader"),
        ((OutOfService(OutOfServiceReason.STORE_UNUSABLE), Rest()), "store.unusable"),
        ((Rest(), AskingForCard()), "link.no_card"),
        ((Rest(), READING), "link.timeout"),
        ((Rest(), READING, CardLifted(0.1, 1), Farewell(False)), "link.card_removed"),
        ((Rest(), READING, Problem(ProblemKind.WRONG_KEY, "access.key_refused", True)), "access.key_refused"),
    ],
)
def test_what_stands_in_the_way_is_named(states: tuple[VisitState, ...], code: str) -> None:
    assert play(Script(*states)) == Outcome(code=code)
