"""Secure messaging (Doc 9303-11 section 9.8) from both ends: the terminal's and the chip's.

The send sequence counter goes up by one before each protected APDU, command or response, that a side makes or accepts.
A bare error status is no protected response, so it does not count. A chip that threw the command out before it looked
at its protection has not counted the command either, and some count their bare answer as well: `refusal_steps` says how
the chip at hand counts. Which of them it is shows only when it refuses the next command; then access control starts
again.

A channel that met a wrong MAC, wrong padding or a wrong structure is closed for good.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from crypto import kdf, tlv
from crypto.ciphers import MAC_LENGTH, BlockKey, Suite, mac_key
from crypto.errors import ApduError, CryptoError, PaddingError, ProtectionMissing, SecureMessagingError, TlvError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.padding import pad, unpad
from crypto.tlv import Tlv

_PROTECTED_CLASS: Final = 0x0C
_CRYPTOGRAM: Final = 0x87
_CRYPTOGRAM_ODD_INS: Final = 0x85
_LE: Final = 0x97
_STATUS_HEADER: Final = b"\x99\x02"
_MAC_HEADER: Final = b"\x8e\x08"
_STATUS_OBJECT: Final = len(_STATUS_HEADER) + 2
_MAC_OBJECT: Final = len(_MAC_HEADER) + MAC_LENGTH
_PADDED: Final = b"\x01"
# Warnings and errors; 61xx and 9xxx would mean that the command was carried out.
_BARE_SW1: Final = range(0x62, 0x70)
_LONGEST_SHORT_LE: Final = 256
_LONGEST_LE: Final = 65_536

# One text for every way in which an APDU can fail to authenticate: nobody learns which.
_INCORRECT: Final = "a protected APDU does not authenticate"


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The cipher suite and the two keys of a channel."""

    suite: Suite
    k_enc: bytes = field(repr=False)
    k_mac: bytes = field(repr=False)

    @classmethod
    def derive(cls, secret: bytes, suite: Suite) -> SessionKeys:
        """Derive the keys of a channel from the secret that a protocol agreed on (Doc 9303-11 section 9.7.1)."""
        return cls(suite, kdf.derive_key(secret, kdf.ENC, suite), kdf.derive_key(secret, kdf.MAC, suite))


def max_plain_le(suite: Suite, limit: int) -> int:
    """Give the largest Ne whose protected response still fits.

    Args:
        limit: data bytes that a response can have, without the status word: 256 with short length, else what chip and
            reader allow.

    Returns:
        231 for 3DES and 223 for AES with a limit of 256; 0 where nothing fits.
    """
    room = max(0, limit - _STATUS_OBJECT - _MAC_OBJECT)
    padded = room // suite.block_size * suite.block_size
    while padded and _object_length(len(_PADDED) + padded) > room:
        padded -= suite.block_size
    return max(0, padded - 1)


def _object_length(value_length: int) -> int:
    """Bytes of a data object whose tag is one byte."""
    return 2 + value_length + (0 if value_length < 0x80 else (value_length.bit_length() + 7) // 8)


class _Channel:
    """What both ends do alike: counting, encrypting, authenticating."""

    def __init__(self, keys: SessionKeys, ssc: bytes) -> None:
        suite = keys.suite
        if len(ssc) != suite.block_size:
            raise SecureMessagingError(f"a send sequence counter of {len(ssc)} bytes for {suite.label}")
        self.suite = suite
        self._block = suite.block_size
        self._counter = int.from_bytes(ssc, "big")
        self._ssc = ssc
        self._cipher = BlockKey(suite, keys.k_enc)
        self._mac = mac_key(suite, keys.k_mac)
        self._ins: int | None = None
        self._closed = False

    def _check_open(self) -> None:
        if self._closed:
            raise SecureMessagingError("the channel is closed")

    def _count(self, step: int = 1) -> None:
        self._counter = (self._counter + step) % (1 << 8 * self._block)
        self._ssc = self._counter.to_bytes(self._block, "big")

    def _iv(self) -> bytes:
        return bytes(self._block) if self.suite is Suite.TDES else self._cipher.encrypt_block(self._ssc)

    def _cryptogram(self, ins: int, data: bytes) -> bytes:
        """Make the cryptogram object of `data`; nothing for no data."""
        if not data:
            return b""
        value = self._cipher.encrypt_cbc(self._iv(), pad(data, self._block))
        return tlv.encode(_CRYPTOGRAM_ODD_INS, value) if ins & 1 else tlv.encode(_CRYPTOGRAM, _PADDED + value)

    def _plain(self, ins: int, cryptogram: Tlv) -> bytes:
        """Decrypt a cryptogram object, whose tag follows from the instruction byte."""
        value = cryptogram.value
        if ins & 1:
            expected = _CRYPTOGRAM_ODD_INS
        else:
            expected = _CRYPTOGRAM
            if not value.startswith(_PADDED):
                raise SecureMessagingError(_INCORRECT)
            value = value[len(_PADDED) :]
        if cryptogram.tag != expected:
            raise SecureMessagingError(_INCORRECT)
        try:
            return unpad(self._cipher.decrypt_cbc(self._iv(), value), self._block)
        except PaddingError:
            raise SecureMessagingError(_INCORRECT) from None

    def _mac_object(self, header: bytes, objects: bytes) -> bytes:
        """Authenticate counter, command header (empty for a response) and objects, the latter two padded if any."""
        covered = self._ssc
        if header:
            covered += pad(header, self._block)
        if objects:
            covered += pad(objects, self._block)
        return _MAC_HEADER + self._mac.mac(covered)

    def _authenticated(self, header: bytes, body: bytes) -> bytes:
        """Check the MAC object that ends `body` and give the objects before it."""
        objects, mac_object = body[:-_MAC_OBJECT], body[-_MAC_OBJECT:]
        if len(mac_object) != _MAC_OBJECT or not mac_object.startswith(_MAC_HEADER):
            raise ProtectionMissing("the MAC object is missing")
        if not hmac.compare_digest(self._mac_object(header, objects), mac_object):
            raise SecureMessagingError(_INCORRECT)
        return objects


class TerminalChannel(_Channel):
    """The terminal's end of a channel: protects commands and opens responses, strictly in turn.

    Args:
        keys: from BAC, PACE or chip authentication.
        ssc: the counter's start, as long as a block: from BAC, or zeros after PACE and chip authentication.
        refusal_steps: by how much the chip moves its counter over a command that it answers with a bare error or
            warning: 1, it counts the command; 0, neither command nor answer; 2, both.

    Raises:
        SecureMessagingError: `ssc` has another length.
        UnsupportedAlgorithm: a key has another length than the suite asks for.
    """

    def __init__(self, keys: SessionKeys, ssc: bytes, refusal_steps: int = 1) -> None:
        super().__init__(keys, ssc)
        self.refusal_steps = refusal_steps

    def protect(self, command: CommandApdu, extended: bool = False, longest: int | None = None) -> bytes:
        """Encrypt and authenticate a command.

        Args:
            extended: write the extended form. The short form is never stretched: what it cannot carry is refused, so
                that a reader without extended length meets none by surprise.
            longest: bytes that the protected command may have; None: any number.

        Raises:
            ApduError: the short form cannot carry the protected command, or it is too long; the counter has not moved.
            SecureMessagingError: the channel is closed, or the last command has no response yet.
        """
        self._check_open()
        if self._ins is not None:
            raise SecureMessagingError("the last command has no response yet")
        if not extended and not command.fits_short:
            raise ApduError("the command does not fit the short form")
        self._count()
        cla, ins, p1, p2 = command.cla | _PROTECTED_CLASS, command.ins, command.p1, command.p2
        objects = self._cryptogram(ins, command.data) + _le_object(command.le)
        body = objects + self._mac_object(bytes((cla, ins, p1, p2)), objects)
        try:
            le = _LONGEST_LE if extended else _LONGEST_SHORT_LE
            raw = CommandApdu(cla, ins, p1, p2, body, le).encode(extended, longest)
        except ApduError:
            self._count(-1)
            raise
        self._ins = ins
        return raw

    def unprotect(self, raw: bytes) -> ResponseApdu:
        """Open the response to the last command.

        Returns:
            the plain response; for a bare status word that reports an error or a warning, that status and no data.

        Raises:
            ProtectionMissing: data or success without protection, or no status object.
            SecureMessagingError: wrong MAC, padding or structure, an inner status word that differs from the outer one,
                no command that waits for a response, or the channel is closed.
            ApduError: not a response at all.
        """
        self._check_open()
        if self._ins is None:
            raise SecureMessagingError("no command waits for a response")
        ins, self._ins = self._ins, None
        try:
            return self._opened(ins, ResponseApdu.decode(raw))
        except CryptoError:
            self._closed = True
            raise

    def _opened(self, ins: int, response: ResponseApdu) -> ResponseApdu:
        if not response.data:
            if response.sw >> 8 not in _BARE_SW1:
                raise ProtectionMissing("success without protection")
            # The command itself was counted when it was protected.
            self._count(self.refusal_steps - 1)
            return response
        self._count()
        objects = self._authenticated(b"", response.data)
        cryptogram, status = objects[:-_STATUS_OBJECT], objects[-_STATUS_OBJECT:]
        if len(status) != _STATUS_OBJECT or not status.startswith(_STATUS_HEADER):
            raise ProtectionMissing("the status object is missing")
        if int.from_bytes(status[len(_STATUS_HEADER) :], "big") != response.sw:
            raise SecureMessagingError("the protected status word differs from the plain one")
        if not cryptogram:
            return ResponseApdu(b"", response.sw)
        try:
            # One object that fills the rest exactly: so no other can stand before, between or beside.
            return ResponseApdu(self._plain(ins, tlv.parse_one(cryptogram)), response.sw)
        except TlvError:
            raise SecureMessagingError("a protected response with other objects than it should have") from None


class ChipChannel(_Channel):
    """The chip's end of a channel: opens commands and protects responses.

    Args:
        keys: from BAC, PACE or chip authentication.
        ssc: the counter's start, as long as a block: from BAC, or zeros after PACE and chip authentication.

    Raises:
        SecureMessagingError: `ssc` has another length.
        UnsupportedAlgorithm: a key has another length than the suite asks for.
    """

    def unprotect(self, raw: bytes) -> CommandApdu:
        """Open a command.

        Raises:
            ProtectionMissing: a plain command, or one without its MAC (status word 6987).
            SecureMessagingError: wrong MAC, padding or structure, or the channel is closed (status word 6988).
            ApduError: not a command at all (status word 6700); the counter has not moved and the channel stays open.
        """
        self._check_open()
        command = CommandApdu.decode(raw)
        try:
            opened = self._opened(command)
        except SecureMessagingError:
            self._closed = True
            raise
        self._ins = command.ins
        return opened

    def protect(self, response: ResponseApdu) -> bytes:
        """Encrypt and authenticate the response to the last command.

        Raises:
            SecureMessagingError: no command waits for a response, or the channel is closed.
        """
        self._check_open()
        if self._ins is None:
            raise SecureMessagingError("no command waits for a response")
        ins, self._ins = self._ins, None
        self._count()
        status = response.sw.to_bytes(2, "big")
        objects = self._cryptogram(ins, response.data) + _STATUS_HEADER + status
        return objects + self._mac_object(b"", objects) + status

    def _opened(self, command: CommandApdu) -> CommandApdu:
        if command.cla & _PROTECTED_CLASS != _PROTECTED_CLASS:
            raise ProtectionMissing("a plain command")
        self._count()
        try:
            objects = tlv.parse(self._authenticated(command.header, command.data), max_objects=2)
        except TlvError:
            raise SecureMessagingError("a protected command with other objects than it should have") from None
        data, le = b"", None
        if objects and objects[0].tag != _LE:
            data = self._plain(command.ins, objects.pop(0))
        if objects:
            le = _le(objects.pop(0))
        if objects:
            raise SecureMessagingError("a protected command with other objects than it should have")
        return CommandApdu(command.cla & ~_PROTECTED_CLASS, command.ins, command.p1, command.p2, data, le)


def _le_object(le: int | None) -> bytes:
    if le is None:
        return b""
    return tlv.encode(_LE, bytes((le & 0xFF,)) if le <= _LONGEST_SHORT_LE else (le & 0xFFFF).to_bytes(2, "big"))


def _le(item: Tlv) -> int:
    if item.tag != _LE or len(item.value) not in (1, 2):
        raise SecureMessagingError("a protected command with other objects than it should have")
    return int.from_bytes(item.value, "big") or 1 << 8 * len(item.value)
