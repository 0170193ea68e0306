"""The files of the master file: whatever a chip does there, the reading goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.ciphers import Suite
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel
from reader.access.card_access import CardAccess
from reader.channel import Channel
from reader.errors import CardRemoved, LinkError, UnexpectedStatus
from reader.lds import atr_info, card_access
from reader.lds import dir as ef_dir
from reader.lds.atr_info import AtrInfo
from reader.lds.files import ELEMENTARY_FILES, EMRTD_AID
from reader.lds.security_infos import PaceInfo, SecurityInfos
from reader.manners import ReadingManners
from reader.master_file import MasterFiles, read_card_security, read_directory, read_master_files

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


STATUS_WORDS = ("6982", "6985", "6986", "6A82", "6A86", "6A87", "6D00", "6700", "6B00", "6F00", "6C36", "6281", "9000")


@given(
    answers=st.lists(st.sampled_from([*STATUS_WORDS, "garbage", "broken", "genuine"]), max_size=25),
    for_ever=st.sampled_from([*STATUS_WORDS, "garbage", "genuine"]),
    max_response=st.sampled_from([256, 65_536]),
    probing=st.booleans(),
)
def test_no_answer_of_the_master_file_does_harm(
    answers: list[str], for_ever: str, max_response: int, probing: bool
) -> None:
    """Whatever comes to whatever is asked: a link that broke is told once, and all else ends in few commands."""
    commands = 0

    class Chip:
        def transmit(self, command: bytes) -> bytes:
            nonlocal commands
            commands += 1
            answer = answers.pop(0) if answers else for_ever
            if answer == "broken":
                raise LinkError("broken")
            if answer in ("garbage", "genuine"):
                wanted = 65_536 if len(command) > 5 and command[4] == 0 else command[-1] or 256
                return bytes.fromhex(VIETNAMESE if answer == "genuine" else "31AA3003")[:wanted] + b"\x90\x00"
            return bytes.fromhex(answer)

    manners = ReadingManners()
    for _ in range(4):
        before = commands
        found = MasterFiles()
        with suppress(LinkError):
            found = read_master_files(Channel(Chip(), max_response, manners, probing=probing), lambda most: (most, 128))
        assert commands - before <= 40
        assert found.card_access.raw in (b"", bytes.fromhex(VIETNAMESE)) or found.card_access.malformed
        assert not (found.card_access.pace and found.card_access.doubtful)


class PlainFiles:
    """A chip that gives some files by their short identifier, and counts what it is asked for."""

    def __init__(self, files: dict[str, bytes], *, largest: int = 65_536) -> None:
        self.files = {ELEMENTARY_FILES[name].sfi: raw for name, raw in files.items()}
        self.largest = largest
        self.asked: list[str] = []

    def transmit(self, command: bytes) -> bytes:
        self.asked.append(command[:4].hex())
        decoded = CommandApdu.decode(command)
        raw = self.files.get(decoded.p1 & 0x1F)
        if decoded.ins != 0xB0 or raw is None:
            return b"\x6a\x82"
        if (decoded.le or 0) > self.largest:
            return b"\x67\x00"
        data = raw[decoded.p2 : decoded.p2 + (decoded.le or 0)]
        return data + b"\x90\x00" if data else b"\x6b\x00"


ATR_1000 = atr_info.encode(AtrInfo(max_command=1000, max_response=1000))


@pytest.mark.parametrize(
    ("probing", "largest", "asks"),
    [(False, 65_536, False), (True, 65_536, True), (False, 1000, True), (False, 256, True)],
)
def test_atr_info_is_asked_where_the_profiles_word_is_not_enough(probing: bool, largest: int, asks: bool) -> None:
    chip = PlainFiles({"EF.CardAccess": bytes.fromhex(VIETNAMESE), "EF.ATR/INFO": ATR_1000}, largest=largest)
    channel = Channel(chip, 65_536, probing=probing)
    found = read_master_files(channel, lambda most: (most,))
    assert found.card_access.pace
    assert ("00b08100" in chip.asked) is asks
    assert found.atr_info == (AtrInfo(max_command=1000, max_response=1000) if asks else None)
    assert channel.max_le == (998 if asks else 65_536)
    assert len(chip.asked) <= 3
    # Once in a visit is enough.
    again = Channel(chip, 65_536, channel.manners, probing=probing)
    assert read_master_files(again, lambda most: (most,)).atr_info is None
    assert again.max_le == channel.max_le


@pytest.mark.parametrize("raw", [b"", b"\x7f\x66", b"\x47\x01\x00", b"\xff" * 300, bytes(10)])
def test_an_atr_info_that_says_nothing_changes_nothing(raw: bytes) -> None:
    chip = PlainFiles({"EF.CardAccess": bytes.fromhex(VIETNAMESE), "EF.ATR/INFO": raw})
    channel = Channel(chip, 1022, probing=True)
    assert read_master_files(channel, lambda most: (most,)).card_access.pace
    assert channel.max_le == 1022


def test_a_link_that_breaks_over_atr_info_costs_one_session() -> None:
    class Breaking(PlainFiles):
        def transmit(self, command: bytes) -> bytes:
            if command[2] == 0x81:
                raise LinkError("broken")
            return super().transmit(command)

    chip, manners = Breaking({"EF.CardAccess": bytes.fromhex(VIETNAMESE)}), ReadingManners()
    with pytest.raises(LinkError):
        read_master_files(Channel(chip, 1022, manners, probing=True), lambda most: (most, 223))
    assert read_master_files(Channel(chip, 1022, manners, probing=True), lambda most: (most, 223)).card_access.pace


def test_a_card_that_is_taken_away_is_no_refusal() -> None:
    class Taken:
        def transmit(self, command: bytes) -> bytes:
            raise CardRemoved("lifted")

    with pytest.raises(CardRemoved):
        read(Taken())


@pytest.mark.parametrize("broken", [0, 1, 2, 3])
def test_the_directory_may_fail_in_any_way(broken: int) -> None:
    raw = ef_dir.encode([EMRTD_AID])
    files = [raw, b"", b"\x61\x05\x4f\x07", raw[:-1]][broken]
    found = read_directory(Channel(PlainFiles({"EF.DIR": files}), 256))
    assert found == ((EMRTD_AID,) if broken == 0 else ())


KEYS = SessionKeys(Suite.AES128, bytes(range(16)), bytes(range(16, 32)))
SECURITY = bytes.fromhex("30820100") + bytes(256)


class Opened:
    """A chip after PACE that answers as told to SELECT of the master file and of the application, and to reading."""

    def __init__(self, master_file: list[int], card_security: bytes | int, application: int = 0x9000) -> None:
        self.master_file = master_file
        self.card_security = card_security
        self.application = application
        self.channel = ChipChannel(KEYS, bytes(16))
        self.steps: list[str] = []

    def transmit(self, raw: bytes) -> bytes:
        command = self.channel.unprotect(raw)
        return self.channel.protect(self.answer(command))

    def answer(self, command: CommandApdu) -> ResponseApdu:
        if command.ins == 0xA4 and command.p1 == 0x04:
            self.steps.append("application")
            return ResponseApdu(b"", self.application)
        if command.ins == 0xA4 and command.p1 == 0x00:
            self.steps.append("master file")
            return ResponseApdu(b"", self.master_file.pop(0))
        if command.ins == 0xA4 or isinstance(self.card_security, int):
            self.steps.append("refusal")
            return ResponseApdu(b"", 0x6A82 if command.ins == 0xA4 else int(self.card_security))  # type: ignore[arg-type]
        offset = command.p2 if command.p1 & 0x80 else command.p1 << 8 | command.p2
        self.steps.append("block")
        return ResponseApdu(self.card_security[offset : offset + (command.le or 0)], 0x9000)


def card_security_of(chip: Opened) -> bytes | None:
    channel = Channel(chip, 256)
    channel.secure(TerminalChannel(KEYS, bytes(16)))
    return read_card_security(channel, lambda most: (most,))


@pytest.mark.parametrize("selections", [[0x9000], [0x6A86, 0x9000], [0x6D00, 0x6700, 0x9000]])
def test_card_security_is_read_and_the_application_selected_again(selections: list[int]) -> None:
    tries = len(selections)
    chip = Opened(selections, SECURITY)
    assert card_security_of(chip) == SECURITY
    assert chip.steps == ["master file"] * tries + ["block"] * 2 + ["application"]


@pytest.mark.parametrize("answer", [0x6982, 0x6A82, 0x6F00, 0x6985, b"\x31\x01\x00", SECURITY[:100], b"\x30\x00"])
def test_card_security_that_cannot_be_read_leaves_the_application_selected(answer: bytes | int) -> None:
    chip = Opened([0x9000], answer)
    assert card_security_of(chip) is None
    assert chip.steps[-1] == "application"


def test_a_master_file_that_cannot_be_selected_leaves_everything_as_it_was() -> None:
    chip = Opened([0x6A82, 0x6D00, 0x6985], SECURITY)
    assert card_security_of(chip) is None
    assert chip.steps == ["master file"] * 3


def test_a_chip_that_does_not_go_back_to_its_application_needs_a_new_session() -> None:
    with pytest.raises(UnexpectedStatus):
        card_security_of(Opened([0x9000], SECURITY, 0x6A82))
