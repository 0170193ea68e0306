"""The block ciphers and MACs of Doc 9303-11: two-key 3DES with the retail MAC, AES with CMAC."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from Crypto.Cipher import AES, DES, DES3
from Crypto.Hash import CMAC

from crypto.errors import PaddingError, UnsupportedAlgorithm

MAC_LENGTH: Final = 8
"""Bytes of a MAC in secure messaging, in BAC and in an authentication token."""

_AES_BLOCK: Final = 16
_DES_BLOCK: Final = 8


class Suite(Enum):
    """A cipher with its MAC.

    Attributes:
        label: its name for people, such as `AES-128`.
        key_length: bytes of each of the two keys.
        block_size: bytes of a block.
    """

    TDES = ("3DES", 16, _DES_BLOCK)
    AES128 = ("AES-128", 16, _AES_BLOCK)
    AES192 = ("AES-192", 24, _AES_BLOCK)
    AES256 = ("AES-256", 32, _AES_BLOCK)

    def __init__(self, label: str, key_length: int, block_size: int) -> None:
        self.label = label
        self.key_length = key_length
        self.block_size = block_size


class BlockKey:
    """An encryption key, its schedule made once.

    Raises:
        UnsupportedAlgorithm: the key has another length than the suite asks for, or its 3DES halves are equal.
    """

    __slots__ = ("_key", "_single", "_suite")

    def __init__(self, suite: Suite, key: bytes) -> None:
        _check_key(suite, key)
        self._suite = suite
        self._key = key
        try:
            self._single = DES3.new(key, DES3.MODE_ECB) if suite is Suite.TDES else AES.new(key, AES.MODE_ECB)
        except ValueError:
            raise UnsupportedAlgorithm("a 3DES key with two equal halves") from None

    def encrypt_block(self, block: bytes) -> bytes:
        """Encrypt one block."""
        return self._single.encrypt(block)

    def encrypt_cbc(self, iv: bytes, data: bytes) -> bytes:
        """Encrypt whole blocks in CBC mode.

        Raises:
            PaddingError: `data` are not whole blocks.
        """
        encrypted: bytes = self._chained(iv, data).encrypt(data)
        return encrypted

    def decrypt_cbc(self, iv: bytes, data: bytes) -> bytes:
        """Decrypt whole blocks in CBC mode.

        Raises:
            PaddingError: `data` are not whole blocks.
        """
        decrypted: bytes = self._chained(iv, data).decrypt(data)
        return decrypted

    def _chained(self, iv: bytes, data: bytes) -> Any:  # pycryptodome types the CBC mode of 3DES as any of its modes
        if len(data) % self._suite.block_size:
            raise PaddingError(f"{len(data)} bytes are not whole blocks")
        if self._suite is Suite.TDES:
            return DES3.new(self._key, DES3.MODE_CBC, iv)
        return AES.new(self._key, AES.MODE_CBC, iv)


class RetailMacKey:
    """A key of MAC algorithm 3 of ISO/IEC 9797-1 with DES; the caller pads to whole blocks."""

    __slots__ = ("_first", "_second", "_single")

    def __init__(self, key: bytes) -> None:
        _check_key(Suite.TDES, key)
        self._first = key[:8]
        self._single = DES.new(key[:8], DES.MODE_ECB)
        self._second = DES.new(key[8:], DES.MODE_ECB)

    def mac(self, data: bytes) -> bytes:
        """Compute the 8-byte MAC.

        Raises:
            PaddingError: `data` are not whole blocks of 8 bytes, or none.
        """
        if not data or len(data) % _DES_BLOCK:
            raise PaddingError(f"{len(data)} bytes are not whole blocks")
        chained = DES.new(self._first, DES.MODE_CBC, bytes(_DES_BLOCK)).encrypt(data)[-_DES_BLOCK:]
        return self._single.encrypt(self._second.decrypt(chained))


class CmacKey:
    """A key of AES-CMAC (RFC 4493), cut to 8 bytes; it pads by itself where the protocol does not."""

    __slots__ = ("_fresh",)

    def __init__(self, suite: Suite, key: bytes) -> None:
        _check_key(suite, key)
        self._fresh = CMAC.new(key, ciphermod=AES)

    def mac(self, data: bytes) -> bytes:
        """Compute the MAC, cut to 8 bytes."""
        return self._fresh.copy().update(data).digest()[:MAC_LENGTH]


def mac_key(suite: Suite, key: bytes) -> RetailMacKey | CmacKey:
    """Prepare the MAC key of a suite.

    Raises:
        UnsupportedAlgorithm: the key has another length than the suite asks for.
    """
    return RetailMacKey(key) if suite is Suite.TDES else CmacKey(suite, key)


def encrypt_block(suite: Suite, key: bytes, block: bytes) -> bytes:
    """Encrypt one block."""
    return BlockKey(suite, key).encrypt_block(block)


def encrypt_cbc(suite: Suite, key: bytes, iv: bytes, data: bytes) -> bytes:
    """Encrypt whole blocks in CBC mode.

    Raises:
        PaddingError: `data` are not whole blocks.
    """
    return BlockKey(suite, key).encrypt_cbc(iv, data)


def decrypt_cbc(suite: Suite, key: bytes, iv: bytes, data: bytes) -> bytes:
    """Decrypt whole blocks in CBC mode.

    Raises:
        PaddingError: `data` are not whole blocks.
    """
    return BlockKey(suite, key).decrypt_cbc(iv, data)


def mac(suite: Suite, key: bytes, data: bytes) -> bytes:
    """Compute the 8-byte MAC; with 3DES the caller pads `data` to whole blocks first.

    Raises:
        PaddingError: 3DES, and `data` are not whole blocks.
    """
    return mac_key(suite, key).mac(data)


def _check_key(suite: Suite, key: bytes) -> None:
    if len(key) != suite.key_length:
        raise UnsupportedAlgorithm(f"a key of {len(key)} bytes for {suite.label}")
