"""What is sent to a chip that is to prove itself, and what is tried when it refuses."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from crypto.groups import STANDARDIZED
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.protocols import parse_ca_oid
from reader.channel import Channel
from reader.chip_dialogue import SET_AT, SET_KAT, agree_for, agree_on_keys, ask_for_signature
from reader.errors import UnexpectedStatus
from reader.examiner import AgreementTask
from reader.static_keys import StaticKey
from reader.transcript import AgreementAttempt, AgreementOutcome, SignatureExchange

CA_DH_3DES = "0.4.0.127.0.7.2.2.3.1.1"
CA_ECDH_3DES = "0.4.0.127.0.7.2.2.3.2.1"
CA_ECDH_AES_128 = "0.4.0.127.0.7.2.2.3.2.2"
CHALLENGE = bytes(range(8))
DRAW = random.Random(62).randbytes
MSE_KAT, MSE_AT, GENERAL_AUTHENTICATE, SELECT = "002241a6", "002241a4", "00860000", "00a4020c"


class Answering:
    """Answers each command with what is written down for its header, and notes it."""

    def __init__(self, *answers: bytes, by_header: dict[str, bytes] | None = None) -> None:
        self.commands: list[CommandApdu] = []
        self._answers: Iterator[bytes] = iter(answers)
        self._by_header = by_header or {}

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(CommandApdu.decode(command))
        header = self.headers[-1]
        return self._by_header[header] if header in self._by_header else next(self._answers)

    @property
    def headers(self) -> list[str]:
        return [command.header.hex() for command in self.commands]


def static(protocol: str, parameter_id: int = 13, key_id: int | None = None, *, inferred: bool = False) -> StaticKey:
    group = STANDARDIZED[parameter_id]
    return StaticKey(parse_ca_oid(protocol), key_id, group, group.public_key(4711), inferred)


def sw(status: int) -> bytes:
    return status.to_bytes(2, "big")


def agree(chip: Answering, *keys: StaticKey, last_session: bool = False) -> tuple[AgreementAttempt, ...]:
    return agree_on_keys(Channel(chip, 256), keys, DRAW, last_session=last_session)


def test_aes_takes_two_commands_and_names_the_key() -> None:
    chip = Answering(sw(0x6A88))
    (attempt,) = agree(chip, static(CA_ECDH_AES_128, key_id=300))
    assert chip.headers == [MSE_AT]
    assert chip.commands[0].data.hex() == "800a04007f00070202030202" + "8402012c"
    assert (attempt.command, attempt.outcome, attempt.status) == (SET_AT, AgreementOutcome.REFUSED, 0x6A88)


def test_3des_takes_one_command_and_goes_the_other_way_where_that_is_refused() -> None:
    """Chips that do 3DES by the commands for AES only: Doc 9303-11, 8.5, note 1."""
    chip = Answering(sw(0x6D00), sw(0x9000), b"\x7c\x00" + sw(0x9000), sw(0x6985), sw(0x6985))
    first, second = agree(chip, static(CA_ECDH_3DES))
    assert chip.headers[:3] == [MSE_KAT, MSE_AT, GENERAL_AUTHENTICATE]
    assert (first.command, first.outcome, first.status) == (SET_KAT, AgreementOutcome.REFUSED, 0x6D00)
    assert (second.command, second.outcome) == (SET_AT, AgreementOutcome.UNCONFIRMED)
    assert chip.commands[0].data[2:] == first.terminal_public_key
    assert first.terminal_public_key != second.terminal_public_key


def test_the_next_key_follows_a_refusal_and_no_more_than_four_are_tried() -> None:
    keys = [static(CA_ECDH_AES_128, key_id=number) for number in range(1, 7)]
    chip = Answering(by_header={MSE_AT: sw(0x6A88)})
    assert [attempt.key_id for attempt in agree(chip, *keys)] == [1, 2, 3, 4]


def test_no_key_follows_one_that_the_chip_took() -> None:
    chip = Answering(sw(0x9000), b"\x7c\x00" + sw(0x9000), sw(0x6988))
    (attempt,) = agree(chip, static(CA_ECDH_AES_128, key_id=1), static(CA_ECDH_AES_128, key_id=2))
    assert (attempt.outcome, attempt.status, attempt.code) == (
        AgreementOutcome.UNCONFIRMED,
        0x6988,
        "link.session_lost",
    )


@pytest.mark.parametrize("last_session", [False, True])
def test_a_refusal_that_costs_the_session_counts_when_there_is_no_other(last_session: bool) -> None:
    """A chip that ends its session over a refusal is asked again in a new one, as long as there are any."""
    channel = Channel(Answering(sw(0x6A80)), 256)

    def lost(*_: object, **__: object) -> ResponseApdu:
        if sent:
            raise UnexpectedStatus("ended", code="link.session_lost", status_word=0x6988)
        sent.append(True)
        return ResponseApdu(b"", 0x6A80)

    sent: list[bool] = []
    channel.send = lost  # type: ignore[method-assign]
    keys = [static(CA_ECDH_AES_128, key_id=number) for number in (1, 2)]
    if last_session:
        (attempt,) = agree_on_keys(channel, keys, DRAW, last_session=True)
        assert attempt.outcome is AgreementOutcome.REFUSED
    else:
        with pytest.raises(UnexpectedStatus):
            agree_on_keys(channel, keys, DRAW, last_session=False)


@pytest.mark.parametrize("answers", [(sw(0x6A80),), (sw(0x9000), sw(0x6884)), (sw(0x9000), sw(0x9000), sw(0x6700))])
def test_a_long_key_goes_in_pieces_and_their_refusal_accuses_nobody(answers: tuple[bytes, ...]) -> None:
    chip = Answering(*answers)
    attempts = agree(chip, static(CA_DH_3DES, 2))
    assert [attempt.command for attempt in attempts] == [SET_KAT, SET_AT]
    assert {attempt.outcome for attempt in attempts} == {AgreementOutcome.NOT_SENT}
    assert chip.headers == [MSE_AT, "10860000", GENERAL_AUTHENTICATE][: len(answers)]


def test_a_chip_that_takes_no_command_so_long_is_sent_pieces_too() -> None:
    chip = Answering(sw(0x9000), sw(0x6884))
    channel = Channel(chip, 65_536)
    channel.manners.max_command = 261
    attempts = agree_on_keys(channel, [static(CA_DH_3DES, 2)], DRAW, last_session=False)
    assert {attempt.outcome for attempt in attempts} == {AgreementOutcome.NOT_SENT}
    assert chip.headers == [MSE_AT, "10860000"]


def test_the_examiners_key_goes_as_it_is() -> None:
    chip = Answering(sw(0x9000), b"\x7c\x00" + sw(0x9000))
    assert agree_for(Channel(chip, 256), AgreementTask(CA_ECDH_AES_128, 2, b"\x04KEY", b"")) == 0x9000
    assert chip.headers == [MSE_AT, GENERAL_AUTHENTICATE]
    assert chip.commands[0].data.endswith(b"\x84\x01\x02")
    assert chip.commands[1].data == b"\x7c\x06\x80\x04\x04KEY"


class Signing:
    """Signs with as many bytes as it is told; `give` makes responses of a signature for a command."""

    def __init__(self, give: Callable[[CommandApdu], bytes]) -> None:
        self.asked: list[int | None] = []
        self._give = give

    def transmit(self, command: bytes) -> bytes:
        decoded = CommandApdu.decode(command)
        self.asked.append(decoded.le)
        return self._give(decoded)


SIGNATURE = bytes(range(256)) + bytes(128)


def test_a_short_signature_is_asked_for_in_short_form() -> None:
    chip = Signing(lambda _: SIGNATURE[:128] + sw(0x9000))
    exchange = ask_for_signature(Channel(chip, 65_536), CHALLENGE, 128)
    assert exchange == SignatureExchange(CHALLENGE, SIGNATURE[:128], 0x9000)
    assert chip.asked == [256]


def test_a_long_one_with_extended_length() -> None:
    chip = Signing(lambda _: SIGNATURE + sw(0x9000))
    assert ask_for_signature(Channel(chip, 65_536), CHALLENGE, 384).signature == SIGNATURE
    assert chip.asked == [384]


@pytest.mark.parametrize("nothing", [sw(0x9000), sw(0x6700), sw(0x6C00), sw(0x6F00)])
@pytest.mark.parametrize("reader", [256, 65_536])
def test_or_in_pieces_where_extended_length_comes_to_nothing(nothing: bytes, reader: int) -> None:
    """Chinese passports answer an extended Le with no data: NFCPassportReader 223 and jllarraz 35."""

    def give(command: CommandApdu) -> bytes:
        if command.ins == 0xC0:
            return SIGNATURE[256:] + sw(0x9000)
        return nothing if command.le == 384 else SIGNATURE[:256] + sw(0x6180)

    exchange = ask_for_signature(Channel(Signing(give), reader), CHALLENGE, 384)
    assert (exchange.signature, exchange.status) == (SIGNATURE, 0x9000)


@pytest.mark.parametrize("answer", [sw(0x6700), sw(0x9000), SIGNATURE[:256] + sw(0x9000), SIGNATURE[:100] + sw(0x9000)])
def test_a_signature_that_does_not_come_through_is_no_signature(answer: bytes) -> None:
    exchange = ask_for_signature(Channel(Signing(lambda _: answer), 256), CHALLENGE, 384)
    assert exchange == SignatureExchange(CHALLENGE, b"", None)


@pytest.mark.parametrize("reader", [256, 65_536])
def test_a_refusal_is_one_in_either_form(reader: int) -> None:
    exchange = ask_for_signature(Channel(Signing(lambda _: sw(0x6985)), reader), CHALLENGE, 384)
    assert (exchange.signature, exchange.status) == (b"", 0x6985)
