"""PACE with generic mapping over elliptic curves (Doc 9303-11 section 4.4, appendix G.1): both ends as pure functions.

One run, `ours` being the key pair of either side and `peer` the public key that the other side sent:

1. `password_key`, then the chip's `encrypt_nonce` and the terminal's `decrypt_nonce`;
2. first key pair on the curve's own generator, `shared_point`, `map_generator`;
3. second key pair on the mapped generator, `shared_secret`, `session_keys`;
4. each sends `authentication_token` over the other's second public key, and checks the one it gets with `check_token`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from crypto import ciphers, ec, kdf, tlv
from crypto.ciphers import Suite
from crypto.ec import Curve, Point
from crypto.errors import KeyReflected, NonceError, PointError, TokenError
from crypto.padding import pad
from crypto.protocols import PaceProtocol, oid_der
from crypto.secure_messaging import SessionKeys

NONCE_LENGTH: Final = 16
"""Bytes of the nonce that the generic mapping takes; longer ones are accepted up to twice that."""

_PUBLIC_KEY: Final = 0x7F49
_OBJECT_IDENTIFIER: Final = 0x06
_POINT: Final = 0x86


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An ephemeral key pair on a given generator."""

    private: int = field(repr=False)
    public: Point


def generate_key_pair(curve: Curve, generator: Point, random_bytes: Callable[[int], bytes]) -> KeyPair:
    """Draw an ephemeral key pair.

    Args:
        generator: the curve's own for the mapping, the mapped one for the agreement.
        random_bytes: gives so many bytes of a cryptographic random source.
    """
    private = ec.random_scalar(curve, random_bytes)
    return KeyPair(private, ec.multiply(curve, private, generator))


def password_key(password: bytes, suite: Suite) -> bytes:
    """Derive Kπ (Doc 9303-11 section 9.7.3).

    Args:
        password: the 20 bytes of `mrz_key.mrz_seed`, or the digits of the CAN in ASCII.
    """
    return kdf.derive_key(password, kdf.PACE, suite)


def encrypt_nonce(suite: Suite, key: bytes, nonce: bytes) -> bytes:
    """Encrypt the chip's nonce with Kπ."""
    return ciphers.encrypt_cbc(suite, key, bytes(suite.block_size), nonce)


def decrypt_nonce(suite: Suite, key: bytes, encrypted: bytes) -> bytes:
    """Decrypt the chip's nonce with Kπ.

    Raises:
        NonceError: less than 16 bytes, more than 32, or not whole blocks.
    """
    if not NONCE_LENGTH <= len(encrypted) <= 2 * NONCE_LENGTH or len(encrypted) % suite.block_size:
        raise NonceError(f"an encrypted nonce of {len(encrypted)} bytes")
    return ciphers.decrypt_cbc(suite, key, bytes(suite.block_size), encrypted)


def shared_point(curve: Curve, ours: KeyPair, peer: Point) -> Point:
    """Agree on a point (section 4.4.3.3.1); the other side's key must be a proper one and not our own.

    Raises:
        PointError: `peer` is not on the curve, or the result is the point at infinity.
        KeyReflected: `peer` is our own public key.
    """
    if peer == ours.public:
        raise KeyReflected("the other side sent our own public key back")
    return ec.agree(curve, ours.private, peer)


def map_generator(curve: Curve, nonce: bytes, shared: Point) -> Point:
    """Map the nonce to the generator s·G + H (section 4.4.3.3.1).

    Raises:
        PointError: the result is the point at infinity.
    """
    mapped = ec.add(curve, ec.multiply(curve, int.from_bytes(nonce, "big"), curve.g), shared)
    if mapped == ec.INFINITY:
        raise PointError("the mapping gave the point at infinity")
    return mapped


def shared_secret(curve: Curve, ours: KeyPair, peer: Point) -> bytes:
    """Agree on the secret that the session keys come from: the x coordinate at the field's width.

    Raises:
        PointError: `peer` is not on the curve, or the result is the point at infinity.
        KeyReflected: `peer` is our own public key.
    """
    return ec.encode_x(curve, shared_point(curve, ours, peer))


def session_keys(secret: bytes, suite: Suite) -> SessionKeys:
    """Derive the keys of the channel; its send sequence counter starts at zero."""
    return SessionKeys.derive(secret, suite)


def authentication_token(protocol: PaceProtocol, k_mac: bytes, public_key: bytes) -> bytes:
    """Compute the 8-byte token over the other side's second public key (section 4.4.3.4).

    Args:
        public_key: the uncompressed point that the other side sent.
    """
    data = token_input(protocol, public_key)
    if protocol.suite is Suite.TDES:
        data = pad(data, protocol.suite.block_size)
    return ciphers.mac(protocol.suite, k_mac, data)


def token_input(protocol: PaceProtocol, public_key: bytes) -> bytes:
    """Wrap a public key into the data object that a token is computed over (section 9.4.2)."""
    content = tlv.encode(_OBJECT_IDENTIFIER, oid_der(protocol.oid)) + tlv.encode(_POINT, public_key)
    return tlv.encode(_PUBLIC_KEY, content)


def check_token(expected: bytes, received: bytes) -> None:
    """Compare a token in constant time.

    Raises:
        TokenError: they differ.
    """
    if not hmac.compare_digest(expected, received):
        raise TokenError("the authentication token is wrong")
