"""The files of the master file: whatever a chip does there, the reading goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reader.access.card_access import CardAccess
from reader.channel import Channel
from reader.lds import atr_info, card_access
from reader.lds.atr_info import AtrInfo
from reader.lds.security_infos import PaceInfo, SecurityInfos
from reader.manners import ReadingManners
from reader.master_file import read_master_files

Scripted = Callable[..., Any]

GM_AES_128 = "0.4.0.127.0.7.2.2.4.2.2"
# The file as seen on Vietnamese cards: terminal, chip authentication and PACE.
VIETNAMESE = card_access.encode(SecurityInfos((PaceInfo(GM_AES_128, 2, 13),))).hex()


def read(chip: Any) -> CardAccess:
    return read_master_files(Channel(chip, 256), lambda most: (most,)).card_access


def test_card_access_in_one_command(scripted: Scripted) -> None:
    found = read(scripted([("00B09C0000", VIETNAMESE + "9000")]))
    assert found.pace == (PaceInfo(GM_AES_128, 2, 13),)
    assert not found.doubtful


def test_card_access_of_a_chip_that_knows_no_short_identifiers(scripted: Scripted) -> None:
    chip = scripted([("00B09C0000", "6A86"), ("00A4020C02011C", "9000"), ("00B0000000", VIETNAMESE + "6282")])
    assert read(chip).pace


def test_card_access_behind_the_master_file(scripted: Scripted) -> None:
    refusal = [("00B09C0000", "6982"), ("00A4020C02011C", "6A82")]
    selects = [("00A4000C023F00", "6A86"), ("00A4000C", "9000")]
    assert read(scripted([*refusal, *selects, ("00B09C0000", VIETNAMESE + "9000")])).pace


@pytest.mark.parametrize("status", ["6A82", "6985", "6D00", "6700", "6A87", "6F00", "6882"])
def test_no_refusal_of_card_access_does_harm(status: str) -> None:
    class Refusing:
        def transmit(self, command: bytes) -> bytes:
            return bytes.fromhex(status)

    assert read(Refusing()) == CardAccess(doubtful=status != "6A82")


@pytest.mark.parametrize("content", ["3100", "3003020101", "30820000", "31048400FFFF", "3181"])
def test_malformed_card_access_is_not_the_same_as_none(scripted: Scripted, content: str) -> None:
    class Padding:
        def transmit(self, command: bytes) -> bytes:
            return bytes.fromhex(content).ljust(256, b"\0") + b"\x90\x00"

    assert read(Padding()).malformed


@pytest.mark.parametrize("fill", ["00", "FF"])
def test_a_card_access_that_was_never_written_is_the_same_as_none(scripted: Scripted, fill: str) -> None:
    class Erased:
        def transmit(self, command: bytes) -> bytes:
            return bytes.fromhex(fill) * 256 + b"\x90\x00"

    assert read(Erased()) == CardAccess(doubtful=True)


def test_a_master_file_whose_control_information_does_not_come_is_not_selected() -> None:
    class Promising:
        def transmit(self, command: bytes) -> bytes:
            return bytes.fromhex("6100" if command[1:3] == b"\xa4\x00" else "6A82")

    assert read(Promising()) == CardAccess()


@pytest.mark.parametrize(
    ("max_command", "max_response", "believed"),
    [
        (4096, 4098, (4096, 4096)),
        (300, 70_000, (300, 65_536)),
        (48, 1002, (48, 1000)),
        # No READ BINARY with extended length is so short: the numbers mean nothing.
        (47, 1002, (None, 256)),
        (0, 0, (None, 256)),
        (4096, 258, (None, 256)),
    ],
)
def test_what_atr_info_says_of_lengths_is_believed_as_far_as_it_can_be(
    max_command: int, max_response: int, believed: tuple[int | None, int]
) -> None:
    content = atr_info.encode(AtrInfo(max_command, max_response)) + b"\x90\x00"

    class Telling:
        def transmit(self, command: bytes) -> bytes:
            return content if command[1:3] == b"\xb0\x81" else b"\x6a\x82"

    manners = ReadingManners()
    read_master_files(Channel(Telling(), 65_536, manners, probing=True), lambda most: (most,))
    assert (manners.max_command, manners.max_response) == believed
