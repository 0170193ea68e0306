"""The channel to a chip: what it sends in which form, and which answers it does not take."""

from __future__ import annotations

import itertools

import pytest

from crypto.ciphers import Suite
from crypto.errors import CryptoError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel
from reader.channel import Channel
from reader.errors import BrokenProtocol, LinkError, UnexpectedStatus
from reader.manners import ReadingManners

KEYS = SessionKeys(Suite.AES128, bytes(range(16)), bytes(range(16, 32)))
ZERO = bytes(16)
READ = CommandApdu(0x00, 0xB0, 0x00, 0x00, le=8)


class Answering:
    """Gives prepared responses and keeps the commands."""

    def __init__(self, *responses: str) -> None:
        self.responses = [bytes.fromhex(response) for response in responses]
        self.commands: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self.responses.pop(0)


class Protecting:
    """A chip's end of the channel, which answers with the command's own data."""

    def __init__(self) -> None:
        self.channel = ChipChannel(KEYS, ZERO)
        self.raw: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.raw.append(command)
        opened = self.channel.unprotect(command)
        return self.channel.protect(ResponseApdu(opened.data, 0x9000))


def protected(transport: Answering | Protecting, max_response: int = 256) -> Channel:
    channel = Channel(transport, max_response)
    channel.secure(TerminalChannel(KEYS, ZERO))
    return channel


def test_the_rest_of_a_response_is_fetched() -> None:
    chip = Answering("0102 6103", "030405 6101", "06 9000")
    assert Channel(chip, 256).require(READ, "test") == bytes(range(1, 7))
    assert [command.hex() for command in chip.commands] == ["00b0000008", "00c0000003", "00c0000001"]


def test_get_response_may_be_told_the_right_length() -> None:
    chip = Answering("0102 6110", "6C03", "030405 9000")
    assert Channel(chip, 256).require(READ, "test") == bytes(range(1, 6))
    assert [command.hex() for command in chip.commands] == ["00b0000008", "00c0000010", "00c0000003"]


def test_a_protected_response_may_come_in_parts() -> None:
    class InParts(Protecting):
        """Asked in the plain for the rest, as ISO/IEC 7816-4 has it: the parts are protected as a whole."""

        rest = b""

        def transmit(self, command: bytes) -> bytes:
            if command[:2] != b"\x00\xc0":
                self.rest = super().transmit(command)
            part, self.rest = self.rest[:100], self.rest[100:]
            return part + bytes((0x61, min(len(self.rest), 255))) if self.rest else part

    data = bytes(i & 0xFF for i in range(600))
    channel = protected(InParts(), 65_536)
    command = CommandApdu(0x00, 0x22, 0x41, 0xA4, data)
    assert channel.send(command, "test", extended=True).data == data
    assert channel.send(command, "test", extended=True).data == data


@pytest.mark.parametrize("rest", ["6F00", "6982", "6700"])
def test_a_rest_that_does_not_come_is_the_links_fault_and_no_broken_protocol(rest: str) -> None:
    with pytest.raises(LinkError) as caught:
        protected(Answering("0102 6103", rest)).send(READ, "test")
    assert caught.value.code == "link.malformed_response"


@pytest.mark.parametrize("rest", ["", "90"])
def test_no_status_word_is_made_of_data(rest: str) -> None:
    with pytest.raises(LinkError) as caught:
        Channel(Answering("01029000 6103", rest), 256).send(READ, "test")
    assert caught.value.code == "link.malformed_response"


@pytest.mark.parametrize(("length", "most"), [(1, 301), (65_000, 2)])
def test_a_response_without_end_is_given_up(length: int, most: int) -> None:
    commands = 0

    class Endless:
        def transmit(self, command: bytes) -> bytes:
            nonlocal commands
            commands += 1
            return bytes(length) + b"\x61\x00"

    with pytest.raises(LinkError) as caught:
        Channel(Endless(), 256).send(READ, "test")
    assert caught.value.code == "link.malformed_response"
    assert commands <= most


@pytest.mark.parametrize("response", ["", "90"])
def test_a_response_without_status(response: str) -> None:
    with pytest.raises(LinkError) as caught:
        Channel(Answering(response), 256).send(READ, "test")
    assert caught.value.code == "link.malformed_response"


def test_an_error_status_names_step_and_status() -> None:
    with pytest.raises(UnexpectedStatus) as caught:
        Channel(Answering("6A82"), 256).require(READ, "reading DG1")
    assert (caught.value.step, caught.value.status_word) == ("reading DG1", 0x6A82)


def test_a_protected_command_stays_short_where_it_can() -> None:
    chip = Protecting()
    channel = protected(chip, 65_536)
    assert channel.require(CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes(100)), "test") == bytes(100)
    assert chip.raw[0][4] != 0
    channel.require(CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes(240)), "test")
    assert chip.raw[1][4] == 0


def test_a_command_that_needs_extended_length_on_a_reader_without() -> None:
    chip = Protecting()
    channel = protected(chip)
    with pytest.raises(LinkError) as caught:
        channel.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes(240)), "test")
    assert caught.value.code == "link.too_long"
    # The counter has not moved: the session lives on.
    assert channel.require(CommandApdu(0x00, 0x22, 0x41, 0xA4, b"ok"), "test") == b"ok"


def test_what_one_response_brings() -> None:
    assert Channel(Answering(), 256).max_le == 256
    assert protected(Answering()).max_le == 223
    extended = protected(Answering(), 4096)
    assert (extended.max_short_le, extended.extended_length) == (223, True)
    assert extended.max_le > 4000
    extended.manners.use_short_length()
    assert (extended.max_le, extended.extended_length) == (223, False)


@pytest.mark.parametrize("status", ["6988", "6987", "6882"])
def test_the_chip_ends_the_session(status: str) -> None:
    with pytest.raises(UnexpectedStatus) as caught:
        protected(Answering(status)).send(READ, "test")
    assert caught.value.code == "link.session_lost"


def test_a_bare_error_within_the_session_is_a_status() -> None:
    assert protected(Answering("6A82")).send(READ, "test") == ResponseApdu(b"", 0x6A82)


class Refusing(Protecting):
    """Refuses commands on demand with a bare error, before or after counting."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.refusal = b""

    def transmit(self, command: bytes) -> bytes:
        if not self.refusal:
            try:
                return super().transmit(command)
            except CryptoError:
                return b"\x69\x88"
        if self.steps:
            self.channel.unprotect(command)
        if self.steps == 2:
            self.channel.protect(ResponseApdu(b"", 0x6700))
        answer, self.refusal = self.refusal, b""
        return answer


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_chip_that_counts_bare_errors_otherwise_is_understood_in_a_later_session(steps: int) -> None:
    manners = ReadingManners()
    command = CommandApdu(0x00, 0x22, 0x41, 0xA4, b"ok")

    def refused_once() -> Channel:
        chip = Refusing(steps)
        channel = Channel(chip, 256, manners)
        channel.secure(TerminalChannel(KEYS, ZERO))
        chip.refusal = b"\x67\x00"
        assert channel.send(READ, "test") == ResponseApdu(b"", 0x6700)
        assert channel.answered_bare
        return channel

    for wrong in itertools.takewhile(lambda rule: rule != steps, (1, 0, 2)):
        assert manners.refusal_steps == wrong
        channel = refused_once()
        with pytest.raises(UnexpectedStatus) as caught:
            channel.send(command, "test")
        assert (caught.value.code, caught.value.status_word) == ("link.session_lost", 0x6988)
    channel = refused_once()
    assert channel.require(command, "test") == b"ok"
    assert not channel.answered_bare


def test_no_chip_makes_the_rules_go_round_for_ever() -> None:
    manners = ReadingManners()
    rules = []
    for _ in range(20):
        channel = Channel(Answering("6A82", "6988"), 256, manners)
        channel.secure(TerminalChannel(KEYS, ZERO))
        channel.send(READ, "test")
        with pytest.raises(UnexpectedStatus):
            channel.send(READ, "test")
        rules.append(manners.refusal_steps)
    assert rules[:3] == [0, 2, 1]
    assert len(set(rules[5:])) == 1


WRONG_MAC = "990290008E0800000000000000009000"


def test_a_wrong_mac_after_a_bare_error_may_be_the_counters_and_any_other_is_a_broken_protocol() -> None:
    channel = protected(Answering("6A82", WRONG_MAC, "6A82"))
    channel.send(READ, "test")
    with pytest.raises(UnexpectedStatus) as lost:
        channel.send(READ, "test")
    assert lost.value.code == "link.session_lost"
    # The session is dead all the same: nothing that follows is taken.
    with pytest.raises(BrokenProtocol):
        channel.send(READ, "test")
    with pytest.raises(BrokenProtocol):
        protected(Answering(WRONG_MAC)).send(READ, "test")


@pytest.mark.parametrize("response", ["9000", "0102030405060708 9000"])
def test_nothing_unprotected_is_taken_after_a_bare_error_either(response: str) -> None:
    channel = protected(Answering("6A82", response))
    channel.send(READ, "test")
    with pytest.raises(BrokenProtocol) as caught:
        channel.send(READ, "test")
    assert caught.value.code == "access.secure_messaging.missing"


def test_a_denial_right_after_a_bare_error_is_doubted_once() -> None:
    channel = protected(Answering("6A82", "6982"))
    channel.send(READ, "test")
    with pytest.raises(UnexpectedStatus) as caught:
        channel.send(READ, "test")
    assert caught.value.code == "link.session_lost"
    again = Channel(Answering("6A82", "6982"), 256, channel.manners)
    again.secure(TerminalChannel(KEYS, ZERO))
    again.send(READ, "test")
    assert again.send(READ, "test").sw == 0x6982
    assert protected(Answering("6982")).send(READ, "test").sw == 0x6982


def test_no_command_is_longer_than_the_chip_says_that_it_takes() -> None:
    chip = Protecting()
    channel = protected(chip, 65_536)
    channel.manners.max_command = 300
    with pytest.raises(LinkError) as caught:
        channel.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes(300)), "test")
    assert caught.value.code == "link.too_long"
    assert channel.require(CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes(240)), "test") == bytes(240)
    assert [len(command) <= 300 for command in chip.raw] == [True]


@pytest.mark.parametrize("response", ["9000", "0102030405060708 9000", "990290008E0800000000000000009000"])
def test_success_without_proof_breaks_the_protocol(response: str) -> None:
    channel = protected(Answering(response, "6A82"))
    with pytest.raises(BrokenProtocol) as caught:
        channel.send(READ, "test")
    assert caught.value.code.startswith("access.secure_messaging.")
    with pytest.raises(BrokenProtocol):
        channel.send(READ, "test")
