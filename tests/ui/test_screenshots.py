"""Pictures of screens: settled, the same each time, and free of what must not be there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QGuiApplication, QImage

from kiosk.visit.states import Rest
from ui.measures import DESK, LANDSCAPE, PORTRAIT, ScreenGeometry
from ui.screenshots import capture
from ui.view import Scheme
from ui.view_models.words import Language

_TODAY = date(2026, 11, 2)


def image(png: bytes) -> QImage:
    loaded = QImage()
    assert loaded.loadFromData(QByteArray(png), "PNG")
    return loaded


def test_the_same_state_gives_the_same_bytes(application: QGuiApplication, samples: dict[str, Any]) -> None:
    for name in ("rest", "reading, verifying, named", "here you are, valid", "ticket"):
        state = samples[name].state
        assert capture(state, today=_TODAY) == capture(state, today=_TODAY), name


def test_no_screen_has_a_broken_binding(
    gallery: Any, samples: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    for first, second in zip(samples.values(), list(samples.values())[::-1], strict=True):
        gallery.show(first)
        gallery.show(second, language=Language.ENGLISH)
    assert [record.message for record in caplog.records if record.message.startswith("QML")] == []


def test_every_screen_looks_different(gallery: Any, samples: dict[str, Any]) -> None:
    pictures = {bytes(gallery.show(sample, DESK).grabWindow().constBits()) for sample in samples.values()}
    assert len(pictures) == len(samples)


@pytest.mark.parametrize("geometry", [PORTRAIT, LANDSCAPE, DESK], ids=["portrait", "landscape", "desk"])
@pytest.mark.parametrize("scheme", Scheme)
def test_every_size_and_scheme(application: QGuiApplication, geometry: ScreenGeometry, scheme: Scheme) -> None:
    picture = image(capture(Rest(), Language.ENGLISH, geometry, scheme, today=_TODAY))
    assert (picture.width(), picture.height()) == (geometry.width_px, geometry.height_px)
    paper = {Scheme.LIGHT: "#FBFAF6", Scheme.DARK: "#0E1A18", Scheme.CONTRAST: "#000000"}[scheme]
    assert picture.pixelColor(2, geometry.height_px // 4) == QColor(paper)


def test_the_portrait_is_on_its_screen_only(gallery: Any, samples: dict[str, Any]) -> None:
    skin = QColor(180, 140, 110)

    def shows_the_face(name: str) -> bool:
        picture = gallery.show(samples[name]).grabWindow()
        places = ((x, y) for x in range(0, picture.width(), 20) for y in range(0, picture.height(), 20))
        return any(picture.pixelColor(x, y) == skin for x, y in places)

    assert shows_the_face("here you are, valid")
    assert shows_the_face("counter, accept")
    for name in ("rest", "choosing a clinic", "ticket", "still there", "farewell"):
        assert not shows_the_face(name), name
