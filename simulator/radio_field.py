"""How long bytes take through the air between a reader and a contactless card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_BITS_PER_BYTE: Final = 9
"""ISO/IEC 14443-3, 6.2.3: eight bits and a parity bit."""


@dataclass(frozen=True, slots=True)
class RadioField:
    """A link of so many bits a second on which each command costs a fixed time besides, the chip's own included."""

    bits_per_second: float
    seconds_per_command: float

    def seconds(self, size: int) -> float:
        """The time of one command and its response of `size` bytes together."""
        return size * _BITS_PER_BYTE / self.bits_per_second + self.seconds_per_command
