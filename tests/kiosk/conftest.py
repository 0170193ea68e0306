"""Invented people, and a stage on which a visit is played without threads or devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from kiosk.settings import CounterDesk, TimeLimits
from kiosk.visit.effects import Effect
from kiosk.visit.events import CardPlaced, CodeScanned, ReaderReady, ReadingEnded, Ticked, VisitEvent
from kiosk.visit.machine import step
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import Clinic, Desk, VisitState
from reader.checks import CheckId, passed
from reader.citizen_number import ProvinceTable, load_provinces
from reader.model import Document, Failure, Inspection, LinkStatistics, Portrait, Verdict

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
