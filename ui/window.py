"""The kiosk's window: full screen in its place, or windowed, or beside the demo's panel."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication, QScreen

from kiosk.settings import Settings
from kiosk.visit.events import VisitEvent
from kiosk.visit.states import VisitState
from ui.measures import ScreenGeometry, measured
from ui.view import Appearance, KioskView, prepare_application
from ui.view_models.demo_view_model import DemoViewModel

_SHARE_OF_SCREEN: Final = 0.9
_PANEL_PX: Final = 360
_SIGNALS_SEEN_EVERY_MS: Final = 250


class VisitSource(Protocol):
    """What the window needs of a conductor."""

    def post(self, event: VisitEvent) -> None: ...

    def subscribe(self, listener: Callable[[VisitState], None]) -> Callable[[], None]: ...


def run(
    conductor: VisitSource,
    settings: Settings,
    *,
    windowed: bool = False,
    appearance: Appearance | None = None,
    demo: DemoViewModel | None = None,
    call_staff: Callable[[str], None] | None = None,
) -> int:
    """Show the visits of a conductor until the window is closed, or SIGINT or SIGTERM comes.

    Args:
        windowed: in a window instead of the full screen.
        appearance: None: light, Vietnamese, the size of the real screen. Its geometry counts in a window only.
        demo: puts the demo's panel beside the kiosk; always in a window.
        call_staff: told the name of the screen when somebody asks for help; must not block.

    Returns:
        the exit code of the application.

    Raises:
        ui.view.WindowUnusable: the window's own files are missing or broken.
    """
    application = _application()
    prepare_application(application)
    appearance = appearance or Appearance()
    screen = application.primaryScreen()
    in_window = windowed or demo is not None
    if not in_window:
        appearance = appearance.on(_geometry_of(screen, appearance.geometry.viewing_distance_mm))
    zone = ZoneInfo(settings.place.timezone)
    view = KioskView(
        conductor.post,
        settings.desk,
        settings.counter.number,
        lambda: datetime.now(zone).date(),
        zone,
        appearance,
        call_staff,
        demo,
    )
    view.setTitle("Một Chạm")
    unsubscribe = conductor.subscribe(view.visit.show)
    try:
        if in_window:
            _show_in_window(view, screen, appearance.geometry, panel=demo is not None)
        else:
            view.setCursor(QCursor(Qt.CursorShape.BlankCursor))
            view.showFullScreen()
        with _ended_by_signals(application):
            return application.exec()
    finally:
        unsubscribe()
        view.close()
        view.deleteLater()
        application.processEvents()


def _application() -> QGuiApplication:
    running = QGuiApplication.instance()
    return running if isinstance(running, QGuiApplication) else QGuiApplication([])


def _geometry_of(screen: QScreen, viewing_distance_mm: float) -> ScreenGeometry:
    size = screen.size()
    return measured(size.width(), size.height(), screen.physicalSize().width(), viewing_distance_mm)


def _show_in_window(view: KioskView, screen: QScreen, kiosk: ScreenGeometry, *, panel: bool) -> None:
    room = screen.availableGeometry()
    beside = _PANEL_PX if panel else 0
    fitting = kiosk.scaled_into(int(room.width() * _SHARE_OF_SCREEN) - beside, int(room.height() * _SHARE_OF_SCREEN))
    view.resize(fitting.width_px + beside, fitting.height_px)
    view.setPosition(
        room.x() + (room.width() - view.width()) // 2,
        room.y() + (room.height() - view.height()) // 2,
    )
    view.show()


@contextmanager
def _ended_by_signals(application: QGuiApplication) -> Iterator[None]:
    """Quit on SIGINT and SIGTERM. Python sees a signal only while Python runs, hence the timer."""

    def quit_application(number: int, frame: FrameType | None) -> None:
        application.quit()

    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(_SIGNALS_SEEN_EVERY_MS)
    before = {number: signal.signal(number, quit_application) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        timer.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
