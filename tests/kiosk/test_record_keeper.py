from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from kiosk.outbox import Outbox, RecordState
from kiosk.record_keeper import RecordKeeper
from kiosk.settings import Settings
from kiosk.visit.effects import NoteDenial, Record
from kiosk.visit.events import Recorded, RecordingFailed, StoreGone, StoreReady, VisitEvent
from reader.model import Verdict
from registry.client import RegistryClient


class HandClock:
    def __init__(self) -> None:
        self.steady = 100.0

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.steady

    def boot_id(self) -> str:
        return "boot"


class Keeping:
    """A keeper with its own two threads, and what it posted."""

    def __init__(self, folder: Path, client: RegistryClient) -> None:
        self.clock = HandClock()
        self.settings = Settings(data=folder)
        self.posted: list[VisitEvent] = []
        self.faults: list[BaseException] = []
        self.opened = threading.Event()
        self.keeper = RecordKeeper(
            self.settings,
            self.open_outbox,
            client,
            self.clock,
            lambda: 1.0,
            self.posted.append,
            lambda clinics: self.opened.set(),
            self.faults.append,
        )

    def open_outbox(self) -> Outbox:
        return Outbox.open(self.settings.outbox_file, self.settings.key_file, clock=self.clock)

    def start(self) -> None:
        self.keeper.store.start()
        self.keeper.sending.start()
        self.keeper.open()
        assert self.opened.wait(5)

    def until(self, kind: type[VisitEvent], seconds: float = 5.0) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tick()
            found = [event for event in self.posted if isinstance(event, kind)]
            if found:
                return found[-1]
            time.sleep(0.005)
        raise AssertionError(f"no {kind.__name__} among {self.posted}")

    def tick(self) -> None:
        told = self.keeper.tick()
        if told is not None:
            self.posted.append(told)

    def finish(self) -> list[RecordState]:
        for worker in (self.keeper.store, self.keeper.sending):
            worker.stop()
            assert worker.join(5)
        self.keeper.close()
        with self.open_outbox() as outbox:
            outbox.trail.verify()
            return [record.state for record in outbox.records()]


@pytest.fixture
def silence() -> Iterator[threading.Event]:
    """The registry answers nothing until this is set."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def keeping(tmp_path: Path, silence: threading.Event) -> Iterator[Keeping]:
    def stall(request: httpx.Request) -> httpx.Response:
        silence.wait(5)
        raise httpx.ReadTimeout("late")

    with RegistryClient("http://registry.invalid", transport=httpx.MockTransport(stall)) as client:
        yield Keeping(tmp_path, client)


@pytest.fixture
def record(insured: Any) -> Record:
    return Record(7, insured.document, Verdict.ACCEPT, (), None, None)


def test_a_person_waits_for_the_registry_no_longer_than_set(
    keeping: Keeping, record: Record, silence: threading.Event
) -> None:
    keeping.start()
    keeping.keeper.keep(record)
    time.sleep(0.1)
    keeping.tick()
    assert [type(event) for event in keeping.posted] == [StoreReady]
    keeping.clock.steady += keeping.settings.registry.receipt_seconds
    recorded = keeping.until(Recorded)
    assert (recorded.job, recorded.ticket.number, recorded.ticket.confirmed) == (7, "K1-001", False)
    silence.set()
    assert keeping.finish() == [RecordState.SEALED]


def test_what_was_given_up_is_not_stored(keeping: Keeping, record: Record) -> None:
    keeping.start()
    keeping.keeper.abandon(record.job)
    keeping.keeper.keep(record)
    assert keeping.finish() == []
    assert [type(event) for event in keeping.posted] == [StoreReady]


def test_what_is_stored_too_late_is_kept_from_the_registry(keeping: Keeping, record: Record) -> None:
    keeping.start()
    outbox = keeping.keeper._outbox
    assert outbox is not None
    inner = outbox.capture

    def slow_disk(*given: Any, **named: Any) -> Any:
        slot = inner(*given, **named)
        keeping.clock.steady += keeping.settings.limits.recording
        return slot

    outbox.capture = slow_disk  # type: ignore[method-assign]
    keeping.keeper.keep(record)
    assert keeping.finish() == [RecordState.REJECTED]
    assert not any(isinstance(event, Recorded) for event in keeping.posted)


def test_what_is_given_up_while_the_disk_commits_is_kept_from_the_registry(keeping: Keeping, record: Record) -> None:
    keeping.start()
    outbox = keeping.keeper._outbox
    assert outbox is not None
    inner = outbox.capture

    def slow_disk(*given: Any, **named: Any) -> Any:
        slot = inner(*given, **named)
        keeping.keeper.abandon(record.job)
        return slot

    outbox.capture = slow_disk  # type: ignore[method-assign]
    keeping.keeper.keep(record)
    assert keeping.finish() == [RecordState.REJECTED]
    assert not any(isinstance(event, Recorded) for event in keeping.posted)


def test_an_outbox_that_opens_but_takes_nothing_is_closed_again(keeping: Keeping) -> None:
    opened: list[Outbox] = []
    usable = keeping.open_outbox

    def full_disk() -> Outbox:
        opened.append(usable())
        opened[-1]._connection.pragma("query_only", len(opened) == 1)
        return opened[-1]

    keeping.keeper._open_outbox = full_disk
    keeping.start()
    assert [type(event) for event in keeping.posted] == [StoreGone]
    with pytest.raises(apsw.ConnectionClosedError):
        opened[0]._connection.pragma("user_version")
    keeping.keeper.store.submit(keeping.keeper._tend)
    keeping.until(StoreReady)
    keeping.finish()


def test_a_store_that_fails_is_told_and_comes_back_by_itself(keeping: Keeping, record: Record) -> None:
    keeping.start()
    outbox = keeping.keeper._outbox
    assert outbox is not None
    outbox._connection.pragma("query_only", True)
    keeping.keeper.keep(record)
    assert keeping.until(RecordingFailed).code == "store.unusable"
    keeping.until(StoreGone)
    keeping.posted.clear()
    keeping.keeper.store.submit(keeping.keeper._tend)
    time.sleep(0.05)
    assert keeping.posted == [], "still not"
    outbox._connection.pragma("query_only", False)
    keeping.keeper.store.submit(keeping.keeper._tend)
    keeping.until(StoreReady)
    assert keeping.finish() == []


def test_denials_are_written_down_under_a_pseudonym(keeping: Keeping, insured: Any) -> None:
    keeping.start()
    keeping.keeper.note_denial(NoteDenial(Verdict.REJECT, ("passive.hashes",), insured.document))
    keeping.keeper.note_denial(NoteDenial(Verdict.REVIEW, ("passive.chain",), None))
    keeping.finish()
    with keeping.open_outbox() as outbox:
        _, known, unknown = outbox.trail.events()
    assert (known.kind, known.facts["codes"]) == ("visit.denied", "passive.hashes")
    assert known.subject is not None
    assert unknown.subject is None
    assert insured.number not in str(known)
