"""What chips do differently, one manner at a time."""

from __future__ import annotations

import os
from typing import Any

import pytest

from crypto import tlv
from crypto.iso7816 import CommandApdu, ResponseApdu
from simulator.manners import Addressing, BareErrors, ChipManners, ReadRefusal
from simulator.sample_card import SampleCard

EF_SOD = bytes.fromhex("011D")
EF_CARD_ACCESS = bytes.fromhex("011C")
MASTER_FILE = bytes.fromhex("3F00")


def read(p1: int, p2: int, le: int) -> CommandApdu:
    return CommandApdu(0x00, 0xB0, p1, p2, le=le)


def select(fid: bytes, p1: int = 0x02, p2: int = 0x0C) -> CommandApdu:
    return CommandApdu(0x00, 0xA4, p1, p2, fid)


def read_odd(offset: int, le: int, sfi: int = 0) -> CommandApdu:
    return CommandApdu(0x00, 0xB1, 0x00, sfi, tlv.encode(0x54, offset.to_bytes(3, "big")), le)


@pytest.fixture
def opened(terminal: Any, good_card: SampleCard) -> Any:
    def make(card: SampleCard = good_card, **manners: Any) -> Any:
        found = terminal(card.chip(os.urandom, ChipManners(**manners)))
        assert found.open_by_bac(good_card.personalisation.mrz_information) == 0x9000
        return found

    return make


def test_blocks_above_a_size_are_refused(opened: Any, good_card: SampleCard) -> None:
    found = opened(read_refusal=ReadRefusal(192))
    assert found.send(read(0x82, 0, 193)).sw == 0x6700
    assert found.send(read(0x82, 0, 192)).data == good_card.personalisation.files["DG2"][:192]


def test_a_chip_that_tells_how_much_it_gives(opened: Any, good_card: SampleCard) -> None:
    found = opened(read_refusal=ReadRefusal(160, 0x6C00))
    assert found.send(read(0x82, 0, 200)) == ResponseApdu(b"", 0x6CA0)
    size = len(good_card.personalisation.files["EF.COM"])
    assert found.send(read(0x9E, 0, 200)).sw == 0x6C00 | size


def test_a_block_that_fails_in_mid_file(opened: Any) -> None:
    found = opened(read_refusal=ReadRefusal(100, 0x6282, from_offset=1000))
    assert found.send(read(0x82, 0, 223)).ok
    assert found.send(read(0x03, 0xE8, 223)).sw == 0x6282
    assert len(found.send(read(0x03, 0xE8, 100)).data) == 100


@pytest.mark.parametrize("status", [0x6282, 0x6700, 0x6B00, 0x6C00])
def test_a_chip_that_gives_nothing_beyond_the_end(opened: Any, good_card: SampleCard, status: int) -> None:
    size = len(good_card.personalisation.files["EF.COM"])
    found = opened(header_first=status)
    expected = status | size if status == 0x6C00 else status
    assert found.send(read(0x9E, 0, size + 1)) == ResponseApdu(b"", expected)
    assert found.send(read(0x9E, 0, size)).ok


def test_single_bytes(opened: Any, good_card: SampleCard) -> None:
    found = opened(read_limit=1)
    assert found.send(read(0x9E, 0, 200)) == ResponseApdu(good_card.personalisation.files["EF.COM"][:1], 0x9000)


def test_short_responses_with_the_rest_by_61xx(opened: Any, good_card: SampleCard) -> None:
    found = opened(chained_reads=True)
    protected = found.channel.protect(read(0x82, 0, 256))
    first = found.chip.transmit(protected)
    assert len(first) == 258
    assert first[-2] == 0x61
    rest = found.chip.transmit(bytes.fromhex("00C00000") + first[-1:])
    assert found.channel.unprotect(first[:-2] + rest).data == good_card.personalisation.files["DG2"][:256]


def test_the_rest_is_gone_after_another_command(opened: Any) -> None:
    found = opened(chained_reads=True)
    found.chip.transmit(found.channel.protect(read(0x82, 0, 256)))
    found.chip.transmit(bytes.fromhex("00B0820000"))
    assert found.chip.transmit(bytes.fromhex("00C0000000")) == bytes.fromhex("6D00")


def test_commands_that_are_too_long(opened: Any) -> None:
    found = opened(max_command=200)
    assert found.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, bytes(220), 256), extended=True).sw == 0x6700


@pytest.mark.parametrize(("how", "by_id", "selected"), [(Addressing.SHORT_IDENTIFIER, 0x9000, 0x6A82),
                                                        (Addressing.SELECTION, 0x6A82, 0x9000)])  # fmt: skip
def test_files_are_reached_in_one_way_only(opened: Any, how: Addressing, by_id: int, selected: int) -> None:
    found = opened(application=how)
    assert found.send(select(EF_SOD)).sw == selected
    assert found.send(read(0x00, 0, 4)).sw == (0x9000 if selected == 0x9000 else 0x6986)
    assert found.send(read(0x9D, 0, 4)).sw == by_id


@pytest.mark.parametrize(("how", "by_id", "selected"), [(Addressing.SHORT_IDENTIFIER, 0x9000, 0x6A82),
                                                        (Addressing.SELECTION, 0x6A82, 0x9000)])  # fmt: skip
def test_ef_card_access_is_reached_in_one_way_only(
    terminal: Any, good_card: SampleCard, how: Addressing, by_id: int, selected: int
) -> None:
    found = terminal(good_card.chip(os.urandom, ChipManners(master_file=how)))
    assert found.send(read(0x9C, 0, 256)).sw == by_id
    assert found.send(select(EF_CARD_ACCESS)).sw == selected


@pytest.mark.parametrize("status", [0x6985, 0x6D00, 0x6700, 0x6A86])
def test_the_master_file_cannot_be_selected(terminal: Any, good_card: SampleCard, status: int) -> None:
    found = terminal(good_card.chip(os.urandom, ChipManners(select_master_file=status)))
    assert found.send(read(0x9C, 0, 256)).ok
    assert found.select_application().ok
    assert found.send(select(MASTER_FILE, 0x00)).sw == status
    assert found.send(read(0x9C, 0, 256)).sw == 0x6A82


def test_select_may_want_one_value_of_p2(terminal: Any, good_card: SampleCard) -> None:
    found = terminal(good_card.chip(os.urandom, ChipManners(select_p2=(0x00,))))
    assert found.send(select(EF_CARD_ACCESS)).sw == 0x6A86
    assert found.send(select(EF_CARD_ACCESS, p2=0x00)).ok


def test_large_offsets_by_the_odd_instruction(opened: Any, good_card: SampleCard) -> None:
    content = good_card.personalisation.files["DG2"] + bytes(40_000)
    found = opened(SampleCard(good_card.personalisation.with_file("DG2", content)))
    for offset, le in ((0, 100), (32_768, 200), (len(content) - 10, 12)):
        response = found.send(read_odd(offset, le, 2))
        expected = content[offset : offset + le - 2 - (le > 129)]
        assert response == ResponseApdu(tlv.encode(0x53, expected), 0x9000)
    assert found.send(read_odd(len(content) - 10, 50)).sw == 0x6282
    assert found.send(read_odd(len(content), 50)).sw == 0x6B00
    assert found.send(CommandApdu(0x00, 0xB1, 0x00, 0x00, le=10)).sw == 0x6A80
    assert found.send(CommandApdu(0x00, 0xB1, 0x01, 0x02, tlv.encode(0x54, b"\0"), 10)).sw == 0x6A86
    assert opened(odd_instruction=False).send(read_odd(0, 10, 2)).sw == 0x6D00


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (BareErrors.NOT_COUNTED, 0),
        (BareErrors.COMMAND_COUNTED, 1),
        (BareErrors.BOTH_COUNTED, 2),
        (BareErrors.SESSION_ENDS, None),
    ],
)
@pytest.mark.parametrize("too_long", [False, True])
def test_where_the_counter_stands_after_a_bare_error(
    opened: Any, kind: BareErrors, steps: int | None, too_long: bool
) -> None:
    found = opened(bare_errors=kind, read_refusal=ReadRefusal(100), extended_length=False)
    found.channel.refusal_steps = steps or 0
    le = 1000 if too_long else 101
    raw = found.chip.transmit(found.channel.protect(read(0x82, 0, le), too_long))
    assert raw == bytes.fromhex("6700")
    assert found.channel.unprotect(raw).sw == 0x6700
    response = found.send(read(0x82, 0, 100))
    assert response.ok if steps is not None else response.sw == 0x6988


def test_an_extended_le_that_brings_nothing(opened: Any) -> None:
    found = opened(empty_signature=True)
    sign = CommandApdu(0x00, 0x88, 0x00, 0x00, bytes(8), 256)
    assert found.send(sign, extended=True) == ResponseApdu(b"", 0x9000)
    assert len(found.send(sign).data) == 128
