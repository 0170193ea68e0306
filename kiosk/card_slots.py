"""From readers and cards that come and go to what a visit needs to know: can we read, and does a card lie here."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.visit.events import CardPlaced, CardTaken, ReaderGone, ReaderReady, VisitEvent
from kiosk.visit.states import OutOfServiceReason
from reader.watcher import (
    CardInserted,
    CardRemovedEvent,
    ReaderConnected,
    ReaderDisconnected,
    ServiceFound,
    ServiceLost,
    WatcherEvent,
)


class CardSlots:
    """Remembers which suitable readers there are and on which one the visit's card lies. For one thread.

    Args:
        suitable: tells from its name whether a reader is to be used.
    """

    def __init__(self, suitable: Callable[[str], bool]) -> None:
        self._suitable = suitable
        self._readers: set[str] = set()
        self._card: str | None = None

    @property
    def reader(self) -> str | None:
        """The reader on which the visit's card lies. A second card beside it must be laid down again to count."""
        return self._card

    def take(self, event: WatcherEvent) -> tuple[VisitEvent, ...]:
        """What an event of the watcher means for the visit."""
        match event:
            case ServiceFound():
                return () if self._readers else (ReaderGone(OutOfServiceReason.NO_READER),)
            case ServiceLost():
                self._readers.clear()
                self._card = None
                return (ReaderGone(OutOfServiceReason.NO_SERVICE),)
            case ReaderConnected(reader=reader) if self._suitable(reader):
                self._readers.add(reader)
                return (ReaderReady(),) if len(self._readers) == 1 else ()
            case ReaderDisconnected(reader=reader) if reader in self._readers:
                self._readers.discard(reader)
                return () if self._readers else (ReaderGone(OutOfServiceReason.READER_LOST),)
            case CardInserted(reader=reader) if reader in self._readers and self._card is None:
                self._card = reader
                return (CardPlaced(),)
            case CardRemovedEvent(reader=reader) if reader == self._card:
                self._card = None
                return (CardTaken(),)
            case _:
                return ()
