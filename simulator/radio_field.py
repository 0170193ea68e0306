"""How long bytes take through the air between a reader and a contactless card."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from simulator.errors import UnusableField

_TEXT: Final = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?):([0-9]{1,4}(?:\.[0-9]{1,3})?)")
_BITS_PER_BYTE: Final = 9
"""ISO/IEC 14443-3, 6.2.3: eight bits and a parity bit."""


@dataclass(frozen=True, slots=True)
class RadioField:
    """A link of so many bits a second on which each command costs a fixed time besides, the chip's own included."""

    bits_per_second: float
    seconds_per_command: float

    @classmethod
    def parse(cls, text: str) -> RadioField:
        """Read ``KBIT:MS``, kilobits a second and milliseconds a command; raises UnusableField."""
        match = _TEXT.fullmatch(text)
        if match is None or not (bits := 1000 * float(match[1])):
            raise UnusableField(f"{text} is no bit rate with a delay")
        return cls(bits, float(match[2]) / 1000)

    def seconds(self, size: int) -> float:
        """The time of one command and its response of `size` bytes together."""
        return size * _BITS_PER_BYTE / self.bits_per_second + self.seconds_per_command
