"""The one object that the kiosk's QML talks to: the present screen in, touches out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import date, tzinfo
from itertools import count
from time import monotonic

from PySide6.QtCore import Property, QObject, Qt, Signal, Slot

from kiosk.visit.events import (
    ClinicChosen,
    Continued,
    DigitErased,
    DigitTyped,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.states import CardLifted, Desk, Face, HereYouAre, Reading, Rest, StillThere, VisitState
from ui.view_models.pictures import Portraits
from ui.view_models.screens import Screen, Setting, present
from ui.view_models.words import Language, Words

_TOUCHES_APART_SECONDS = 0.5


class VisitViewModel(QObject):
    """Shows the states of one kiosk.

    Args:
        post: takes the events of the person in front of the screen; must not block.
        portraits: the provider that holds the face while a screen shows one.
        desk: the service that this kiosk stands for.
        counter: number or name of the counter where staff help.
        today: the day at the place, for ages.
        zone: the place's time zone.
        language: what the window starts with, and returns to when nobody is here.
        call_staff: told the name of the screen when somebody asks for help.
    """

    contentChanged = Signal()  # noqa: N815
    labelsChanged = Signal()  # noqa: N815
    portraitChanged = Signal()  # noqa: N815
    fractionChanged = Signal()  # noqa: N815
    _arrived = Signal()

    def __init__(
        self,
        post: Callable[[VisitEvent], None],
        portraits: Portraits,
        desk: Desk,
        counter: str,
        today: Callable[[], date],
        zone: tzinfo,
        language: Language = Language.VIETNAMESE,
        call_staff: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._post = post
        self._portraits = portraits
        self._desk = desk
        self._counter = counter
        self._today = today
        self._zone = zone
        self._home_language = language
        self._call_staff = call_staff
        self._all_words = {each: Words.load(each) for each in Language}
        self._words = self._all_words[language]
        self._lock = threading.Lock()
        self._waiting: deque[VisitState] = deque()
        self._state: VisitState = Rest()
        self._screen = self._present()
        self._content = self._map_of(self._screen)
        self._face: Face | None = None
        self._portrait = ""
        self._portrait_numbers = count(1)
        self._fraction = 0.0
        self._last_touch = -_TOUCHES_APART_SECONDS
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def show(self, state: VisitState) -> None:
        """Show a state. May be called from any thread.

        Of states of one kind that come faster than the screen only the last is shown; no kind is left out, so that
        what belongs to a person is cleared between two people.
        """
        with self._lock:
            if self._waiting and type(self._waiting[-1]) is type(state):
                self._waiting[-1] = state
                return
            self._waiting.append(state)
        self._arrived.emit()

    @property
    def screen(self) -> Screen:
        return self._screen

    @property
    def state(self) -> VisitState:
        """What is being shown."""
        return self._state

    @Slot()
    def _take(self) -> None:
        with self._lock:
            state = self._waiting.popleft()
        self._state = state
        if isinstance(state, Rest):
            self._set_language(self._home_language)
        self._advance_ring(state)
        self._keep_face_only_while_shown(state)
        self._refresh()

    def _refresh(self) -> None:
        self._screen = self._present()
        content = self._map_of(self._screen)
        if content != self._content:
            self._content = content
            self.contentChanged.emit()

    def _present(self) -> Screen:
        return present(self._state, Setting(self._words, self._today(), self._zone, self._desk, self._counter))

    def _map_of(self, screen: Screen) -> dict[str, object]:
        for_staff = self._words.text("common.code", code=screen.code) if screen.code else ""
        return {**screen.as_map(), "code": for_staff}

    def _advance_ring(self, state: VisitState) -> None:
        shown = state.beneath if isinstance(state, StillThere) else state
        fraction = max(self._fraction, shown.fraction) if isinstance(shown, Reading | CardLifted) else 0.0
        if fraction != self._fraction:
            self._fraction = fraction
            self.fractionChanged.emit()

    def _keep_face_only_while_shown(self, state: VisitState) -> None:
        face = state.face if isinstance(state, HereYouAre) else None
        if face is self._face:
            return
        self._face = face
        if face is None:
            self._portraits.clear()
            self._portrait = ""
        else:
            self._portraits.show(face)
            self._portrait = f"image://portrait/{next(self._portrait_numbers)}"
        self.portraitChanged.emit()

    def _set_language(self, language: Language) -> None:
        if self._words.language is not language:
            self._words = self._all_words[language]
            self.labelsChanged.emit()

    # What QML reads -------------------------------------------------------------------------------------------------

    @Property(dict, notify=contentChanged)
    def content(self) -> dict[str, object]:
        """The present screen, see `ui.view_models.screens.Screen.as_map`."""
        return self._content

    @Property(dict, notify=labelsChanged)
    def labels(self) -> dict[str, object]:
        """Words that stand on every screen, whatever the state."""
        text = self._words.text
        return {
            "help": text("common.help"),
            "close": text("common.close"),
            "helpHeadline": text("help.headline"),
            "helpText": text("help.text", counter=self._counter),
            "sign": text("common.counter_sign"),
            "counter": self._counter,
            "language": self._words.language.value,
            "languages": [
                {"code": each.value, "name": words.text("language.name")} for each, words in self._all_words.items()
            ],
        }

    @Property(str, notify=portraitChanged)
    def portrait(self) -> str:
        """Address of the face, or "" while none may be shown."""
        return self._portrait

    @Property(float, notify=fractionChanged)
    def fraction(self) -> float:
        """How far the ring is closed: 0.0 to 1.0, never falling within one reading."""
        return self._fraction

    # What QML calls -------------------------------------------------------------------------------------------------

    @Slot()
    def goOn(self) -> None:  # noqa: N802
        # A touch on this screen must not also press the main button of the screen beneath it.
        self._post(Touched() if isinstance(self._state, StillThere) else Continued())

    @Slot()
    def goBack(self) -> None:  # noqa: N802
        self._post(WentBack())

    @Slot(str)
    def typeDigit(self, digit: str) -> None:  # noqa: N802
        self._post(DigitTyped(digit))

    @Slot()
    def eraseDigit(self) -> None:  # noqa: N802
        self._post(DigitErased())

    @Slot(str)
    def chooseClinic(self, clinic_id: str) -> None:  # noqa: N802
        self._post(ClinicChosen(clinic_id))

    @Slot()
    def touch(self) -> None:
        """Any sign of life; a flood of them becomes a few events."""
        now = monotonic()
        if now - self._last_touch >= _TOUCHES_APART_SECONDS:
            self._last_touch = now
            self._post(Touched())

    @Slot()
    def callStaff(self) -> None:  # noqa: N802
        if self._call_staff is not None:
            self._call_staff(self._screen.name)

    @Slot(str)
    def switchLanguage(self, code: str) -> None:  # noqa: N802
        self._set_language(Language(code))
        self._refresh()
