"""APDUs in all their cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import ApduError
from crypto.iso7816 import CommandApdu, ResponseApdu

byte = st.integers(min_value=0, max_value=255)
commands = st.builds(
    CommandApdu,
    cla=byte,
    ins=byte,
    p1=byte,
    p2=byte,
    data=st.binary(max_size=300),
    le=st.none() | st.integers(min_value=1, max_value=65_536),
)


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ("00840000", CommandApdu(0, 0x84, 0, 0)),
        ("0084000008", CommandApdu(0, 0x84, 0, 0, le=8)),
        ("00B0000000", CommandApdu(0, 0xB0, 0, 0, le=256)),
        ("00A4020C02011E", CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x1e")),
        ("00A4020C02011E00", CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x1e", 256)),
        ("00B00000000101", CommandApdu(0, 0xB0, 0, 0, le=257)),
        ("00B00000000000", CommandApdu(0, 0xB0, 0, 0, le=65_536)),
        ("00D60000000100" + "AA" * 256, CommandApdu(0, 0xD6, 0, 0, b"\xaa" * 256)),
        ("00D60000000100" + "AA" * 256 + "0000", CommandApdu(0, 0xD6, 0, 0, b"\xaa" * 256, 65_536)),
    ],
)
def test_each_case_in_its_shortest_form(raw: str, command: CommandApdu) -> None:
    assert command.encode() == bytes.fromhex(raw)
    assert CommandApdu.decode(bytes.fromhex(raw)) == command


def test_the_extended_form_on_request() -> None:
    command = CommandApdu(0x0C, 0xB0, 0, 0, b"\x97\x01\x04", 256)
    assert command.encode(extended=True).hex() == "0cb00000" + "000003" + "970104" + "0100"
    assert CommandApdu.decode(command.encode(extended=True)) == command


@given(commands, st.sampled_from([None, True]))
def test_commands_survive_their_encoding(command: CommandApdu, extended: bool | None) -> None:
    assert CommandApdu.decode(command.encode(extended)) == command


@pytest.mark.parametrize(
    "raw", ["", "00B000", "00B0000002AA", "00B0000001AABBCC", "00B000000001", "00B0000000000000", "00B00000000002AA"]
)
def test_lengths_that_do_not_agree_are_refused(raw: str) -> None:
    with pytest.raises(ApduError):
        CommandApdu.decode(bytes.fromhex(raw))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_an_apdu_error(raw: bytes) -> None:
    try:
        command = CommandApdu.decode(raw)
    except ApduError:
        return
    assert raw in (command.encode(), command.encode(extended=True))


@pytest.mark.parametrize(
    "arguments",
    [(256, 0, 0, 0), (0, -1, 0, 0), (0, 0, 0, 0, b"", 0), (0, 0, 0, 0, b"", 65_537), (0, 0, 0, 0, bytes(65_536))],
)
def test_fields_out_of_range_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ApduError):
        CommandApdu(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [CommandApdu(0, 0, 0, 0, bytes(256)), CommandApdu(0, 0, 0, 0, le=257)])
def test_the_short_form_is_not_stretched(command: CommandApdu) -> None:
    with pytest.raises(ApduError):
        command.encode(extended=False)


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=0xFFFF))
def test_responses_survive_their_encoding(data: bytes, sw: int) -> None:
    response = ResponseApdu(data, sw)
    assert ResponseApdu.decode(response.encode()) == response
    assert response.ok == (sw == 0x9000)


@pytest.mark.parametrize("raw", [b"", b"\x90", bytes(65_539)])
def test_what_is_no_response_is_refused(raw: bytes) -> None:
    with pytest.raises(ApduError):
        ResponseApdu.decode(raw)


def test_no_data_in_the_repr() -> None:
    assert "4142" not in repr(CommandApdu(0, 0, 0, 0, b"AB")) + repr(ResponseApdu(b"AB", 0x9000))
    assert "AB" not in repr(CommandApdu(0, 0, 0, 0, b"AB")) + repr(ResponseApdu(b"AB", 0x9000))
