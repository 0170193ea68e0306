"""The visit as a pure function: a situation and an event in, the next situation and what is to be done out.

It knows no thread, no device and no widget. `kiosk.visit.states` draws the way; the modules beside this one, one a
stage of the visit, say what leads from one state to another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.visit.arrival import asking_for_card, asking_for_key, at_rest
from kiosk.visit.effects import Effect, ForgetPerson, SetCamera, StopReading
from kiosk.visit.ending import RETRIABLE, farewell, problem
from kiosk.visit.events import (
    CardPlaced,
    CardTaken,
    ClinicChosen,
    CodeScanned,
    Continued,
    DigitErased,
    DigitTyped,
    InsuranceAnswered,
    KeyGiven,
    ReaderGone,
    ReaderReady,
    ReadingEnded,
    ReadingInterrupted,
    StoreGone,
    StoreReady,
    Ticked,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.reading import card_lifted, reading
from kiosk.visit.service import choosing_clinic, here_you_are, recording, ticket_issued
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import (
    AskingForCard,
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Farewell,
    HereYouAre,
    OutOfService,
    Problem,
    Reading,
    Recording,
    Rest,
    StillThere,
    TicketIssued,
    VisitState,
)
from kiosk.visit.transition import Transition, beneath, blinked, enter, expired, leave, rest, seconds_left

_SCANNABLE: Final = (Rest, AskingForKey)
# With the reading behind them, these go on to their end although the reader or the store is gone.
_PAST_READING: Final = (HereYouAre, ChoosingClinic, Recording, TicketIssued, Farewell, Problem)
_WATCHED: Final = (AskingForKey, AskingForCard, HereYouAre, ChoosingClinic)

_Person = (
    CardPlaced
    | CardTaken
    | CodeScanned
    | KeyGiven
    | DigitTyped
    | DigitErased
    | Continued
    | WentBack
    | ClinicChosen
    | Touched
)


def step(situation: Situation, event: VisitEvent, context: Context) -> Transition:
    """Lead a visit on by one event. Total: every event may come in every state."""
    seen = _perceive(situation, event, context)
    moved = _react(seen, event, context)
    after = moved.situation
    if after.state is situation.state and isinstance(event, _Person) and isinstance(after.state, _WATCHED):
        moved = enter(after, after.state, context)
        after = moved.situation
    return Transition(after, (*_clean_up(situation, event, after), *moved.effects, *_camera(situation, after)))


def _perceive(situation: Situation, event: VisitEvent, context: Context) -> Situation:
    """What an event tells about devices, whatever the screen shows."""
    match event:
        case CardPlaced():
            same = blinked(situation, context)
            return replace(
                situation,
                card_present=True,
                card_served=situation.card_served and same,
                card_waiting=situation.card_waiting or not same,
                arrivals=situation.arrivals + 1,
            )
        case CardTaken():
            return replace(situation, card_present=False, card_left=context.now)
        case ReaderReady():
            return replace(situation, reader_outage=None)
        case ReaderGone(reason=reason):
            return replace(situation, reader_outage=reason, card_present=False, card_left=None)
        case StoreReady():
            return replace(situation, store_usable=True)
        case StoreGone():
            return replace(situation, store_usable=False)
        case _:
            return situation


def _react(seen: Situation, event: VisitEvent, context: Context) -> Transition:
    if isinstance(event, ReaderGone | StoreGone) and not isinstance(beneath(seen.state), _PAST_READING):
        return rest(seen, context)
    match seen.state:
        case OutOfService():
            return _out_of_service(seen, context)
        case Rest():
            return at_rest(seen, event, context)
        case AskingForKey() as state:
            return asking_for_key(seen, state, event, context)
        case AskingForCard():
            return asking_for_card(seen, event, context)
        case Reading() as state:
            return reading(seen, state, event, context)
        case CardLifted() as state:
            return card_lifted(seen, state, event, context)
        case HereYouAre() as state:
            return here_you_are(seen, state, event, context)
        case ChoosingClinic() as state:
            return choosing_clinic(seen, state, event, context)
        case Recording() as state:
            return recording(seen, state, event, context)
        case TicketIssued() as state:
            return ticket_issued(seen, state, event, context)
        case Farewell():
            return farewell(seen, event, context)
        case Problem() as state:
            return problem(seen, state, event, context)
        case StillThere() as state:
            return _still_there(seen, state, event, context)


def _out_of_service(seen: Situation, context: Context) -> Transition:
    if seen.outage is None and seen.card_present:
        return enter(seen, AskingForKey(), context)
    return rest(seen, context)


def _still_there(seen: Situation, state: StillThere, event: VisitEvent, context: Context) -> Transition:
    match event:
        case Ticked() if expired(seen, context):
            return leave(seen, context)
        case Ticked():
            return Transition(replace(seen, state=replace(state, seconds_left=seconds_left(seen, context))))
        case Touched() | Continued() | WentBack():
            return enter(seen, state.beneath, context)
    moved = _react(replace(seen, state=state.beneath), event, context)
    if isinstance(event, CardTaken | InsuranceAnswered) and type(moved.state) is type(state.beneath):
        # Nobody has touched anything: the countdown goes on over the new facts.
        return Transition(replace(moved.situation, state=replace(state, beneath=moved.state)), moved.effects)
    if moved.state is not state.beneath:
        return moved
    return enter(moved.situation, moved.state, context) if isinstance(event, _Person) else Transition(seen)


def _clean_up(before: Situation, event: VisitEvent, after: Situation) -> tuple[Effect, ...]:
    """A reading that nobody waits for ends, and a person who left is forgotten, whichever way led out."""
    left = before.visit
    if left is None:
        return ()
    kept = after.visit if after.visit is not None and after.visit.number == left.number else None
    effects: list[Effect] = []
    ended = isinstance(event, ReadingEnded | ReadingInterrupted) and event.job in (None, left.reading)
    if left.reading is not None and not ended and (kept is None or kept.reading != left.reading):
        effects.append(StopReading(left.reading))
    if kept is None:
        effects.append(ForgetPerson())
    return tuple(effects)


def _camera(before: Situation, after: Situation) -> tuple[Effect, ...]:
    was, wanted = _wants_camera(before.state), _wants_camera(after.state)
    return () if was is wanted else (SetCamera(wanted),)


def _wants_camera(state: VisitState) -> bool:
    shown = beneath(state)
    return isinstance(shown, _SCANNABLE) or (isinstance(shown, Problem) and shown.kind in RETRIABLE)
