"""Basic access control with a chip (Doc 9303-11 section 4.3), the terminal's side of the exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from crypto import bac
from crypto.errors import ProtocolError
from crypto.iso7816 import CommandApdu
from crypto.secure_messaging import TerminalChannel
from reader.access.password import mrz_data
from reader.access.transcript import BacTranscript
from reader.channel import Channel
from reader.errors import BrokenProtocol, KeyRefused, UnexpectedStatus
from reader.keys import MrzKey

_GET_CHALLENGE: Final = CommandApdu(0x00, 0x84, 0x00, 0x00, le=bac.CHALLENGE_LENGTH)
_CRYPTOGRAM_LENGTH: Final = 40
# 6300 is the rule; Vietnamese and other chips answer 6988, others what their operating system has for a wrong MAC.
_KEY_REFUSED: Final = frozenset({0x6300, 0x6982, 0x6983, 0x6985, 0x6988, 0x6A80})
_TRIES_LEFT: Final = 0x63C
"""All but the last four bits of a status word that counts tries."""
_STEP: Final = "BAC"


def run_bac(channel: Channel, key: MrzKey, random: Callable[[int], bytes]) -> BacTranscript:
    """Open the selected eMRTD application; from here on the channel is protected.

    Args:
        random: gives so many bytes of a cryptographic random source; asked for RND.IFD, then for K.IFD.

    Raises:
        KeyRefused: the chip knows other MRZ data.
        BrokenProtocol: the chip's answer does not prove that it knows the key, or is not of this session.
        UnexpectedStatus: the chip does not do BAC.
    """
    keys = bac.BacKeys.from_mrz_information(mrz_data(key))
    rnd_ic = channel.require(_GET_CHALLENGE, f"{_STEP} get challenge")
    if len(rnd_ic) != bac.CHALLENGE_LENGTH:
        raise BrokenProtocol("a challenge of another length than eight bytes", code="access.bac.challenge_length")
    rnd_ifd, k_ifd = random(bac.CHALLENGE_LENGTH), random(bac.KEY_LENGTH)
    cryptogram = bac.terminal_cryptogram(keys, rnd_ic, rnd_ifd, k_ifd)
    command = CommandApdu(0x00, 0x82, 0x00, 0x00, cryptogram, _CRYPTOGRAM_LENGTH)
    step = f"{_STEP} external authenticate"
    response = channel.send(command, step)
    if response.sw in _KEY_REFUSED or response.sw >> 4 == _TRIES_LEFT:
        left = response.sw & 0xF if response.sw >> 4 == _TRIES_LEFT else None
        raise KeyRefused("the chip refused the MRZ's data", step=step, status_word=response.sw, tries_left=left)
    if not response.ok:
        raise UnexpectedStatus("the chip refused a command", step=step, status_word=response.sw)
    try:
        session_keys, ssc = bac.finish_terminal(keys, response.data, rnd_ic, rnd_ifd, k_ifd)
    except ProtocolError as error:
        raise BrokenProtocol(error.message, code=f"access.{error.code}", step=step) from error
    channel.secure(TerminalChannel(session_keys, ssc))
    return BacTranscript(rnd_ic, rnd_ifd)
