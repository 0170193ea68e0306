"""Every screen as a finger, an old eye and a screen reader meet it (rules U01, U03, U06, U15 and U19 of the facts)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QAccessible, QAccessibleInterface, QFontMetricsF, QGuiApplication
from PySide6.QtQuick import QQuickItem, QQuickWindow

from ui.measures import DESK, LANDSCAPE, PORTRAIT, SMALLEST_CAPITAL_MM, ScreenGeometry
from ui.screenshots import shown
from ui.view import KioskView
from ui.view_models.words import Language

_BUTTONS = (QAccessible.Role.Button, QAccessible.Role.RadioButton)
_TARGET_MM, _PRIMARY_MM = 16, 20
# Rounding to whole pixels may take away a fraction of one.
_PIXEL = 1.0


@dataclass(frozen=True, slots=True)
class Node:
    role: QAccessible.Role
    name: str
    rect: QRect


def nodes(view: QQuickWindow) -> list[Node]:
    QAccessible.setActive(True)
    root = QAccessible.queryAccessibleInterface(view)
    assert root is not None

    def below(node: QAccessibleInterface) -> Iterator[Node]:
        state = node.state()
        if not state.invisible:
            rect = node.rect().translated(-view.position())
            yield Node(node.role(), node.text(QAccessible.Text.Name), rect)
        for place in range(node.childCount()):
            child = node.child(place)
            if child is not None:
                yield from below(child)

    return list(below(root))


def visible_texts(item: QQuickItem) -> Iterator[QQuickItem]:
    if not item.isVisible() or item.opacity() == 0:
        return
    if item.inherits("QQuickText") and item.property("text"):
        yield item
    for child in item.childItems():
        yield from visible_texts(child)


@pytest.fixture(params=[PORTRAIT, LANDSCAPE, DESK], ids=["1080x1920", "1920x1080", "1366x768"])
def geometry(request: pytest.FixtureRequest) -> ScreenGeometry:
    result: ScreenGeometry = request.param
    return result


@pytest.fixture
def view(gallery: Any, sample: Any, language: Language, geometry: ScreenGeometry) -> KioskView:
    window: KioskView = gallery.show(sample, geometry, language)
    return window


def test_a_screen_can_be_touched_read_and_heard(view: KioskView, geometry: ScreenGeometry) -> None:
    tree = nodes(view)
    buttons = [node for node in tree if node.role in _BUTTONS]
    _targets_are_large_and_apart(buttons, geometry)
    _everything_has_a_name(tree)
    _one_heading_says_where_we_are(tree)
    if view.visit.screen.name != "StaffVerdict":
        _text_is_large(view, geometry)
    _no_text_is_cut_off(view, geometry)
    _texts_do_not_cover_each_other(view)
    _text_stays_on_its_sheet(view)


def _targets_are_large_and_apart(buttons: list[Node], geometry: ScreenGeometry) -> None:
    per_mm = geometry.px_per_mm
    screen = QRect(0, 0, geometry.width_px, geometry.height_px)
    for button in buttons:
        assert min(button.rect.width(), button.rect.height()) >= _TARGET_MM * per_mm - _PIXEL, button
        assert screen.adjusted(1, 1, -1, -1).contains(button.rect), button
    pushed = [button for button in buttons if button.role is QAccessible.Role.Button]
    for place, one in enumerate(pushed):
        for other in pushed[place + 1 :]:
            assert not one.rect.intersects(other.rect), (one, other)


def _everything_has_a_name(tree: list[Node]) -> None:
    for node in tree:
        if node.role is not QAccessible.Role.Window:
            assert node.name.strip(), node


def _one_heading_says_where_we_are(tree: list[Node]) -> None:
    assert len([node for node in tree if node.role is QAccessible.Role.Heading]) == 1


def _text_is_large(view: KioskView, geometry: ScreenGeometry) -> None:
    smallest = SMALLEST_CAPITAL_MM * geometry.px_per_mm
    for text in visible_texts(view.rootObject()):
        capital = QFontMetricsF(text.property("font")).capHeight()
        assert capital >= smallest - _PIXEL, (text.property("text"), capital, smallest)


def _no_text_is_cut_off(view: KioskView, geometry: ScreenGeometry) -> None:
    for text in visible_texts(view.rootObject()):
        words = text.property("text")
        assert not text.property("truncated"), words
        corner = text.mapToScene(QPointF(0, 0))
        assert corner.x() >= 0, words
        assert corner.y() >= 0, words
        assert corner.x() + text.property("contentWidth") <= geometry.width_px + _PIXEL, words
        assert corner.y() + text.property("contentHeight") <= geometry.height_px + _PIXEL, words
        assert text.property("contentWidth") <= text.width() + _PIXEL, words


def _texts_do_not_cover_each_other(view: KioskView) -> None:
    boxes = []
    for text in visible_texts(view.rootObject()):
        corner = text.mapToScene(QPointF(0, 0))
        width, height = round(text.property("contentWidth")), round(text.property("contentHeight"))
        # Lines stand apart by more than their letters need; only letters may not meet.
        rect = QRect(round(corner.x()), round(corner.y()), width, height).adjusted(1, height // 8, -1, -height // 8)
        boxes.append((rect, text.property("text")))
    for place, (one, words) in enumerate(boxes):
        for other, others in boxes[place + 1 :]:
            assert not one.intersects(other), (words, others)


def _text_stays_on_its_sheet(view: KioskView) -> None:
    for text in visible_texts(view.rootObject()):
        rect = QRectF(0, 0, text.property("contentWidth"), text.property("contentHeight"))
        sheet = text.parentItem()
        while sheet is not None:
            if sheet.metaObject().className().startswith(("Surface_", "Notice_", "TicketView_", "ChoiceCard_")):
                inside = sheet.mapRectFromItem(text, rect)
                assert inside.top() >= 0, text.property("text")
                assert inside.bottom() <= sheet.height() + _PIXEL, text.property("text")
            sheet = sheet.parentItem()


def test_body_text_subtends_the_angle(gallery: Any, samples: dict[str, Any], geometry: ScreenGeometry) -> None:
    view = gallery.show(samples["rest"], geometry)
    (main,) = [
        text
        for text in visible_texts(view.rootObject())
        if text.property("text") == "Hoặc đưa mã QR trên thẻ trước camera"
    ]
    capital_mm = QFontMetricsF(main.property("font")).capHeight() / geometry.px_per_mm
    assert capital_mm >= 6.1 - _PIXEL / geometry.px_per_mm


def test_main_button_is_large_and_alone(gallery: Any, sample: Any) -> None:
    view = gallery.show(sample)
    action = view.visit.screen.action
    primary = [node for node in nodes(view) if node.name and node.name == action]
    assert len(primary) == (1 if action else 0)
    for button in primary:
        assert button.rect.height() >= _PRIMARY_MM * PORTRAIT.px_per_mm - _PIXEL
        assert button.rect.center().x() > PORTRAIT.width_px / 2
        assert button.rect.center().y() > PORTRAIT.height_px / 2


def test_help_language_and_back_never_move(gallery: Any, samples: dict[str, Any], geometry: ScreenGeometry) -> None:
    constant, back = set(), set()
    for sample in samples.values():
        view = gallery.show(sample, geometry)
        tree = nodes(view)
        corner = [node for node in tree if node.name in ("Gọi nhân viên", "Tiếng Việt", "English")]
        assert len(corner) == 3, sample.name
        constant.add(tuple((node.name, node.rect.getRect()) for node in corner))
        label = view.visit.screen.back
        back |= {(node.rect.x(), node.rect.y()) for node in tree if node.name and node.name == label}
    assert len(constant) == 1
    assert len(back) == 1


def test_the_checks_notice_a_spoilt_screen(application: QGuiApplication, samples: dict[str, Any]) -> None:
    with shown(samples["here you are, valid"].state) as view:
        (headline,) = [text for text in visible_texts(view.rootObject()) if text.property("text") == "Chào bà Lan!"]
        headline.setProperty("size", 9)
        with pytest.raises(AssertionError):
            _text_is_large(view, PORTRAIT)
        headline.setProperty("size", 700)
        with pytest.raises(AssertionError):
            _no_text_is_cut_off(view, PORTRAIT)
        (button,) = [node for node in nodes(view) if node.name == "Tiếp tục"]
        small = Node(button.role, button.name, button.rect.adjusted(0, 0, 0, -60))
        with pytest.raises(AssertionError):
            _targets_are_large_and_apart([small], PORTRAIT)
        with pytest.raises(AssertionError):
            _targets_are_large_and_apart([button, button], PORTRAIT)
        with pytest.raises(AssertionError):
            _everything_has_a_name([Node(button.role, " ", button.rect)])
