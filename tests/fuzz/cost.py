"""What one input costs a parser: processor time, and memory at its peak."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.targets import ERRORS

MAX_SIZE = 64 * 1024
"""Bytes of an input that the limits hold for."""
MAX_SECONDS = 1.0
MAX_MEGABYTES = 64.0

_KIB, _MIB = 1024, 1024 * 1024
_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


@dataclass(frozen=True)
class Cost:
    """Processor seconds of this thread, and MiB that were taken at the peak beyond what was in use before."""

    seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def is_allowed(self) -> bool:
        return self.seconds <= MAX_SECONDS and self.megabytes <= MAX_MEGABYTES


def cost_of(run: Callable[[bytes], object], data: bytes) -> Cost:
    """Measure `run` with one input, which it may refuse with one of `ERRORS`.

    Memory is the greater of two figures from two further runs: how far the process's resident set rose at its peak
    (memory of libraries in C included, where the kernel tells it) and what Python's own allocator gave out at its peak
    (which a heap that was large before does not hide). The time is of a run without either.
    """
    seconds = _seconds(run, data)
    if seconds > MAX_SECONDS:
        seconds = min(seconds, _seconds(run, data))
    return Cost(seconds, max(_resident(run, data), _allocated(run, data)))


def _seconds(run: Callable[[bytes], object], data: bytes) -> float:
    started = time.thread_time()
    _run(run, data)
    return time.thread_time() - started


def _resident(run: Callable[[bytes], object], data: bytes) -> float:
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return 0.0
    before = _kibibytes("VmRSS:")
    _run(run, data)
    return max(0, _kibibytes("VmHWM:") - before) / _KIB


def _allocated(run: Callable[[bytes], object], data: bytes) -> float:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        _run(run, data)
        return (tracemalloc.get_traced_memory()[1] - before) / _MIB
    finally:
        tracemalloc.stop()


def _run(run: Callable[[bytes], object], data: bytes) -> None:
    with contextlib.suppress(*ERRORS):
        run(data)


def _kibibytes(field: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1])
