"""From runs to figures: best and median of each way, and of each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.workload import Way
from reader.checks import CheckId, CheckStatus
from reader.model import Inspection, LinkStatistics, Verdict
from simulator.radio_field import RadioField

CONNECT: Final = "connect"
DISCONNECT: Final = "disconnect"
BETWEEN: Final = "between the steps"
"""Parsing, comparing, deciding: what is in the total and in no step."""


@dataclass(frozen=True, slots=True)
class Run:
    """One whole read. All times in milliseconds."""

    inspection: Inspection
    connect_ms: float
    disconnect_ms: float
    processor_ms: float
    """Processor time of this process, all its threads: the PC/SC client included, the card not."""
    identity_ms: float
    """From the beginning until DG1 and the name stood verified."""
    portrait_ms: float
    """From the beginning until the face image stood verified, to be shown while the rest was read."""

    @property
    def own_ms(self) -> float:
        """The program's own share: the total less the waiting for answers. Connecting counts as its own."""
        return self.inspection.total_ms - self.inspection.link.waiting_ms


@dataclass(frozen=True, slots=True)
class Spread:
    best: float
    median: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), median(values))


@dataclass(frozen=True, slots=True)
class FieldFigures:
    """A read through a slow field, against what its bytes and commands take by themselves."""

    model_ms: float
    ratio: float
    """Of the median total to the model; both are of this run."""
    identity_share: float
    """Of the median total, from 0 to 1: when the name was known."""
    portrait_share: float
    """The same: when the portrait could be shown."""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step: median times, and what went over the link in it."""

    name: str
    ms: float
    own_ms: float
    apdus: int
    bytes_sent: int
    bytes_received: int


@dataclass(frozen=True, slots=True)
class WayFigures:
    """All runs of one way."""

    way: Way
    total: Spread
    own: Spread
    processor: Spread
    link: LinkStatistics
    """Counts of one read, which are the same in every run."""
    steps: tuple[StepFigures, ...]
    verdict: Verdict
    checks: Mapping[CheckId, CheckStatus]
    """Of the last run."""
    field: FieldFigures | None
    """None: the link was as fast as it goes."""

    @property
    def own_share(self) -> float:
        """Of the median total, from 0 to 1."""
        return self.own.median / self.total.median

    @property
    def within_budget(self) -> bool:
        return self.way.max_apdus is None or self.link.apdus <= self.way.max_apdus


def summarise(way: Way, runs: Sequence[Run], radio: RadioField | None = None) -> WayFigures:
    """The figures of one way; raises ValueError where its runs sent different commands.

    Args:
        radio: what slowed the card down.
    """
    counts = {(link.apdus, link.bytes_sent, link.bytes_received) for link in (run.inspection.link for run in runs)}
    if len(counts) != 1:
        raise ValueError(f"{way.name}: the runs differ in what they sent and received: {sorted(counts)}")
    last = runs[-1].inspection
    return WayFigures(
        way,
        Spread.of([run.inspection.total_ms for run in runs]),
        Spread.of([run.own_ms for run in runs]),
        Spread.of([run.processor_ms for run in runs]),
        last.link,
        _steps(runs),
        last.verdict,
        {check.id: check.status for check in last.checks},
        None if radio is None else _in_the_field(radio, runs),
    )


def _in_the_field(radio: RadioField, runs: Sequence[Run]) -> FieldFigures:
    link = runs[-1].inspection.link
    size = link.bytes_sent + link.bytes_received
    model_ms = 1000 * (radio.seconds(size) + (link.apdus - 1) * radio.seconds_per_command)
    total_ms = median(run.inspection.total_ms for run in runs)
    return FieldFigures(
        model_ms,
        total_ms / model_ms,
        median(run.identity_ms for run in runs) / total_ms,
        median(run.portrait_ms for run in runs) / total_ms,
    )


def _steps(runs: Sequence[Run]) -> tuple[StepFigures, ...]:
    def outside(name: str, ms: Callable[[Run], float]) -> StepFigures:
        value = median(ms(run) for run in runs)
        return StepFigures(name, value, value, 0, 0, 0)

    def between(run: Run) -> float:
        steps = sum(timing.ms for timing in run.inspection.timing)
        return run.inspection.total_ms - steps - run.connect_ms - run.disconnect_ms

    inside = []
    for timings in zip(*(run.inspection.timing for run in runs), strict=True):
        link = timings[0].link
        ms = median(timing.ms for timing in timings)
        own_ms = median(timing.ms - timing.link.waiting_ms for timing in timings)
        inside.append(StepFigures(timings[0].step, ms, own_ms, link.apdus, link.bytes_sent, link.bytes_received))
    return (
        outside(CONNECT, lambda run: run.connect_ms),
        *inside,
        outside(BETWEEN, between),
        outside(DISCONNECT, lambda run: run.disconnect_ms),
    )
