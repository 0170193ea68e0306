"""What one input costs a parser: processor time, and memory at its peak."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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
    """Measure `run` with one input; what it raises comes through.

    Memory is the greater of two figures: how far the process's resident set rose at its peak (memory of libraries in C
    included, where the kernel tells it), and what Python's own allocators gave out at their peak in a second run (which
    a heap that was large before does not hide, nor memory that nobody touched).
    """
    seconds, resident = _timed(run, data)
    if seconds > MAX_SECONDS:
        seconds = min(seconds, _timed(run, data)[0])
    return Cost(seconds, max(resident, _allocated(run, data)))


def _timed(run: Callable[[bytes], object], data: bytes) -> tuple[float, float]:
    """Processor seconds, and MiB by which the resident set rose."""
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        # Not Linux, or a sandbox: Python's allocators alone count then.
        before = None
    else:
        before = _kibibytes("VmRSS:")
    started = time.thread_time()
    run(data)
    seconds = time.thread_time() - started
    return seconds, 0.0 if before is None else max(0, _kibibytes("VmHWM:") - before) / _KIB


def _allocated(run: Callable[[bytes], object], data: bytes) -> float:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run(data)
        return (tracemalloc.get_traced_memory()[1] - before) / _MIB
    finally:
        tracemalloc.stop()


def _kibibytes(field: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1])
