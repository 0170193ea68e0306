"""Millimetres on real and on lying screens, and the colours that carry text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ui.measures import DEFAULT_PITCH_MM, DESK, PORTRAIT, ScreenGeometry, measured


def test_body_text_grows_with_the_distance() -> None:
    near = ScreenGeometry(1080, 1920, 268.0, viewing_distance_mm=400)
    far = ScreenGeometry(1080, 1920, 268.0, viewing_distance_mm=700)
    # EN 301 549, 5.1.4: 4.9 mm at 400 mm, 8.6 mm at 700 mm.
    assert near.body_px * 0.74 / near.px_per_mm == pytest.approx(4.9, abs=0.05)
    assert far.body_px * 0.74 / far.px_per_mm == pytest.approx(8.6, abs=0.05)


def test_text_never_falls_below_the_floor() -> None:
    close = ScreenGeometry(1080, 1920, 268.0, viewing_distance_mm=200)
    assert close.body_px == close.smallest_px


@pytest.mark.parametrize("reported", [None, 0.0, 16.0, 2000.0])
def test_a_lying_screen_gets_the_default_pitch(reported: float | None) -> None:
    assert measured(1080, 1920, reported, 500).width_mm == pytest.approx(1080 * DEFAULT_PITCH_MM)


def test_a_truthful_screen_is_believed() -> None:
    assert measured(1080, 1920, 398.0, 700) == ScreenGeometry(1080, 1920, 398.0, 700)


def test_a_smaller_window_keeps_the_millimetres() -> None:
    small = PORTRAIT.scaled_into(2000, 960)
    assert (small.width_px, small.height_px) == (540, 960)
    assert small.width_mm == PORTRAIT.width_mm
    assert DESK.scaled_into(100, 10_000).width_px == 100


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "contrast"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "paper"),
        ("ink", "surface"),
        ("inkSoft", "paper"),
        ("inkSoft", "surface"),
        ("action", "paper"),
        ("action", "donePaper"),
        ("actionInk", "action"),
        ("doneInk", "donePaper"),
        ("doneInk", "surface"),
        ("attentionInk", "attentionPaper"),
        ("attentionInk", "surface"),
        ("stopInk", "stopPaper"),
        ("stopInk", "paper"),
        ("calmInk", "calmPaper"),
        ("calmInk", "paper"),
    ],
)
def test_text_has_a_contrast_of_seven(repository: Path, scheme: int, ink: str, paper: str) -> None:
    theme = (repository / "ui" / "qml" / "Theme.qml").read_text("utf-8")
    tokens = {
        name: colours for name, *colours in re.findall(r'color (\w+): pick\("(.{7})", "(.{7})", "(.{7})"\)', theme)
    }
    assert _contrast(tokens[ink][scheme], tokens[paper][scheme]) >= 7


@pytest.mark.parametrize("scheme", ["light", "dark", "contrast"])
def test_the_code_for_staff_is_readable_on_wood(repository: Path, scheme: str) -> None:
    import tomllib

    wood = tomllib.loads((repository / "ui" / "illustrations" / "palette.toml").read_text())[scheme]
    ink = {"light": "#10231F", "dark": "#EAF3F0", "contrast": "#FFFFFF"}[scheme]
    assert min(_contrast(ink, wood["wood"]), _contrast(ink, wood["wood_far"])) >= 7
