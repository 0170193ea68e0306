"""The two clocks of a kiosk: the wall's, which may be set and jump, and the steady one, which never goes back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Where time comes from; tests bring their own."""

    def now(self) -> datetime:
        """Wall time, aware."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment of this boot."""

    def boot_id(self) -> str:
        """Names the boot that `monotonic` counts from; empty where the system does not tell."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def boot_id(self) -> str:
        try:
            return _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            # Linux only; elsewhere a record carries wall time alone.
            return ""
