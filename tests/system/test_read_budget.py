"""How many commands the whole read needs over real PC/SC, as `benchmarks/read.py` counts them. Times are not tested."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
]

READ_FILES = ("EF.COM", "EF.SOD", "DG1", "DG2", "DG13", "DG14", "DG15")


def measured(repository: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.read", "--runs", "1", "--json", *arguments]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize("link", [(), ("--in-process",)])
def test_the_whole_read_stays_within_its_budget(pcsc_lock: None, repository: Path, link: tuple[str, ...]) -> None:
    report = measured(repository, *link)
    sizes = report["files"]
    assert set(READ_FILES) < set(sizes)
    assert sizes["DG2"] == 19_967
    assert sizes["EF.SOD"] <= 2_000
    ways = {(way["access"], way["length"]): way for way in report["ways"]}
    short, extended = ways["pace", "short"], ways["pace", "extended"]
    assert short["apdus"] <= 125
    assert extended["apdus"] <= 35
    for way in (short, extended):
        assert way["verdict"] == "accept"
        not_passed = {check: status for check, status in way["checks"].items() if status != "passed"}
        assert not_passed == {
            "access.bac": "not_applicable",
            "chip.pace_cam": "not_applicable",
            "passive.revocation": "unavailable",
        }
        assert way["bytes_received"] > sum(sizes[name] for name in READ_FILES)
        assert sum(step["apdus"] for step in way["steps"]) == way["apdus"]
    dg2 = {step["name"]: step["apdus"] for step in short["steps"]}["read.DG2"]
    assert dg2 == -(-19_967 // 223)
