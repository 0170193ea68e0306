"""SELECT (ISO/IEC 7816-4 section 11.2.2) in the form that the chip takes."""

from __future__ import annotations

from typing import Final

from crypto.iso7816 import CommandApdu, ResponseApdu
from reader.channel import Channel

ELEMENTARY_FILE: Final = 0x02
BY_NAME: Final = 0x04

# Doc 9303-10 has P2 = 0C: no file control information. Some chips know P2 = 00 only, with an Le or without.
_FORMS: Final[tuple[tuple[int, int | None], ...]] = ((0x0C, None), (0x00, 256), (0x00, None))
_FORM_REFUSED: Final = frozenset({0x6700, 0x6A80, 0x6A86, 0x6A87, 0x6B00})


def select(channel: Channel, p1: int, data: bytes, step: str) -> ResponseApdu:
    """Select a file or an application. A form that the chip refused is not tried again once another was accepted.

    Args:
        p1: `ELEMENTARY_FILE` or `BY_NAME`.
        data: file identifier or name.

    Returns:
        the response, whatever its status word.

    Raises:
        LinkError, BrokenProtocol: as `Channel.send`.
    """
    manners = channel.manners
    known = manners.select_form
    for form in range(known, len(_FORMS)):
        # Noted before it is known whether it helps: the refusal of the last one may have ended the session.
        manners.select_form = form
        p2, le = _FORMS[form]
        response = channel.send(CommandApdu(0x00, 0xA4, p1, p2, data, le), step)
        if response.sw not in _FORM_REFUSED:
            break
    if not response.ok:
        manners.select_form = known
    return response
