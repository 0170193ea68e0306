"""`motcham verify`: the output and exit codes of `motcham read`, from a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import read as read_command
from cli.verify import verify
from reader.evidence import decode, encode, evidence_of
from reader.model import Inspection, Verdict
from reader.portrait import PortraitDecoder
from reader.report import to_json
from reader.transcript import AgreementOutcome
from tests.reader.cases import NOW, Cases, read


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


@pytest.fixture(scope="module")
def inspection(cases: Cases) -> Inspection:
    decoder = PortraitDecoder()
    try:
        return read(cases, cases.card("cccd"), portraits=decoder)
    finally:
        decoder.close()


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(verify)
    return made


@pytest.fixture
def csca(cases: Cases, tmp_path: Path) -> Path:
    path = tmp_path / "simulated" / "csca.der"
    path.parent.mkdir()
    path.write_bytes(cases.issuer("VN").csca_der)
    return path


def test_the_same_object_as_of_the_reading(
    app: typer.Typer, inspection: Inspection, csca: Path, tmp_path: Path
) -> None:
    file = tmp_path / "visit.json"
    file.write_bytes(encode(evidence_of(inspection, NOW)))
    result = CliRunner().invoke(app, [str(file), "--trust", str(csca), "--json"])
    assert result.exit_code == 0, result.stderr
    found, expected = json.loads(result.stdout), to_json(inspection)
    assert found.keys() == expected.keys()
    for key in ("schema", "verdict", "reasons", "access", "document", "data_groups", "portrait"):
        assert found[key] == expected[key]
    assert [(check["id"], check["status"], check["reason"]) for check in found["checks"]] == [
        (check["id"], check["status"], check["reason"]) for check in expected["checks"]
    ]
    assert result.stderr == ""


def test_words_for_people(app: typer.Typer, inspection: Inspection, csca: Path, tmp_path: Path) -> None:
    file = tmp_path / "visit.json"
    file.write_bytes(encode(evidence_of(inspection, NOW)))
    result = CliRunner().invoke(app, [str(file), "--trust", str(csca)])
    assert result.exit_code == 0
    assert result.stdout.startswith("ACCEPT")


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--at", "2060-01-01"), 10, "content.expired"),
        (("--trust", "EMPTY"), 10, "passive.issuer_not_provisioned"),
    ],
)
def test_other_standards_give_another_verdict_and_say_what_it_was(
    app: typer.Typer,
    inspection: Inspection,
    csca: Path,
    tmp_path: Path,
    options: tuple[str, str],
    code: int,
    reason: str,
    cases: Cases,
) -> None:
    stranger = tmp_path / "stranger.der"
    stranger.write_bytes(cases.issuer("UT").csca_der)
    file = tmp_path / "visit.json"
    file.write_bytes(encode(evidence_of(inspection, NOW)))
    given = [option.replace("EMPTY", str(stranger)) for option in options]
    if "--trust" not in given:
        given += ["--trust", str(csca)]
    result = CliRunner().invoke(app, [str(file), *given, "--json"])
    assert result.exit_code == code
    assert reason in json.loads(result.stdout)["reasons"]
    assert "when it was recorded the verdict was accept" in result.stderr


def test_evidence_of_a_clone(app: typer.Typer, inspection: Inspection, csca: Path, tmp_path: Path) -> None:
    evidence = evidence_of(inspection, NOW)
    assert evidence.transcript.agreement is not None
    (attempt,) = evidence.transcript.agreement
    refused = replace(attempt, outcome=AgreementOutcome.REFUSED, status=0x6A80)
    file = tmp_path / "visit.json"
    file.write_bytes(encode(replace(evidence, transcript=replace(evidence.transcript, agreement=(refused,)))))
    result = CliRunner().invoke(app, [str(file), "--trust", str(csca), "--json"])
    assert (result.exit_code, json.loads(result.stdout)["reasons"]) == (20, ["chip.refused"])


def test_a_reading_that_failed_exits_as_it_did(app: typer.Typer, cases: Cases, csca: Path, tmp_path: Path) -> None:
    failed = read(cases, cases.card("bank-card"), opening=None)
    file = tmp_path / "visit.json"
    file.write_bytes(encode(evidence_of(failed, NOW)))
    result = CliRunner().invoke(app, [str(file), "--trust", str(csca), "--json"])
    assert result.exit_code == 33
    assert json.loads(result.stdout)["error"]["code"] == "document.not_supported"


@pytest.mark.parametrize("raw", [b"{}", b"\x89PNG", b"", b'{"schema": "motcham.evi', b"1" * 5000])
def test_what_is_no_evidence_is_wrong_usage(app: typer.Typer, csca: Path, tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "visit.json"
    file.write_bytes(raw)
    result = CliRunner().invoke(app, [str(file), "--trust", str(csca)])
    assert result.exit_code == 2
    assert "no evidence that can be read" in result.stderr
    assert "motcham read --evidence" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_is_not_there_is_wrong_usage(app: typer.Typer, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, [str(tmp_path / "none.json")]).exit_code == 2


def test_reading_writes_it_for_its_owner_only(
    cases: Cases, inspection: Inspection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))
    monkeypatch.setattr(read_command, "read_document", lambda *_: inspection)
    app = typer.Typer()
    app.command()(read_command.read)
    file = tmp_path / "visit.json"
    assert CliRunner().invoke(app, ["--can", "123456", "--evidence", str(file), "--json"]).exit_code == 0
    assert file.stat().st_mode & 0o077 == 0
    evidence = decode(file.read_bytes())
    assert (evidence.verdict, evidence.files) == (Verdict.ACCEPT, inspection.files)
