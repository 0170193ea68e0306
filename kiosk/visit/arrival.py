"""Somebody comes: a card, a code or a typed number, in any order, until both card and key are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.visit.effects import StartReading
from kiosk.visit.events import (
    CardPlaced,
    CodeScanned,
    Continued,
    DigitErased,
    DigitTyped,
    KeyGiven,
    Ticked,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import AskingForCard, AskingForKey, Problem, ProblemKind, Reading
from kiosk.visit.transition import Transition, begin_visit, blinked, enter, fail, leave, watch_idle
from reader.citizen_number import CitizenNumber, conflicts
from reader.errors import PayloadError
from reader.keys import Opening
from reader.opening import opening_from_number, opening_from_qr
from reader.progress import Phase

_NUMBER_LENGTH: Final = 12


def at_rest(seen: Situation, event: VisitEvent, context: Context) -> Transition:
    match event:
        case CardPlaced() if not seen.card_served:
            return enter(seen, AskingForKey(), context)
        case CodeScanned(text=text):
            return scanned(seen, text, context)
        case KeyGiven(opening=opening):
            return key_given(seen, opening, context)
        case Touched() | Continued() if seen.card_present:
            return enter(seen, AskingForKey(), context)
        case _:
            return Transition(seen)


def asking_for_key(seen: Situation, state: AskingForKey, event: VisitEvent, context: Context) -> Transition:
    match event:
        case CodeScanned(text=text):
            return scanned(seen, text, context)
        case KeyGiven(opening=opening):
            return key_given(seen, opening, context)
        case DigitTyped(digit=digit):
            return typed_digit(seen, state, digit, context)
        case DigitErased():
            return enter(seen, AskingForKey(state.typed[:-1]), context)
        case CardPlaced() if not blinked(seen, context):
            # It may be another person's card, and half a number on the screen another person's number.
            return enter(seen, AskingForKey(), context)
        case WentBack():
            return leave(seen, context)
        case Ticked():
            return watch_idle(seen, context)
        case _:
            return Transition(seen)


def asking_for_card(seen: Situation, event: VisitEvent, context: Context) -> Transition:
    match event:
        case CardPlaced() if not seen.card_served:
            return start_reading(seen, context)
        case CodeScanned(text=text):
            return scanned(seen, text, context)
        case KeyGiven(opening=opening):
            return key_given(seen, opening, context)
        case WentBack():
            return leave(seen, context)
        case Ticked():
            return watch_idle(seen, context)
        case _:
            return Transition(seen)


def key_given(seen: Situation, opening: Opening, context: Context) -> Transition:
    """Take a key: another person's begins another visit, the same once more changes nothing."""
    if seen.visit is not None and seen.visit.opening == opening:
        again = isinstance(seen.state, Problem) and seen.state.kind is ProblemKind.READING_FAILED
        return start_reading(seen, context) if again and seen.card_present else Transition(seen)
    return _with_key(seen, opening, context)


def scanned(seen: Situation, text: str, context: Context) -> Transition:
    """Take the text of a QR code, and say so when it is not an identity card's."""
    try:
        opening = opening_from_qr(text)
    except PayloadError as error:
        problem = Problem(ProblemKind.UNKNOWN_CODE, error.code, seen.card_present)
        # A camera sees the same code many times a second: that must not hold the screen for ever.
        return Transition(seen) if seen.state == problem else fail(seen, problem.kind, problem.code, context)
    return key_given(seen, opening, context)


def typed_digit(seen: Situation, state: AskingForKey, digit: str, context: Context) -> Transition:
    if len(digit) != 1 or digit not in "0123456789" or len(state.typed) >= _NUMBER_LENGTH:
        return Transition(seen)
    typed = state.typed + digit
    if len(typed) < _NUMBER_LENGTH:
        return enter(seen, AskingForKey(typed), context)
    number = CitizenNumber(typed)
    if conflicts(number, context.provinces, context.today, birth_year=None, sex=None):
        return enter(seen, AskingForKey(typed, rejected=True), context)
    return _with_key(seen, opening_from_number(typed), context)


def _with_key(seen: Situation, opening: Opening, context: Context) -> Transition:
    begun = begin_visit(seen, opening)
    if begun.card_present and not begun.card_served:
        return start_reading(begun, context)
    return enter(begun, AskingForCard(), context)


def start_reading(seen: Situation, context: Context, fraction: float = 0.0) -> Transition:
    """Read the card with this visit's key, `fraction` of it being done already; ask for the key where there is none."""
    if seen.visit is None or seen.visit.opening is None:
        return enter(replace(seen, visit=None), AskingForKey(), context)
    job = seen.last_job + 1
    visit = replace(seen.visit, reading=job, arrivals=seen.arrivals)
    begun = replace(seen, visit=visit, last_job=job)
    state = Reading(Phase.OPENING, "", fraction, visit.document)
    return enter(begun, state, context, StartReading(job, seen.visit.opening))
