"""`motcham doctor`: what works on this machine and how to mend what does not."""

from __future__ import annotations

import dataclasses
import json
import platform
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kiosk.diagnosis import Finding
    from kiosk.settings import Settings

SCHEMA = "motcham.doctor/1"
NEEDS_MENDING = 1


def doctor(
    config: Annotated[Path | None, typer.Option(help="Settings file.", dir_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    report: Annotated[Path | None, typer.Option(help="Also write a report for support, without personal data.")] = None,
) -> None:
    """Say what works on this machine and how to mend what does not. Ends with 1 when something is missing."""
    from pydantic import AnyHttpUrl

    from cli.demonstration.session import running_session
    from kiosk.diagnosis import Status
    from kiosk.settings import RegistryAccess, Settings

    settings = Settings.load(config)
    session = running_session(settings.data)
    if session is None:
        findings = examine(settings, frozenset())
    else:
        typer.echo("motcham: a demonstration runs; this is how it stands", err=True)
        demonstrated = settings.model_copy(
            update={"data": session.data, "registry": RegistryAccess(url=AnyHttpUrl(session.registry))}
        )
        findings = examine(demonstrated, session.simulated)
    summary = json.dumps(_summary(findings), ensure_ascii=False, indent=None if as_json else 2)
    if as_json:
        typer.echo(summary)
    else:
        show(findings)
    if report is not None:
        report.write_text(summary + "\n", encoding="utf-8")
    if any(finding.status is Status.MISSING for finding in findings):
        raise typer.Exit(NEEDS_MENDING)


def examine(settings: Settings, simulated: frozenset[str]) -> tuple[Finding, ...]:
    """Look at this machine; `simulated` names the devices that a demonstration stands in for."""
    from firmware_profiles.loader import load_profiles
    from kiosk.clock import SystemClock
    from kiosk.diagnosis import Finding, Status, Surroundings, diagnose

    installed = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    surroundings = Surroundings(settings, load_profiles(), SystemClock(), installed, simulated)
    weights = sorted(file.name for file in files("ui").joinpath("fonts").iterdir() if file.name.endswith(".ttf"))
    fonts = (
        Finding("fonts", Status.OK, f"Be Vietnam Pro, {len(weights)} weights")
        if weights
        else Finding("fonts", Status.MISSING, "the window's font is not there", "Install the program again.")
    )
    return (*diagnose(surroundings), fonts)


def show(findings: tuple[Finding, ...]) -> None:
    """Print the findings as a table on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colour = {"ok": "green", "simulated": "cyan", "warning": "yellow", "missing": "bold red"}
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        table.add_row(Text(finding.status, colour[finding.status]), finding.id, Text(finding.detail))
        if finding.remedy:
            table.add_row("", "", Text(f"→ {finding.remedy}", "dim"))
    Console(file=sys.stdout).print(table)


def _summary(findings: tuple[Finding, ...]) -> dict[str, object]:
    from importlib.metadata import version

    return {
        "schema": SCHEMA,
        "version": version("motcham"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "findings": [dataclasses.asdict(finding) for finding in findings],
    }
