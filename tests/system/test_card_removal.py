"""`motcham read` on the real PC/SC service, while the card is taken away and put back at chosen commands."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli.read import read
from reader.errors import CardRemoved
from simulator.chip import SimulatedChip
from simulator.manners import ChipManners
from simulator.pcscd import ensure_pcscd
from simulator.vpcd import VirtualCard
from tests.reader.cases import Cases

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
]


class TakenAway:
    """A chip whose card is taken away at given commands: their number over all, and since the card was put down."""

    def __init__(self, inner: SimulatedChip, taken_at: Callable[[int, int], bool]) -> None:
        self.inner = inner
        self.taken_at = taken_at
        self.total = self.since_reset = self.removals = 0

    def transmit(self, command: bytes) -> bytes:
        self.total += 1
        self.since_reset += 1
        if self.taken_at(self.total, self.since_reset):
            self.removals += 1
            raise CardRemoved("taken away")
        return self.inner.transmit(command)

    def prepare(self) -> None:
        self.inner.prepare()

    def reset(self) -> None:
        self.since_reset = 0
        self.inner.reset()


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


@pytest.fixture
def pcsc(pcsc_lock: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))
    with ensure_pcscd():
        yield


def read_json(cases: Cases, chip: TakenAway, folder: Path, back_after: float) -> tuple[int, dict[str, Any]]:
    app = typer.Typer()
    app.command()(read)
    card = cases.card("cccd")
    csca = folder / "csca.cer"
    csca.write_bytes(cases.issuer("VN").csca_der)
    arguments = ["--json", "--at", "2026-11-22", "--wait", "5", "--trust", str(csca)]
    with VirtualCard(chip, back_after=back_after):
        result = CliRunner().invoke(app, [*arguments, "--qr", card.qr_text or ""])
    report: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, report


# A card that is back at once was away so briefly that the service noticed nothing but a broken exchange.
@pytest.mark.parametrize(
    ("length", "index", "back_after"),
    [
        ("extended", 1, 0.05),
        ("extended", 4, 0.8),
        ("extended", 7, 0.05),
        ("extended", 15, 0.8),
        ("extended", 22, 0.05),
        ("short", 50, 0.8),
        ("short", 105, 0.05),
    ],
)
def test_taken_away_once(cases: Cases, pcsc: None, tmp_path: Path, length: str, index: int, back_after: float) -> None:
    manners = ChipManners(extended_length=length == "extended")
    inner = cases.card("cccd").chip(random.Random(7).randbytes, manners)
    chip = TakenAway(inner, lambda total, _: total == index)
    code, report = read_json(cases, chip, tmp_path, back_after)
    assert (code, report["verdict"], report["reasons"]) == (0, "accept", [])
    assert chip.removals == 1
    assert chip.total <= (22 if length == "extended" else 116) + 30


@pytest.mark.parametrize(("back_after", "code"), [(0.05, "link.failed"), (0.8, "link.card_removed")])
def test_taken_away_again_and_again(cases: Cases, pcsc: None, tmp_path: Path, back_after: float, code: str) -> None:
    chip = TakenAway(cases.card("cccd").chip(random.Random(7).randbytes), lambda _, since: since == 5)
    started = time.monotonic()
    exit_code, report = read_json(cases, chip, tmp_path, back_after)
    assert (exit_code, report["verdict"], report["error"]["code"]) == (31, "none", code)
    assert time.monotonic() - started < 30
    assert 3 <= chip.removals <= 7
