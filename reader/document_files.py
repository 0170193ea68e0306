"""The files of one document as they come off the chip, across sessions that end early."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from crypto.iso7816 import SW_SUCCESS
from reader.errors import LdsError, UnexpectedStatus
from reader.file_system import FILE_NOT_FOUND, SECURITY_NOT_SATISFIED, FileSystem
from reader.lds.files import ELEMENTARY_FILES, ElementaryFile, data_group
from reader.passive import GroupPresence
from reader.read_memory import ReadMemory

_SOD: Final = ELEMENTARY_FILES["EF.SOD"]
_COM: Final = ELEMENTARY_FILES["EF.COM"]

_PRESENCE: Final = MappingProxyType({SW_SUCCESS: GroupPresence.PRESENT, SECURITY_NOT_SATISFIED: GroupPresence.DENIED})

FileProgress = Callable[[str, int, int], None]
"""Name of the file, bytes of it that are there, bytes that it has."""


class DocumentFiles:
    """Reads each file once. A malformed file counts as read, with the bytes that came: their hash will be wrong.

    Attributes:
        presence: what is known of each data group that was read or looked for.
    """

    def __init__(self, file_system: FileSystem, memory: ReadMemory, progress: FileProgress) -> None:
        self._file_system = file_system
        self._memory = memory
        self._progress = progress
        self.presence: dict[int, GroupPresence] = {}

    def read_sod(self) -> bytes | None:
        """EF.SOD, in each session anew: it tells whether the card is still the same. None when the chip has none."""
        content = bytearray()
        found = self._found(_SOD, content)
        self._memory.begin_with(bytes(content))
        return bytes(content) if found else None

    def read_com(self) -> bytes | None:
        """EF.COM; None when the chip has none."""
        return self._read(_COM)

    def read_group(self, number: int) -> bytes | None:
        """A data group as received; None when the chip has none, or does not let it be read."""
        try:
            content = self._read(data_group(number))
        except UnexpectedStatus as error:
            if error.status_word != SECURITY_NOT_SATISFIED:
                raise
            self.presence[number] = GroupPresence.DENIED
            return None
        self.presence[number] = GroupPresence.ABSENT if content is None else GroupPresence.READ
        return content

    def look_for(self, numbers: Collection[int]) -> None:
        """Find out whether the chip has these data groups, without reading them."""
        for number in numbers:
            status = self._file_system.status(data_group(number))
            self.presence[number] = _PRESENCE.get(status, GroupPresence.ABSENT)

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
        contents = {name: bytes(self._memory.contents[name]) for name in sorted(self._memory.complete)}
        return {_SOD.name: self._memory.sod, **contents} if self._memory.sod else contents

    def _read(self, file: ElementaryFile) -> bytes | None:
        content = self._memory.contents.setdefault(file.name, bytearray())
        if file.name not in self._memory.complete:
            if not self._found(file, content):
                return None
            self._memory.complete.add(file.name)
        return bytes(content)

    def _found(self, file: ElementaryFile, content: bytearray) -> bool:
        try:
            self._file_system.read(file, content, lambda done, total: self._progress(file.name, done, total))
        except UnexpectedStatus as error:
            if error.status_word in FILE_NOT_FOUND:
                return False
            raise
        except LdsError:
            # Whatever is wrong with it, the bytes speak for themselves: parsing or hashing them will fail.
            return True
        return True
