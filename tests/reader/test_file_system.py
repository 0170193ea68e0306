"""Reading files from chips with manners of their own, each of which some real chip has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.ciphers import Suite
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel
from reader.channel import Channel
from reader.errors import CardRemoved, LdsError, LinkError, LinkTimeout, UnexpectedStatus
from reader.file_system import FileSystem
from reader.lds.files import ELEMENTARY_FILES, ElementaryFile, data_group
from reader.manners import ReaderManners, ReadingManners

DG1, DG2, DG11 = data_group(1), data_group(2), data_group(11)


def content(file: ElementaryFile, size: int) -> bytes:
    """A file of exactly `size` bytes, each unlike its neighbours."""
    assert file.tag is not None
    for length in range(size, -1, -1):
        whole = tlv.encode(file.tag, bytes(i * 7 & 0xFF for i in range(length)))
        if len(whole) == size:
            return whole
    raise AssertionError("no object has this size")


@dataclass
class PlainChip:
    """Gives its files without any protection."""

    files: dict[ElementaryFile, bytes]
    short_identifiers: bool = True
    extended_length: bool = True
    largest: int = 65_536
    """More than this in one READ BINARY is refused with `refusal`."""
    refusal: int = 0x6700
    exact: bool = False
    """Refuses to be asked for more than the file holds."""
    most: int = 65_536
    """Gives no more than this at once, without a word."""
    crosses: bool = True
    """Whether a block may begin before offset 32,768 and end behind it."""
    odd_instruction: bool = True
    meddle: Callable[[int], bytes | LinkError | None] = lambda _: None
    """What comes in place of the answer to the n-th READ BINARY."""
    selected: bytes | None = None
    commands: list[CommandApdu] = field(default_factory=list)
    reads: int = 0

    def transmit(self, raw: bytes) -> bytes:
        command = CommandApdu.decode(raw)
        self.commands.append(command)
        if len(raw) > 5 and raw[4] == 0 and not self.extended_length:
            return b"\x67\x00"
        return self.answer(command).encode()

    def answer(self, command: CommandApdu) -> ResponseApdu:
        if command.ins == 0xA4:
            found = [raw for file, raw in self.files.items() if file.fid.to_bytes(2, "big") == command.data]
            self.selected = found[0] if found else None
            return ResponseApdu(b"", 0x9000 if found else 0x6A82)
        self.reads += 1
        meddled = self.meddle(self.reads)
        if isinstance(meddled, LinkError):
            raise meddled
        if meddled is not None:
            return ResponseApdu.decode(meddled)
        odd = command.ins == 0xB1
        offset = int.from_bytes(tlv.parse_one(command.data).value, "big") if odd else command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if not self.short_identifiers:
                return ResponseApdu(b"", 0x6A86)
            found = [raw for file, raw in self.files.items() if file.sfi == command.p1 & 0x1F]
            if not found:
                return ResponseApdu(b"", 0x6A82)
            self.selected, offset = found[0], command.p2
        if self.selected is None or command.le is None:
            return ResponseApdu(b"", 0x6986)
        left = len(self.selected) - offset
        if left <= 0 or (odd and not self.odd_instruction):
            return ResponseApdu(b"", 0x6D00 if odd and not self.odd_instruction else 0x6B00)
        if not self.crosses and offset < 0x8000 < offset + command.le:
            return ResponseApdu(b"", 0x6B00)
        there = left + (len(tlv.encode(0x53, bytes(left))) - left if odd else 0)
        if command.le > self.largest or (self.exact and command.le > there):
            return ResponseApdu(b"", self.refusal | (min(there, self.largest) & 0xFF if self.refusal == 0x6C00 else 0))
        room = min(command.le, self.most)
        data = self.selected[offset : offset + room]
        if odd:
            data = next(found for size in range(room, -1, -1) if len(found := tlv.encode(0x53, data[:size])) <= room)
        return ResponseApdu(data, 0x6282 if command.le > left else 0x9000)


class SecuredChip:
    """The same behind a secure channel; refusals come protected."""

    def __init__(self, inner: PlainChip, suite: Suite) -> None:
        self.inner = inner
        self.keys = SessionKeys(
            suite, bytes(range(suite.key_length)), bytes(range(suite.key_length, 2 * suite.key_length))
        )
        self.channel = ChipChannel(self.keys, bytes(suite.block_size))

    def transmit(self, raw: bytes) -> bytes:
        command = self.channel.unprotect(raw)
        self.inner.commands.append(command)
        response = self.channel.protect(self.inner.answer(command))
        assert len(response) - 2 <= (65_536 if raw[4] == 0 else 256)
        return response


def ladder(most: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(min(size, most) for size in (65_536, 223, 192, 160, 128)))


def read(
    chip: PlainChip, file: ElementaryFile, max_response: int = 256, manners: ReadingManners | None = None
) -> bytes:
    got = bytearray()
    FileSystem(Channel(chip, max_response, manners), ladder).read(file, got)
    return bytes(got)


@pytest.mark.parametrize("size", [8, 95, 255, 256, 257, 5000, 19_967])
@pytest.mark.parametrize(
    "manners",
    [
        {},
        {"short_identifiers": False},
        {"exact": True},
        {"exact": True, "refusal": 0x6C00},
        {"exact": True, "refusal": 0x6B00},
        {"exact": True, "refusal": 0x6282},
        {"largest": 192},
        {"largest": 128, "exact": True},
        {"largest": 160, "refusal": 0x6C00},
        {"largest": 160, "refusal": 0x6F00},
        {"extended_length": False},
        {"extended_length": False, "largest": 223, "exact": True},
        {"most": 100},
    ],
)
@pytest.mark.parametrize("max_response", [256, 65_536])
def test_every_chip_gives_its_file(manners: dict[str, int], size: int, max_response: int) -> None:
    whole = content(DG2, size)
    assert read(PlainChip({DG2: whole}, **manners), DG2, max_response) == whole  # type: ignore[arg-type]


REFUSALS = ("6700", "6C00", "6282", "6281", "6B00", "6F00", "6A86", "6A87", "6981", "6400", "9000")


@pytest.mark.parametrize("max_response", [256, 65_536])
@pytest.mark.parametrize("status", REFUSALS)
def test_any_block_may_be_refused_and_less_is_asked_for_from_there_on(status: str, max_response: int) -> None:
    whole = content(DG2, 5000)
    for refused in range(1, 7):
        at = refused
        chip = PlainChip({DG2: whole}, most=900, meddle=lambda n, at=at: bytes.fromhex(status) if n == at else None)
        manners = ReadingManners(short_identifiers=True)
        assert read(chip, DG2, max_response, manners) == whole
        before, after = chip.commands[refused - 1], chip.commands[refused:]
        assert before.le is not None
        assert max(command.le or 0 for command in after) <= before.le
        if refused > 1:
            assert manners.largest_block < before.le
        again = PlainChip({DG2: whole})
        assert read(again, DG2, max_response, manners) == whole
        assert max(command.le or 0 for command in again.commands) <= max(command.le or 0 for command in after)


@pytest.mark.parametrize("status", ["6982", "6985", "6A82", "6D00"])
def test_a_block_that_is_refused_for_another_reason_is_told_with_its_status(status: str) -> None:
    chip = PlainChip({DG2: content(DG2, 5000)}, meddle=lambda n: bytes.fromhex(status) if n > 3 else None)
    with pytest.raises(UnexpectedStatus) as caught:
        read(chip, DG2)
    assert caught.value.status_word == int(status, 16)
    assert chip.reads == 4


@pytest.mark.parametrize("status", ["6700", "6F00", "6C00", "6A86"])
def test_a_block_that_is_always_refused_is_bounded(status: str) -> None:
    chip = PlainChip({DG2: content(DG2, 5000)}, most=900, meddle=lambda n: bytes.fromhex(status) if n > 3 else None)
    manners = ReadingManners()
    got = bytearray()
    with pytest.raises(UnexpectedStatus) as caught:
        FileSystem(Channel(chip, 65_536, manners), ladder).read(DG2, got)
    assert caught.value.status_word == int(status, 16)
    # Nothing helped, so nothing is learnt from it.
    assert manners.limits == ReadingManners().limits
    assert chip.reads <= 12


@pytest.mark.parametrize("size", [32_768, 32_769, 33_000, 66_000])
@pytest.mark.parametrize(
    "manners",
    [
        {},
        {"most": 4096},
        {"exact": True},
        {"largest": 200},
        {"largest": 1000, "refusal": 0x6C00},
        {"crosses": False},
        {"crosses": False, "exact": True, "most": 700},
        {"short_identifiers": False},
    ],
)
@pytest.mark.parametrize("suite", [None, Suite.AES128])
@pytest.mark.parametrize("max_response", [256, 65_536])
def test_files_beyond_what_an_even_instruction_can_address(
    manners: dict[str, int], size: int, suite: Suite | None, max_response: int
) -> None:
    whole = content(DG2, size)
    chip = PlainChip({DG2: whole}, **manners)  # type: ignore[arg-type]
    channel = Channel(chip, max_response)
    if suite is not None:
        secured = SecuredChip(chip, suite)
        channel = Channel(secured, max_response)
        channel.secure(TerminalChannel(secured.keys, bytes(suite.block_size)))
    got = bytearray()
    FileSystem(channel, ladder).read(DG2, got)
    assert bytes(got) == whole
    odd = [command for command in chip.commands if command.ins == 0xB1]
    assert all(int.from_bytes(tlv.parse_one(command.data).value, "big") > 0x7FFF for command in odd)


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
def test_a_face_of_120_kilobytes_behind_every_cipher(suite: Suite) -> None:
    whole = content(DG2, 120_000)
    secured = SecuredChip(PlainChip({DG2: whole}, most=4000), suite)
    channel = Channel(secured, 65_536)
    channel.secure(TerminalChannel(secured.keys, bytes(suite.block_size)))
    got = bytearray()
    FileSystem(channel, ladder).read(DG2, got)
    assert bytes(got) == whole
    assert len(secured.inner.commands) <= 32


def test_even_instructions_are_used_as_far_as_they_reach() -> None:
    chip = PlainChip({DG2: content(DG2, 40_000)})
    read(chip, DG2)
    offsets = [command.p1 << 8 | command.p2 for command in chip.commands[1:] if command.ins == 0xB0]
    assert offsets == list(range(256, 32_768, 256))
    odd = [command for command in chip.commands if command.ins == 0xB1]
    # 53 81 FD and 253 bytes fill a short response.
    assert len(odd) == -(-(40_000 - 32_768) // 253)


@pytest.mark.parametrize("odd", ["", "9000", "53009000", "540101 9000", "5381 9000", "6D00"])
def test_answers_to_odd_instructions_that_are_none(odd: str) -> None:
    whole = content(DG2, 40_000)
    chip = PlainChip({DG2: whole})
    first_odd = 1 + 32_768 // 256
    chip.meddle = lambda n: bytes.fromhex(odd) if n >= first_odd else None
    got = bytearray()
    with pytest.raises((LinkError, LdsError)) as caught:
        FileSystem(Channel(chip, 256), ladder).read(DG2, got)
    assert caught.value.code in (
        {"link.unexpected_status"} if odd == "6D00" else {"link.malformed_response", "document.ends_early"}
    )
    assert bytes(got) == whole[:32_768]
    assert chip.reads <= first_odd + 8


@pytest.mark.parametrize("max_response", [256, 65_536])
@pytest.mark.parametrize("end", ["9000", "6282", "6B00"])
def test_a_file_that_ends_early_is_asked_once_more(end: str, max_response: int) -> None:
    whole = content(DG2, 3000)
    ends_at = 1000
    chip = PlainChip({DG2: whole[:ends_at]})
    answered = chip.answer

    def answer(command: CommandApdu) -> ResponseApdu:
        response = answered(command)
        return response if response.data or command.ins != 0xB0 else ResponseApdu(b"", int(end, 16))

    chip.answer = answer  # type: ignore[method-assign]
    got = bytearray()
    manners = ReadingManners()
    with pytest.raises(LdsError) as caught:
        FileSystem(Channel(chip, max_response, manners), ladder).read(DG2, got)
    assert caught.value.code == "document.ends_early"
    assert bytes(got) == whole[:ends_at]
    last, before = chip.commands[-1], chip.commands[-2]
    assert last == before
    assert manners.limits == ReadingManners().limits


def test_an_end_that_was_none_is_survived() -> None:
    whole = content(DG2, 300)
    # The last two blocks are of 44 bytes, which no smaller size can be asked for instead of.
    chip = PlainChip({DG2: whole}, meddle=lambda n: b"\x62\x82" if n == 2 else None)
    assert read(chip, DG2) == whole


def test_no_data_to_an_extended_le() -> None:
    """As cards of China answer (facts: field failure 24)."""

    class Mute(PlainChip):
        def answer(self, command: CommandApdu) -> ResponseApdu:
            if (command.le or 0) > 256:
                return ResponseApdu(b"", 0x9000)
            return super().answer(command)

    chip = Mute({DG2: content(DG2, 3000)})
    manners = ReadingManners()
    assert read(chip, DG2, 65_536, manners) == chip.files[DG2]
    assert not manners.extended_length


@pytest.mark.parametrize(("p2", "le"), [(0x0C, None), (0x00, 256), (0x00, None)])
def test_a_chip_that_knows_one_form_of_select(p2: int, le: int | None) -> None:
    class Particular(PlainChip):
        def answer(self, command: CommandApdu) -> ResponseApdu:
            if command.ins == 0xA4 and (command.p2, command.le) != (p2, le):
                return ResponseApdu(b"", 0x6A86)
            return super().answer(command)

    chip = Particular({DG1: content(DG1, 95), DG2: content(DG2, 300)}, short_identifiers=False)
    manners = ReadingManners()
    assert read(chip, DG1, manners=manners) == chip.files[DG1]
    chip.commands.clear()
    assert read(chip, DG2, manners=manners) == chip.files[DG2]
    assert [command.ins for command in chip.commands] == [0xA4, 0xB0, 0xB0]


class TestALinkThatBreaksOverLargeBlocks:
    """No status word tells a reader's limit: the link breaks, and the next session asks for less."""

    def attempt(self, manners: ReadingManners, error: LinkError, *, probing: bool, at: int = 2) -> list[int]:
        chip = PlainChip({DG2: content(DG2, 3000)}, most=600)
        chip.meddle = lambda n: error if n >= at and (chip.commands[-1].le or 0) > 223 else None
        channel = Channel(chip, 65_536, manners, probing=probing)
        with suppress(type(error)):
            FileSystem(channel, ladder).read(DG2, bytearray())
        return [command.le or 0 for command in chip.commands]

    def test_on_a_reader_that_nobody_tried_once_is_enough(self) -> None:
        manners = ReadingManners()
        assert max(self.attempt(manners, LinkError("broken"), probing=True)) > 223
        assert max(self.attempt(manners, LinkError("broken"), probing=True)) == 223
        # The reader's own limit is believed in when a second document shows it.
        assert manners.reader.largest_block == 65_536
        second = ReadingManners(manners.reader)
        self.attempt(second, LinkError("broken"), probing=True, at=1)
        assert manners.reader.largest_block == 223

    @pytest.mark.parametrize("error", [CardRemoved("lifted"), LinkTimeout("mute"), LinkError("broken")])
    def test_elsewhere_a_second_time_is_needed(self, error: LinkError) -> None:
        manners = ReadingManners()
        assert max(self.attempt(manners, error, probing=False, at=1)) > 223
        assert max(self.attempt(manners, error, probing=False, at=1)) > 223
        assert max(self.attempt(manners, error, probing=False, at=1)) == 223

    def test_a_card_that_is_lifted_from_a_good_reader_changes_nothing(self) -> None:
        manners = ReadingManners(ReaderManners(carried=65_536))
        for _ in range(5):
            self.attempt(manners, CardRemoved("lifted"), probing=True)
        assert manners.largest_block == 65_536
        assert manners.reader.largest_block == 65_536

    def test_a_reading_that_was_given_up_says_nothing_of_the_reader(self) -> None:
        manners = ReadingManners()
        self.attempt(manners, LinkError("cancelled", code="link.cancelled"), probing=True)
        assert manners.limits == ReadingManners().limits


@pytest.mark.parametrize("max_response", [256, 65_536])
@pytest.mark.parametrize("size", [1, 7, 8, 9, 255, 256, 257, 400, 2000])
@pytest.mark.parametrize("manners", [{}, {"short_identifiers": False}, {"extended_length": False}, {"largest": 128}])
def test_a_row_of_objects_is_read_to_its_end_or_as_far_as_is_wanted(
    manners: dict[str, int], size: int, max_response: int
) -> None:
    info = ELEMENTARY_FILES["EF.ATR/INFO"]
    whole = bytes(i * 7 & 0xFF for i in range(size))
    chip = PlainChip({info: whole}, **manners)  # type: ignore[arg-type]
    assert FileSystem(Channel(chip, max_response), ladder).read_objects(info, 512) == whole[:512]


@pytest.mark.parametrize("size", [8, 95, 255, 256, 257])
def test_a_small_file_is_read_byte_by_byte(size: int) -> None:
    whole = content(DG2, size)
    assert read(PlainChip({DG2: whole}, most=1), DG2) == whole


@given(
    size=st.integers(8, 2000).filter(lambda size: size not in (130, 259)),
    largest=st.integers(1, 300),
    exact=st.booleans(),
)
def test_no_limit_of_a_chip_changes_what_is_read(size: int, largest: int, exact: bool) -> None:
    whole = content(DG2, size)
    chip = PlainChip({DG2: whole}, most=largest, exact=exact)
    assert read(chip, DG2) == whole


def test_a_file_of_known_manners_takes_the_fewest_commands() -> None:
    chip = PlainChip({DG2: content(DG2, 19_967)})
    read(chip, DG2)
    assert len(chip.commands) == 78
    chip = PlainChip({DG2: content(DG2, 19_967)})
    read(chip, DG2, 65_536)
    assert len(chip.commands) == 1


def test_what_a_chip_refused_is_not_asked_again() -> None:
    chip = PlainChip({DG1: content(DG1, 95), DG11: content(DG11, 500)}, largest=192, exact=True, extended_length=False)
    manners = ReadingManners()
    read(chip, DG1, 65_536, manners)
    read(chip, DG11, 65_536, manners)
    assert not manners.extended_length
    assert manners.largest_block == 192
    chip.commands.clear()
    assert read(chip, DG11, 256, manners) == chip.files[DG11]
    assert max(command.le or 0 for command in chip.commands) <= 192


def test_a_reading_goes_on_where_it_stopped() -> None:
    whole = content(DG2, 3000)
    chip = PlainChip({DG2: whole})
    got = bytearray(whole[:1500])
    FileSystem(Channel(chip, 256), ladder).read(DG2, got)
    assert bytes(got) == whole
    assert [command.le for command in chip.commands][:2] == [8, 256]
    assert chip.commands[1].p1 << 8 | chip.commands[1].p2 == 1500


def test_a_beginning_that_is_another_files_is_dropped() -> None:
    whole = content(DG2, 3000)
    got = bytearray(b"\x75\x82\x0a\x00" + bytes(1000))
    FileSystem(Channel(PlainChip({DG2: whole}), 256), ladder).read(DG2, got)
    assert bytes(got) == whole


def test_what_follows_the_object_is_no_part_of_the_file() -> None:
    whole = content(DG1, 95)
    assert read(PlainChip({DG1: whole + bytes(20)}), DG1) == whole


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (content(DG2, 100), "document.wrong_tag"),
        (b"\x61\x00", "document.empty_file"),
        (b"\x61\x82\x7f\xff" + bytes(300), "document.file_too_long"),
        (b"\x61\x84\xff\xff\xff\xff" + bytes(300), "document.file_too_long"),
        (b"\x61\x80" + bytes(300), "document.malformed_header"),
        (b"\x61\x88" + bytes(300), "document.malformed_header"),
        (b"\x61\x81\xf0" + bytes(100), "document.ends_early"),
        (b"\x61", "document.ends_early"),
    ],
)
def test_malformed_files(raw: bytes, code: str) -> None:
    with pytest.raises(LdsError) as caught:
        read(PlainChip({DG1: raw}), DG1)
    assert caught.value.code == code


def test_what_this_reader_cannot_fetch_is_no_fault_of_the_file() -> None:
    chip = PlainChip({DG2: content(DG2, 19_967)}, most=1)
    with pytest.raises(LinkError) as caught:
        read(chip, DG2)
    assert caught.value.code == "link.too_many_blocks"
    assert len(chip.commands) == 4_000


def test_more_than_was_asked_for_is_refused() -> None:
    class Generous(PlainChip):
        def answer(self, command: CommandApdu) -> ResponseApdu:
            return ResponseApdu(bytes(300), 0x9000)

    with pytest.raises(LinkError) as caught:
        read(Generous({}), DG1)
    assert caught.value.code == "link.malformed_response"


@pytest.mark.parametrize("by_short_identifier", [True, False])
def test_a_file_that_is_not_there(by_short_identifier: bool) -> None:
    chip = PlainChip({DG2: content(DG2, 100)}, short_identifiers=by_short_identifier)
    files = FileSystem(Channel(chip, 256), ladder)
    with pytest.raises(UnexpectedStatus) as caught:
        files.read(DG1, bytearray())
    assert caught.value.status_word == 0x6A82
    assert (files.status(DG1), files.status(DG2)) == (0x6A82, 0x9000)
    files.read(DG2, bytearray())


@pytest.mark.parametrize("status", [0x6982, 0x6985, 0x6D00, 0x6F00, 0x6700])
def test_a_refusal_is_told_with_its_status(status: int) -> None:
    class Refusing(PlainChip):
        def answer(self, command: CommandApdu) -> ResponseApdu:
            return ResponseApdu(b"", status)

    with pytest.raises(UnexpectedStatus) as caught:
        read(Refusing({}), DG1)
    assert caught.value.status_word == status
