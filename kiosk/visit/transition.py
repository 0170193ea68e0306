"""What every state has in common: coming up, running out, ending, being given up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from kiosk.visit.effects import Effect, LoadClinics
from kiosk.visit.situation import Context, Situation, Visit
from kiosk.visit.states import (
    AskingForCard,
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Desk,
    Farewell,
    HereYouAre,
    OutOfService,
    Problem,
    ProblemKind,
    Reading,
    Recording,
    Rest,
    StillThere,
    TicketIssued,
    VisitState,
)
from reader.keys import Opening

# Contactless readers now and then lose a card that has not moved. No hand swaps two cards this fast.
_BLINK_SECONDS: Final = 0.5
_KEEPS_OPENING: Final = frozenset({ProblemKind.WRONG_KEY, ProblemKind.WRONG_NUMBER, ProblemKind.READING_FAILED})


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an event led, and what is to be done now, in this order."""

    situation: Situation
    effects: tuple[Effect, ...] = ()

    @property
    def state(self) -> VisitState:
        return self.situation.state


def enter(seen: Situation, state: VisitState, context: Context, *effects: Effect) -> Transition:
    """Show a state with its full time. The same kind of state keeps the moment at which it came up."""
    entered = seen.entered if type(state) is type(seen.state) else context.now
    seconds = _lifetime(seen, state, context)
    deadline = None if seconds is None else context.now + seconds
    waiting = seen.card_waiting and not isinstance(state, AskingForKey | Reading)
    shown = replace(seen, state=state, entered=entered, deadline=deadline, card_waiting=waiting)
    return Transition(shown, effects)


def _lifetime(seen: Situation, state: VisitState, context: Context) -> float | None:
    limits = context.limits
    match state:
        case OutOfService() | Rest():
            return None
        case AskingForKey(typed=typed):
            return limits.idle if typed or seen.card_present else limits.card_lifted
        case AskingForCard() | HereYouAre() | ChoosingClinic():
            return limits.idle
        case Reading():
            return limits.reading_stalled
        case CardLifted():
            return limits.card_lifted
        case Recording():
            return limits.recording
        case TicketIssued():
            return limits.ticket
        case Farewell():
            return limits.farewell
        case Problem():
            return limits.problem
        case StillThere():
            return limits.countdown


def begin_visit(seen: Situation, opening: Opening) -> Situation:
    """A visit of its own: whatever was known of anybody before is not part of it."""
    number = seen.last_job + 1
    return replace(seen, visit=Visit(number, opening), last_job=number)


def fail(seen: Situation, kind: ProblemKind, code: str, context: Context, *effects: Effect) -> Transition:
    """Tell what went wrong and what to do now.

    The key is all that outlives it, and only where the right card, or the same card laid better, can go on with it.
    """
    opening = seen.visit.opening if seen.visit is not None and kind in _KEEPS_OPENING else None
    left = replace(seen, visit=None) if opening is None else begin_visit(seen, opening)
    return enter(left, Problem(kind, code, seen.card_present), context, *effects)


def leave(seen: Situation, context: Context) -> Transition:
    """End the visit: nothing of the person stays."""
    gone = replace(seen, visit=None)
    anything_shown = seen.card_present or seen.visit is not None or isinstance(beneath(seen.state), AskingForKey)
    return enter(gone, Farewell(seen.card_present), context) if anything_shown else rest(gone, context)


def rest(seen: Situation, context: Context) -> Transition:
    """Wait for the next person, or say that nobody can be served."""
    gone = replace(seen, visit=None)
    if gone.outage is not None:
        return enter(gone, OutOfService(gone.outage), context)
    if gone.card_present and gone.card_waiting:
        return enter(gone, AskingForKey(), context)
    effects = (LoadClinics(),) if context.desk is Desk.INSURANCE and not isinstance(seen.state, Rest) else ()
    return enter(gone, Rest(), context, *effects)


def watch_idle(seen: Situation, context: Context) -> Transition:
    """Ask whether somebody is still there once the time of the screen is over."""
    if not expired(seen, context):
        return Transition(seen)
    if isinstance(seen.state, AskingForKey) and not seen.card_present and not seen.state.typed:
        return rest(seen, context)
    return enter(seen, StillThere(math.ceil(context.limits.countdown), seen.state), context)


def expired(seen: Situation, context: Context) -> bool:
    return seen.deadline is not None and context.now >= seen.deadline


def seconds_left(seen: Situation, context: Context) -> int:
    return max(0, math.ceil((seen.deadline or context.now) - context.now))


def blinked(seen: Situation, context: Context) -> bool:
    """Whether a card that has just come is the one that has just left."""
    return seen.card_left is not None and context.now - seen.card_left < _BLINK_SECONDS


def beneath(state: VisitState) -> VisitState:
    """The screen that the question "are you still here?" covers, or the state itself."""
    return state.beneath if isinstance(state, StillThere) else state
