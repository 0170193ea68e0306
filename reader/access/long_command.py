"""Commands that the short form cannot carry, to chips and through readers that may know no extended length."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from crypto.iso7816 import CommandApdu, ResponseApdu
from reader.channel import TOO_LONG, Channel
from reader.errors import CardRemoved, LinkError, UnexpectedStatus
from reader.manners import SHORT_RESPONSE

_SHORT_DATA: Final = 255
_CHAINED: Final = 0x10
_REFUSED: Final = frozenset({0x6700, 0x6D00, 0x6E00, 0x6F00})


class LengthRefused(UnexpectedStatus):
    """The chip refused extended length. The manners know it now; what was begun must begin again."""


def send_long(channel: Channel, command: CommandApdu, step: str, longest_answer: int) -> ResponseApdu:
    """Send a command with a short Le where that brings the answer, else with extended length.

    Where chip or reader has none, or none that is long enough, the data go in pieces (ISO/IEC 7816-4 section 5.3.3) and
    the rest of the answer is fetched. TR-03110-3 section B.11.1 wants command chaining for nothing but the steps of a
    protocol unless the chip says that it can do more; without it such a chip cannot be opened at all.

    Args:
        command: without Le.

    Raises:
        LengthRefused: the chip takes no extended length.
        LinkError, BrokenProtocol: as `Channel.send`.
    """
    short = replace(command, le=SHORT_RESPONSE)
    if longest_answer <= SHORT_RESPONSE and len(command.data) <= _most_short_data(channel):
        return channel.send(short, step)
    if channel.extended_length:
        try:
            return _extended(channel, replace(command, le=min(longest_answer, channel.max_le)), step)
        except LinkError as error:
            # The chip said in EF.ATR/INFO that it takes no command so long.
            if error.code != TOO_LONG:
                raise
    return _in_pieces(channel, short, step)


def _extended(channel: Channel, command: CommandApdu, step: str) -> ResponseApdu:
    try:
        response = channel.send(command, step, extended=True)
    except CardRemoved:
        raise
    except LinkError as error:
        # A reader that never carried anything long may not be able to; the next session goes without.
        if error.code != TOO_LONG and channel.manners.reader.carried <= SHORT_RESPONSE:
            channel.manners.use_short_length()
        raise
    if response.sw in _REFUSED:
        channel.manners.use_short_length()
        raise LengthRefused("the chip refused extended length", step=step, status_word=response.sw)
    return response


def _in_pieces(channel: Channel, command: CommandApdu, step: str) -> ResponseApdu:
    data, most = command.data, _most_short_data(channel)
    while len(data) > most:
        piece, data = data[:most], data[most:]
        response = channel.send(replace(command, cla=command.cla | _CHAINED, data=piece, le=None), step)
        if not response.ok:
            return response
    return channel.send(replace(command, data=data), step)


def _most_short_data(channel: Channel) -> int:
    """Data bytes that fit the short form. Protected, a command has as much around them as a response has."""
    return min(_SHORT_DATA, channel.max_short_le)
