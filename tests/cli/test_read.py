"""`motcham read` where no reader is needed: the key that is asked for, and defects of the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import read as command
from cli.reading import Key, Request, unread
from reader.keys import CanKey
from reader.model import Inspection


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))
    made = typer.Typer()
    made.command()(command.read)
    return made


def test_a_key_that_was_typed_on_a_terminal(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[Request] = []

    def reading(request: Request, *_: object) -> Inspection:
        requests.append(request)
        return unread("link.no_card", "no card", "Put it down.")

    monkeypatch.setattr(command, "ask_for_key", lambda: "001099000001")
    monkeypatch.setattr(command, "read_document", reading)
    assert CliRunner().invoke(app, ["--access", "pace", "--groups", "1,13", "--json"]).exit_code == 32
    (request,) = requests
    assert request.opening.keys == (CanKey("000001"),)
    assert (request.opening.mode, request.groups) == ("pace", (1, 13))


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [("access.key_missing", 30), ("access.pin_blocked", 30), ("access.puk_unanswered", 30), ("link.service_lost", 31)],
)
def test_exit_codes_of_readings_that_failed(code: str, exit_code: int) -> None:
    assert command.exit_code(unread(code, "it failed", "Try again.")) == exit_code


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--mrz", "no zone"), "printed"),
        (("--can", "12"), "printed"),
        (("--id-number", "12"), "printed"),
        (("--document-number", "X1", "--birth", "spring", "--expiry", "320101"), "MRZ"),
    ],
)
def test_a_key_that_is_none_is_told_with_what_to_do(app: typer.Typer, options: tuple[str, ...], remedy: str) -> None:
    result = CliRunner().invoke(app, [*options, "--json"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert remedy in result.stderr


def test_a_key_that_was_given_is_in_no_log() -> None:
    assert "123456" not in repr(Key(can="123456"))


def test_a_defect_is_told_without_a_traceback_and_without_data(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defective(*_: object) -> Inspection:
        raise RuntimeError("Nguyễn Văn Mẫu")

    monkeypatch.setattr(command, "read_document", defective)
    result = CliRunner().invoke(app, ["--can", "123456", "--json"])
    assert result.exit_code == 70
    assert json.loads(result.stdout)["error"]["code"] == "program.defect"
    assert "Traceback" not in result.stderr
    assert "Mẫu" not in result.output
