"""Invented people, and a stage on which a visit is played without threads or devices."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn

from kiosk.settings import CounterDesk, TimeLimits
from kiosk.visit.effects import Effect
from kiosk.visit.events import CardPlaced, CodeScanned, ReaderReady, ReadingEnded, Ticked, VisitEvent
from kiosk.visit.machine import step
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import Clinic, Desk, VisitState
from reader.checks import CheckId, passed
from reader.citizen_number import ProvinceTable, load_provinces
from reader.model import Document, Failure, Inspection, LinkStatistics, Portrait, Verdict
from registry.app import create_app
from registry.client import RegistryClient
from registry.seed import CitizenRecord, hospital_clinics
from registry.settings import RegistrySettings
from registry.store import Store

TODAY = date(2026, 3, 2)


@dataclass(frozen=True)
class Person:
    """An invented citizen with the text of a card's QR code."""

    number: str
    name: str

    @property
    def qr(self) -> str:
        return f"{self.number}||{self.name}|02021990|Nam|Số 1, Xã An Bình|03032022"

    @property
    def document(self) -> Document:
        return Document(
            "ID", "VNM", self.number[3:], self.number, self.name, self.name, date(1990, 2, 2), "M", "VNM", None
        )

    def inspection(
        self, verdict: Verdict = Verdict.ACCEPT, reasons: tuple[str, ...] = (), failure: str | None = None
    ) -> Inspection:
        return Inspection(
            verdict=Verdict.NONE if failure else verdict,
            reasons=reasons,
            checks=(passed(CheckId.PASSIVE_HASHES, {"DG1": "00"}),),
            access=None,
            document=None if failure else self.document,
            files={"DG1": self.number.encode()},
            portrait=Portrait("jpeg", 1, 1, b"\x00\x01\x02"),
            timing=(),
            total_ms=1.0,
            link=LinkStatistics(),
            failure=Failure(failure, "it failed", "try again") if failure else None,
        )


@dataclass
class Stage:
    """Plays events into the machine on a clock that only `wait` moves."""

    desk: Desk
    provinces: ProvinceTable
    limits: TimeLimits = field(default_factory=TimeLimits)
    now: float = 100.0
    situation: Situation = field(default_factory=Situation)
    effects: list[Effect] = field(default_factory=list)

    @property
    def state(self) -> VisitState:
        return self.situation.state

    def send(self, *events: VisitEvent) -> VisitState:
        for event in events:
            context = Context(self.now, TODAY, self.desk, self.limits, CounterDesk().clinic(), self.provinces)
            transition = step(self.situation, event, context)
            self.situation = transition.situation
            self.effects += transition.effects
        return self.state

    def wait(self, seconds: float) -> VisitState:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            self.send(Ticked())
        return self.state

    def take(self) -> list[Effect]:
        taken, self.effects = self.effects, []
        return taken

    def read(self, person: Person, inspection: Inspection | None = None) -> VisitState:
        """Lay the person's card down, show its code, end the reading."""
        return self.send(CardPlaced(), CodeScanned(person.qr), ReadingEnded(inspection or person.inspection()))


@pytest.fixture(scope="session")
def provinces() -> ProvinceTable:
    return load_provinces()


@pytest.fixture
def stage(provinces: ProvinceTable) -> Callable[[Desk], Stage]:
    def build(desk: Desk = Desk.INSURANCE) -> Stage:
        built = Stage(desk, provinces)
        built.send(ReaderReady())
        built.take()
        return built

    return build


@pytest.fixture(scope="session")
def lan() -> Person:
    return Person("001190000001", "Nguyễn Thị Lan")


@pytest.fixture(scope="session")
def minh() -> Person:
    return Person("079090000002", "Trần Văn Minh")


@pytest.fixture(scope="session")
def clinics() -> tuple[Clinic, ...]:
    return (
        Clinic("general", "Khám tổng quát", "General medicine", "P.101", "Tầng 1", "First floor", 4),
        Clinic("eyes", "Mắt", "Eyes", "P.203", "Tầng 2", "Second floor", 0),
    )


@pytest.fixture(scope="session")
def insured() -> Person:
    return Person("001190000001", "Nguyễn Thị Lan")


@pytest.fixture
def registry_store(tmp_path: Path) -> Iterator[Store]:
    """A registry with one insured person, two clinics and the insurance counter."""
    settings = RegistrySettings(f"sqlite:///{tmp_path / 'registry.db'}")
    store = Store(settings, clock=lambda: datetime.now(UTC), new_id=lambda: secrets.token_hex(16))
    store.create_tables()
    store.add_clinics(clinic for clinic in hospital_clinics() if clinic.id in ("general", "eyes", "counter"))
    today = datetime.now(UTC).date()
    lan = CitizenRecord(
        personal_number="001190000001",
        name="Nguyễn Thị Lan",
        birth_date=date(1990, 2, 2),
        sex="M",
        insurance_number="GD4010000000001",
        insured_from=today - timedelta(days=100),
        insured_until=today + timedelta(days=100),
    )
    store.add_citizens([lan.row()])
    yield store
    store.close()


@pytest.fixture
def registry(registry_store: Store) -> Iterator[RegistryClient]:
    """The kiosk's way to a real registry that listens on loopback."""
    app = create_app(registry_store)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        with RegistryClient(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            while not client.ready():
                time.sleep(0.01)
            yield client
        server.should_exit = True
        thread.join()


@pytest.fixture
def count_check_ins(registry_store: Store) -> Callable[[], int]:
    return registry_store.count_check_ins
