"""The document is read: progress, the card lifted and put back, and what the inspection found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from kiosk.visit.arrival import key_given, scanned, start_reading
from kiosk.visit.effects import Effect, LookUpInsurance, NoteDenial
from kiosk.visit.events import (
    CardPlaced,
    CodeScanned,
    InsuranceAnswered,
    KeyGiven,
    ReadingEnded,
    ReadingInterrupted,
    ReadingProgressed,
    Ticked,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.situation import Context, Findings, Situation, Visit
from kiosk.visit.states import (
    CardLifted,
    Desk,
    Face,
    HereYouAre,
    Insurance,
    InsuranceStanding,
    Problem,
    ProblemKind,
    Reading,
)
from kiosk.visit.transition import Transition, enter, expired, fail, leave, seconds_left
from reader.errors import CardRemoved, KeyMissing, KeyRefused, LinkTimeout, NotADocument, ReaderError
from reader.model import Document, Inspection, Verdict
from reader.progress import IdentityVerified, PortraitVerified, Progressed

# The reader still reports the card whose reading broke off: it never left, so nobody will put it back.
_NEVER_LEFT_SECONDS: Final = 1.5
_MOST_INTERRUPTIONS: Final = 10

_SERVED: Final[Mapping[Desk, frozenset[Verdict]]] = MappingProxyType(
    {
        Desk.INSURANCE: frozenset({Verdict.ACCEPT}),
        Desk.RESIDENCE: frozenset({Verdict.ACCEPT, Verdict.REVIEW}),
        # An officer sees every verdict with its reasons, and decides.
        Desk.COUNTER: frozenset({Verdict.ACCEPT, Verdict.REVIEW, Verdict.REJECT}),
    }
)


def reading(seen: Situation, state: Reading, event: VisitEvent, context: Context) -> Transition:
    visit = seen.visit
    match event:
        case ReadingProgressed(progress=progress, job=job) if visit and job in (None, visit.reading):
            match progress:
                case Progressed(phase=phase, step=name, fraction=fraction):
                    further = Reading(phase, name, max(state.fraction, min(fraction, 1.0)), state.document)
                    return enter(seen, further, context)
                case IdentityVerified(document=document):
                    known, effects = _meet(seen, visit, document, context)
                    return enter(known, replace(state, document=document), context, *effects)
                case PortraitVerified():
                    return Transition(seen)
        case ReadingEnded(inspection=inspection, job=job) if visit and job in (None, visit.reading):
            return _inspected(seen, visit, inspection, context)
        case ReadingInterrupted(job=job) if visit and job in (None, visit.reading):
            return _interrupted(seen, state, visit, context)
        case InsuranceAnswered():
            return insurance_answered(seen, event)
        case WentBack():
            return leave(seen, context)
        case Ticked() if expired(seen, context):
            return fail(seen, ProblemKind.READING_FAILED, LinkTimeout.code, context)
    return Transition(seen)


def card_lifted(seen: Situation, state: CardLifted, event: VisitEvent, context: Context) -> Transition:
    match event:
        case CardPlaced():
            return start_reading(seen, context, state.fraction)
        case CodeScanned(text=text):
            moved = scanned(seen, text, context)
            # Some other code before the scanner is no reason to give the reading up.
            return Transition(seen) if isinstance(moved.state, Problem) else moved
        case KeyGiven(opening=opening):
            return key_given(seen, opening, context)
        case InsuranceAnswered():
            return insurance_answered(seen, event)
        case Touched():
            return enter(seen, replace(state, seconds_left=math.ceil(context.limits.card_lifted)), context)
        case WentBack():
            return leave(seen, context)
        case Ticked() if expired(seen, context):
            return leave(seen, context)
        case Ticked() if seen.card_present and context.now - seen.entered >= _NEVER_LEFT_SECONDS:
            return start_reading(seen, context, state.fraction)
        case Ticked():
            return Transition(replace(seen, state=replace(state, seconds_left=seconds_left(seen, context))))
        case _:
            return Transition(seen)


def _meet(seen: Situation, visit: Visit, document: Document, context: Context) -> tuple[Situation, tuple[Effect, ...]]:
    """Take note of who it is; the insurance is looked up while the chip is still being read."""
    if visit.document is not None and not _same_person(visit.document, document):
        # The card put back is another one: what was known of the first person goes, its answer included.
        visit = replace(visit, insurance=None, clinics=(), looking_up=None)
    visit = replace(visit, document=document)
    if context.desk is not Desk.INSURANCE or visit.insurance is not None:
        return replace(seen, visit=visit), ()
    job = seen.last_job + 1
    ends = context.now + context.limits.insurance
    visit = replace(visit, looking_up=job, look_up_ends=ends, insurance=Insurance(InsuranceStanding.ASKING))
    return replace(seen, visit=visit, last_job=job), (LookUpInsurance(job, document),)


def _same_person(one: Document, other: Document) -> bool:
    return (one.issuer, one.number, one.personal_number) == (other.issuer, other.number, other.personal_number)


def _interrupted(seen: Situation, state: Reading, visit: Visit, context: Context) -> Transition:
    if visit.interruptions >= _MOST_INTERRUPTIONS:
        return fail(seen, ProblemKind.READING_FAILED, CardRemoved.code, context)
    back_already = seen.card_present and seen.arrivals > visit.arrivals
    seen = replace(seen, visit=replace(visit, reading=None, interruptions=visit.interruptions + 1))
    if back_already:
        return start_reading(seen, context, state.fraction)
    lifted = CardLifted(state.fraction, math.ceil(context.limits.card_lifted), state.document)
    return enter(seen, lifted, context)


def _inspected(seen: Situation, visit: Visit, inspection: Inspection, context: Context) -> Transition:
    if inspection.failure is not None:
        return fail(seen, _kind_of(inspection.failure.code, visit), inspection.failure.code, context)
    if inspection.verdict is Verdict.NONE:
        return fail(seen, ProblemKind.READING_FAILED, ReaderError.code, context)
    document = inspection.document
    if document is None or inspection.verdict not in _SERVED[context.desk]:
        denial = NoteDenial(inspection.verdict, inspection.reasons, document)
        return fail(seen, ProblemKind.CANNOT_CONFIRM, denial_code(inspection.reasons), context, denial)
    portrait = inspection.portrait
    face = Face(portrait.width, portrait.height, portrait.rgb) if portrait is not None else None
    examined = inspection.examination
    findings = Findings(
        document,
        inspection.verdict,
        inspection.reasons,
        inspection.checks,
        face,
        None if examined is None else examined.examination_id,
    )
    seen, effects = _meet(seen, replace(visit, findings=findings, reading=None), document, context)
    if inspection.verdict is Verdict.REJECT:
        effects = (*effects, NoteDenial(inspection.verdict, inspection.reasons, document))
    return enter(seen, here(findings, seen.visit), context, *effects)


def here(findings: Findings, visit: Visit | None) -> HereYouAre:
    """The screen of a person whose document was inspected."""
    insurance = visit.insurance if visit is not None else None
    return HereYouAre(findings.document, findings.verdict, findings.reasons, findings.checks, findings.face, insurance)


def denial_code(reasons: tuple[str, ...]) -> str:
    """What staff read at the bottom of the screen: the first reason of the verdict."""
    return reasons[0] if reasons else "document.unverified"


def _kind_of(code: str, visit: Visit) -> ProblemKind:
    # A key that cannot open the kind of chip that lies there is as wrong as one that the chip refused.
    if _is(code, KeyRefused.code) or _is(code, KeyMissing.code):
        presented = visit.opening.presented if visit.opening is not None else None
        typed = presented is not None and presented.source == "typed"
        return ProblemKind.WRONG_NUMBER if typed else ProblemKind.WRONG_KEY
    if _is(code, NotADocument.code):
        return ProblemKind.NOT_A_DOCUMENT
    return ProblemKind.READING_FAILED


def _is(code: str, family: str) -> bool:
    return code == family or code.startswith(family + ".")


def insurance_answered(seen: Situation, event: InsuranceAnswered) -> Transition:
    """Take the registry's answer, whichever screen is up; an answer about somebody else is dropped."""
    visit = seen.visit
    if visit is None or visit.looking_up is None or event.job not in (None, visit.looking_up):
        return Transition(seen)
    visit = replace(visit, insurance=event.insurance, clinics=event.clinics, looking_up=None)
    state = seen.state
    if isinstance(state, HereYouAre):
        state = replace(state, insurance=event.insurance)
    return Transition(replace(seen, visit=visit, state=state))
