"""Commands that do not fit the short form: extended length where it goes, pieces where it does not."""

from __future__ import annotations

import pytest

from crypto.iso7816 import CommandApdu
from reader.access.long_command import LengthRefused, send_long
from reader.channel import Channel
from reader.errors import CardRemoved, LinkError
from reader.manners import ReadingManners

COMMAND = CommandApdu(0x10, 0x86, 0x00, 0x00, bytes(range(256)) + bytes(300))


class Card:
    """Joins what comes in pieces, or takes extended length; answers with the number of data bytes."""

    def __init__(self, *, extended: str = "9000", breaks: type[LinkError] | None = None, piece: str = "9000") -> None:
        self.extended = bytes.fromhex(extended)
        self.breaks = breaks
        self.piece = bytes.fromhex(piece)
        self.seen: list[CommandApdu] = []
        self.data = b""

    def transmit(self, raw: bytes) -> bytes:
        command = CommandApdu.decode(raw)
        self.seen.append(command)
        if raw[4] == 0:
            if self.breaks is not None:
                raise self.breaks("broken")
            return (
                len(command.data).to_bytes(2, "big") + self.extended if self.extended == b"\x90\x00" else self.extended
            )
        self.data += command.data
        return self.piece if command.le is None else len(self.data).to_bytes(2, "big") + b"\x90\x00"


def test_what_fits_is_sent_short() -> None:
    card = Card()
    short = CommandApdu(0x00, 0x86, 0x00, 0x00, bytes(255))
    assert send_long(Channel(card, 65_536), short, "test", 256).data == b"\x00\xff"
    assert card.seen[0].le == 256


@pytest.mark.parametrize(("data", "answer"), [(bytes(256), 10), (bytes(10), 257)])
def test_extended_length_for_a_long_command_or_answer(data: bytes, answer: int) -> None:
    card = Card()
    send_long(Channel(card, 65_536), CommandApdu(0x10, 0x86, 0x00, 0x00, data), "test", answer)
    assert [(sent.le, sent.data) for sent in card.seen] == [(answer, data)]


def test_pieces_through_a_reader_without_extended_length() -> None:
    card = Card()
    response = send_long(Channel(card, 256), COMMAND, "test", 300)
    assert (response.ok, int.from_bytes(response.data, "big"), card.data) == (True, 556, COMMAND.data)
    assert [(sent.cla, len(sent.data), sent.le) for sent in card.seen] == [
        (0x10, 255, None),
        (0x10, 255, None),
        (0x10, 46, 256),
    ]


def test_pieces_to_a_chip_that_takes_extended_length_for_less() -> None:
    card, manners = Card(), ReadingManners(max_command=300)
    assert send_long(Channel(card, 65_536, manners), COMMAND, "test", 300).ok
    assert [len(sent.data) for sent in card.seen] == [255, 255, 46]
    assert manners.extended_length


def test_a_refused_piece_is_the_answer() -> None:
    card = Card(piece="6884")
    assert send_long(Channel(card, 256), COMMAND, "test", 300).sw == 0x6884
    assert len(card.seen) == 1


@pytest.mark.parametrize("status", ["6700", "6D00", "6E00", "6F00"])
def test_a_chip_that_refuses_extended_length_is_remembered(status: str) -> None:
    channel = Channel(Card(extended=status), 65_536)
    with pytest.raises(LengthRefused):
        send_long(channel, COMMAND, "test", 300)
    assert not channel.extended_length
    assert send_long(channel, COMMAND, "test", 300).ok


@pytest.mark.parametrize(("carried", "remembered"), [(0, True), (1000, False)])
def test_a_link_that_breaks_over_extended_length(carried: int, remembered: bool) -> None:
    """Where longer responses came through before, it was something else."""
    manners = ReadingManners()
    manners.reader.carried = carried
    with pytest.raises(LinkError):
        send_long(Channel(Card(breaks=LinkError), 65_536, manners), COMMAND, "test", 300)
    assert Channel(Card(), 65_536, manners).extended_length is not remembered


def test_a_card_that_is_lifted_says_nothing_about_lengths() -> None:
    manners = ReadingManners()
    with pytest.raises(CardRemoved):
        send_long(Channel(Card(breaks=CardRemoved), 65_536, manners), COMMAND, "test", 300)
    assert manners.extended_length
