"""A virtual card on the other end of vpcd's protocol, spoken here by the test itself."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Iterator

import pytest

from reader.errors import CardRemoved
from simulator.errors import SlotUnavailable, UnusableField
from simulator.radio_field import RadioField
from simulator.vpcd import CONTACTLESS_ATR, VirtualCard

POWER_ON, RESET, GET_ATR = b"\x01", b"\x02", b"\x04"
PATIENCE = 5.0


class Slot:
    """The reader's side: listens, and talks to the card that connects."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(PATIENCE)
        self.port: int = self.server.getsockname()[1]
        self.card: socket.socket | None = None

    def accept(self) -> None:
        self.card, _ = self.server.accept()
        self.card.settimeout(PATIENCE)

    def tell(self, payload: bytes) -> None:
        assert self.card is not None
        self.card.sendall(len(payload).to_bytes(2, "big"))
        self.card.sendall(payload)

    def ask(self, payload: bytes) -> bytes:
        self.tell(payload)
        return self.receive(int.from_bytes(self.receive(2), "big"))

    def receive(self, size: int) -> bytes:
        assert self.card is not None
        data = b""
        while len(data) < size:
            part = self.card.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def close(self) -> None:
        self.server.close()
        if self.card is not None:
            self.card.close()


class EchoChip:
    """Sends each command back; FF pulls the card away, once."""

    def __init__(self) -> None:
        self.resets = self.prepared = 0
        self.removable = True

    def transmit(self, command: bytes) -> bytes:
        if command == b"\xff\xff" and self.removable:
            self.removable = False
            raise CardRemoved("gone")
        return command + b"\x90\x00"

    def prepare(self) -> None:
        self.prepared += 1

    def reset(self) -> None:
        self.resets += 1


@pytest.fixture
def slot() -> Iterator[Slot]:
    made = Slot()
    yield made
    made.close()


def insert(card: VirtualCard, slot: Slot) -> None:
    """Insert while the slot powers the card on."""

    def power_on() -> None:
        slot.accept()
        slot.tell(POWER_ON)

    reader = threading.Thread(target=power_on)
    reader.start()
    card.insert()
    reader.join()


@pytest.fixture
def inserted(slot: Slot) -> Iterator[tuple[VirtualCard, EchoChip]]:
    chip = EchoChip()
    card = VirtualCard(chip, port=slot.port, back_after=0.01)
    insert(card, slot)
    yield card, chip
    card.remove()


def test_controls_and_commands(slot: Slot, inserted: tuple[VirtualCard, EchoChip]) -> None:
    card, chip = inserted
    assert card.inserted
    assert slot.ask(GET_ATR) == CONTACTLESS_ATR
    assert slot.ask(bytes.fromhex("0084000008")) == bytes.fromhex("0084000008 9000")
    slot.tell(RESET)
    longest = bytes(65_000)
    assert slot.ask(longest) == longest + b"\x90\x00"
    assert chip.resets == 2


def test_the_atr_has_a_right_check_byte() -> None:
    check = 0
    for byte in CONTACTLESS_ATR[1:]:
        check ^= byte
    assert check == 0


def test_removal_ends_the_connection(slot: Slot, inserted: tuple[VirtualCard, EchoChip]) -> None:
    card, _ = inserted
    card.remove()
    assert not card.inserted
    with pytest.raises((EOFError, ConnectionError)):
        slot.ask(GET_ATR)
    card.remove()


def test_a_card_that_is_pulled_away_comes_back(slot: Slot, inserted: tuple[VirtualCard, EchoChip]) -> None:
    with pytest.raises((EOFError, ConnectionError)):
        slot.ask(b"\xff\xff")
    slot.accept()
    assert slot.ask(b"\xff\xff") == b"\xff\xff\x90\x00"


def test_a_card_stays_through_a_restart_of_the_service(slot: Slot, inserted: tuple[VirtualCard, EchoChip]) -> None:
    assert slot.card is not None
    slot.card.close()
    slot.accept()
    assert slot.ask(GET_ATR) == CONTACTLESS_ATR


def test_a_slow_field_takes_its_time(slot: Slot) -> None:
    field = RadioField(bits_per_second=9_000, seconds_per_command=0.02)
    assert field.seconds(100) == pytest.approx(0.12)
    card = VirtualCard(EchoChip(), port=slot.port, radio=field)
    insert(card, slot)
    started = time.monotonic()
    slot.ask(bytes(19))
    assert 0.06 <= time.monotonic() - started < 0.3
    card.remove()


def test_a_response_comes_when_it_is_due_and_not_a_fifth_of_a_millisecond_later() -> None:
    field, chip = RadioField(423_800, 0.005), EchoChip()
    card = VirtualCard(chip, radio=field)
    late = []
    for size in (10, 250) * 10:
        started = time.monotonic()
        response = card._answer(bytes(size))
        late.append(time.monotonic() - started - field.seconds(size + len(response)))
    assert min(late) >= 0
    assert statistics.median(late) < 0.0002
    assert chip.prepared == 20


@pytest.mark.parametrize(("text", "seconds"), [("423.8:5", 0.005 + 9 / 423_800), ("106:0", 9 / 106_000)])
def test_a_field_as_people_write_it(text: str, seconds: float) -> None:
    assert RadioField.parse(text).seconds(1) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "423.8", "0:5", "-1:5", "1e3:5", "106:5:1", "106:5ms", "106000000:1"])
def test_what_is_no_field(text: str) -> None:
    with pytest.raises(UnusableField):
        RadioField.parse(text)


def test_no_slot() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SlotUnavailable):
        VirtualCard(EchoChip(), port=port, patience=0.05).insert()


def test_a_slot_with_another_card_in_it(slot: Slot) -> None:
    card = VirtualCard(EchoChip(), port=slot.port, patience=0.05)
    with pytest.raises(SlotUnavailable) as caught:
        card.insert()
    assert caught.value.code == "simulator.slot_occupied"
    assert not card.inserted
