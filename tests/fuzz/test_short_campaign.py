"""A minute of fuzzing with every test run; the long campaign is started by hand (docs/fuzzing.md)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import targets

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python on this machine"
)

SECONDS = 1.5
"""For each target. Two at a time, starting included, that makes about a minute."""
FEWEST_EXECUTIONS = 50


def campaign(repository: Path, state: Path, *options: str) -> str:
    command = [sys.executable, "-m", "tests.fuzz.campaign", f"--state={state}", "--no-hostile", *options]
    ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def executions(state: Path, name: str) -> int:
    return int(json.loads((state / name / "state.json").read_text())["executions"])


def test_a_minute_over_all_targets_finds_nothing(repository: Path, tmp_path: Path) -> None:
    campaign(repository, tmp_path, f"--seconds={SECONDS}")
    for name in targets():
        assert executions(tmp_path, name) >= FEWEST_EXECUTIONS, (tmp_path / name / "child.log").read_text()


def test_a_campaign_goes_on_where_it_stopped(repository: Path, tmp_path: Path) -> None:
    for goal in (500, 500, 800):
        assert f"| dg1 | {goal} |" in campaign(repository, tmp_path, "--target=dg1", f"--executions={goal}")
        assert executions(tmp_path, "dg1") == goal
