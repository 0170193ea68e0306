from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest
from typer.testing import CliRunner

from cli.audit import audit_app
from cli.outbox import outbox_app
from kiosk.clock import SystemClock
from kiosk.errors import NoSuchRecord
from kiosk.outbox import Outbox

CONTENT = b'{"name":"Nguyen Thi Lan"}'


@pytest.fixture
def record_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One record that the registry has refused."""
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))
    with Outbox.open(tmp_path / "outbox.db", tmp_path / "vault.key", clock=SystemClock()) as outbox:
        slot = outbox.capture("check-in", lambda slot: CONTENT, identity="VNM:001190000001")
        outbox.take(slot.record_id)
        outbox.reject(slot.record_id, "registry.record_refused")
    return slot.record_id


def test_the_list_names_records_and_no_people(record_id: str) -> None:
    shown = CliRunner().invoke(outbox_app, ["list"])
    assert shown.exit_code == 0
    assert record_id in shown.stdout
    assert "registry.record_refused" in shown.stdout
    listed = json.loads(CliRunner().invoke(outbox_app, ["list", "--json"]).stdout)
    assert listed["schema"] == "motcham.outbox/1"
    assert [(record["id"], record["state"]) for record in listed["records"]] == [(record_id, "rejected")]
    assert "Lan" not in json.dumps(listed) + shown.stdout


def test_a_refused_record_can_be_sent_again(record_id: str) -> None:
    assert CliRunner().invoke(outbox_app, ["retry", record_id]).exit_code == 0
    listed = json.loads(CliRunner().invoke(outbox_app, ["list", "--json"]).stdout)
    assert listed["records"][0]["state"] == "sealed"


def test_an_export_is_for_its_owner_and_never_replaces_a_file(record_id: str, tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    assert CliRunner().invoke(outbox_app, ["export", str(file)]).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    exported = json.loads(file.read_text(encoding="utf-8"))
    assert exported["batches"] == [{"items": [{"key": record_id, "record": json.loads(CONTENT)}]}]
    assert isinstance(CliRunner().invoke(outbox_app, ["export", str(file)]).exception, FileExistsError)


def test_where_nothing_was_recorded_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))
    for app, command in ((outbox_app, "list"), (outbox_app, "retry"), (audit_app, "verify")):
        assert CliRunner().invoke(app, [command]).exit_code == 0
    assert isinstance(CliRunner().invoke(outbox_app, ["retry", "0190a1b2"]).exception, NoSuchRecord)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_trail_ends_with_20(record_id: str, tmp_path: Path) -> None:
    intact = CliRunner().invoke(audit_app, ["verify", "--json"])
    assert intact.exit_code == 0
    assert json.loads(intact.stdout)["events"] == 2
    apsw.Connection(str(tmp_path / "outbox.db")).execute("DELETE FROM audit WHERE sequence = 2")
    broken = CliRunner().invoke(audit_app, ["verify", "--json"])
    assert broken.exit_code == 20
    assert (json.loads(broken.stdout)["intact"], json.loads(broken.stdout)["broken_at"]) == (False, 2)
