"""Touches and keys on real windows, offscreen."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from kiosk.settings import Settings
from kiosk.visit.events import (
    ClinicChosen,
    Continued,
    DigitErased,
    DigitTyped,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.states import Desk, Rest, VisitState
from ui.measures import DESK
from ui.screenshots import settled
from ui.view import Appearance, KioskView
from ui.view_models.demo_view_model import DemoGroup, DemoViewModel
from ui.window import run


class Desktop:
    """One window with what it posted."""

    def __init__(self, sample: Any, demo: DemoViewModel | None = None) -> None:
        self.posted: list[VisitEvent] = []
        self.helped: list[str] = []
        self.view = KioskView(
            self.posted.append,
            sample.desk,
            "3",
            lambda: date(2026, 11, 2),
            ZoneInfo("Asia/Ho_Chi_Minh"),
            Appearance(DESK, reduced_motion=True),
            self.helped.append,
            demo,
        )
        self.view.visit.show(sample.state)
        self.view.show()
        self.wait_until_touchable()

    def wait_until_touchable(self) -> None:
        """A screen that has just come up takes no touches for a moment."""
        settled(self.view)
        while any(item.property("deaf") for item in self.items()):
            QTest.qWait(20)

    @property
    def meant(self) -> list[VisitEvent]:
        """What was posted, signs of life apart."""
        return [event for event in self.posted if not isinstance(event, Touched)]

    def touch(self, words: str) -> None:
        """Touch the middle of the button that carries these words."""
        item = next(item for item in self.items() if item.property("text") == words and item.inherits("QQuickButton"))
        self.touch_at(item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint())

    def touch_at(self, place: QPoint) -> None:
        QTest.mouseClick(self.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.view, key)

    def items(self) -> Iterator[QQuickItem]:
        def below(item: QQuickItem) -> Iterator[QQuickItem]:
            yield item
            for child in item.childItems():
                if child.isVisible():
                    yield from below(child)

        return below(self.view.rootObject())


@contextmanager
def _opened(sample: Any, demo: DemoViewModel | None = None) -> Iterator[Desktop]:
    desktop = Desktop(sample, demo)
    try:
        yield desktop
    finally:
        desktop.view.close()
        desktop.view.deleteLater()
        QGuiApplication.processEvents()


@pytest.fixture
def opened(application: QGuiApplication, samples: dict[str, Any]) -> Callable[[str], Any]:
    return lambda name: _opened(samples[name])


def test_main_and_back_button(opened: Callable[[str], Any]) -> None:
    with opened("here you are, valid") as desktop:
        desktop.touch("Tiếp tục")
        desktop.touch("Dừng lại")
        assert desktop.meant == [Continued(), WentBack()]
        assert Touched() in desktop.posted


def test_a_clinic_and_the_next_page(opened: Callable[[str], Any]) -> None:
    with opened("choosing a clinic, more") as desktop:
        desktop.touch("Mắt")
        desktop.touch("Xem thêm")
        settled(desktop.view)
        desktop.touch("Răng – Hàm – Mặt")
        assert desktop.meant == [ClinicChosen("c1"), ClinicChosen("c6")]


def test_keypad_by_finger_and_by_keyboard(opened: Callable[[str], Any]) -> None:
    with opened("asking for key") as desktop:
        desktop.touch("7")
        desktop.touch("0")
        desktop.press(Qt.Key.Key_3, Qt.Key.Key_A, Qt.Key.Key_Backspace)
        assert desktop.meant == [DigitTyped("7"), DigitTyped("0"), DigitTyped("3"), DigitErased()]


def test_a_touch_right_of_a_key_still_hits_it(opened: Callable[[str], Any]) -> None:
    with opened("asking for key") as desktop:
        key = next(item for item in desktop.items() if item.property("text") == "5" and item.inherits("QQuickButton"))
        drawn = key.width() - key.property("rightInset")
        desktop.touch_at(key.mapToScene(QPointF(drawn + 4, key.height() / 2)).toPoint())
        assert desktop.meant == [DigitTyped("5")]


def test_return_presses_the_main_button(opened: Callable[[str], Any]) -> None:
    with opened("ticket") as desktop:
        desktop.press(Qt.Key.Key_Return)
        assert desktop.meant == [Continued()]


def test_all_buttons_are_reached_with_the_tabulator(opened: Callable[[str], Any]) -> None:
    with opened("here you are, valid") as desktop:
        reached = set()
        for _ in range(8):
            desktop.press(Qt.Key.Key_Tab)
            focused = desktop.view.activeFocusItem()
            reached.add(focused.property("text") or focused.property("modelData")["name"])
        assert reached == {"Tiếp tục", "Dừng lại", "Tiếng Việt", "English", "Gọi nhân viên"}


def test_the_second_touch_of_a_shaking_hand_is_not_taken(opened: Callable[[str], Any], samples: dict[str, Any]) -> None:
    with opened("here you are, valid") as desktop:
        desktop.touch("Tiếp tục")
        desktop.view.visit.show(samples["ticket"].state)
        settled(desktop.view)
        desktop.touch("Xong")
        assert desktop.meant == [Continued()]
        desktop.wait_until_touchable()
        desktop.touch("Xong")
        assert desktop.meant == [Continued(), Continued()]


def test_help_tells_where_to_go_and_closes(opened: Callable[[str], Any]) -> None:
    with opened("reading, photo") as desktop:
        desktop.touch("Gọi nhân viên")
        settled(desktop.view)
        shown = [item.property("text") for item in desktop.items() if item.inherits("QQuickText")]
        assert "Nhân viên sẽ giúp ngay" in shown
        assert desktop.helped == ["Reading"]
        desktop.touch("Đóng")
        settled(desktop.view)
        assert not [item for item in desktop.items() if item.property("text") == "Đóng"]
        assert desktop.meant == []


def test_help_goes_away_with_the_screen(opened: Callable[[str], Any], samples: dict[str, Any]) -> None:
    with opened("here you are, valid") as desktop:
        desktop.touch("Gọi nhân viên")
        desktop.view.visit.show(samples["farewell"].state)
        settled(desktop.view)
        assert not [item for item in desktop.items() if item.property("text") == "Đóng"]


def test_one_touch_changes_the_language(opened: Callable[[str], Any]) -> None:
    with opened("ticket") as desktop:
        name = next(item for item in desktop.items() if item.property("text") == "English")
        desktop.touch_at(name.mapToScene(QPointF(10, 10)).toPoint())
        settled(desktop.view)
        assert "Your number" in [item.property("text") for item in desktop.items()]


def test_the_demo_panel_stands_outside_the_kiosk(application: QGuiApplication, samples: dict[str, Any]) -> None:
    pressed: list[str] = []
    groups = [DemoGroup("Thẻ", [("good", "Thẻ hợp chuẩn"), ("take", "Lấy thẻ ra")])]
    demo = DemoViewModel(groups, pressed.append)
    with _opened(samples["rest"], demo) as desktop:
        demo.tell("Chưa có thẻ")
        settled(desktop.view)
        desktop.touch("Thẻ hợp chuẩn")
        assert pressed == ["good"]
        assert desktop.posted == []
        shown = {item.property("text"): item for item in desktop.items() if item.inherits("QQuickText")}
        assert "Chưa có thẻ" in shown
        kiosk = shown["Gọi nhân viên"].mapToScene(QPointF(shown["Gọi nhân viên"].width(), 0)).x()
        assert kiosk < shown["Bàn trình diễn"].mapToScene(QPointF(0, 0)).x()


class Source:
    """A conductor that shows one state."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[VisitState], None]] = []

    def post(self, event: VisitEvent) -> None:
        raise AssertionError("nobody is here")

    def subscribe(self, listener: Callable[[VisitState], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        listener(Rest())
        return lambda: self.listeners.remove(listener)


@pytest.mark.parametrize("windowed", [False, True])
def test_a_signal_ends_the_window(application: QGuiApplication, windowed: bool) -> None:
    source = Source()
    seen: list[int] = []

    def ask_to_end() -> None:
        seen.append(len(source.listeners))
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()

    QTimer.singleShot(50, application, ask_to_end)
    before = signal.getsignal(signal.SIGTERM)
    assert run(source, Settings(desk=Desk.INSURANCE), windowed=windowed) == 0
    assert seen == [1]
    assert source.listeners == []
    assert signal.getsignal(signal.SIGTERM) is before
