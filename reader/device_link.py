"""What cameras and scanners have in common: they are there or not, and are looked for again with growing patience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class DeviceState(StrEnum):
    """Where a device stands, as it is told to whoever watches it."""

    OPENING = "opening"
    CONNECTED = "connected"
    LOST = "lost"
    """It is gone, or was never found; it is being looked for."""
    ENDED = "ended"
    """Nothing more will come: the source was closed, or its files are all given."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts, in seconds: each twice as long as the one before it, up to the longest."""

    first_s: float = 0.2
    longest_s: float = 2.0

    def pauses(self) -> Iterator[float]:
        """The pauses, without end."""
        pause = self.first_s
        while True:
            yield pause
            pause = min(2 * pause, self.longest_s)


PATIENCE = Backoff()
"""Found again within two seconds of being plugged in, at the cost of a look every two seconds."""
