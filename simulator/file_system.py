"""The files of a chip: SELECT and READ BINARY of ISO/IEC 7816-4 (11.2.2, 11.3.3) with the access rules of an eMRTD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from crypto import tlv
from crypto.iso7816 import CommandApdu
from reader.lds.files import ELEMENTARY_FILES, ElementaryFile
from simulator.command_data import parse_objects
from simulator.manners import Addressing, ChipManners
from simulator.status import Refusal, Status

_MASTER_FILE: Final = b"\x3f\x00"
_BY_FILE_ID: Final = 0x00
_ELEMENTARY_BY_FILE_ID: Final = 0x02
_BY_NAME: Final = 0x04
_SHORT_ID_IN_P1: Final = 0x80
_LARGEST_SHORT_ID: Final = 0x1E
_OFFSET: Final = 0x54
_DISCRETIONARY_DATA: Final = 0x53
_LONGEST_OFFSET: Final = 4
_MOST_THERE_IS: Final = (0x100, 0x10000)
"""The largest Le of either length means "all that there is" (ISO/IEC 7816-4, 5.1)."""

_FREE: Final = frozenset({"EF.ATR/INFO", "EF.DIR", "EF.CardAccess"})
_BEHIND_TERMINAL_AUTHENTICATION: Final = frozenset({"DG3", "DG4"})


@dataclass(frozen=True, slots=True)
class Extract:
    """What READ BINARY found."""

    file: ElementaryFile
    offset: int
    data: bytes = field(repr=False)
    """Of the file."""
    response: bytes = field(repr=False)
    """The same as the response carries it."""
    ends_early: bool
    """The file ends before as many bytes as were asked for."""


class FileSystem:
    """A master file, one application, and what is selected of them.

    Args:
        files: complete content by name.
        application: identifier of the application.
        manners: how files are reached, and how much of them at a time.
    """

    def __init__(self, files: Mapping[str, bytes], application: bytes, manners: ChipManners) -> None:
        self._files = files
        self._application = application
        self._manners = manners
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
        if command.p2 not in self._manners.select_p2:
            raise Refusal(Status.WRONG_PARAMETERS)
        if command.p1 == _BY_NAME:
            if command.data != self._application:
                raise Refusal(Status.FILE_NOT_FOUND)
            self._selected = None
            self.in_application = True
        elif command.p1 == _BY_FILE_ID and command.data in (b"", _MASTER_FILE):
            if self._manners.select_master_file != Status.SUCCESS:
                raise Refusal(self._manners.select_master_file)
            self.reset()
        elif command.p1 in (_BY_FILE_ID, _ELEMENTARY_BY_FILE_ID) and len(command.data) == 2:
            if self._addressing is Addressing.SHORT_IDENTIFIER:
                raise Refusal(Status.FILE_NOT_FOUND)
            self._selected = self._find(opened, fid=int.from_bytes(command.data, "big"))
        else:
            raise Refusal(Status.WRONG_PARAMETERS)

    def read(self, command: CommandApdu, *, opened: bool, limit: int) -> Extract:
        """READ BINARY from the selected file, or from one with a short identifier, which selects it.

        With the odd instruction byte the offset stands in an object 54 of the command, and the response's data in an
        object 53 (ISO/IEC 7816-4, 11.3.3), so that files of more than 32,767 bytes can be read to their end.

        Args:
            opened: as for `select`.
            limit: data bytes that a response can carry.

        Raises:
            Refusal: no file, no access, no length asked for, an offset outside the file, or the chip's manners.
        """
        odd = bool(command.ins & 1)
        short_id, offset = _odd_address(command) if odd else _address(command)
        if short_id is not None:
            if self._addressing is Addressing.SELECTION:
                raise Refusal(Status.FILE_NOT_FOUND)
            self._selected = self._find(opened, sfi=short_id)
        if self._selected is None:
            raise Refusal(Status.NO_CURRENT_FILE)
        if command.le is None:
            raise Refusal(Status.WRONG_LENGTH)
        _check_access(self._selected, opened)
        content = self._files[self._selected.name]
        if offset >= len(content):
            raise Refusal(Status.OFFSET_OUTSIDE_FILE)
        wanted, room = (_room_in_object(size) if odd else size for size in (command.le, min(command.le, limit)))
        self._check_manners(offset, wanted, len(content))
        data = content[offset : offset + min(room, self._manners.read_limit or room)]
        response = tlv.encode(_DISCRETIONARY_DATA, data) if odd else data
        ends_early = len(response) < command.le and data == content[offset:] and command.le not in _MOST_THERE_IS
        return Extract(self._selected, offset, data, response, ends_early)

    @property
    def _addressing(self) -> Addressing:
        return self._manners.application if self.in_application else self._manners.master_file

    def _check_manners(self, offset: int, wanted: int, size: int) -> None:
        refusal, header_first = self._manners.read_refusal, self._manners.header_first
        if refusal is not None and wanted > refusal.above and offset >= refusal.from_offset:
            exact = refusal.status == Status.EXACT_LENGTH
            raise Refusal(refusal.status | (min(refusal.above, size - offset) & 0xFF if exact else 0))
        if header_first is not None and offset + wanted > size:
            exact = header_first == Status.EXACT_LENGTH
            raise Refusal(header_first | (min(size - offset, 0xFF) if exact else 0))

    def _find(self, opened: bool, *, fid: int | None = None, sfi: int | None = None) -> ElementaryFile:
        here = (file for file in ELEMENTARY_FILES.values() if file.in_master_file is not self.in_application)
        found = next((file for file in here if fid == file.fid or sfi == file.sfi), None)
        if found is None:
            raise Refusal(Status.FILE_NOT_FOUND)
        _check_access(found, opened)
        if found.name not in self._files:
            raise Refusal(Status.FILE_NOT_FOUND)
        return found


def _address(command: CommandApdu) -> tuple[int | None, int]:
    """Short identifier, if one is given, and offset."""
    if command.data:
        raise Refusal(Status.WRONG_LENGTH)
    if command.p1 & _SHORT_ID_IN_P1:
        return command.p1 & 0x1F, command.p2
    return None, command.p1 << 8 | command.p2


def _odd_address(command: CommandApdu) -> tuple[int | None, int]:
    objects = parse_objects(command.data)
    if [found.tag for found in objects] != [_OFFSET] or not 0 < len(objects[0].value) <= _LONGEST_OFFSET:
        raise Refusal(Status.WRONG_DATA)
    identifier = command.p1 << 8 | command.p2
    if identifier > _LARGEST_SHORT_ID:
        raise Refusal(Status.WRONG_PARAMETERS)
    return identifier or None, int.from_bytes(objects[0].value, "big")


def _room_in_object(room: int) -> int:
    """Data bytes of an object that fits into `room` bytes; its header takes two to five."""
    size = max(0, room - 2)
    while size and len(tlv.encode(_DISCRETIONARY_DATA, bytes(size))) > room:
        size -= 1
    return size


def _check_access(file: ElementaryFile, opened: bool) -> None:
    """A file behind access control does not even tell whether it exists (Doc 9303-11, 4.2)."""
    if file.name not in _FREE and (not opened or file.name in _BEHIND_TERMINAL_AUTHENTICATION):
        raise Refusal(Status.SECURITY_STATUS_NOT_SATISFIED)
