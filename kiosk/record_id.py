"""Ids of records: UUID version 7 (RFC 9562, 5.7), so that they sort by the time at which they were made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

RandomBytes = Callable[[int], bytes]


def new_record_id(now: datetime, random: RandomBytes) -> str:
    """Make an id of 36 characters.

    Args:
        now: aware wall time; its milliseconds since 1970 fill the first 48 bits.
        random: gives that many random bytes.
    """
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    number = milliseconds << 80 | int.from_bytes(random(10), "big")
    number = number & ~(0xF << 76) | 7 << 76
    number = number & ~(0b11 << 62) | 0b10 << 62
    return str(UUID(int=number))
