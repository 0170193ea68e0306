"""Commands to a chip: plain until a protocol agreed on keys, protected from then on."""

from __future__ import annotations

from typing import Final

from crypto.ciphers import Suite
from crypto.errors import ApduError, SecureMessagingError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import TerminalChannel, max_plain_le
from reader.errors import BrokenProtocol, LinkError, UnexpectedStatus
from reader.transport import Transport

SHORT_RESPONSE: Final = 256
"""Data bytes of a response that a short Le can ask for (ISO/IEC 7816-4 section 5.2)."""

_SW1_MORE_DATA: Final = 0x61
_SESSION_ENDED: Final = frozenset({0x6882, 0x6987, 0x6988})
_MAX_GET_RESPONSE: Final = 300
_MAX_RESPONSE: Final = 65_536
_STATUS_LENGTH: Final = 2


class Channel:
    """One session with a chip. Every command names the step of the protocol that it belongs to."""

    def __init__(self, transport: Transport, max_response: int) -> None:
        """Args:
        max_response: data bytes of the longest response that the reader passes; above 256 extended length is used.
        """
        self._transport = transport
        self._secure: TerminalChannel | None = None
        self._max_response = max_response

    @property
    def suite(self) -> Suite | None:
        """The cipher suite in use; None while commands are plain."""
        return None if self._secure is None else self._secure.suite

    @property
    def max_le(self) -> int:
        """The most data bytes that one response can bring, after decryption."""
        return self._room(self._max_response)

    @property
    def max_short_le(self) -> int:
        """The same without extended length."""
        return self._room(SHORT_RESPONSE)

    @property
    def extended_length(self) -> bool:
        """Whether extended length may be used."""
        return self._max_response > SHORT_RESPONSE

    def use_short_length(self) -> None:
        """Use extended length no more: the chip refused it."""
        self._max_response = min(self._max_response, SHORT_RESPONSE)

    def secure(self, messaging: TerminalChannel) -> None:
        """Protect every following command; replaces keys that were in use."""
        self._secure = messaging

    def send(self, command: CommandApdu, step: str, *, extended: bool = False) -> ResponseApdu:
        """Send a command and return the plain response, whatever its status word.

        Args:
            extended: use extended length. Also used where the short form cannot carry the command; an Le of 256 in the
                short form asks for as much as that brings.

        Raises:
            BrokenProtocol: a response does not authenticate; the channel is dead.
            UnexpectedStatus: the chip says that the secure session is over (code ``link.session_lost``).
            LinkError: as `Transport.transmit`; or the command needs extended length and the reader has none (code
                ``link.too_long``), or the response is none (``link.malformed_response``).
        """
        try:
            raw = self._exchange(self._encoded(command, step, extended))
            response = ResponseApdu.decode(raw) if self._secure is None else self._secure.unprotect(raw)
        except SecureMessagingError as error:
            raise BrokenProtocol(error.message, code=f"access.{error.code}", step=step) from error
        except ApduError as error:
            raise LinkError(error.message, code="link.malformed_response", step=step) from error
        if self._secure is not None and response.sw in _SESSION_ENDED:
            raise UnexpectedStatus(
                "the chip ended the secure session", code="link.session_lost", step=step, status_word=response.sw
            )
        return response

    def require(self, command: CommandApdu, step: str) -> bytes:
        """As `send`, but any status word except 9000 raises UnexpectedStatus; returns the data."""
        response = self.send(command, step)
        if not response.ok:
            raise UnexpectedStatus("the chip refused a command", step=step, status_word=response.sw)
        return response.data

    def _room(self, limit: int) -> int:
        return limit if self._secure is None else max_plain_le(self._secure.suite, limit)

    def _encoded(self, command: CommandApdu, step: str, extended: bool) -> bytes:
        for form in (extended, True):
            if form and not self.extended_length:
                break
            try:
                if self._secure is None:
                    return command.encode(form)
                return self._secure.protect(command, form)
            except ApduError:
                # A public key may fill the short form once it is protected.
                continue
        raise LinkError("the command needs extended length", code="link.too_long", step=step)

    def _exchange(self, command: bytes) -> bytes:
        response = self._transport.transmit(command)
        data = b""
        # Some reader stacks hand on "61xx: more data" instead of fetching the rest themselves.
        for _ in range(_MAX_GET_RESPONSE):
            if len(response) < _STATUS_LENGTH:
                return response
            if response[-2] != _SW1_MORE_DATA:
                return data + response
            data += response[:-2]
            if len(data) > _MAX_RESPONSE:
                break
            rest = CommandApdu(0x00, 0xC0, 0x00, 0x00, le=response[-1] or SHORT_RESPONSE).encode()
            response = self._transport.transmit(rest)
        raise LinkError("a response without end", code="link.malformed_response")
