"""Pictures of screens without a display: the same state gives the same pixels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage

from kiosk.visit.states import Desk, VisitState
from ui.measures import PORTRAIT, ScreenGeometry
from ui.view import Appearance, KioskView, Scheme, prepare_application
from ui.view_models.words import Language

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_MOST_PICTURES: Final = 20


class NotSettled(Exception):
    """The screen keeps changing although nothing happens: a defect of its QML."""


def headless_application() -> QGuiApplication:
    """The process's application; if there is none yet, one that needs no display and no GPU."""
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        return running
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_QUICK_BACKEND"] = "software"
    application = QGuiApplication([])
    prepare_application(application)
    return application


def capture(
    state: VisitState,
    language: Language = Language.VIETNAMESE,
    geometry: ScreenGeometry = PORTRAIT,
    scheme: Scheme = Scheme.LIGHT,
    *,
    desk: Desk = Desk.INSURANCE,
    counter: str = "3",
    today: date | None = None,
    zone: tzinfo = _ZONE,
) -> bytes:
    """The screen of a state as PNG, settled and without motion. To be called on the main thread.

    Raises:
        NotSettled: the screen keeps changing.
        ui.view.WindowUnusable: the window's files are broken.
    """
    with shown(state, language, geometry, scheme, desk=desk, counter=counter, today=today, zone=zone) as view:
        return _png(view.grabWindow())


@contextmanager
def shown(
    state: VisitState,
    language: Language = Language.VIETNAMESE,
    geometry: ScreenGeometry = PORTRAIT,
    scheme: Scheme = Scheme.LIGHT,
    *,
    desk: Desk = Desk.INSURANCE,
    counter: str = "3",
    today: date | None = None,
    zone: tzinfo = _ZONE,
) -> Iterator[KioskView]:
    """The settled window that `capture` takes its picture of."""
    application = headless_application()
    day = today or datetime.now(zone).date()
    appearance = Appearance(geometry, scheme, language, reduced_motion=True)
    view = KioskView(lambda event: None, desk, counter, lambda: day, zone, appearance)
    try:
        view.visit.show(state)
        view.show()
        settled(view)
        yield view
    finally:
        view.close()
        view.deleteLater()
        application.processEvents()


def settled(view: KioskView) -> QImage:
    """The picture of a window once two in a row are equal.

    Raises:
        NotSettled: the screen keeps changing.
    """
    picture = view.grabWindow()
    for _ in range(_MOST_PICTURES):
        QGuiApplication.processEvents()
        before, picture = picture, view.grabWindow()
        if picture == before:
            return picture
    raise NotSettled("the screen keeps changing")


def _png(image: QImage) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(content.data())
