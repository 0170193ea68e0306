"""The object that QML talks to: states in from any thread, events out, nothing of a person kept."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication

from kiosk.visit.events import (
    ClinicChosen,
    Continued,
    DigitErased,
    DigitTyped,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.states import CardLifted, Desk, Face, Farewell, Reading, Rest, StillThere
from reader.progress import Phase
from ui.view_models.pictures import Portraits
from ui.view_models.visit_view_model import VisitViewModel
from ui.view_models.words import Language


class Bench:
    """A view model with what it posted."""

    def __init__(self, application: QGuiApplication) -> None:
        from datetime import date
        from zoneinfo import ZoneInfo

        self.application = application
        self.posted: list[VisitEvent] = []
        self.helped: list[str] = []
        self.portraits = Portraits()
        self.model = VisitViewModel(
            self.posted.append,
            self.portraits,
            Desk.INSURANCE,
            "3",
            lambda: date(2026, 11, 2),
            ZoneInfo("Asia/Ho_Chi_Minh"),
            call_staff=self.helped.append,
        )

    def show(self, *states: Any) -> None:
        for state in states:
            self.model.show(state)
        self.application.processEvents()

    # PySide's types show a property's descriptor where an instance gives its value.
    @property
    def content(self) -> Any:
        return self.model.content

    @property
    def portrait(self) -> Any:
        return self.model.portrait

    @property
    def fraction(self) -> Any:
        return self.model.fraction


@pytest.fixture
def bench(application: QGuiApplication) -> Bench:
    return Bench(application)


def test_touches_become_events(bench: Bench) -> None:
    model = bench.model
    model.goOn()
    model.goBack()
    model.typeDigit("7")
    model.eraseDigit()
    model.chooseClinic("c1")
    assert bench.posted == [Continued(), WentBack(), DigitTyped("7"), DigitErased(), ClinicChosen("c1")]


def test_a_touch_on_the_question_does_not_press_what_is_beneath(bench: Bench, samples: dict[str, Any]) -> None:
    bench.show(samples["still there"].state)
    bench.model.goOn()
    assert bench.posted == [Touched()]


def test_a_flood_of_touches_becomes_one_event(bench: Bench) -> None:
    for _ in range(50):
        bench.model.touch()
    assert bench.posted == [Touched()]


def test_help_tells_where_it_was_asked(bench: Bench, samples: dict[str, Any]) -> None:
    bench.show(samples["recording"].state)
    bench.model.callStaff()
    assert bench.helped == ["Recording"]


def test_states_come_from_any_thread(bench: Bench, samples: dict[str, Any]) -> None:
    changes: list[int] = []
    bench.model.contentChanged.connect(lambda: changes.append(threading.get_ident()))
    thread = threading.Thread(target=bench.model.show, args=(samples["farewell"].state,))
    thread.start()
    thread.join()
    assert changes == []
    bench.application.processEvents()
    assert changes == [threading.get_ident()]
    assert bench.content["screen"] == "Farewell"


def test_fast_progress_is_shown_once_and_no_kind_is_left_out(bench: Bench, samples: dict[str, Any]) -> None:
    seen: list[str] = []
    bench.model.contentChanged.connect(lambda: seen.append(bench.content["screen"]))
    progress = [Reading(Phase.OPENING, "", step / 100) for step in range(100)]
    bench.show(*progress, samples["here you are, valid"].state, Farewell(True), Rest(), *progress)
    assert seen == ["Reading", "HereYouAre", "Farewell", "Rest", "Reading"]


def test_the_ring_never_goes_back_within_a_reading(bench: Bench) -> None:
    shown = []
    for state in (
        Reading(Phase.OPENING, "", 0.3),
        Reading(Phase.OPENING, "", 0.2),
        CardLifted(0.25, 10),
        StillThere(5, CardLifted(0.1, 10)),
        Reading(Phase.PHOTO, "", 0.6),
    ):
        bench.show(state)
        shown.append(bench.fraction)
    assert shown == [0.3, 0.3, 0.3, 0.3, 0.6]
    bench.show(Rest(), Reading(Phase.OPENING, "", 0.1))
    assert bench.fraction == 0.1


def test_a_face_stays_only_while_it_is_shown(bench: Bench, samples: dict[str, Any], face: Face) -> None:
    bench.show(samples["here you are, asking"].state)
    address = bench.portrait
    assert address
    assert not bench.portraits.is_empty
    bench.show(samples["here you are, valid"].state)
    assert bench.portrait == address
    for after in ("choosing a clinic", "still there", "farewell"):
        bench.show(samples["here you are, valid"].state, samples[after].state)
        assert bench.portrait == ""
        assert bench.portraits.is_empty


def test_each_face_has_its_own_address(bench: Bench, samples: dict[str, Any]) -> None:
    bench.show(samples["here you are, valid"].state)
    first = bench.portrait
    bench.show(Rest(), samples["here you are, valid"].state)
    assert bench.portrait != first


def test_the_language_changes_at_once_and_the_state_stays(bench: Bench, samples: dict[str, Any]) -> None:
    bench.show(samples["ticket"].state)
    assert bench.content["headline"] == "Số của bà"
    bench.model.switchLanguage("en")
    assert bench.content["headline"] == "Your number"
    assert bench.content["number"] == "A012"
    labels: Any = bench.model.labels
    assert labels["help"] == "Call staff"
    assert [each["name"] for each in labels["languages"]] == ["Tiếng Việt", "English"]


def test_the_next_person_begins_in_the_kiosks_own_language(bench: Bench, samples: dict[str, Any]) -> None:
    bench.show(samples["ticket"].state)
    bench.model.switchLanguage(Language.ENGLISH.value)
    bench.show(Rest())
    labels: Any = bench.model.labels
    assert labels["language"] == "vi"


def test_nothing_of_the_person_is_left_at_rest(bench: Bench, samples: dict[str, Any]) -> None:
    for name in ("here you are, valid", "ticket", "reading, photo, named"):
        bench.show(samples[name].state, Farewell(False), Rest())
        assert "Lan" not in repr(bench.content)
        assert bench.model.state == Rest()


def test_the_code_for_staff_is_in_words(bench: Bench, samples: dict[str, Any]) -> None:
    bench.show(samples["problem, reading_failed"].state)
    assert bench.content["code"] == "Mã cho nhân viên: link.timeout"
    bench.show(Rest())
    assert bench.content["code"] == ""
