from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from kiosk.clock import SystemClock
from kiosk.conductor import Conductor, Equipment
from kiosk.errors import KeyLost
from kiosk.outbox import Outbox, RecordState
from kiosk.settings import Settings
from kiosk.visit.events import ClinicChosen, CodeScanned, Continued, WentBack
from kiosk.visit.states import (
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Desk,
    Farewell,
    HereYouAre,
    InsuranceStanding,
    OutOfService,
    OutOfServiceReason,
    Problem,
    ProblemKind,
    Reading,
    Recording,
    Rest,
    TicketIssued,
    VisitState,
)
from reader.citizen_number import ProvinceTable
from reader.errors import CardRemoved, KeyRefused, LinkError
from reader.keys import Opening
from reader.model import Inspection
from reader.progress import IdentityVerified, Phase, Progressed, ProgressListener
from reader.watcher import (
    CardInserted,
    CardRemovedEvent,
    ReaderConnected,
    ReaderDisconnected,
    ServiceFound,
    ServiceLost,
    WatcherEvent,
)
from registry.client import RegistryClient

READER = "Virtual PCD 00 00"
T = TypeVar("T", bound=VisitState)


@dataclass
class HandWatcher:
    """Reports what the test says."""

    report: Callable[[WatcherEvent], None]
    started: threading.Event = field(default_factory=threading.Event)
    stopped: bool = False

    def start(self) -> None:
        self.report(ServiceFound())
        self.report(ReaderConnected(READER))
        self.started.set()

    def stop(self) -> None:
        self.stopped = True

    def lay_card(self) -> None:
        self.report(CardInserted(READER, b""))

    def take_card(self) -> None:
        self.report(CardRemovedEvent(READER))


@dataclass
class ScriptedReading:
    """Reads as the test's script says, one entry a call; remembers how far it came, as a real one does."""

    script: list[Callable[[ProgressListener, threading.Event], Inspection]]
    calls: list[str]

    def read(self, reader: str, listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        self.calls.append(reader)
        return self.script.pop(0)(listener, cancelled)


class Kiosk:
    """A conductor with a scripted document and everything else real."""

    def __init__(self, folder: Path, client: RegistryClient, provinces: ProvinceTable, **given: Any) -> None:
        self.folder = folder
        self.settings = Settings(data=folder, **given)
        self.script: list[Callable[[ProgressListener, threading.Event], Inspection]] = []
        self.calls: list[str] = []
        self.openings: list[Opening] = []
        self.camera: list[bool] = []
        self.states: list[VisitState] = []
        self._changed = threading.Condition()
        equipment = Equipment(
            watch=self._watch,
            suitable=lambda name: True,
            begin_reading=self._begin,
            registry=client,
            open_outbox=self.open_outbox,
            set_camera=self.camera.append,
            provinces=provinces,
            clock=SystemClock(),
            chance=lambda: 0.0,
        )
        self.conductor = Conductor(self.settings, equipment)
        self.conductor.subscribe(self._seen)

    def open_outbox(self) -> Outbox:
        return Outbox.open(self.settings.outbox_file, self.settings.key_file, clock=SystemClock())

    def until(self, kind: type[T], fits: Callable[[T], bool] = lambda state: True, seconds: float = 8.0) -> T:
        """Wait for a state that has not been waited for yet."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                while self.states:
                    state = self.states.pop(0)
                    if isinstance(state, kind) and fits(state):
                        return state
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no {kind.__name__}, but {self.conductor.state!r}")

    def _seen(self, state: VisitState) -> None:
        with self._changed:
            self.states.append(state)
            self._changed.notify_all()

    def _watch(self, report: Callable[[WatcherEvent], None]) -> HandWatcher:
        self.watcher = HandWatcher(report)
        return self.watcher

    def _begin(self, opening: Opening) -> ScriptedReading:
        self.openings.append(opening)
        return ScriptedReading(self.script, self.calls)


@pytest.fixture
def make_kiosk(tmp_path: Path, registry: RegistryClient, provinces: ProvinceTable) -> Iterator[Callable[..., Kiosk]]:
    made: list[Kiosk] = []

    def build(client: RegistryClient = registry, start: bool = True, **given: Any) -> Kiosk:
        kiosk = Kiosk(tmp_path, client, provinces, **given)
        made.append(kiosk)
        if start:
            kiosk.conductor.start()
            kiosk.until(Rest)
        return kiosk

    yield build
    for kiosk in made:
        kiosk.conductor.stop(5)


@pytest.fixture
def nowhere() -> Iterator[RegistryClient]:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network")

    with RegistryClient("http://registry.invalid", transport=httpx.MockTransport(refuse)) as client:
        yield client


def reads(person: Any) -> Callable[[ProgressListener, threading.Event], Inspection]:
    def script(listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        listener(Progressed(Phase.OPENING, "access", 0.1))
        listener(IdentityVerified(person.document))
        inspection: Inspection = person.inspection()
        return inspection

    return script


def test_from_card_to_confirmed_ticket(make_kiosk: Callable[..., Kiosk], insured: Any) -> None:
    kiosk = make_kiosk()
    kiosk.script.append(reads(insured))
    kiosk.watcher.lay_card()
    kiosk.until(AskingForKey)
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(Reading, lambda state: state.document == insured.document)
    kiosk.until(
        HereYouAre, lambda state: state.insurance is not None and state.insurance.standing is InsuranceStanding.VALID
    )
    kiosk.conductor.post(Continued())
    menu = kiosk.until(ChoosingClinic).clinics
    assert [clinic.id for clinic in menu] == ["general", "eyes"], "the counter is on no menu"
    kiosk.conductor.post(ClinicChosen("eyes"))
    issued = kiosk.until(TicketIssued)
    assert (issued.ticket.number, issued.ticket.confirmed) == ("D001", True)
    assert kiosk.conductor.stop()
    outbox = kiosk.open_outbox()
    (record,) = outbox.records()
    assert record.state in (RecordState.ACKNOWLEDGED, RecordState.PURGED)
    kinds = [event.kind for event in outbox.trail.events()]
    assert kinds == ["kiosk.started", "visit.checked_in", "record.delivered", "kiosk.stopped"]


def test_without_network_the_visit_is_recorded_and_sent_when_it_is_back(
    make_kiosk: Callable[..., Kiosk],
    nowhere: RegistryClient,
    registry: RegistryClient,
    insured: Any,
    count_check_ins: Callable[[], int],
) -> None:
    kiosk = make_kiosk(nowhere)
    kiosk.script.append(reads(insured))
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(
        HereYouAre,
        lambda state: state.insurance is not None and state.insurance.standing is InsuranceStanding.UNCONFIRMED,
    )
    kiosk.conductor.post(Continued())
    ticket = kiosk.until(TicketIssued).ticket
    assert (ticket.number, ticket.confirmed, ticket.clinic and ticket.clinic.id) == ("K1-001", False, "counter")
    assert kiosk.conductor.stop()
    before = count_check_ins()
    again = make_kiosk(registry)
    deadline = time.monotonic() + 10
    while count_check_ins() == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert count_check_ins() == before + 1
    assert again.conductor.stop()


def test_a_slow_registry_does_not_hold_the_ticket_back(make_kiosk: Callable[..., Kiosk], insured: Any) -> None:
    answer = threading.Event()

    def stall(request: httpx.Request) -> httpx.Response:
        answer.wait(5)
        raise httpx.ReadTimeout("late")

    with RegistryClient("http://registry.invalid", transport=httpx.MockTransport(stall)) as slow:
        kiosk = make_kiosk(slow, desk="residence", registry={"receipt_seconds": 0.3})
        kiosk.script.append(reads(insured))
        kiosk.watcher.lay_card()
        kiosk.conductor.post(CodeScanned(insured.qr))
        kiosk.until(HereYouAre)
        kiosk.conductor.post(Continued())
        ticket = kiosk.until(TicketIssued, seconds=3).ticket
        assert (ticket.number, ticket.confirmed, ticket.clinic) == ("K1-001", False, None)
        answer.set()
        assert kiosk.conductor.stop()


@pytest.mark.parametrize("answering", [True, False], ids=["registry answers", "registry is silent"])
def test_a_kiosk_that_was_held_up_says_of_a_stored_record_what_is_true(
    make_kiosk: Callable[..., Kiosk], registry: RegistryClient, insured: Any, answering: bool
) -> None:
    released = threading.Event()

    class Silent(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            released.wait(10)
            raise httpx.ReadTimeout("late")

    limits = {"recording": 2.5}
    silent = RegistryClient("http://registry.invalid", transport=Silent())
    kiosk = make_kiosk(
        registry if answering else silent, desk=Desk.RESIDENCE, limits=limits, registry={"receipt_seconds": 0.3}
    )

    def hold_up(state: VisitState) -> None:
        if isinstance(state, Recording):
            # As a laptop that is closed, or a machine that swaps: longer than a record may take.
            time.sleep(3.0)

    kiosk.conductor.subscribe(hold_up)
    kiosk.script.append(reads(insured))
    kiosk.watcher.lay_card()
    kiosk.until(AskingForKey)
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(HereYouAre)
    kiosk.conductor.post(Continued())
    kiosk.until(Recording)
    ended = kiosk.until(TicketIssued | Problem)  # type: ignore[arg-type]
    released.set()
    assert kiosk.conductor.stop()
    with kiosk.open_outbox() as outbox:
        (record,) = outbox.records() or (None,)
    told = isinstance(ended, TicketIssued)
    assert told == (record is not None and record.state is not RecordState.REJECTED)


def test_the_menu_survives_a_restart_without_network(
    make_kiosk: Callable[..., Kiosk], nowhere: RegistryClient, insured: Any
) -> None:
    online = make_kiosk()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        time.sleep(0.05)
        outbox = online.open_outbox()
        kept = outbox.setting("clinics")
        outbox.close()
        if kept:
            break
    assert online.conductor.stop()
    kiosk = make_kiosk(nowhere)
    kiosk.script.append(reads(insured))
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(
        HereYouAre,
        lambda state: state.insurance is not None and state.insurance.standing is InsuranceStanding.UNCONFIRMED,
    )
    kiosk.conductor.post(Continued())
    assert [clinic.id for clinic in kiosk.until(ChoosingClinic).clinics] == ["general", "eyes"]


def test_a_lifted_card_goes_on_with_the_same_reading(make_kiosk: Callable[..., Kiosk], insured: Any) -> None:
    def interrupted(listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        listener(Progressed(Phase.PHOTO, "DG2", 0.6))
        raise CardRemoved("lifted")

    kiosk = make_kiosk(desk="residence")
    kiosk.script += [interrupted, reads(insured)]
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    assert kiosk.until(CardLifted).fraction == 0.6
    kiosk.watcher.take_card()
    kiosk.watcher.lay_card()
    assert kiosk.until(Reading).fraction == 0.6
    kiosk.until(HereYouAre)
    assert len(kiosk.openings) == 1, "one reading, so that nothing is read twice"
    assert kiosk.calls == [READER, READER]


def test_another_person_never_gets_the_reading_of_the_last(
    make_kiosk: Callable[..., Kiosk], insured: Any, minh: Any
) -> None:
    kiosk = make_kiosk(desk="residence")
    cancelled_seen = threading.Event()

    def endless(listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        listener(IdentityVerified(insured.document))
        assert cancelled.wait(5)
        cancelled_seen.set()
        raise LinkError("given up", code="link.cancelled")

    kiosk.script += [endless, reads(minh)]
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(Reading, lambda state: state.document is not None)
    kiosk.conductor.post(WentBack())
    kiosk.until(Farewell)
    assert cancelled_seen.wait(2)
    kiosk.watcher.take_card()
    time.sleep(0.6)
    kiosk.watcher.lay_card()
    kiosk.until(AskingForKey)
    kiosk.conductor.post(CodeScanned(minh.qr))
    assert kiosk.until(HereYouAre).document == minh.document
    assert len(kiosk.openings) == 2


def test_every_fault_of_a_reading_has_its_screen(make_kiosk: Callable[..., Kiosk], insured: Any) -> None:
    def refused(listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        raise KeyRefused("refused")

    def defect(listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        raise ZeroDivisionError(insured.number)

    for script, expected in (
        (refused, (ProblemKind.WRONG_KEY, "access.key_refused")),
        (defect, (ProblemKind.READING_FAILED, "kiosk.defect")),
    ):
        kiosk = make_kiosk(desk="residence")
        kiosk.script.append(script)
        kiosk.watcher.lay_card()
        kiosk.conductor.post(CodeScanned(insured.qr))
        problem = kiosk.until(Problem)
        assert (problem.kind, problem.code) == expected
        assert kiosk.conductor.stop()


def test_a_defect_names_its_place_and_nobody(
    make_kiosk: Callable[..., Kiosk], insured: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def defect(listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        raise ValueError(insured.number)

    kiosk = make_kiosk(desk="residence")
    kiosk.script.append(defect)
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(Problem)
    assert "ValueError at test_conductor.py" in caplog.text
    assert insured.number not in caplog.text


def test_readers_and_service_come_and_go(make_kiosk: Callable[..., Kiosk], insured: Any) -> None:
    kiosk = make_kiosk(desk="residence")
    kiosk.watcher.report(ReaderDisconnected(READER))
    assert kiosk.until(OutOfService).reason is OutOfServiceReason.READER_LOST
    kiosk.watcher.report(ServiceLost())
    assert kiosk.until(OutOfService).reason is OutOfServiceReason.NO_SERVICE
    kiosk.watcher.report(ServiceFound())
    assert kiosk.until(OutOfService).reason is OutOfServiceReason.NO_READER
    kiosk.watcher.report(ReaderConnected(READER))
    kiosk.until(Rest)
    kiosk.script.append(reads(insured))
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(HereYouAre)


def test_without_its_key_the_kiosk_is_out_of_service(make_kiosk: Callable[..., Kiosk], insured: Any) -> None:
    kiosk = make_kiosk(desk="residence")
    kiosk.script.append(reads(insured))
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(HereYouAre)
    with Outbox.open(kiosk.settings.outbox_file, kiosk.settings.key_file, clock=SystemClock()) as outbox:
        outbox.capture("check-in", lambda slot: b"{}", identity="VNM:1")
    assert kiosk.conductor.stop()
    kiosk.settings.key_file.unlink()
    shut = make_kiosk(desk="residence", start=False)
    with pytest.raises(KeyLost):
        shut.open_outbox()
    shut.conductor.start()
    assert shut.until(OutOfService, lambda state: state.reason is OutOfServiceReason.STORE_UNUSABLE)
    assert shut.watcher.started.wait(2)
    shut.watcher.lay_card()
    time.sleep(0.3)
    assert shut.conductor.state == OutOfService(OutOfServiceReason.STORE_UNUSABLE)
    assert not shut.settings.key_file.exists()


def test_a_listener_that_fails_harms_no_visit(make_kiosk: Callable[..., Kiosk]) -> None:
    kiosk = make_kiosk(start=False, desk="residence")
    seen: list[VisitState] = []

    def fail(state: VisitState) -> None:
        seen.append(state)
        if len(seen) > 1:
            raise RuntimeError

    unsubscribe = kiosk.conductor.subscribe(fail)
    assert seen == [OutOfService(OutOfServiceReason.NO_READER)], "a listener is told the present state at once"
    kiosk.conductor.start()
    kiosk.until(Rest)
    assert Rest() in seen
    unsubscribe()
    count = len(seen)
    kiosk.watcher.lay_card()
    kiosk.until(AskingForKey)
    assert len(seen) == count


def test_the_camera_is_on_only_while_a_code_is_looked_for(make_kiosk: Callable[..., Kiosk], insured: Any) -> None:
    kiosk = make_kiosk(desk=Desk.RESIDENCE)
    assert kiosk.camera == [True]
    kiosk.script.append(reads(insured))
    kiosk.watcher.lay_card()
    kiosk.conductor.post(CodeScanned(insured.qr))
    kiosk.until(HereYouAre)
    assert kiosk.camera == [True, False]


def test_stopping_ends_every_thread(make_kiosk: Callable[..., Kiosk]) -> None:
    before = set(threading.enumerate())
    kiosk = make_kiosk(desk="residence")
    assert kiosk.conductor.stop(5)
    assert kiosk.watcher.stopped
    assert set(threading.enumerate()) - before == set()
