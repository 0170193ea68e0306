"""The files of the master file: whatever a chip does there, the reading goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reader.access.card_access import CardAccess
from reader.channel import Channel
from reader.lds import card_access
from reader.lds.security_infos import PaceInfo, SecurityInfos
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
