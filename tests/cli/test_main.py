"""What holds for every command: an example in its help, and no defect where the machine or the user is to blame."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli import errors
from cli.main import build_app
from kiosk.errors import NoSuchRecord, SettingsError


def commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *path, name)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("path", list(commands(typer.main.get_command(build_app()))), ids=" ".join)
def test_every_help_has_an_example(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(build_app(), [*path, "--help"])
    assert shown.exit_code == 0
    assert f"Example: motcham {path[0] if path else ''}".strip() in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["read", "--can", "123456", "--groups", "²"],
        ["read", "--can", "123456", "--evidence", "nowhere/evidence.json"],
        ["checkin", "--can", "123456", "--desk", "nowhere"],
        ["checkin", "--can", "123456", "--registry", "registry.example"],
        ["registry", "init", "--database", "nowhere"],
        ["registry", "seed", "--add", __file__],
        ["registry", "serve", "--host", "nowhere"],
        ["simulate", "--dg2-size", "10"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(build_app(), arguments).exit_code == errors.USAGE


@pytest.mark.parametrize(
    "error",
    [
        SettingsError("settings.toml is not TOML"),
        NoSuchRecord("no such record"),
        FileExistsError(errno.EEXIST, "File exists", "records.json"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_machine_or_the_user_did_is_no_defect(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    errors.explain(error)
    assert errors.exit_code_of(error) == errors.USAGE
    assert "defect" not in capsys.readouterr().err
