"""Counts what goes over the link, and ends it when the time for the whole inspection is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reader.errors import ReadingTimeout
from reader.model import LinkStatistics
from reader.transport import Transport

_NOTHING: Final = LinkStatistics()


class LinkMeter:
    """Goes around one transport after the other, as sessions with a card begin anew.

    Args:
        clock: monotonic seconds.
        deadline: on that clock; no command is sent after it.
        before: what was counted of the same document before.
    """

    def __init__(self, clock: Callable[[], float], deadline: float, before: LinkStatistics = _NOTHING) -> None:
        self._clock = clock
        self._deadline = deadline
        self._before = before
        self._transport: Transport | None = None
        self._apdus = self._sent = self._received = 0
        self._waited = 0.0

    def around(self, transport: Transport) -> Transport:
        self._transport = transport
        return self

    def transmit(self, command: bytes) -> bytes:
        """As `Transport.transmit`; ReadingTimeout when the deadline has passed."""
        started = self._clock()
        if self._transport is None or started >= self._deadline:
            raise ReadingTimeout("the time for the whole reading is over")
        self._apdus += 1
        self._sent += len(command)
        try:
            response = self._transport.transmit(command)
        finally:
            self._waited += self._clock() - started
        self._received += len(response)
        return response

    @property
    def statistics(self) -> LinkStatistics:
        return self._before + LinkStatistics(self._apdus, self._sent, self._received, 1000 * self._waited)
