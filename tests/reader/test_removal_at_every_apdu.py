"""A card that is taken away at any command of a reading and put back is read all the same, and never for ever."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cli import errors
from cli.reading import exit_code, unread
from firmware_profiles.schema import ReaderProfile
from reader.errors import CardRemoved, LinkTimeout, NoCard, NoReader, ReaderError, ReaderLost, ServiceUnavailable
from reader.inspection import Inspector
from reader.model import Inspection, Verdict
from reader.patient_reading import read_patiently
from reader.policy import Policy
from reader.progress import IdentityVerified, PortraitVerified, Progressed
from reader.transport import Transport
from tests.reader.cases import FAST, NOW, SHORT, Cases, Slot, opening_for

GONE: tuple[Callable[[], ReaderError], ...] = (
    lambda: CardRemoved("the card left the reader"),
    lambda: ReaderLost("the reader went away"),
)
NOT_BACK_YET: tuple[Callable[[], ReaderError] | None, ...] = (
    None,
    lambda: NoCard("there is no card"),
    lambda: NoReader("the reader's name is not there yet"),
    lambda: ServiceUnavailable("the service is starting"),
)


TakenAt = Callable[[int, int], ReaderError | None]
"""Number of the command over all connections and in this one: why the card does not answer any more."""


class Place:
    """Where a card lies that is taken away at given commands."""

    def __init__(self, slot: Slot, taken_at: TakenAt) -> None:
        self.slot = slot
        self.taken_at = taken_at
        self.total = self.since_connected = self.waits = 0
        self.not_back_yet: list[ReaderError] = []

    @contextmanager
    def connect(self) -> Iterator[Transport]:
        self.since_connected = 0
        if self.waits and self.not_back_yet:
            raise self.not_back_yet.pop()
        with self.slot.connect():
            yield self

    def wait_for_card(self, seconds: float) -> bool:
        self.waits += 1
        return seconds > 0

    def transmit(self, command: bytes) -> bytes:
        self.total += 1
        self.since_connected += 1
        error = self.taken_at(self.total, self.since_connected)
        if error is not None:
            raise error
        return self.slot.transmit(command)


def place_of(cases: Cases, taken_at: TakenAt, kind: type[Place] = Place) -> Place:
    return kind(Slot(cases.card("cccd").chip(random.Random(7).randbytes)), taken_at)


def inspector(cases: Cases, profile: ReaderProfile, clock: Callable[[], float] = time.perf_counter) -> Inspector:
    return Inspector(cases.trust, Policy(), profile, random.Random(2).randbytes, clock)


def read(cases: Cases, profile: ReaderProfile, place: Place, events: list[object] | None = None) -> Inspection:
    heard = [] if events is None else events
    opening = opening_for(cases.card("cccd"))
    return read_patiently(inspector(cases, profile), place, opening, at=NOW, listener=heard.append)


def never(total: int, since_connected: int) -> ReaderError | None:
    return None


@pytest.mark.parametrize(("profile", "at_least"), [(FAST, 20), (SHORT, 85)])
def test_taken_away_at_every_command_in_turn(cases: Cases, profile: ReaderProfile, at_least: int) -> None:
    whole = place_of(cases, never)
    undisturbed = read(cases, profile, whole)
    assert undisturbed.verdict is Verdict.ACCEPT
    assert whole.total >= at_least
    for index in range(1, whole.total + 1):
        gone = GONE[index % len(GONE)]
        place = place_of(cases, lambda total, _, at=index, gone=gone: gone() if total == at else None)
        if (not_yet := NOT_BACK_YET[index % len(NOT_BACK_YET)]) is not None:
            place.not_back_yet.append(not_yet())
        events: list[object] = []
        found = read(cases, profile, place, events)
        assert found.verdict is Verdict.ACCEPT, index
        assert [(check.id, check.status, check.reason) for check in found.checks] == [
            (check.id, check.status, check.reason) for check in undisturbed.checks
        ], index
        assert (found.document, dict(found.files)) == (undisturbed.document, dict(undisturbed.files)), index
        assert place.waits >= 1
        # Access control, EF.SOD and what proves the chip are done again; no block of another file is read twice.
        assert place.total <= whole.total + 30, index
        fractions = [event.fraction for event in events if isinstance(event, Progressed)]
        assert fractions == sorted(fractions), index
        assert any(isinstance(event, IdentityVerified) for event in events)
        assert any(isinstance(event, PortraitVerified) for event in events)


@pytest.mark.parametrize("profile", [FAST, SHORT])
@pytest.mark.parametrize("gone", GONE)
def test_taken_away_at_every_attempt(cases: Cases, profile: ReaderProfile, gone: Callable[[], ReaderError]) -> None:
    """At any command that comes before something new was read, a bounded number of attempts ends the reading."""
    for index in range(1, 9):
        place = place_of(cases, lambda _, since, at=index: gone() if since == at else None)
        started = time.monotonic()
        with pytest.raises((CardRemoved, ReaderLost)) as caught:
            read(cases, profile, place)
        assert time.monotonic() - started < 10
        assert place.total <= 25 * index
        error = caught.value
        assert error.code == gone().code
        assert exit_code(unread(error.code, error.message, error.remedy)) == errors.LINK_FAILED


def test_taken_away_in_each_attempt_a_little_later(cases: Cases) -> None:
    """Whoever cannot keep still gets there, as long as every attempt brings something."""
    place = place_of(cases, lambda _, since: CardRemoved("lifted") if since == 30 else None)
    found = read(cases, SHORT, place)
    assert found.verdict is Verdict.ACCEPT
    assert place.waits > 5


def test_a_card_that_does_not_come_back(cases: Cases) -> None:
    class Lifted(Place):
        def wait_for_card(self, seconds: float) -> bool:
            return False

    place = place_of(cases, lambda total, _: CardRemoved("lifted") if total == 50 else None, Lifted)
    with pytest.raises(CardRemoved):
        read(cases, SHORT, place)
    assert place.total == 50


@pytest.mark.parametrize(("away", "code"), [(0.0, LinkTimeout.code), (4.0, LinkTimeout.code), (12.0, CardRemoved.code)])
def test_the_time_for_all_of_it_ends_also_between_attempts(cases: Cases, away: float, code: str) -> None:
    now = 0.0

    class Slow(Place):
        """Half a second a command; the card is away for so long."""

        def transmit(self, command: bytes) -> bytes:
            nonlocal now
            now += 0.5
            return super().transmit(command)

        def wait_for_card(self, seconds: float) -> bool:
            nonlocal now
            now += min(seconds, away)
            return seconds > away

    place = place_of(cases, lambda _, since: CardRemoved("lifted") if away and since == 20 else None, Slow)
    by, opening = inspector(cases, SHORT, lambda: now), opening_for(cases.card("cccd"))
    try:
        found = read_patiently(by, place, opening, at=NOW, listener=lambda _: None, seconds=20.0)
    except CardRemoved as error:
        ended_by = error.code
    else:
        assert found.failure is not None
        ended_by = found.failure.code
    assert ended_by == code
    assert 20.0 <= now <= 20.5
    # No session is begun that could not send a command.
    assert place.since_connected > 0
