"""Elementary files of a chip, read with as few and as large commands as chip and reader take.

A file is addressed by its short identifier, which selects and reads in one command; its length is learnt from its first
bytes. Where a chip knows no short identifiers, the file is selected first. Any block may be refused, cut or empty: then
less is asked for. What a chip refused once is not asked again, not even in the next session: it is noted before it is
known whether something else helps, since the next command may end the session, and taken back when nothing helped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from crypto import tlv
from crypto.errors import TlvError
from crypto.iso7816 import SW_SUCCESS, CommandApdu, ResponseApdu
from reader import selection
from reader.channel import SESSION_LOST, Channel
from reader.errors import (
    CardRemoved,
    LdsError,
    LinkError,
    LinkTimeout,
    ReaderError,
    ReaderLost,
    ReadingTimeout,
    UnexpectedStatus,
)
from reader.lds.files import ElementaryFile

FILE_NOT_FOUND: Final = frozenset({0x6A82, 0x6A83, 0x6A88})
SECURITY_NOT_SATISFIED: Final = 0x6982

_WRONG_OFFSET: Final = 0x6B00
_SW1_WARNING: Final = 0x62
_SW1_WRONG_LE: Final = 0x6C
_EMPTY: Final = frozenset({SW_SUCCESS, 0x6281, 0x6282})
"""No more data than none: some chips answer so when they are asked for too much, others at the end of the file."""
_AT_THE_END: Final = _EMPTY | {_WRONG_OFFSET}
_LENGTH_REFUSED: Final = _EMPTY | {0x6700, 0x6F00}
"""Of a first block by short identifier. Other status words may mean that the chip knows none."""
_BLOCK_REFUSED: Final = _LENGTH_REFUSED | {_WRONG_OFFSET, 0x6400, 0x6581, 0x6981, 0x6A80, 0x6A86, 0x6A87}
"""Of any other block, where file and offset are known to be right."""
_BROKEN_LINK: Final = frozenset({"link.failed", "link.malformed_response"})

_HEADER_BYTES: Final = 8
"""Holds any tag and length that a file of the LDS begins with."""
_LAST_EVEN_OFFSET: Final = 0x7FFF
"""Offsets above it stand in a data object, which the odd instruction takes."""
_OFFSET: Final = 0x54
_DISCRETIONARY_DATA: Final = 0x53
_LEAST_LEARNT: Final = 64
_SMALLEST_BLOCK: Final = 16
"""Fewer bytes, named as the right length by a chip, are the end of a file rather than a limit."""
_MAX_COMMANDS: Final = 4_000

BlockSizes = Callable[[int], tuple[int, ...]]
"""READ BINARY sizes in falling order, given the most bytes that one response can bring."""
Progress = Callable[[int, int], None]
"""Bytes of the file that are there, and how many it has."""


class FileSystem:
    """The files of the application that is selected on a channel.

    Args:
        channel: its manners are filled in while reading.
        block_sizes: for example from the reader's profile.
    """

    def __init__(self, channel: Channel, block_sizes: BlockSizes) -> None:
        self._channel = channel
        self._block_sizes = block_sizes
        self._manners = channel.manners
        self._step = ""
        self._commands_left = 0

    def read(self, file: ElementaryFile, content: bytearray, progress: Progress | None = None) -> None:
        """Read a file that is one data object to its end.

        Args:
            content: the beginning that is already there, as a rule empty; grows with each block, so that it holds what
                was read also when this raises.

        Raises:
            LdsError: the file is no TLV object with the right tag, empty, larger than it may be, or ends early.
            UnexpectedStatus: the chip refuses the file; its `status_word` tells why.
            LinkError: as `Channel.send`; or it takes more commands than this reader sends (code
                ``link.too_many_blocks``). That is no fault of the file.
            BrokenProtocol: as `Channel.send`.
        """
        beginning = self._begin(f"reading {file.name}", file, len(content))
        if content[: len(beginning)] != beginning[: len(content)]:
            content.clear()
        if len(content) < len(beginning):
            content[:] = beginning
        total = self._total_length(file, content)
        while len(content) < total:
            if progress is not None:
                progress(len(content), total)
            content += self._block(len(content), total - len(content))
        del content[total:]
        if progress is not None:
            progress(total, total)

    def read_objects(self, file: ElementaryFile, most: int) -> bytes:
        """Read a file that is a row of data objects: up to its end, which nothing announces, or `most` bytes.

        Raises:
            as `read`, but any content will do.
        """
        content = self._begin(f"reading {file.name}", file, 0)
        full = min(self._sizes()[0], self._channel.max_short_le)
        more = len(content) == _HEADER_BYTES or len(content) >= full
        while more and len(content) < most:
            left = most - len(content)
            try:
                block = self._block(len(content), left)
            except (LdsError, UnexpectedStatus) as error:
                if error.code == SESSION_LOST:
                    raise
                break
            content += block
            more = len(block) >= min(self._sizes()[0], left)
        return content[:most]

    def status(self, file: ElementaryFile) -> int:
        """Whether the chip gives a file: 9000, or the status word with which it refuses its first bytes."""
        try:
            self._begin(f"looking for {file.name}", file, _HEADER_BYTES)
        except LdsError:
            return SW_SUCCESS  # empty, and there
        except UnexpectedStatus as error:
            if error.code == SESSION_LOST:
                raise
            return error.status_word or 0
        return SW_SUCCESS

    def _begin(self, step: str, file: ElementaryFile, already: int) -> bytes:
        """Make the file the current one and read its first bytes."""
        self._step = step
        self._commands_left = _MAX_COMMANDS
        knows_short = self._manners.short_identifiers
        length_doubtful = False
        if knows_short is not False:
            response = self._first_bytes(0x80 | file.sfi, already)
            length_doubtful = _is_refused(response, _BLOCK_REFUSED - _LENGTH_REFUSED)
            if response.data:
                self._manners.short_identifiers = True
                return response.data
            if knows_short and response.sw in (SECURITY_NOT_SATISFIED, *FILE_NOT_FOUND, *_EMPTY):
                raise self._refused(response)
            if not knows_short:
                self._manners.short_identifiers = False
        fid = file.fid.to_bytes(2, "big")
        selected = selection.select(self._channel, selection.ELEMENTARY_FILE, fid, self._step)
        response = self._first_bytes(0x00, already) if selected.ok else ResponseApdu(b"", selected.sw)
        self._manners.short_identifiers = False if response.data and not knows_short else knows_short
        if response.data:
            return response.data
        if length_doubtful and not selected.ok and (few := self._few_bytes(file)):
            return few
        raise self._refused(response)

    def _few_bytes(self, file: ElementaryFile) -> bytes:
        """Read by short identifier once more, where it may have been the length after all that was refused."""
        data = self._read_first(0x80 | file.sfi, _HEADER_BYTES).data
        if data:
            self._manners.short_identifiers = self._manners.header_first = True
        return data

    def _first_bytes(self, p1: int, already: int) -> ResponseApdu:
        """Read where it is not known how long the file is: some chips refuse to be asked for more than there is."""
        manners = self._manners
        limits = manners.limits
        length_refused = _LENGTH_REFUSED if p1 else _BLOCK_REFUSED - {_WRONG_OFFSET}
        wanted = _HEADER_BYTES if already or manners.header_first else self._sizes()[0]
        response = self._read_first(p1, wanted)
        if wanted > self._channel.max_short_le and _is_refused(response, length_refused):
            if self._channel.suite is None:
                manners.use_short_length()
            else:
                self._step_down(wanted)
            wanted = min(self._sizes()[0], self._channel.max_short_le)
            response = self._read_first(p1, wanted)
        if wanted > _HEADER_BYTES and _is_refused(response, length_refused | {_WRONG_OFFSET}):
            manners.header_first = True
            response = self._read_first(p1, _HEADER_BYTES)
        if not response.data:
            manners.limits = limits
        return response

    def _read_first(self, p1: int, wanted: int) -> ResponseApdu:
        response = self._read_even(p1, 0, wanted)
        exact = _right_length(response)
        if not 0 < exact < wanted:
            return response
        self._manners.header_first = True
        return self._read_even(p1, 0, exact)

    def _total_length(self, file: ElementaryFile, content: bytearray) -> int:
        while True:
            try:
                header = tlv.read_header(bytes(content[: 2 * _HEADER_BYTES]))
            except TlvError as error:
                if len(content) >= _HEADER_BYTES:
                    raise LdsError(f"{file.name}: {error.message}", code="document.malformed_header") from error
                content += self._block(len(content), _HEADER_BYTES - len(content))
                continue
            if header.tag != file.tag:
                raise LdsError(f"{file.name} has the tag {header.tag:X}", code="document.wrong_tag")
            if header.length == 0:
                raise LdsError(f"{file.name} is empty", code="document.empty_file")
            if header.total_length > file.max_size:
                raise LdsError(f"{file.name} says to have {header.total_length} bytes", code="document.file_too_long")
            return header.total_length

    def _block(self, offset: int, left: int) -> bytes:
        """Read bytes that the file must have, fewer at a time while the chip refuses, and the fewest twice."""
        manners = self._manners
        limits = manners.limits
        last_try = False
        while True:
            wanted = min(self._sizes()[0], left)
            response = self._read_at(offset, wanted)
            if response.data:
                return response.data
            if not _is_refused(response, _BLOCK_REFUSED):
                raise self._refused(response)
            exact = _right_length(response)
            if 0 < exact < wanted:
                left = exact
                if exact >= _LEAST_LEARNT:
                    manners.largest_block = exact
            elif not self._step_down(wanted):
                across = offset <= _LAST_EVEN_OFFSET < offset + wanted - 1
                if last_try:
                    break
                last_try = not across
                if across:
                    left = _LAST_EVEN_OFFSET + 1 - offset
        manners.limits = limits
        if response.sw in _AT_THE_END:
            raise LdsError("a file that ends before its time", code="document.ends_early", step=self._step)
        raise self._refused(response)

    def _step_down(self, refused: int) -> bool:
        """Ask for no more than the next smaller size from here on; False where there is none."""
        smaller = self._smaller(refused)
        if smaller is None:
            # Readers bear the last of their sizes; a chip may want fewer bytes than any reader does.
            smaller = refused // 2
            if smaller < _SMALLEST_BLOCK:
                return False
        self._manners.largest_block = smaller
        self._manners.header_first = False
        if refused > self._channel.max_short_le >= smaller:
            self._manners.use_short_length()
        return True

    def _smaller(self, than: int) -> int | None:
        return next((size for size in self._sizes() if size < than), None)

    def _sizes(self) -> tuple[int, ...]:
        manners = self._manners
        return self._block_sizes(min(self._channel.max_le, manners.largest_block, manners.reader.largest_block))

    def _read_at(self, offset: int, wanted: int) -> ResponseApdu:
        if offset <= _LAST_EVEN_OFFSET:
            return self._read_even(offset >> 8, offset & 0xFF, wanted)
        return self._read_odd(offset, wanted)

    def _read_even(self, p1: int, p2: int, wanted: int) -> ResponseApdu:
        response = self._send(CommandApdu(0x00, 0xB0, p1, p2, le=wanted), wanted)
        if len(response.data) > wanted:
            raise self._too_much()
        return response

    def _read_odd(self, offset: int, wanted: int) -> ResponseApdu:
        """READ BINARY with the odd instruction byte (ISO/IEC 7816-4 section 11.3.3), as much as fits with its header.

        The secure channel carries its data under another tag than that of even instructions (Doc 9303-11 section 9.8).
        """
        le = min(wanted + _object_header(wanted), self._sizes()[0])
        where = tlv.encode(_OFFSET, offset.to_bytes((offset.bit_length() + 7) // 8, "big"))
        response = self._send(CommandApdu(0x00, 0xB1, 0x00, 0x00, where, le), wanted)
        if not response.data:
            return response
        try:
            header = tlv.read_header(response.data)
        except TlvError as error:
            raise LinkError(error.message, code="link.malformed_response", step=self._step) from error
        if header.tag != _DISCRETIONARY_DATA:
            raise LinkError("another data object than is due", code="link.malformed_response", step=self._step)
        # A chip may cut the object short, as it cuts a plain block.
        data = response.data[header.header_length : header.total_length]
        if len(data) > le:
            raise self._too_much()
        return ResponseApdu(data, response.sw)

    def _send(self, command: CommandApdu, wanted: int) -> ResponseApdu:
        """Give the data of a success or a warning, and none with any other status word."""
        if not self._commands_left:
            raise LinkError("a file in too many pieces", code="link.too_many_blocks", step=self._step)
        self._commands_left -= 1
        channel = self._channel
        extended = channel.extended_length and (command.le or 0) > channel.max_short_le
        try:
            response = channel.send(command, self._step, extended=extended)
        except LinkError as error:
            self._note_break(error, wanted)
            raise
        self._manners.note_carried(len(response.data))
        if response.ok or response.sw >> 8 == _SW1_WARNING:
            return response
        return ResponseApdu(b"", response.sw)

    def _note_break(self, error: LinkError, wanted: int) -> None:
        broken, smaller = error.code in _BROKEN_LINK, self._smaller(wanted)
        over = isinstance(error, ReadingTimeout)
        if smaller is not None and not over and (broken or isinstance(error, CardRemoved | ReaderLost | LinkTimeout)):
            self._manners.note_break(wanted, smaller, sure=broken and self._channel.probing)

    def _too_much(self) -> LinkError:
        return LinkError("more data than asked for", code="link.malformed_response", step=self._step)

    def _refused(self, response: ResponseApdu) -> ReaderError:
        if response.sw in _EMPTY:
            return LdsError("a file without content", code="document.empty_file", step=self._step)
        return UnexpectedStatus("the chip refused a file", step=self._step, status_word=response.sw)


def _is_refused(response: ResponseApdu, status_words: frozenset[int]) -> bool:
    """Whether the chip may answer when it is asked for fewer bytes, or once more."""
    return not response.data and (response.sw in status_words or response.sw >> 8 == _SW1_WRONG_LE)


def _right_length(response: ResponseApdu) -> int:
    """The Le that 6Cxx names; 0 where none is named."""
    return response.sw & 0xFF if response.sw >> 8 == _SW1_WRONG_LE else 0


def _object_header(length: int) -> int:
    """Bytes of tag and length before so many bytes of content."""
    return 2 + (0 if length < 0x80 else (length.bit_length() + 7) // 8)
