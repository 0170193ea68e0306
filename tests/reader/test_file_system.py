"""Reading files from chips with manners of their own, each of which some real chip has."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.iso7816 import CommandApdu, ResponseApdu
from reader.channel import Channel
from reader.errors import LdsError, LinkError, UnexpectedStatus
from reader.file_system import FileSystem
from reader.lds.files import ElementaryFile, data_group
from reader.manners import ReadingManners

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
    selected: bytes | None = None
    commands: list[CommandApdu] = field(default_factory=list)

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
        if left <= 0:
            return ResponseApdu(b"", 0x6B00)
        if command.le > self.largest or (self.exact and command.le > left):
            return ResponseApdu(b"", self.refusal | (min(left, self.largest) & 0xFF if self.refusal == 0x6C00 else 0))
        room = min(command.le, self.most)
        data = self.selected[offset : offset + room]
        if odd:
            data = next(found for size in range(room, -1, -1) if len(found := tlv.encode(0x53, data[:size])) <= room)
        return ResponseApdu(data, 0x6282 if command.le > left else 0x9000)


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
    with pytest.raises(LinkError) as caught:
        read(PlainChip({DG2: content(DG2, 19_967)}, most=1), DG2)
    assert caught.value.code == "link.too_many_blocks"


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
