"""The files of one document as they come off the chip, across sessions that end early."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Final

from crypto.iso7816 import SW_SUCCESS
from reader.channel import SESSION_LOST, Channel
from reader.errors import LdsError, LinkError, LinkTimeout, UnexpectedStatus
from reader.file_system import FILE_NOT_FOUND, SECURITY_NOT_SATISFIED, BlockSizes, FileSystem
from reader.lds.files import ELEMENTARY_FILES, ElementaryFile, data_group
from reader.master_file import read_card_security
from reader.passive import GroupPresence
from reader.read_memory import ReadMemory

_SOD: Final = ELEMENTARY_FILES["EF.SOD"]
_COM: Final = ELEMENTARY_FILES["EF.COM"]
_CARD_SECURITY: Final = ELEMENTARY_FILES["EF.CardSecurity"]
_DG1: Final = data_group(1)

_MAX_FAILURES: Final = 2
"""Of one file; and of all together as long as the session lives, since a new one costs a second."""
_NOT_BROUGHT: Final = 0
"""Stands for a status word where the file failed too often."""
_FOR_GOOD: Final = frozenset({"link.too_many_blocks"})
"""Codes of failures that a new session would only repeat."""
_SESSION_LIVES: Final = _FOR_GOOD | {UnexpectedStatus.code}
_FAILURES: Final = _SESSION_LIVES | {SESSION_LOST, LinkError.code, LinkTimeout.code, "link.malformed_response"}
"""Codes of failures that may be one file's own; a card that is taken away is not among them."""

_REFUSALS: Final = FILE_NOT_FOUND | {SECURITY_NOT_SATISFIED}
_PRESENCE: Final = MappingProxyType({SW_SUCCESS: GroupPresence.PRESENT, SECURITY_NOT_SATISFIED: GroupPresence.DENIED})

FileProgress = Callable[[str, int, int], None]
"""Name of the file, bytes of it that are there, bytes that it has."""


class DocumentFiles:
    """Reads each file once. A malformed file counts as read, with the bytes that came: their hash will be wrong.

    Nothing hangs on most files being there, so none of them ends a reading: what the chip refuses or breaks off again
    and again, in a new session as well, counts as unreadable. Without EF.SOD and DG1 nothing can be said of a document.

    Attributes:
        presence: what is known of each data group that was read or looked for.
    """

    def __init__(self, channel: Channel, block_sizes: BlockSizes, memory: ReadMemory, progress: FileProgress) -> None:
        self._channel = channel
        self._block_sizes = block_sizes
        self._file_system = FileSystem(channel, block_sizes)
        self._memory = memory
        self._progress = progress
        self.presence: dict[int, GroupPresence] = {}

    def read_sod(self) -> bytes | None:
        """EF.SOD, in each session anew: it tells whether the card is still the same. None when the chip has none."""
        content = bytearray()
        try:
            self._read_on(_SOD, content)
        except UnexpectedStatus as error:
            if error.status_word not in FILE_NOT_FOUND:
                raise
            self._memory.begin_with(b"")
            return None
        self._memory.begin_with(bytes(content))
        return bytes(content)

    def read_com(self) -> bytes | None:
        """EF.COM; None when the chip has none, or none that can be read."""
        return self._read(_COM)[0]

    def read_card_security(self) -> bytes | None:
        """EF.CardSecurity, complete; None when the chip has none, or none that can be read. For channels by PACE."""
        content, _ = self._complete(_CARD_SECURITY, self._read_card_security)
        return content or None

    def read_group(self, number: int) -> bytes | None:
        """A data group as received; None when the chip has none, does not let it be read, or does not bring it.

        Raises:
            LinkError, BrokenProtocol: as `FileSystem.read`; also because a new session is to be tried.
        """
        content, status = self._read(data_group(number))
        self.presence[number] = GroupPresence.READ if content is not None else _presence(status)
        return content

    def look_for(self, numbers: Collection[int]) -> None:
        """Find out whether the chip has these data groups, without reading them; raises as `read_group`."""
        for number in numbers:
            file = data_group(number)
            self.presence[number] = _presence(self._bounded(file, partial(self._file_system.status, file)))

    def forget_refusals(self, numbers: Collection[int]) -> bool:
        """Let the next session ask for these data groups again; whether the chip refused any of them."""
        refused = {data_group(number).name for number in numbers} & self._memory.refused.keys()
        for name in refused:
            del self._memory.refused[name]
        return bool(refused)

    @property
    def groups(self) -> Mapping[int, bytes]:
        """Every data group that was read, by its number."""
        return {
            number: bytes(self._memory.contents[data_group(number).name])
            for number, presence in self.presence.items()
            if presence is GroupPresence.READ
        }

    def raw(self) -> dict[str, bytes]:
        """Every file that was read, by its name."""
        contents = self._memory.contents
        read = {name: bytes(contents[name]) for name in sorted(self._memory.complete) if contents[name]}
        return {_SOD.name: self._memory.sod, **read} if self._memory.sod else read

    def _read(self, file: ElementaryFile) -> tuple[bytes | None, int]:
        return self._complete(file, lambda content: self._read_on(file, content))

    def _complete(self, file: ElementaryFile, read: Callable[[bytearray], int]) -> tuple[bytes | None, int]:
        """The file and 9000, or why there is none: as `_bounded`."""
        content = self._memory.contents.setdefault(file.name, bytearray())
        if file.name not in self._memory.complete:
            status = self._bounded(file, lambda: read(content))
            if status != SW_SUCCESS:
                return None, status
            self._memory.complete.add(file.name)
        return bytes(content), SW_SUCCESS

    def _read_on(self, file: ElementaryFile, content: bytearray) -> int:
        # Whatever is wrong with it, the bytes speak for themselves: parsing or hashing them will fail.
        with suppress(LdsError):
            self._file_system.read(file, content, lambda done, total: self._progress(file.name, done, total))
        return SW_SUCCESS

    def _read_card_security(self, content: bytearray) -> int:
        content[:] = read_card_security(self._channel, self._block_sizes) or b""
        return SW_SUCCESS

    def _bounded(self, file: ElementaryFile, ask: Callable[[], int]) -> int:
        """What `ask` gives: 9000 or the status word of a refusal, which is remembered; 0 once it failed too often.

        Raises:
            LinkError: it failed, and a new session may help.
        """
        memory, name = self._memory, file.name
        if name in memory.refused:
            return memory.refused[name]
        if memory.failures[name] >= _MAX_FAILURES and file is not _DG1:
            return _NOT_BROUGHT
        standing = memory.standing
        try:
            status = ask()
        except LinkError as error:
            status = error.status_word or _NOT_BROUGHT
            alive = error.code in _SESSION_LIVES
            if not (alive and status in _REFUSALS):
                if error.code not in _FAILURES or file is _DG1 or memory.standing != standing:
                    raise
                memory.failures[name] += 1
                if not alive or (error.code not in _FOR_GOOD and memory.failures.total() < _MAX_FAILURES):
                    raise
                memory.failures[name] = _MAX_FAILURES
                return _NOT_BROUGHT
        if status in _REFUSALS:
            memory.refused[name] = status
        return status


def _presence(status: int) -> GroupPresence:
    if status in FILE_NOT_FOUND:
        return GroupPresence.ABSENT
    return _PRESENCE.get(status, GroupPresence.UNREADABLE)
