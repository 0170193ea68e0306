"""The figures for people."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.figures import StepFigures, WayFigures

_MOST_FUNCTIONS: Final = 25
_LONGEST_NAME: Final = 45
_WAITING: Final = frozenset(
    {"<method 'get' of '_queue.SimpleQueue' objects>", "<method 'acquire' of '_thread.lock' objects>"}
)
"""Where the reading thread waits for the card or for the image decoder."""


@contextmanager
def progress(rounds: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr, gone at the end; gives what moves it on by one round."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=rounds)
        yield lambda: bar.advance(task)


def show(situation: Mapping[str, Any], sizes: Mapping[str, int], figures: Sequence[WayFigures]) -> None:
    """Print to stdout: the situation, all ways side by side, then the steps of each."""
    console = Console(highlight=False)
    for label, value in situation.items():
        if value is not None:
            console.print(f"{label}: {value}")
    console.print("bytes: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items()), soft_wrap=True)
    console.print(_side_by_side(figures))
    for figure in figures:
        console.print(_steps(figure))


def show_profile(profiler: cProfile.Profile, reads: int) -> None:
    """Print the functions of the reading thread that took most time themselves, without waiting."""
    stats = pstats.Stats(profiler).get_stats_profile().func_profiles
    table = _table(
        f"\nown share by function, ms a read (profiled, {reads} reads)", "function", "calls", "itself", "in all"
    )
    shown = [(name, stat) for name, stat in stats.items() if name not in _WAITING]
    for name, stat in sorted(shown, key=lambda entry: -entry[1].tottime)[:_MOST_FUNCTIONS]:
        where = f"{Path(stat.file_name).name}:{stat.line_number} {name}" if stat.line_number else name[:_LONGEST_NAME]
        calls = int(str(stat.ncalls).split("/")[0]) / reads
        table.add_row(where, f"{calls:.0f}", _ms(1000 * stat.tottime / reads), _ms(1000 * stat.cumtime / reads))
    Console(highlight=False).print(table)


def _side_by_side(figures: Sequence[WayFigures]) -> Table:
    table = _table("\nwhole read, times in ms", "", *(figure.way.name for figure in figures))
    base = figures[0].total.median
    rows: tuple[tuple[str, Callable[[WayFigures], str]], ...] = (
        ("APDUs", lambda figure: str(figure.link.apdus)),
        ("APDUs allowed", lambda figure: str(figure.way.max_apdus or "–")),
        ("bytes to the card", lambda figure: f"{figure.link.bytes_sent:,}"),
        ("bytes from the card", lambda figure: f"{figure.link.bytes_received:,}"),
        ("total, best", lambda figure: _ms(figure.total.best)),
        ("total, median", lambda figure: _ms(figure.total.median)),
        ("ratio to the first way", lambda figure: f"{figure.total.median / base:.2f}"),
        ("own share, best", lambda figure: _ms(figure.own.best)),
        ("own share, median", lambda figure: _ms(figure.own.median)),
        ("own share of the total", lambda figure: f"{figure.own_share:.0%}"),
        ("processor, best", lambda figure: _ms(figure.processor.best)),
        ("processor, median", lambda figure: _ms(figure.processor.median)),
    )
    for label, value in rows:
        table.add_row(label, *(value(figure) for figure in figures))
    fields = [figure.field for figure in figures if figure.field is not None]
    if fields:
        table.add_row("bytes and commands alone", *(_ms(field.model_ms) for field in fields))
        table.add_row("total to that", *(f"{field.ratio:.3f}" for field in fields))
        table.add_row("name known after", *(f"{field.identity_share:.0%}" for field in fields))
        table.add_row("portrait shown after", *(f"{field.portrait_share:.0%}" for field in fields))
    return table


def _steps(figure: WayFigures) -> Table:
    table = _table(
        f"\n{figure.way.name}: steps, ms median", "step", "ms", "own", "of step", "APDUs", "to card", "from card"
    )
    for step in figure.steps:
        table.add_row(*_step(step))
    return table


def _step(step: StepFigures) -> tuple[str, ...]:
    share = f"{step.own_ms / step.ms:.0%}" if step.ms else "–"
    counts = (step.apdus, step.bytes_sent, step.bytes_received)
    return step.name, _ms(step.ms), _ms(step.own_ms), share, *(f"{count:,}" if count else "–" for count in counts)


def _table(title: str, label: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column(label, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _ms(value: float) -> str:
    return f"{value:.1f}"
