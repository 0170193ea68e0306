"""Whatever a chip does to blocks, sessions and the link: exactly the file comes, or an error with a code, in bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import tlv
from crypto.ciphers import Suite
from crypto.errors import CryptoError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel
from reader.channel import Channel
from reader.document_files import DocumentFiles
from reader.errors import CardRemoved, LinkError, ReaderError
from reader.lds.files import ELEMENTARY_FILES, ElementaryFile, data_group
from reader.passive import GroupPresence
from reader.read_memory import ReadMemory
from reader.sessions import SessionBudget

KEYS = SessionKeys(Suite.AES128, bytes(range(16)), bytes(range(16, 32)))
ZERO = bytes(16)
SOD, DG2, DG11 = ELEMENTARY_FILES["EF.SOD"], data_group(2), data_group(11)
MAX_SESSIONS = 30

Answer = Callable[[bytes], ResponseApdu]


def content(file: ElementaryFile, size: int) -> bytes:
    assert file.tag is not None
    return tlv.encode(file.tag, bytes(i * 7 & 0xFF for i in range(size)))


@dataclass(frozen=True)
class Rules:
    """What a chip always does."""

    short_identifiers: bool = True
    extended_length: bool = True
    largest: int = 65_536
    """More is refused with `refusal`."""
    refusal: int = 0x6700
    exact: bool = False
    """More than the file holds is refused, too."""
    most: int = 65_536
    """Gives no more than this at once."""
    bare: bool = True
    """Errors leave secure messaging."""
    steps: int = 1
    """How far its counter moves over a bare error; 3: the session ends."""


@dataclass
class Chip:
    """A chip behind a secure channel that keeps its rules, and has its moments."""

    files: dict[ElementaryFile, bytes]
    rules: Rules
    moments: list[Callable[[bytes], bytes | None]] = field(default_factory=list)
    """What it does to its next answers to READ BINARY in turn: another answer, or none for the card taken away."""
    commands: int = 0
    selected: bytes | None = None
    channel: ChipChannel | None = None

    def reset(self) -> None:
        self.selected = None
        self.channel = ChipChannel(KEYS, ZERO)

    def transmit(self, raw: bytes) -> bytes:
        self.commands += 1
        if self.channel is None:
            return b"\x69\x88"
        if len(raw) > 5 and raw[4] == 0 and not self.rules.extended_length:
            return self.leave(raw, 0x6700)
        before = self.channel
        try:
            command = before.unprotect(raw)
        except CryptoError:
            self.channel = None
            return b"\x69\x88"
        response = self.answer(command)
        if not response.data and response.sw != 0x9000 and self.rules.bare:
            if self.rules.steps == 2:
                before.protect(response)
            elif self.rules.steps != 1:
                # As if it had never come: the counter goes back by one.
                before._count(-1)
            if self.rules.steps == 3:
                self.channel = None
            return response.encode()
        protected = before.protect(response)
        if command.ins in (0xB0, 0xB1) and self.moments:
            changed = self.moments.pop(0)(protected)
            if changed is None:
                raise CardRemoved("taken away")
            return changed
        return protected

    def leave(self, raw: bytes, status: int) -> bytes:
        assert self.channel is not None
        if self.rules.steps in (1, 2):
            self.channel.unprotect(raw)
            if self.rules.steps == 2:
                self.channel.protect(ResponseApdu(b"", status))
        if self.rules.steps == 3:
            self.channel = None
        return status.to_bytes(2, "big")

    def answer(self, command: CommandApdu) -> ResponseApdu:
        if command.ins == 0xA4:
            found = [raw for file, raw in self.files.items() if file.fid.to_bytes(2, "big") == command.data]
            self.selected = found[0] if found else None
            return ResponseApdu(b"", 0x9000 if found else 0x6A82)
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            found = [raw for file, raw in self.files.items() if file.sfi == command.p1 & 0x1F]
            if not found or not self.rules.short_identifiers:
                return ResponseApdu(b"", 0x6A82 if self.rules.short_identifiers else 0x6A86)
            self.selected, offset = found[0], 0
        if self.selected is None or command.le is None:
            return ResponseApdu(b"", 0x6986)
        left = len(self.selected) - offset
        if left <= 0:
            return ResponseApdu(b"", 0x6B00)
        limit = min(self.rules.largest, left) if self.rules.exact else self.rules.largest
        if command.le > limit:
            return ResponseApdu(b"", self.rules.refusal | (limit & 0xFF if self.rules.refusal == 0x6C00 else 0))
        return ResponseApdu(self.selected[offset : offset + min(command.le, self.rules.most)], 0x9000)


def ladder(most: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(min(size, most) for size in (65_536, 1000, 223, 192, 160, 128)))


@dataclass(frozen=True)
class Outcome:
    groups: dict[int, bytes | None]
    presence: dict[int, GroupPresence]
    error: ReaderError | None
    sessions: int


def read(chip: Chip, max_response: int) -> Outcome:
    """Read EF.SOD, DG2 and DG11 as an inspection does, in as many sessions as the budget allows."""
    memory, sessions = ReadMemory(), 0
    budget = SessionBudget(memory)
    while True:
        sessions += 1
        assert sessions <= MAX_SESSIONS
        chip.reset()
        channel = Channel(chip, max_response, memory.manners)
        channel.secure(TerminalChannel(KEYS, ZERO))
        files = DocumentFiles(channel, ladder, memory, lambda *_: None)
        groups: dict[int, bytes | None] = {}
        try:
            files.read_sod()
            for number in (2, 11):
                groups[number] = files.read_group(number)
        except CardRemoved:
            continue
        except ReaderError as error:
            if isinstance(error, LinkError) and budget.allows_another(error):
                continue
            return Outcome(groups, files.presence, error, sessions)
        return Outcome(groups, files.presence, None, sessions)


def bound(outcome: Outcome, rules: Rules, size: int) -> int:
    """Two commands a block, EF.SOD in each session anew, and some for finding out what the chip likes."""
    block = min(rules.most, 100)
    return outcome.sessions * (40 + 600 // block) + 2 * size // block + 60


rules = st.builds(
    Rules,
    short_identifiers=st.booleans(),
    extended_length=st.booleans(),
    largest=st.sampled_from([65_536, 2000, 223, 200, 150, 128]),
    refusal=st.sampled_from([0x6700, 0x6C00, 0x6F00, 0x6B00, 0x6282]),
    exact=st.booleans(),
    most=st.integers(20, 3000),
    bare=st.booleans(),
    steps=st.integers(0, 3),
)


@given(
    rules=rules,
    size=st.integers(8, 3000),
    max_response=st.sampled_from([256, 65_536]),
    with_dg11=st.booleans(),
    removals=st.lists(st.booleans(), max_size=12),
)
@settings(max_examples=400)
def test_a_chip_that_keeps_its_rules_gives_its_files(
    rules: Rules, size: int, max_response: int, with_dg11: bool, removals: list[bool]
) -> None:
    files = {SOD: content(SOD, 300), DG2: content(DG2, size)} | ({DG11: content(DG11, 90)} if with_dg11 else {})
    chip = Chip(files, rules, [_taken if taken else _unchanged for taken in removals])
    outcome = read(chip, max_response)
    assert outcome.error is None
    assert outcome.groups == {2: files[DG2], 11: files.get(DG11)}
    assert outcome.presence[11] is (GroupPresence.READ if with_dg11 else GroupPresence.ABSENT)
    assert chip.commands <= bound(outcome, rules, size)


def _unchanged(response: bytes) -> bytes | None:
    return response


def _taken(_: bytes) -> bytes | None:
    return None


def _bare(status: int) -> Callable[[bytes], bytes | None]:
    return lambda _: status.to_bytes(2, "big")


moments = st.lists(
    st.one_of(
        st.just(_unchanged),
        st.just(_unchanged),
        st.just(_taken),
        st.builds(
            _bare, st.sampled_from([0x6700, 0x6F00, 0x6C05, 0x6282, 0x6B00, 0x6A82, 0x6982, 0x6985, 0x6988, 0x6400])
        ),
        st.builds(lambda size: lambda response: response[:size], st.integers(0, 40)),
        st.builds(lambda data: lambda _: data, st.binary(max_size=30)),
        st.builds(lambda bit: lambda response: bytes((response[0] ^ 1 << bit,)) + response[1:], st.integers(0, 7)),
    ),
    max_size=40,
)


@given(rules=rules, size=st.integers(8, 3000), max_response=st.sampled_from([256, 65_536]), moments=moments)
@settings(max_examples=400)
def test_no_chip_at_all_makes_a_file_of_what_is_none(
    rules: Rules, size: int, max_response: int, moments: list[Callable[[bytes], bytes | None]]
) -> None:
    files = {SOD: content(SOD, 300), DG2: content(DG2, size), DG11: content(DG11, 90)}
    chip = Chip(files, rules, moments)
    outcome = read(chip, max_response)
    assert outcome.error is None or outcome.error.code
    for number, file in ((2, DG2), (11, DG11)):
        found = outcome.groups.get(number)
        # A file that seemed to end early counts with the bytes that came, and its hash tells.
        assert found is None or files[file].startswith(found)
        if outcome.presence.get(number) in (GroupPresence.ABSENT, GroupPresence.DENIED, GroupPresence.UNREADABLE):
            assert found is None
    assert chip.commands <= bound(outcome, rules, size)
