"""The person is known: what they are entitled to, where they go, the record, the ticket."""

from __future__ import annotations

from dataclasses import replace

from kiosk.visit.arrival import key_given, scanned
from kiosk.visit.effects import AbandonRecord, Record
from kiosk.visit.events import (
    CardPlaced,
    CardTaken,
    ClinicChosen,
    CodeScanned,
    Continued,
    InsuranceAnswered,
    KeyGiven,
    ReaderGone,
    Recorded,
    RecordingFailed,
    Ticked,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.reading import denial_code, here, insurance_answered
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import (
    AskingForKey,
    ChoosingClinic,
    Clinic,
    HereYouAre,
    Insurance,
    InsuranceStanding,
    Problem,
    ProblemKind,
    Recording,
    TicketIssued,
)
from kiosk.visit.transition import Transition, blinked, enter, expired, fail, leave, watch_idle
from reader.model import Verdict


def here_you_are(seen: Situation, state: HereYouAre, event: VisitEvent, context: Context) -> Transition:
    match event:
        case InsuranceAnswered():
            return insurance_answered(seen, event)
        case Continued():
            return _go_on(seen, state, context)
        case CardPlaced() if not blinked(seen, context):
            return enter(replace(seen, visit=None), AskingForKey(), context)
        case WentBack():
            return leave(seen, context)
        case Ticked() if seen.visit and seen.visit.looking_up is not None and context.now >= seen.visit.look_up_ends:
            given_up = InsuranceAnswered(Insurance(InsuranceStanding.UNCONFIRMED), seen.visit.clinics)
            return insurance_answered(seen, given_up)
        case Ticked():
            return watch_idle(seen, context)
        case _:
            return Transition(seen)


def _go_on(seen: Situation, state: HereYouAre, context: Context) -> Transition:
    if state.verdict is Verdict.REJECT:
        # An officer cannot turn evidence of forgery into a check-in.
        return fail(seen, ProblemKind.CANNOT_CONFIRM, denial_code(state.reasons), context)
    if state.insurance is None:
        return _record(seen, None, context)
    match state.insurance.standing:
        case InsuranceStanding.ASKING:
            return Transition(seen)
        case InsuranceStanding.VALID | InsuranceStanding.UNCONFIRMED if seen.visit and seen.visit.clinics:
            choice = ChoosingClinic(state.document, state.insurance, seen.visit.clinics)
            return enter(seen, choice, context)
        case _:
            return _record(seen, context.counter, context)


def choosing_clinic(seen: Situation, state: ChoosingClinic, event: VisitEvent, context: Context) -> Transition:
    match event:
        case ClinicChosen(clinic_id=chosen):
            clinic = next((clinic for clinic in state.clinics if clinic.id == chosen), None)
            return Transition(seen) if clinic is None else _record(seen, clinic, context)
        case WentBack() if seen.visit and seen.visit.findings:
            return enter(seen, here(seen.visit.findings, seen.visit), context)
        case CardPlaced() if not blinked(seen, context):
            return enter(replace(seen, visit=None), AskingForKey(), context)
        case Ticked():
            return watch_idle(seen, context)
        case _:
            return Transition(seen)


def _record(seen: Situation, clinic: Clinic | None, context: Context) -> Transition:
    visit = seen.visit
    if visit is None or visit.findings is None:
        return leave(seen, context)
    job = seen.last_job + 1
    found = visit.findings
    standing = visit.insurance.standing if visit.insurance is not None else None
    effect = Record(
        job, found.document, found.verdict, found.reasons, standing, clinic, examination_id=found.examination_id
    )
    seen = replace(seen, visit=replace(visit, recording=job), last_job=job)
    return enter(seen, Recording(found.document, clinic), context, effect)


def recording(seen: Situation, state: Recording, event: VisitEvent, context: Context) -> Transition:
    visit = seen.visit
    if visit is None:
        return leave(seen, context)
    match event:
        case Recorded(ticket=ticket, job=job) if job in (None, visit.recording):
            issued = TicketIssued(state.document, visit.insurance, ticket, seen.card_present)
            # A card laid down while the record was stored is the next person's.
            served = seen.card_present and not seen.card_waiting
            return enter(replace(seen, card_served=served), issued, context)
        case RecordingFailed(code=code, job=job) if job in (None, visit.recording):
            return fail(seen, ProblemKind.NOT_RECORDED, code, context)
        case Ticked() if expired(seen, context):
            abandon = () if visit.recording is None else (AbandonRecord(visit.recording),)
            return fail(seen, ProblemKind.NOT_RECORDED, "store.timeout", context, *abandon)
        case _:
            return Transition(seen)


def ticket_issued(seen: Situation, state: TicketIssued, event: VisitEvent, context: Context) -> Transition:
    limits = context.limits
    match event:
        case CardTaken() | ReaderGone() if state.card_present:
            shown = replace(seen, state=replace(state, card_present=False))
            return Transition(replace(shown, deadline=context.now + limits.ticket_without_card))
        case CardPlaced() if blinked(seen, context):
            return enter(seen, replace(state, card_present=True), context)
        case CardPlaced():
            return enter(replace(seen, visit=None), AskingForKey(), context)
        case CodeScanned(text=text):
            moved = scanned(seen, text, context)
            # A number must not vanish because some other code came before the scanner.
            return Transition(seen) if isinstance(moved.state, Problem) else moved
        case KeyGiven(opening=opening):
            return key_given(seen, opening, context)
        case Touched():
            return enter(seen, state, context)
        case Continued() | WentBack():
            return leave(seen, context)
        case Ticked() if expired(seen, context):
            return leave(seen, context)
        case _:
            return Transition(seen)
