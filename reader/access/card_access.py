"""EF.CardAccess: what a chip offers before it is opened. Chips may fail here in any way without harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from crypto.iso7816 import CommandApdu
from reader.channel import Channel
from reader.errors import LdsError, UnexpectedStatus
from reader.file_system import FileSystem, ReadingManners
from reader.lds import card_access
from reader.lds.files import ELEMENTARY_FILES
from reader.lds.security_infos import PaceInfo, SecurityInfos

_FILE: Final = ELEMENTARY_FILES["EF.CardAccess"]
_STEP: Final = "selecting the master file"
# What works differs from country to country; every one of these is refused by some chip.
_SELECT_MASTER_FILE: Final = (
    CommandApdu(0x00, 0xA4, 0x00, 0x0C, bytes.fromhex("3F00")),
    CommandApdu(0x00, 0xA4, 0x00, 0x0C),
)


@dataclass(frozen=True, slots=True)
class CardAccess:
    """EF.CardAccess as far as it could be read."""

    raw: bytes = b""
    """Empty where there is none."""
    infos: SecurityInfos | None = None
    """None where there is none, or where it is malformed."""

    @property
    def malformed(self) -> bool:
        return bool(self.raw) and self.infos is None

    @property
    def pace(self) -> tuple[PaceInfo, ...]:
        return () if self.infos is None else self.infos.of(PaceInfo)


def read_card_access(
    channel: Channel, block_sizes: Callable[[int], tuple[int, ...]], manners: ReadingManners
) -> CardAccess:
    """Read EF.CardAccess with the master file selected, as after a reset; else select that first.

    Args:
        manners: learns whether the chip takes extended length, as long as a refusal costs no secure session.

    Raises:
        LinkError: the link failed; not when the chip refuses the file.
    """
    own = replace(manners, short_identifiers=None)
    content = bytearray()
    for select in (None, *_SELECT_MASTER_FILE):
        if select is not None and not channel.send(select, _STEP).ok:
            continue
        try:
            FileSystem(channel, block_sizes, own).read(_FILE, content)
            found = CardAccess(bytes(content), card_access.parse(bytes(content)))
        except UnexpectedStatus:
            # Only a selection that the chip accepted makes another try worth while, and one is enough.
            if select is None:
                continue
            found = CardAccess()
        except LdsError:
            found = CardAccess(bytes(content) or b"\0")
        manners.extended_length = own.extended_length
        return found
    return CardAccess()
