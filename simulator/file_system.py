"""The files of a chip: SELECT and READ BINARY of ISO/IEC 7816-4 (11.2.2, 11.3.3) with the access rules of an eMRTD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from crypto.iso7816 import CommandApdu
from reader.lds.files import ELEMENTARY_FILES, ElementaryFile
from simulator.status import Refusal, Status

_MASTER_FILE: Final = b"\x3f\x00"
_BY_FILE_ID: Final = 0x00
_ELEMENTARY_BY_FILE_ID: Final = 0x02
_BY_NAME: Final = 0x04
_FIRST_OR_ONLY: Final = (0x00, 0x0C)
_SHORT_ID_IN_P1: Final = 0x80

_FREE: Final = frozenset({"EF.ATR/INFO", "EF.DIR", "EF.CardAccess"})
_BEHIND_TERMINAL_AUTHENTICATION: Final = frozenset({"DG3", "DG4"})


@dataclass(frozen=True, slots=True)
class Extract:
    """What READ BINARY found."""

    file: ElementaryFile
    offset: int
    data: bytes = field(repr=False)
    ends_early: bool
    """The file ends before as many bytes as were asked for."""


class FileSystem:
    """A master file, one application, and what is selected of them.

    Args:
        files: complete content by name.
        application: identifier of the application.
    """

    def __init__(self, files: Mapping[str, bytes], application: bytes) -> None:
        self._files = files
        self._application = application
        self._selected: ElementaryFile | None = None
        self.in_application = False

    def reset(self) -> None:
        """Select the master file, as power-on does."""
        self._selected = None
        self.in_application = False

    def select(self, command: CommandApdu, *, opened: bool) -> None:
        """SELECT the master file, the application or an elementary file.

        Args:
            opened: access control succeeded and the command came through its channel.

        Raises:
            Refusal: there is no such file, or it is not to be had now.
        """
        if command.p2 not in _FIRST_OR_ONLY:
            raise Refusal(Status.WRONG_PARAMETERS)
        if command.p1 == _BY_NAME:
            if command.data != self._application:
                raise Refusal(Status.FILE_NOT_FOUND)
            self._selected = None
            self.in_application = True
        elif command.p1 == _BY_FILE_ID and command.data in (b"", _MASTER_FILE):
            self.reset()
        elif command.p1 in (_BY_FILE_ID, _ELEMENTARY_BY_FILE_ID) and len(command.data) == 2:
            self._selected = self._find(opened, fid=int.from_bytes(command.data, "big"))
        else:
            raise Refusal(Status.WRONG_PARAMETERS)

    def read(self, command: CommandApdu, *, opened: bool, limit: int) -> Extract:
        """READ BINARY from the selected file, or from one with a short identifier, which selects it.

        Args:
            opened: as for `select`.
            limit: bytes that a response can carry.

        Raises:
            Refusal: no file, no access, no length asked for, or an offset outside the file.
        """
        if command.p1 & _SHORT_ID_IN_P1:
            offset = command.p2
            self._selected = self._find(opened, sfi=command.p1 & 0x1F)
        else:
            offset = command.p1 << 8 | command.p2
        if self._selected is None:
            raise Refusal(Status.NO_CURRENT_FILE)
        if command.le is None or command.data:
            raise Refusal(Status.WRONG_LENGTH)
        _check_access(self._selected, opened)
        content = self._files[self._selected.name]
        if offset >= len(content):
            raise Refusal(Status.OFFSET_OUTSIDE_FILE)
        data = content[offset : offset + min(command.le, limit)]
        # The largest Le of either length means "all that there is" (ISO/IEC 7816-4, 5.1), and is no early end.
        ends_early = len(data) < command.le and data == content[offset:] and command.le not in (0x100, 0x10000)
        return Extract(self._selected, offset, data, ends_early)

    def _find(self, opened: bool, *, fid: int | None = None, sfi: int | None = None) -> ElementaryFile:
        here = (file for file in ELEMENTARY_FILES.values() if file.in_master_file is not self.in_application)
        found = next((file for file in here if fid == file.fid or sfi == file.sfi), None)
        if found is None:
            raise Refusal(Status.FILE_NOT_FOUND)
        _check_access(found, opened)
        if found.name not in self._files:
            raise Refusal(Status.FILE_NOT_FOUND)
        return found


def _check_access(file: ElementaryFile, opened: bool) -> None:
    """A file behind access control does not even tell whether it exists (Doc 9303-11, 4.2)."""
    if file.name not in _FREE and (not opened or file.name in _BEHIND_TERMINAL_AUTHENTICATION):
        raise Refusal(Status.SECURITY_STATUS_NOT_SATISFIED)
