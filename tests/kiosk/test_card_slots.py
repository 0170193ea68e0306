from __future__ import annotations

from kiosk.card_slots import CardSlots
from kiosk.visit.events import CardPlaced, CardTaken, ReaderGone, ReaderReady
from kiosk.visit.states import OutOfServiceReason
from reader.watcher import (
    CardInserted,
    CardRemovedEvent,
    ReaderConnected,
    ReaderDisconnected,
    ServiceFound,
    ServiceLost,
)


def test_one_card_on_two_readers() -> None:
    slots = CardSlots(lambda reader: reader != "SAM")
    assert slots.take(ServiceFound()) == (ReaderGone(OutOfServiceReason.NO_READER),)
    assert slots.take(ReaderConnected("SAM")) == ()
    assert slots.take(CardInserted("SAM", b"")) == ()
    assert slots.take(ReaderConnected("A")) == (ReaderReady(),)
    assert slots.take(ReaderConnected("B")) == ()
    assert slots.take(CardInserted("B", b"")) == (CardPlaced(),)
    assert slots.reader == "B"
    assert slots.take(CardInserted("A", b"")) == (), "a second card beside the first does not count"
    assert slots.take(CardRemovedEvent("A")) == ()
    assert slots.take(CardRemovedEvent("B")) == (CardTaken(),)
    assert slots.reader is None
    assert slots.take(CardInserted("A", b"")) == (CardPlaced(),)


def test_readers_and_service_go() -> None:
    slots = CardSlots(lambda reader: True)
    for event in (ServiceFound(), ReaderConnected("A"), ReaderConnected("B"), CardInserted("A", b"")):
        slots.take(event)
    assert slots.take(ServiceFound()) == (), "readers that are known need not be lost"
    assert slots.take(ReaderDisconnected("B")) == ()
    assert slots.take(CardRemovedEvent("A")) == (CardTaken(),)
    assert slots.take(ReaderDisconnected("A")) == (ReaderGone(OutOfServiceReason.READER_LOST),)
    assert slots.take(ServiceLost()) == (ReaderGone(OutOfServiceReason.NO_SERVICE),)
    assert slots.take(ReaderConnected("A")) == (ReaderReady(),)
