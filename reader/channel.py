"""Commands to a chip: plain until a protocol agreed on keys, protected from then on."""

from __future__ import annotations

from typing import Final

from crypto.ciphers import Suite
from crypto.errors import ApduError, ProtectionMissing, SecureMessagingError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import TerminalChannel, max_plain_le
from reader.errors import BrokenProtocol, LinkError, UnexpectedStatus
from reader.manners import MOST, SHORT_RESPONSE, ReadingManners
from reader.transport import Transport

SESSION_LOST: Final = "link.session_lost"
"""Code of the error that tells that the chip ended the secure session."""
TOO_LONG: Final = "link.too_long"
"""Code of the error that tells that a command needs more extended length than reader and chip have."""

_SW1_MORE_DATA: Final = 0x61
_SW1_WRONG_LE: Final = 0x6C
_ERROR_SW1: Final = range(0x64, 0x70)
_SESSION_ENDED: Final = frozenset({0x6882, 0x6987, 0x6988})
_DENIED: Final = 0x6982
_MAX_GET_RESPONSE: Final = 300
_STATUS_LENGTH: Final = 2


class Channel:
    """One session with a chip. Every command names the step of the protocol that it belongs to."""

    def __init__(
        self, transport: Transport, max_response: int, manners: ReadingManners | None = None, *, probing: bool = False
    ) -> None:
        """Args:
        max_response: data bytes of the longest response that the reader passes; above 256 extended length is used.
        manners: what was found out of chip and reader; filled in, and to be kept for the next session.
        probing: whether nobody knows yet that the reader bears extended length.
        """
        self._transport = transport
        self._secure: TerminalChannel | None = None
        self._max_response = max_response
        self.answered_bare = False
        """Whether the last response to a protected command was a bare error or warning: nobody vouches for it."""
        self.manners = manners or ReadingManners()
        self.probing = probing

    @property
    def suite(self) -> Suite | None:
        """The cipher suite in use; None while commands are plain."""
        return None if self._secure is None else self._secure.suite

    @property
    def max_le(self) -> int:
        """The most data bytes that one response can bring, after decryption."""
        return self._room(self._limit)

    @property
    def max_short_le(self) -> int:
        """The same without extended length."""
        return self._room(SHORT_RESPONSE)

    @property
    def extended_length(self) -> bool:
        """Whether extended length may be used."""
        return self._limit > SHORT_RESPONSE

    def secure(self, messaging: TerminalChannel) -> None:
        """Protect every following command; replaces keys that were in use."""
        messaging.refusal_steps = self.manners.refusal_steps
        self._secure = messaging
        self.answered_bare = False

    def send(self, command: CommandApdu, step: str, *, extended: bool = False) -> ResponseApdu:
        """Send a command and return the plain response, whatever its status word.

        Args:
            extended: use extended length. Also used where the short form cannot carry the command; an Le of 256 in the
                short form asks for as much as that brings.

        Raises:
            BrokenProtocol: a response does not authenticate; the channel is dead.
            UnexpectedStatus: the secure session is over (code ``link.session_lost``): the chip says so, or it and we
                count bare errors in different ways, which the next session does in another.
            LinkError: as `Transport.transmit`; or the command needs more extended length than there is (code
                ``link.too_long``), or the response is none (``link.malformed_response``).
        """
        after_bare_error = self.answered_bare
        try:
            encoded = self._encoded(command, step, extended)
            self.answered_bare = False
            raw = self._exchange(encoded, step)
            if self._secure is None:
                return ResponseApdu.decode(raw)
            response = self._secure.unprotect(raw)
        except ProtectionMissing as error:
            raise _broken(error, step) from error
        except SecureMessagingError as error:
            if not after_bare_error:
                raise _broken(error, step) from error
            self.manners.use_next_rule()
            raise UnexpectedStatus("the counters fell out of step", code=SESSION_LOST, step=step) from error
        except ApduError as error:
            raise LinkError(error.message, code="link.malformed_response", step=step) from error
        self.answered_bare = len(raw) == _STATUS_LENGTH
        if self._has_ended(response.sw, after_bare_error):
            raise UnexpectedStatus(
                "the chip ended the secure session", code=SESSION_LOST, step=step, status_word=response.sw
            )
        return response

    def require(self, command: CommandApdu, step: str) -> bytes:
        """As `send`, but any status word except 9000 raises UnexpectedStatus; returns the data."""
        response = self.send(command, step)
        if not response.ok:
            raise UnexpectedStatus("the chip refused a command", step=step, status_word=response.sw)
        return response.data

    def relay(self, command: bytes, step: str) -> bytes:
        """Carry a command of somebody who has other keys than this channel, which is dead from then on.

        Returns:
            the response APDU as it came; with 61xx all of its parts put together.

        Raises:
            LinkError: as `Transport.transmit`, or a response without end.
        """
        return self._exchange(command, step)

    @property
    def _limit(self) -> int:
        return min(self._max_response, self.manners.max_response)

    def _room(self, limit: int) -> int:
        return limit if self._secure is None else max_plain_le(self._secure.suite, limit)

    def _has_ended(self, status: int, after_bare_error: bool) -> bool:
        if status in _SESSION_ENDED:
            if after_bare_error:
                self.manners.use_next_rule()
            return True
        # A chip may end its session with a bare error, and then deny everything: no denial that the issuer meant.
        if status == _DENIED and after_bare_error and self.answered_bare and not self.manners.denial_doubted:
            self.manners.denial_doubted = True
            return True
        return False

    def _encoded(self, command: CommandApdu, step: str, extended: bool) -> bytes:
        for form in (extended, True):
            if form and not self.extended_length:
                break
            longest = self.manners.max_command if form else None
            try:
                if self._secure is None:
                    return command.encode(form, longest)
                return self._secure.protect(command, form, longest)
            except ApduError:
                # A public key may fill the short form once it is protected.
                continue
        raise LinkError("the command needs extended length", code=TOO_LONG, step=step)

    def _exchange(self, command: bytes, step: str) -> bytes:
        """Send a command and fetch what is left of its response (ISO/IEC 7816-4 sections 5.3.4 and 11.8.1).

        What GET RESPONSE brings are parts of one response, protected as a whole: the command itself is plain.
        """
        response = self._transport.transmit(command)
        data = b""
        for fetched in range(_MAX_GET_RESPONSE):
            if len(response) < _STATUS_LENGTH:
                return response
            sw1, sw2 = response[-2:]
            data += response[:-2]
            wrong_le = bool(fetched and sw1 == _SW1_WRONG_LE and sw2)
            if sw1 != _SW1_MORE_DATA and not wrong_le:
                if fetched and sw1 in _ERROR_SW1 and len(response) == _STATUS_LENGTH:
                    break
                return data + response[-2:]
            if len(data) > MOST:
                break
            rest = CommandApdu(0x00, 0xC0, 0x00, 0x00, le=sw2 or SHORT_RESPONSE)
            response = self._transport.transmit(rest.encode())
        raise LinkError("a response without end", code="link.malformed_response", step=step)


def _broken(error: SecureMessagingError, step: str) -> BrokenProtocol:
    return BrokenProtocol(error.message, code=f"access.{error.code}", step=step)
