"""Readers and cards as they come and go. Outlives the PC/SC service: it looks for it again until it is back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from reader.errors import ServiceUnavailable
from reader.pcsc import PNP_NOTIFICATION, PcscContext, SlotState


@dataclass(frozen=True, slots=True)
class ServiceFound:
    """The PC/SC service answers; the readers follow one by one."""


@dataclass(frozen=True, slots=True)
class ServiceLost:
    """The PC/SC service does not run. All readers and cards were reported as gone before this."""


@dataclass(frozen=True, slots=True)
class ReaderConnected:
    reader: str


@dataclass(frozen=True, slots=True)
class ReaderDisconnected:
    reader: str


@dataclass(frozen=True, slots=True)
class CardInserted:
    reader: str
    atr: bytes
    """Empty when the card does not answer to reset."""


@dataclass(frozen=True, slots=True)
class CardRemovedEvent:
    reader: str


WatcherEvent = ServiceFound | ServiceLost | ReaderConnected | ReaderDisconnected | CardInserted | CardRemovedEvent

_WAIT_SECONDS: Final = 1.0
"""Longest wait for a change. pcsc-lite before 2.3 does not tell of a reader that comes between two waits, and some
platforms never tell of one: the list of readers is compared after each wait."""
_RETRY_SECONDS: Final = 0.5


class CardWatcher:
    """Reports events from a thread of its own, in order, until it is stopped.

    Each reader is reported before its card, and a card as removed before its reader goes. A card that was exchanged
    between two looks is reported as removed and inserted.
    """

    def __init__(
        self, on_event: Callable[[WatcherEvent], None], context: Callable[[], PcscContext] = PcscContext
    ) -> None:
        """Args:
        on_event: called from the watcher's thread; must not block, and must not raise.
        context: makes a connection to the service; raises ServiceUnavailable.
        """
        self._report = on_event
        self._make_context = context
        self._stopping = Event()
        self._context: PcscContext | None = None
        self._slots: dict[str, SlotState] = {}
        self._thread = Thread(target=self._run, name="card watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it is over."""
        self._stopping.set()
        if self._context is not None:
            self._context.cancel()
        self._thread.join(2 * _WAIT_SECONDS)

    def _run(self) -> None:
        reported_lost = False
        while not self._stopping.is_set():
            try:
                self._context = self._make_context()
                reported_lost = False
                self._report(ServiceFound())
                self._watch(self._context)
            except ServiceUnavailable:
                self._forget_readers(set())
                if not reported_lost:
                    self._report(ServiceLost())
                reported_lost = True
                self._stopping.wait(_RETRY_SECONDS)
            finally:
                if self._context is not None:
                    self._context.release()
                    self._context = None

    def _watch(self, context: PcscContext) -> None:
        notification = SlotState(PNP_NOTIFICATION)
        while not self._stopping.is_set():
            readers = context.list_readers()
            self._forget_readers(set(readers))
            for reader in readers:
                if reader not in self._slots:
                    self._slots[reader] = SlotState(reader)
                    self._report(ReaderConnected(reader))
            changes = context.wait_for_change([notification, *self._slots.values()], _WAIT_SECONDS)
            for slot in changes or []:
                if slot.reader == PNP_NOTIFICATION:
                    notification = slot
                else:
                    self._compare(self._slots[slot.reader], slot)
                    self._slots[slot.reader] = slot

    def _compare(self, before: SlotState, now: SlotState) -> None:
        exchanged = before.card_present and now.card_present and before.events != now.events
        if before.card_present and (exchanged or not now.card_present):
            self._report(CardRemovedEvent(now.reader))
        if now.card_present and (exchanged or not before.card_present):
            self._report(CardInserted(now.reader, now.atr))

    def _forget_readers(self, connected: set[str]) -> None:
        for reader in [known for known in self._slots if known not in connected]:
            if self._slots.pop(reader).card_present:
                self._report(CardRemovedEvent(reader))
            self._report(ReaderDisconnected(reader))
