"""One invented person, and every screen that a visit can show them. Tests run without a display."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtGui import QGuiApplication

from kiosk.visit.states import (
    AskingForCard,
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Clinic,
    Desk,
    Face,
    Farewell,
    HereYouAre,
    Insurance,
    InsuranceStanding,
    OutOfService,
    OutOfServiceReason,
    Problem,
    ProblemKind,
    Reading,
    Recording,
    Rest,
    StillThere,
    Ticket,
    TicketIssued,
    VisitState,
)
from reader.checks import CheckId, failed, inconclusive, not_applicable, passed, unavailable
from reader.model import Document, Verdict
from reader.progress import Phase
from ui.measures import PORTRAIT, ScreenGeometry
from ui.screenshots import headless_application, settled
from ui.view import Appearance, KioskView
from ui.view_models.screens import Setting
from ui.view_models.words import Language, Words

TODAY = date(2026, 11, 2)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

PERSON = Document(
    type="ID",
    issuer="VNM",
    number="151000102",
    personal_number="036151000102",
    name="TRẦN THỊ LAN",
    name_latin="TRAN THI LAN",
    birth_date=date(1951, 5, 14),
    sex="F",
    nationality="VNM",
    expiry_date=None,
)
FACE = Face(60, 80, bytes((180, 140, 110)) * (60 * 80))
CLINICS = tuple(
    Clinic(f"c{place}", name_vi, name_en, f"Phòng {200 + place}", "Tầng 2", "Floor 2", waiting)
    for place, (name_vi, name_en, waiting) in enumerate(
        (
            ("Nội tổng quát", "General medicine", 4),
            ("Mắt", "Eyes", 0),
            ("Tim mạch", "Heart and vessels", 12),
            ("Cơ xương khớp", "Bones and joints", None),
            ("Tai – Mũi – Họng", "Ear, nose and throat", 2),
            ("Da liễu", "Skin", 1),
            ("Răng – Hàm – Mặt", "Teeth and jaw", 3),
        )
    )
)
COUNTER = Clinic("counter", "Quầy bảo hiểm y tế", "Insurance counter", "Quầy 3", "Tầng trệt", "Ground floor")
CHECKS = tuple(passed(check, {"seen": "as it should be"}) for check in CheckId)
MIXED_CHECKS = (
    failed(CheckId.PASSIVE_HASHES, "passive.hash_mismatch"),
    inconclusive(CheckId.PASSIVE_CHAIN, "passive.issuer_not_provisioned"),
    unavailable(CheckId.PASSIVE_REVOCATION, "passive.no_crl"),
    not_applicable(CheckId.CHIP_PACE_CAM, "chip.not_announced"),
    *CHECKS[4:],
)
LONG_NAMED = replace(PERSON, name="Công Tằng Tôn Nữ Huyền Trang Thuỳ Dương")
GUEST = replace(PERSON, issuer="D", sex="M", name="WOLFESCHLEGELSTEINHAUSEN BERGERDORFF MAXIMILIAN")
LONG_CLINICS = tuple(
    replace(clinic, name_vi="Phục hồi chức năng và y học cổ truyền", name_en="Rehabilitation and old medicine")
    for clinic in CLINICS
)
ISSUED_AT = datetime(2026, 11, 2, 1, 42, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """A state and the desk that shows it."""

    name: str
    state: VisitState
    desk: Desk = Desk.INSURANCE


def insurance(standing: InsuranceStanding) -> Insurance:
    return Insurance(standing, "HT3360100000102", date(2025, 1, 1), date(2026, 12, 31))


def here(standing: InsuranceStanding | None, verdict: Verdict = Verdict.ACCEPT) -> HereYouAre:
    asked = insurance(standing) if standing else None
    if verdict is Verdict.ACCEPT:
        return HereYouAre(PERSON, verdict, (), CHECKS, FACE, asked)
    reasons = ("passive.hash_mismatch", "passive.issuer_not_provisioned")
    return HereYouAre(PERSON, verdict, reasons, MIXED_CHECKS, FACE, asked)


def ticket(number: str, clinic: Clinic | None, *, confirmed: bool) -> Ticket:
    return Ticket(number, clinic, ISSUED_AT, "receipt-1" if confirmed else None, confirmed)


VALID = insurance(InsuranceStanding.VALID)
SAMPLES = (
    Sample("rest", Rest()),
    Sample("asking for key", AskingForKey()),
    Sample("asking for key, typed", AskingForKey("03615100")),
    Sample("asking for key, rejected", AskingForKey("036151000999", rejected=True)),
    Sample("asking for card", AskingForCard()),
    *(Sample(f"reading, {phase}", Reading(phase, "step", 0.1)) for phase in Phase),
    *(Sample(f"reading, {phase}, named", Reading(phase, "step", 0.6, PERSON)) for phase in Phase),
    Sample("card lifted", CardLifted(0.45, 12, PERSON)),
    *(Sample(f"here you are, {standing}", here(standing)) for standing in InsuranceStanding),
    Sample("here you are, review", here(None, Verdict.REVIEW), Desk.RESIDENCE),
    *(
        Sample(f"counter, {verdict}", here(None, verdict), Desk.COUNTER)
        for verdict in (Verdict.ACCEPT, Verdict.REVIEW, Verdict.REJECT)
    ),
    Sample("choosing a clinic", ChoosingClinic(PERSON, VALID, CLINICS[:6])),
    Sample("choosing a clinic, more", ChoosingClinic(PERSON, VALID, CLINICS)),
    Sample("recording", Recording(PERSON, CLINICS[0])),
    Sample("recording, no clinic", Recording(PERSON, None), Desk.COUNTER),
    Sample("ticket", TicketIssued(PERSON, VALID, ticket("A012", CLINICS[0], confirmed=True))),
    Sample("ticket, offline", TicketIssued(PERSON, VALID, ticket("K1-007", CLINICS[0], confirmed=False), False)),
    Sample("ticket, counter", TicketIssued(PERSON, VALID, ticket("B003", COUNTER, confirmed=True))),
    Sample("ticket, no clinic", TicketIssued(PERSON, None, ticket("K1-008", None, confirmed=False)), Desk.COUNTER),
    Sample("long name, reading", Reading(Phase.VERIFYING, "step", 0.5, GUEST)),
    Sample("long name, expired", replace(here(InsuranceStanding.EXPIRED), document=GUEST)),
    Sample("long name, no face", replace(here(InsuranceStanding.MISMATCH), document=LONG_NAMED, face=None)),
    Sample("long name, counter", replace(here(None, Verdict.REJECT), document=GUEST, face=None), Desk.COUNTER),
    Sample("long clinics", ChoosingClinic(PERSON, VALID, LONG_CLINICS)),
    Sample("long ticket", TicketIssued(GUEST, VALID, ticket("K12345-1234", LONG_CLINICS[0], confirmed=False))),
    Sample("farewell", Farewell(card_present=True)),
    Sample("farewell, card taken", Farewell(card_present=False)),
    *(Sample(f"problem, {kind}", Problem(kind, "link.timeout", card_present=True)) for kind in ProblemKind),
    *(Sample(f"out of service, {reason}", OutOfService(reason)) for reason in OutOfServiceReason),
    Sample("still there", StillThere(17, here(InsuranceStanding.VALID))),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `sample` runs for every screen, one that takes `language` for every language."""
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
    if "language" in metafunc.fixturenames:
        metafunc.parametrize("language", tuple(Language))


@pytest.fixture(scope="session")
def application() -> QGuiApplication:
    """The application that needs no display; it lives as long as the tests."""
    return headless_application()


class Gallery:
    """Windows that show one sample after the other: making a window takes longer than showing a screen."""

    def __init__(self) -> None:
        self._windows: dict[tuple[ScreenGeometry, Desk], KioskView] = {}

    def show(
        self, sample: Sample, geometry: ScreenGeometry = PORTRAIT, language: Language = Language.VIETNAMESE
    ) -> KioskView:
        """The settled window with a sample on it."""
        key = (geometry, sample.desk)
        if key not in self._windows:
            appearance = Appearance(geometry, reduced_motion=True)
            self._windows[key] = KioskView(lambda event: None, sample.desk, "3", lambda: TODAY, ZONE, appearance)
            self._windows[key].show()
        window = self._windows[key]
        window.visit.show(Rest())
        window.visit.show(sample.state)
        QGuiApplication.processEvents()
        window.visit.switchLanguage(language.value)
        settled(window)
        return window

    def close(self) -> None:
        for window in self._windows.values():
            window.close()
            window.deleteLater()
        QGuiApplication.processEvents()


@pytest.fixture(scope="session")
def gallery(application: QGuiApplication) -> Iterator[Gallery]:
    opened = Gallery()
    yield opened
    opened.close()


@pytest.fixture
def person() -> Document:
    return PERSON


@pytest.fixture
def face() -> Face:
    return FACE


@pytest.fixture
def samples() -> dict[str, Sample]:
    """Every screen by name."""
    return {sample.name: sample for sample in SAMPLES}


@pytest.fixture
def setting_in() -> object:
    """Makes the setting of a screen: `setting_in(language, desk)`."""

    def make(language: Language, desk: Desk = Desk.INSURANCE) -> Setting:
        return Setting(Words.load(language), TODAY, ZONE, desk, "3")

    return make
