"""Image providers: our drawings in the colours of a scheme, icons in any colour, and the portrait of whoever is here.

QML asks for images on the window's own thread (never `asynchronous: true`): with providers in Python, Qt's loader
thread and the interpreter's lock would wait for each other. What was drawn once is kept instead.
"""

from __future__ import annotations

import re
import tomllib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtQuick import QQuickImageProvider
from PySide6.QtSvg import QSvgRenderer

from kiosk.visit.states import Face

ILLUSTRATIONS_FOLDER: Final = Path(__file__).resolve().parent.parent / "illustrations"

_KEPT_BYTES: Final = 48 << 20
_NAME: Final = re.compile(r"[a-z_]+")
_COLOUR: Final = re.compile(r"[0-9a-f]{6}")


class _Drawings(QQuickImageProvider):
    """SVG templates whose `$names` are colours; an id is `<name>/<colours>`.

    Args:
        colours: the colours that the second part of an id stands for, or None.
    """

    def __init__(self, folder: Path, colours: Callable[[str], Mapping[str, str] | None]) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._folder = folder
        self._colours = colours
        self._drawn: OrderedDict[tuple[str, int, int], QImage] = OrderedDict()
        self._kept_bytes = 0

    def requestImage(self, id: str, size: QSize, requestedSize: QSize) -> QImage:  # noqa: A002, N802, N803
        name, _, wanted = id.partition("/")
        colours = self._colours(wanted)
        if colours is None or not _NAME.fullmatch(name):
            return QImage()
        key = (id, requestedSize.width(), requestedSize.height())
        image = self._drawn.pop(key, None)
        if image is None:
            template = Template((self._folder / f"{name}.svg").read_text("utf-8"))
            image = _rendered(template.substitute(colours), requestedSize)
            self._kept_bytes += image.sizeInBytes()
        self._drawn[key] = image
        while self._kept_bytes > _KEPT_BYTES and len(self._drawn) > 1:
            self._kept_bytes -= self._drawn.popitem(last=False)[1].sizeInBytes()
        size.setWidth(image.width())
        size.setHeight(image.height())
        return image


class Illustrations(_Drawings):
    """`image://art/<name>/<scheme>`: a drawing of ui/illustrations with the scheme's colours filled in."""

    def __init__(self) -> None:
        palettes: Mapping[str, Mapping[str, str]] = tomllib.loads(
            (ILLUSTRATIONS_FOLDER / "palette.toml").read_text("utf-8")
        )
        super().__init__(ILLUSTRATIONS_FOLDER, palettes.get)


class Icons(_Drawings):
    """`image://icon/<name>/<rrggbb>`: an icon of ui/illustrations/icons drawn in one colour."""

    def __init__(self) -> None:
        super().__init__(ILLUSTRATIONS_FOLDER / "icons", _one_ink)


def _one_ink(wanted: str) -> Mapping[str, str] | None:
    return {"ink": f"#{wanted}"} if _COLOUR.fullmatch(wanted) else None


class Portraits(QQuickImageProvider):
    """`image://portrait/<any>`: the one face that is being shown, or nothing. The id only defeats caches."""

    def __init__(self) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)
        self._image = QImage()

    def show(self, face: Face) -> None:
        view = QImage(face.rgb, face.width, face.height, 3 * face.width, QImage.Format.Format_RGB888)
        # The view does not own the bytes.
        self._image = view.copy()

    def clear(self) -> None:
        self._image = QImage()

    @property
    def is_empty(self) -> bool:
        return self._image.isNull()

    def requestImage(self, id: str, size: QSize, requestedSize: QSize) -> QImage:  # noqa: A002, N802, N803
        return self._image


def _rendered(svg: str, wanted: QSize) -> QImage:
    """Draw an SVG at the wanted size; a side that is not given follows from the drawing's aspect."""
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    natural = renderer.viewBoxF()
    width, height = wanted.width(), wanted.height()
    if width <= 0:
        width = round(height * natural.width() / natural.height()) if height > 0 else round(natural.width())
    if height <= 0:
        height = round(width * natural.height() / natural.width())
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, width, height))
    painter.end()
    return image
