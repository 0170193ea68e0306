"""A visit ends here: with a farewell, or with a problem and the next step that it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.visit.arrival import key_given, scanned, start_reading, typed_digit
from kiosk.visit.events import (
    CardPlaced,
    CardTaken,
    CodeScanned,
    Continued,
    DigitTyped,
    KeyGiven,
    Ticked,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import AskingForCard, AskingForKey, Farewell, Problem, ProblemKind
from kiosk.visit.transition import Transition, blinked, enter, expired, leave, rest

RETRIABLE: Final = frozenset({ProblemKind.WRONG_KEY, ProblemKind.WRONG_NUMBER, ProblemKind.UNKNOWN_CODE})
"""Problems that another code or a typed number ends."""


def farewell(seen: Situation, event: VisitEvent, context: Context) -> Transition:
    match event:
        case CardTaken():
            return Transition(replace(seen, state=Farewell(card_present=False)))
        case CardPlaced() if blinked(seen, context):
            return Transition(replace(seen, state=Farewell(card_present=True)))
        case CardPlaced():
            return enter(seen, AskingForKey(), context)
        case CodeScanned(text=text):
            return scanned(seen, text, context)
        case KeyGiven(opening=opening):
            return key_given(seen, opening, context)
        case Ticked() if expired(seen, context):
            return rest(seen, context)
        case _:
            return Transition(seen)


def problem(seen: Situation, state: Problem, event: VisitEvent, context: Context) -> Transition:
    present = replace(seen, state=replace(state, card_present=seen.card_present))
    match event:
        case CodeScanned(text=text):
            return scanned(seen, text, context)
        case KeyGiven(opening=opening):
            return key_given(seen, opening, context)
        case DigitTyped(digit=digit) if state.kind in RETRIABLE and seen.card_present:
            return typed_digit(replace(seen, visit=None), AskingForKey(), digit, context)
        case CardPlaced() if blinked(seen, context):
            return Transition(present)
        case CardPlaced():
            return start_reading(seen, context)
        case Continued() if state.kind is ProblemKind.READING_FAILED and seen.visit is not None:
            return start_reading(seen, context) if seen.card_present else enter(seen, AskingForCard(), context)
        case Continued() if state.kind in RETRIABLE and seen.card_present:
            return enter(replace(seen, visit=None), AskingForKey(), context)
        case Continued() | WentBack():
            return leave(seen, context)
        case Touched():
            return enter(present, present.state, context)
        case Ticked() if expired(seen, context):
            return leave(seen, context)
        case _:
            return Transition(present)
