"""The key derivation function of Doc 9303-11 section 9.7.1."""

from __future__ import annotations

import hashlib
from typing import Final

from crypto.ciphers import Suite

ENC: Final = 1
MAC: Final = 2
PACE: Final = 3


def derive_key(secret: bytes, counter: int, suite: Suite) -> bytes:
    """Derive a key of `suite` from a shared secret.

    Args:
        counter: `ENC`, `MAC` or `PACE`.

    Returns:
        `suite.key_length` bytes; for 3DES the two keys with their parity set to odd.
    """
    hash_name = "sha1" if suite.key_length == 16 else "sha256"
    digest = hashlib.new(hash_name, secret + counter.to_bytes(4, "big"), usedforsecurity=False).digest()
    key = digest[: suite.key_length]
    return bytes(map(_with_odd_parity, key)) if suite is Suite.TDES else key


def _with_odd_parity(byte: int) -> int:
    return byte ^ 1 if byte.bit_count() % 2 == 0 else byte
