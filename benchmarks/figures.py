"""From runs to figures: best and median of each way, and of each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.workload import Way
from reader.checks import CheckId, CheckStatus
from reader.model import Inspection, LinkStatistics, Verdict

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

    @property
    def own_share(self) -> float:
        """Of the median total, from 0 to 1."""
        return self.own.median / self.total.median

    @property
    def within_budget(self) -> bool:
        return self.way.max_apdus is None or self.link.apdus <= self.way.max_apdus


def summarise(way: Way, runs: Sequence[Run]) -> WayFigures:
    """The figures of one way; raises ValueError where its runs sent different commands."""
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
