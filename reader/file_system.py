"""Elementary files of a chip, read with as few and as large commands as chip and reader take.

A file is addressed by its short identifier, which selects and reads in one command; its length is learnt from its first
bytes. Where a chip knows no short identifiers, the file is selected first. What a chip refused once is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from crypto import tlv
from crypto.errors import TlvError
from crypto.iso7816 import SW_SUCCESS, CommandApdu, ResponseApdu
from reader.channel import Channel
from reader.errors import LdsError, LinkError, ReaderError, UnexpectedStatus
from reader.lds.files import ElementaryFile

FILE_NOT_FOUND: Final = frozenset({0x6A82, 0x6A83})
SECURITY_NOT_SATISFIED: Final = 0x6982

_WRONG_OFFSET: Final = 0x6B00
_END_OF_FILE: Final = 0x6282
_SW1_WARNING: Final = 0x62
_SW1_WRONG_LE: Final = 0x6C
_LENGTH_REFUSED: Final = frozenset({0x6700, 0x6F00, _END_OF_FILE})
_HEADER_BYTES: Final = 8
"""Holds any tag and length that a file of the LDS begins with."""
_LAST_OFFSET: Final = 0x7FFF
_MAX_BLOCKS: Final = 4_000

Progress = Callable[[int, int], None]
"""Bytes of the file that are there, and how many it has."""


@dataclass(slots=True)
class ReadingManners:
    """What chip and reader turned out to like; kept when a session ends, so that the next one need not find out."""

    extended_length: bool = True
    """False once the chip refused it; the next channel is to be made without it."""
    largest_block: int = 65_536
    """Bytes of data that one READ BINARY may ask for."""
    short_identifiers: bool | None = None
    """Whether the chip knows short file identifiers; None: not known yet."""
    header_first: bool = False
    """Whether the chip refuses to be asked for more than the file holds."""


class FileSystem:
    """The files of the application that is selected on a channel.

    Args:
        block_sizes: READ BINARY sizes in falling order, for example from the reader's profile, given the most bytes
            that one response can bring.
        manners: filled in while reading.
    """

    def __init__(
        self, channel: Channel, block_sizes: Callable[[int], tuple[int, ...]], manners: ReadingManners
    ) -> None:
        self._channel = channel
        self._block_sizes = block_sizes
        self._manners = manners
        self._step = ""

    def read(self, file: ElementaryFile, content: bytearray, progress: Progress | None = None) -> None:
        """Read a file to its end.

        Args:
            content: the beginning that is already there, as a rule empty; grows with each block, so that it holds what
                was read also when this raises.

        Raises:
            LdsError: the file is no TLV object with the right tag, empty, larger than it may be, or ends early.
            UnexpectedStatus: the chip refuses the file; its `status_word` tells why.
            LinkError: as `Channel.send`; or it takes more commands (code ``link.too_many_blocks``) or a larger offset
                (``link.file_too_large``) than this reader sends. That is no fault of the file.
            BrokenProtocol: as `Channel.send`.
        """
        self._step = f"reading {file.name}"
        beginning = self._open(file, len(content))
        if not beginning.startswith(content[:_HEADER_BYTES]):
            content.clear()
        if len(content) < len(beginning):
            content[:] = beginning
        total = self._total_length(file, content)
        for _ in range(_MAX_BLOCKS):
            if len(content) >= total:
                break
            if progress is not None:
                progress(len(content), total)
            content += self._block(len(content), total - len(content))
        if len(content) < total:
            raise LinkError(f"{file.name} comes in too many pieces", code="link.too_many_blocks", step=self._step)
        del content[total:]
        if progress is not None:
            progress(total, total)

    def status(self, file: ElementaryFile) -> int:
        """Whether the chip gives a file: 9000, or the status word with which it refuses its first bytes."""
        self._step = f"looking for {file.name}"
        try:
            self._open(file, _HEADER_BYTES)
        except LdsError:
            return SW_SUCCESS  # empty, and there
        except UnexpectedStatus as error:
            return error.status_word or 0
        return SW_SUCCESS

    def _open(self, file: ElementaryFile, already: int) -> bytes:
        """Make the file the current one and read its first bytes."""
        wanted = _HEADER_BYTES if already or self._manners.header_first else self._sizes()[0]
        if self._manners.short_identifiers is not False:
            response = self._first_bytes(0x80 | file.sfi, wanted)
            if response.data:
                self._manners.short_identifiers = True
                return response.data
            if self._manners.short_identifiers:
                raise self._refused(response)
        self._channel.require(CommandApdu(0x00, 0xA4, 0x02, 0x0C, file.fid.to_bytes(2, "big")), self._step)
        response = self._first_bytes(0x00, wanted)
        if not response.data:
            raise self._refused(response)
        self._manners.short_identifiers = False
        return response.data

    def _first_bytes(self, p1: int, wanted: int) -> ResponseApdu:
        """Read where it is not known how long the file is: some chips refuse to be asked for more than there is."""
        response = self._read_binary(p1, 0, wanted)
        if wanted > self._channel.max_short_le and _too_much(response):
            self._shorten()
            wanted = self._sizes()[0]
            response = self._read_binary(p1, 0, wanted)
        if wanted > _HEADER_BYTES and (_too_much(response) or response.sw == _WRONG_OFFSET):
            response = self._read_binary(p1, 0, _HEADER_BYTES)
            self._manners.header_first = bool(response.data)
        return response

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
        """Read bytes that the file must have, fewer at a time while the chip refuses."""
        if offset > _LAST_OFFSET:
            raise LinkError("a file of more than 32,767 bytes", code="link.file_too_large", step=self._step)
        sizes = self._sizes()
        for size, smaller in zip(sizes, (*sizes[1:], sizes[-1]), strict=True):
            response = self._read_binary(offset >> 8, offset & 0xFF, min(size, left))
            if response.data:
                return response.data
            if not _too_much(response):
                break
            self._manners.largest_block = smaller
            if size > self._channel.max_short_le:
                self._shorten()
            self._manners.header_first = False
        if response.ok or response.sw in (_END_OF_FILE, _WRONG_OFFSET):
            raise LdsError("a file that ends before its time", code="document.ends_early", step=self._step)
        raise self._refused(response)

    def _read_binary(self, p1: int, p2: int, wanted: int) -> ResponseApdu:
        extended = wanted > self._channel.max_short_le
        response = self._channel.send(CommandApdu(0x00, 0xB0, p1, p2, le=wanted), self._step, extended=extended)
        exact = response.sw & 0xFF
        if response.sw >> 8 == _SW1_WRONG_LE and 0 < exact < wanted:
            response = self._channel.send(CommandApdu(0x00, 0xB0, p1, p2, le=exact), self._step)
        if len(response.data) > wanted:
            raise LinkError("more data than asked for", code="link.malformed_response", step=self._step)
        if response.ok or response.sw >> 8 == _SW1_WARNING:
            return response
        return ResponseApdu(b"", response.sw)

    def _sizes(self) -> tuple[int, ...]:
        return self._block_sizes(min(self._channel.max_le, self._manners.largest_block))

    def _shorten(self) -> None:
        self._manners.extended_length = False
        self._channel.use_short_length()

    def _refused(self, response: ResponseApdu) -> ReaderError:
        if response.ok:
            return LdsError("a file without content", code="document.empty_file", step=self._step)
        return UnexpectedStatus("the chip refused a file", step=self._step, status_word=response.sw)


def _too_much(response: ResponseApdu) -> bool:
    """Whether the chip may answer when it is asked for fewer bytes."""
    return not response.data and (response.sw in _LENGTH_REFUSED or response.sw >> 8 == _SW1_WRONG_LE)
