"""The files of the master file: what a chip tells before it is opened, and EF.CardSecurity afterwards.

Chips may fail here in any way without harm. What works differs from country to country: some have no master file that
can be selected, some have it selected after a reset and some have not, some know its files by one address only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from crypto.iso7816 import CommandApdu
from reader import selection
from reader.access.card_access import CardAccess
from reader.channel import SESSION_LOST, Channel
from reader.errors import LdsError, LinkError, UnexpectedStatus
from reader.file_system import FILE_NOT_FOUND, BlockSizes, FileSystem
from reader.lds import atr_info, card_access
from reader.lds import dir as ef_dir
from reader.lds.atr_info import AtrInfo
from reader.lds.files import ELEMENTARY_FILES, EMRTD_AID
from reader.manners import SHORT_RESPONSE, ReadingManners

_CARD_ACCESS: Final = ELEMENTARY_FILES["EF.CardAccess"]
_CARD_SECURITY: Final = ELEMENTARY_FILES["EF.CardSecurity"]
_ATR_INFO: Final = ELEMENTARY_FILES["EF.ATR/INFO"]
_DIR: Final = ELEMENTARY_FILES["EF.DIR"]

_MASTER_FILE: Final = bytes.fromhex("3F00")
# Every one of these is refused by some chip, with any status word.
_SELECT_MASTER_FILE: Final = (
    CommandApdu(0x00, 0xA4, 0x00, 0x0C, _MASTER_FILE),
    CommandApdu(0x00, 0xA4, 0x00, 0x0C),
    CommandApdu(0x00, 0xA4, 0x00, 0x00, _MASTER_FILE, 256),
)
_SELECTING: Final = "selecting the master file"
_AGAIN: Final = "selecting the eMRTD application again"
_MOST_OF_ATR_INFO: Final = 512
_MOST_OF_DIR: Final = 1024
_STATUS_LENGTH: Final = 2
_LEAST_COMMAND: Final = 48
"""Bytes that any READ BINARY with extended length fits into, secure messaging included."""
_OF_THIS_FILE_ONLY: Final = frozenset({"link.failed", "link.malformed_response", "link.too_many_blocks"})
"""Codes of link errors that need not end a session when they are met on a file that is not needed."""


@dataclass(frozen=True, slots=True)
class MasterFiles:
    """What may be read before the chip is opened, as far as it could be read and was asked for."""

    card_access: CardAccess = field(default_factory=CardAccess)
    atr_info: AtrInfo | None = None
    """None where there is none that can be read, and where there was nothing to ask it."""


def read_master_files(channel: Channel, block_sizes: BlockSizes) -> MasterFiles:
    """Read EF.CardAccess, and EF.ATR/INFO where the profile's word on extended length is not enough.

    The first block of EF.CardAccess is asked for with extended length where the reader may have it: a refusal costs no
    secure session yet. What the chip says and does is noted in the channel's manners.

    Args:
        channel: plain, right after a reset.

    Raises:
        LinkError: the link failed; not when the chip refuses a file.
    """
    asked = channel.max_le
    with _own_addresses(channel.manners):
        found = _read_card_access(channel, block_sizes)
        info = None
        refused = asked > SHORT_RESPONSE and not channel.extended_length
        if (refused or channel.probing) and not channel.manners.atr_info_asked:
            info = _read_atr_info(channel, block_sizes, asked)
    return MasterFiles(found, info)


def read_directory(channel: Channel) -> tuple[bytes, ...]:
    """The application identifiers in EF.DIR; none where it cannot be read.

    Args:
        channel: the master file selected.

    Raises:
        LinkError: the link failed; not when the chip refuses the file.
    """
    files = FileSystem(channel, lambda most: (min(most, SHORT_RESPONSE),))
    with _own_addresses(channel.manners):
        try:
            return ef_dir.parse(files.read_objects(_DIR, _MOST_OF_DIR))
        except (LinkError, LdsError) as error:
            if isinstance(error, LdsError) or error.code in {UnexpectedStatus.code, *_OF_THIS_FILE_ONLY}:
                return ()
            raise


def read_card_security(channel: Channel, block_sizes: BlockSizes) -> bytes | None:
    """Read EF.CardSecurity (Doc 9303-10 section 3.11.4): complete, or None where it cannot be read.

    Args:
        channel: protected after PACE, the eMRTD application selected; it is selected again afterwards.

    Raises:
        LinkError: the link failed, the chip ended the session, or does not select its application any more.
    """
    if not _select_master_file(channel):
        return None
    content = bytearray()
    complete = False
    with _own_addresses(channel.manners):
        try:
            FileSystem(channel, block_sizes).read(_CARD_SECURITY, content)
            complete = True
        except (UnexpectedStatus, LdsError) as error:
            if error.code == SESSION_LOST:
                raise
    response = selection.select(channel, selection.BY_NAME, EMRTD_AID, _AGAIN)
    if not response.ok:
        raise UnexpectedStatus("the chip refused its application", step=_AGAIN, status_word=response.sw)
    return bytes(content) if complete else None


@contextmanager
def _own_addresses(manners: ReadingManners) -> Iterator[None]:
    """What is found out of short identifiers here is not true of the application, and the other way round."""
    _exchange(manners)
    try:
        yield
    finally:
        _exchange(manners)


def _exchange(manners: ReadingManners) -> None:
    manners.short_identifiers, manners.master_file_short_identifiers = (
        manners.master_file_short_identifiers,
        manners.short_identifiers,
    )


def _read_card_access(channel: Channel, block_sizes: BlockSizes) -> CardAccess:
    """As after a reset, then with the master file selected; once more where it is not clear whether there is one."""
    files = FileSystem(channel, block_sizes)
    found = _attempt(channel, files)
    if not found.raw and _select_master_file(channel):
        found = _attempt(channel, files)
    return _attempt(channel, files) if found.doubtful else found


def _attempt(channel: Channel, files: FileSystem) -> CardAccess:
    content = bytearray()
    try:
        files.read(_CARD_ACCESS, content)
        return CardAccess(bytes(content), card_access.parse(bytes(content)))
    except UnexpectedStatus as error:
        return CardAccess(doubtful=error.status_word not in FILE_NOT_FOUND)
    except LdsError:
        # A file that was never written is zeros or ones all over, and says no more than one that is missing.
        erased = not content.strip(b"\0") or not content.strip(b"\xff")
        return CardAccess(b"" if erased else bytes(content), doubtful=True)
    except LinkError as error:
        if error.code not in _OF_THIS_FILE_ONLY:
            raise
        # A new session is the better remedy, unless it is this file that breaks the link.
        if not channel.manners.card_access_broke:
            channel.manners.card_access_broke = True
            raise
        return CardAccess(doubtful=True)


def _select_master_file(channel: Channel) -> bool:
    manners = channel.manners
    known = manners.master_file_form
    for form in range(known, len(_SELECT_MASTER_FILE)):
        # Noted before it is known whether it helps: the refusal of the last one may have ended the session.
        manners.master_file_form = form
        if _selects(channel, _SELECT_MASTER_FILE[form]):
            return True
    manners.master_file_form = known if channel.suite is None else len(_SELECT_MASTER_FILE)
    return False


def _selects(channel: Channel, command: CommandApdu) -> bool:
    try:
        return channel.send(command, _SELECTING).ok
    except LinkError as error:
        # Control information that was promised and does not come is nothing that anybody wanted.
        if channel.suite is None and error.code == "link.malformed_response":
            return False
        raise


def _read_atr_info(channel: Channel, block_sizes: BlockSizes, asked: int) -> AtrInfo | None:
    """Ask for it once in a visit: it may cost a session, and what it says is noted."""
    channel.manners.atr_info_asked = True
    try:
        info = atr_info.parse(FileSystem(channel, block_sizes).read_objects(_ATR_INFO, _MOST_OF_ATR_INFO))
    except (UnexpectedStatus, LdsError):
        return None
    _believe(channel.manners, info, asked)
    return info


def _believe(manners: ReadingManners, info: AtrInfo, asked: int) -> None:
    """Take a chip at its word: it may bear less than it was asked for, or, where it refused that, something yet."""
    given = None if info.max_response is None else info.max_response - _STATUS_LENGTH
    too_little = info.max_command is not None and info.max_command < _LEAST_COMMAND
    if info.extended_length is False or too_little or (given is not None and given <= SHORT_RESPONSE):
        manners.use_short_length()
        return
    manners.max_command = info.max_command
    if given is not None and given < asked:
        manners.max_response = given
