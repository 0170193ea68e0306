"""`motcham doctor` on machines that lack something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.demonstration.session import Session, announced, running_session


def doctor(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "doctor", *arguments],
        env={**os.environ, "MOTCHAM_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def no_service(tmp_path: Path) -> dict[str, str]:
    """Lets pcsc-lite's client look for a service where none is."""
    return {"PCSCLITE_CSOCK_NAME": str(tmp_path / "no-service")}


def findings(output: str) -> dict[str, dict[str, Any]]:
    return {found["id"]: found for found in json.loads(output)["findings"]}


def test_a_stopped_service_is_named_with_its_cure(tmp_path: Path, no_service: dict[str, str]) -> None:
    looked = doctor(tmp_path, "--json", **no_service)
    assert looked.returncode == 1
    found = findings(looked.stdout)
    assert found["pcsc"]["status"] == "missing"
    assert "pcscd" in found["pcsc"]["remedy"]
    assert "reader" not in found
    assert found["trust"]["status"] == "missing"
    assert "motcham trust import" in found["trust"]["remedy"]
    assert found["fonts"]["status"] == "ok"


def test_the_table_is_for_people_and_the_report_for_support(tmp_path: Path, no_service: dict[str, str]) -> None:
    report = tmp_path / "report.json"
    looked = doctor(tmp_path, "--report", str(report), **no_service)
    assert "the PC/SC service is not running" in looked.stdout
    assert findings(report.read_text())["pcsc"]["status"] == "missing"
    assert json.loads(report.read_text())["schema"] == "motcham.doctor/1"


def test_what_a_demonstration_stands_in_for_is_simulated(tmp_path: Path, no_service: dict[str, str]) -> None:
    # Nobody listens there: the registry of the demonstration was cut off.
    session = Session(tmp_path / "demo", "http://127.0.0.1:9", frozenset({"camera", "printer"}))
    with announced(session, tmp_path):
        assert running_session(tmp_path) == session
        found = findings(doctor(tmp_path, "--json", **no_service).stdout)
    assert running_session(tmp_path) is None
    assert (found["camera"]["status"], found["printer"]["status"]) == ("simulated", "simulated")
    assert found["registry"]["status"] == "warning"


def test_a_demonstration_that_died_counts_no_more(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    (tmp_path / "demo.json").write_text(
        json.dumps({"pid": ended.pid, "data": str(tmp_path), "registry": "http://127.0.0.1:9", "simulated": ["trust"]})
    )
    assert running_session(tmp_path) is None
