"""The whole read of the simulated CCCD: every file, PACE or BAC, passive, active and chip authentication.

Run by hand: ``python -m benchmarks.read --runs 50``. Counts are the same on every machine; times are not, and only
their ratios within one run mean anything.
"""

from __future__ import annotations

import cProfile
import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from benchmarks import tables
from benchmarks.figures import WayFigures, summarise
from benchmarks.measurement import UnsoundRead, measure
from benchmarks.workload import WAYS, MeasuredCard, Way, in_process, over_pcsc
from reader.errors import ReaderError
from simulator.errors import SimulatorError, UnusableField
from simulator.radio_field import RadioField

SCHEMA = "motcham.benchmark.read/1"
OVER_BUDGET = 1


class Length(StrEnum):
    SHORT = "short"
    EXTENDED = "extended"
    BOTH = "both"


class Protocol(StrEnum):
    PACE = "pace"
    BAC = "bac"
    BOTH = "both"


def main(
    runs: Annotated[int, typer.Option(min=1, help="Counted reads of each way.")] = 20,
    length: Annotated[Length, typer.Option(help="Of the APDUs.")] = Length.BOTH,
    access: Annotated[Protocol, typer.Option(help="How the chip is opened.")] = Protocol.BOTH,
    without_pcsc: Annotated[
        bool, typer.Option("--in-process", help="Leave PC/SC out: call the chip directly.")
    ] = False,
    radio: Annotated[
        str | None, typer.Option(metavar="KBIT:MS", help="Slow the card to a field's pace, such as 423.8:5.")
    ] = None,
    profile: Annotated[bool, typer.Option(help="Tell which functions the own share goes to; slows it down.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure the whole read of the simulated CCCD. Exit 1: a read failed, or needs more APDUs than it may."""
    if profile and without_pcsc:
        raise typer.BadParameter("--profile needs PC/SC: called directly, the card's own work would be in it")
    chosen = [way for way in WAYS if length in (Length.BOTH, _length(way)) and access in ("both", way.access)]
    now = datetime.now(UTC)
    card = MeasuredCard.make(now)
    profiler = cProfile.Profile() if profile else None
    load = os.getloadavg()[0]
    field = None if radio is None else _field(radio, without_pcsc)
    try:
        with in_process(card) if without_pcsc else over_pcsc(card, field) as connect:
            if as_json:
                found = measure(card, chosen, connect, runs, now, profiler=profiler)
            else:
                with tables.progress(runs + 1) as advance:
                    found = measure(card, chosen, connect, runs, now, profiler=profiler, after_round=advance)
    except (UnsoundRead, ReaderError, SimulatorError) as error:
        raise SystemExit(f"no figures: {error}") from error
    figures = [summarise(way, found[way], field) for way in chosen]
    situation = {
        "date": now.date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(load, 1),
        "link": "in process" if without_pcsc else "pcscd and vpcd",
        "radio": radio,
        "slowed_by": "the profiler" if profile else None,
        "runs": runs,
    }
    if as_json:
        typer.echo(json.dumps(_report(situation, card, figures)))
    else:
        tables.show(situation, card.file_sizes, figures)
        if profiler is not None:
            tables.show_profile(profiler, runs * len(chosen))
    if not all(figure.within_budget for figure in figures):
        raise typer.Exit(OVER_BUDGET)


def _length(way: Way) -> Length:
    return Length.EXTENDED if way.extended else Length.SHORT


def _field(radio: str, without_pcsc: bool) -> RadioField:
    if without_pcsc:
        raise typer.BadParameter("--radio needs PC/SC")
    try:
        return RadioField.parse(radio)
    except UnusableField as error:
        raise typer.BadParameter("--radio takes kbit/s and milliseconds per command, such as 423.8:5") from error


def _report(situation: dict[str, Any], card: MeasuredCard, figures: list[WayFigures]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        **situation,
        "files": card.file_sizes,
        "ways": [
            {
                "access": str(figure.way.access),
                "length": str(_length(figure.way)),
                "max_apdus": figure.way.max_apdus,
                "verdict": str(figure.verdict),
                "checks": {str(check): str(status) for check, status in figure.checks.items()},
                "apdus": figure.link.apdus,
                "bytes_sent": figure.link.bytes_sent,
                "bytes_received": figure.link.bytes_received,
                "total_ms": asdict(figure.total),
                "own_ms": asdict(figure.own),
                "processor_ms": asdict(figure.processor),
                "field": None if figure.field is None else asdict(figure.field),
                "steps": [asdict(step) for step in figure.steps],
            }
            for figure in figures
        ],
    }


if __name__ == "__main__":
    typer.run(main)
