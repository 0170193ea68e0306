"""The demonstration, played to its end over real PC/SC."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image


def demo(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", *arguments],
        env={**environment, "MOTCHAM_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.system
def test_every_kind_of_visit_is_played_and_pictured(pcsc_lock: None, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    played = demo(tmp_path / "home", "--headless", "--out", str(shots))
    assert played.returncode == 0, played.stdout + played.stderr
    assert "Traceback" not in played.stderr
    pictures = sorted(path.name for path in shots.iterdir())
    vietnamese = {name.removesuffix(".vi.png") for name in pictures if name.endswith(".vi.png")}
    english = {name.removesuffix(".en.png") for name in pictures if name.endswith(".en.png")}
    assert vietnamese == english
    assert len(pictures) == 2 * len(vietnamese)
    shown = {re.sub(r"^\d+-(.*)$", r"\1", name) for name in vietnamese}
    for screen in (
        "good-rest",
        "good-here-you-are-accept-valid",
        "good-choosing-clinic",
        "good-ticket-issued-confirmed-clinic",
        "good-farewell",
        "expired-insurance-here-you-are-accept-expired",
        "pulled-away-card-lifted",
        "tampered-portrait-problem-cannot_confirm",
        "wrong-code-problem-wrong_key",
        "wrong-number-problem-wrong_number",
        "bank-card-problem-not_a_document",
        "network-down-ticket-issued-offline-clinic",
    ):
        assert screen in shown
    for name in pictures:
        with Image.open(shots / name) as picture:
            assert picture.size == (1080, 1920)
            assert len(picture.getcolors(1 << 24) or ()) > 100, f"{name} shows nothing"
    doctor = re.findall(r"^(ok|simulated|warning|missing) +(\S+)", played.stdout, re.MULTILINE)
    assert {check for _, check in doctor} >= {"pcsc", "reader", "camera", "clock", "trust", "registry", "fonts"}
    assert {status for status, _ in doctor} == {"ok", "simulated"}


@pytest.mark.system
def test_an_officer_sees_what_a_patient_does_not(pcsc_lock: None, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    played = demo(tmp_path / "home", "--headless", "--desk", "counter", "--out", str(shots))
    assert played.returncode == 0, played.stdout + played.stderr
    assert [path for path in shots.iterdir() if "here-you-are-reject" in path.name]
