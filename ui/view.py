"""What a real window and a screenshot have in common: fonts, image providers, and QML loaded with a view model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, QUrl
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication
from PySide6.QtQuick import QQuickView, QQuickWindow

from kiosk.visit.events import VisitEvent
from kiosk.visit.states import Desk
from ui.interpreter import reserve_references
from ui.measures import PORTRAIT, ScreenGeometry
from ui.view_models.demo_view_model import DemoViewModel
from ui.view_models.pictures import Icons, Illustrations, Portraits
from ui.view_models.visit_view_model import VisitViewModel
from ui.view_models.words import Language

_UI_FOLDER: Final = Path(__file__).resolve().parent
_FAMILY: Final = "Be Vietnam Pro"
_log = logging.getLogger(__name__)


class Scheme(StrEnum):
    """The colours of the window."""

    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


@dataclass(frozen=True, slots=True)
class Appearance:
    """How one kiosk looks."""

    geometry: ScreenGeometry = PORTRAIT
    scheme: Scheme = Scheme.LIGHT
    language: Language = Language.VIETNAMESE
    reduced_motion: bool = False

    def on(self, geometry: ScreenGeometry) -> Appearance:
        """The same looks on another screen."""
        return replace(self, geometry=geometry)


class WindowUnusable(Exception):
    """The window's own files are missing or broken: a defect of the installation."""


def prepare_application(application: QGuiApplication) -> None:
    """Load the fonts that come with us, make text look the same with and without a GPU, and outlive every signal.

    Raises:
        WindowUnusable: a font is missing.
    """
    reserve_references()
    for file in sorted((_UI_FOLDER / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))
    if _FAMILY not in QFontDatabase.families():
        raise WindowUnusable(f"the font {_FAMILY} is not in ui/fonts")
    application.setFont(QFont(_FAMILY))
    QQuickWindow.setTextRenderType(QQuickWindow.TextRenderType.NativeTextRendering)


class KioskView(QQuickView):
    """One kiosk in one window.

    Args:
        post: takes the events of the person in front of the screen; must not block.
        demo: adds the demo's panel beside the kiosk.

    Raises:
        WindowUnusable: the QML files do not load.
    """

    def __init__(
        self,
        post: Callable[[VisitEvent], None],
        desk: Desk,
        counter: str,
        today: Callable[[], date],
        zone: tzinfo,
        appearance: Appearance,
        call_staff: Callable[[str], None] | None = None,
        demo: DemoViewModel | None = None,
    ) -> None:
        super().__init__()
        self._portraits = Portraits()
        self.visit = VisitViewModel(post, self._portraits, desk, counter, today, zone, appearance.language, call_staff)
        # Destroyed after the QML that binds to it.
        self.visit.setParent(self)
        if demo is not None:
            demo.setParent(self)
        for name, provider in {"art": Illustrations(), "icon": Icons(), "portrait": self._portraits}.items():
            self.engine().addImageProvider(name, provider)
        self.engine().warnings.connect(_log_warnings)
        self.setColor(QColor("black"))
        self.setResizeMode(QQuickView.ResizeMode.SizeRootObjectToView)
        geometry = appearance.geometry
        properties: Mapping[str, object] = {
            "visit": self.visit,
            "widthMm": geometry.width_mm,
            "bodyMm": geometry.body_px / geometry.px_per_mm,
            "smallestMm": geometry.smallest_px / geometry.px_per_mm,
            "scheme": appearance.scheme.value,
            "reducedMotion": appearance.reduced_motion,
        }
        if demo is not None:
            properties = {**properties, "demo": demo, "aspect": geometry.width_px / geometry.height_px}
        self.setInitialProperties(dict(properties))
        self.resize(QSize(geometry.width_px, geometry.height_px))
        root = "Kiosk.qml" if demo is None else "DemoStage.qml"
        self.setSource(QUrl.fromLocalFile(str(_UI_FOLDER / "qml" / root)))
        if self.status() is not QQuickView.Status.Ready:
            raise WindowUnusable("; ".join(error.toString() for error in self.errors()))


def _log_warnings(warnings: list[object]) -> None:
    for warning in warnings:
        _log.warning("QML: %s", warning)
