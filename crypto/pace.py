"""PACE (Doc 9303-11 section 4.4, appendices G, H and I): both ends as pure functions, in any group.

One run, `ours` being the key pair of either side and `peer` the other side's public key as `Group.check_public_key`
gave it:

1. `password_key`, then the chip's `encrypt_nonce` and the terminal's `decrypt_nonce`;
2. generic mapping, also with chip authentication mapping: first key pairs on the group's own generator,
   `map_generator_generic`; integrated mapping: the terminal's second nonce, `map_generator_integrated`;
3. second key pairs on the mapped generator, `session_keys`;
4. each sends `authentication_token` over the other's second public key as it came, and checks what it gets with
   `check_token`. With chip authentication mapping the chip adds what `pace_cam` makes.
"""

from __future__ import annotations

import hmac
from typing import Final

from crypto import ciphers, kdf, tlv
from crypto.ciphers import Suite
from crypto.errors import KeyReflected, NonceError, TokenError
from crypto.groups import Group
from crypto.key_pair import KeyPair
from crypto.padding import pad
from crypto.protocols import NonceMapping, PaceProtocol, oid_der
from crypto.secure_messaging import SessionKeys

_SHORTEST_NONCE: Final = 16
_LONGEST_NONCE: Final = 32

_PUBLIC_KEY: Final = 0x7F49
_OBJECT_IDENTIFIER: Final = 0x06

# The constants of section 4.4.3.3.2, for blocks of 128 and of 256 bits.
_SHORT_CONSTANTS: Final = (
    bytes.fromhex("A668892A7C41E3CA739F40B057D85904"),
    bytes.fromhex("A4E136AC725F738B01C1F60217C188AD"),
)
_LONG_CONSTANTS: Final = (
    bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
    bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
)
_EXCESS_BITS: Final = 64


def password_key(password: bytes, suite: Suite) -> bytes:
    """Derive Kπ (section 9.7.3).

    Args:
        password: the 20 bytes of `mrz_key.mrz_seed`, or the digits of a CAN, PIN or PUK in ASCII.
    """
    return kdf.derive_key(password, kdf.PACE, suite)


def nonce_length(protocol: PaceProtocol) -> int:
    """Bytes of the nonce that a chip draws: as the integrated mapping prescribes, else 16."""
    if protocol.mapping is NonceMapping.IM:
        return len(_constants(protocol.suite)[0])
    return _SHORTEST_NONCE


def terminal_nonce_length(protocol: PaceProtocol) -> int:
    """Bytes of the terminal's nonce in the integrated mapping: as many as a key of the cipher has.

    With AES-192 that is 24, where JMRTD 0.8 sends 32.
    """
    return protocol.suite.key_length


def encrypt_nonce(suite: Suite, key: bytes, nonce: bytes) -> bytes:
    """Encrypt the chip's nonce with Kπ."""
    return ciphers.encrypt_cbc(suite, key, bytes(suite.block_size), nonce)


def decrypt_nonce(suite: Suite, key: bytes, encrypted: bytes) -> bytes:
    """Decrypt the chip's nonce with Kπ.

    Raises:
        NonceError: less than 16 bytes, more than 32, or not whole blocks.
    """
    if not _SHORTEST_NONCE <= len(encrypted) <= _LONGEST_NONCE or len(encrypted) % suite.block_size:
        raise NonceError(f"an encrypted nonce of {len(encrypted)} bytes")
    return ciphers.decrypt_cbc(suite, key, bytes(suite.block_size), encrypted)


def map_generator_generic(group: Group, nonce: bytes, ours: KeyPair, peer: bytes) -> bytes:
    """Map the nonce to a generator by an agreement on the group's own (section 4.4.3.3.1).

    Raises:
        KeyReflected: `peer` is our own public key.
        PointError: the agreement or the mapping gave the neutral element.
    """
    check_not_reflected(ours, peer)
    return group.map_generic(nonce, group.agree(ours.private, peer))


def map_generator_integrated(protocol: PaceProtocol, group: Group, nonce: bytes, terminal_nonce: bytes) -> bytes:
    """Map both nonces to a generator (section 4.4.3.3.2).

    Raises:
        NonceError: a nonce has another length than the cipher asks for.
        UnsupportedAlgorithm: the curve's prime is not 3 modulo 4.
        PointError: the mapping gave the neutral element; new nonces will do.
    """
    return group.map_integrated(pseudo_random(protocol.suite, group.prime, nonce, terminal_nonce))


def pseudo_random(suite: Suite, prime: int, nonce: bytes, terminal_nonce: bytes) -> int:
    """Compute Rp(s,t), a number below `prime` that looks random (section 4.4.3.3.2).

    Raises:
        NonceError: a nonce has another length than the cipher asks for.
    """
    bits = prime.bit_length() + _EXCESS_BITS
    return int.from_bytes(pseudo_random_bytes(suite, bits, nonce, terminal_nonce), "big") % prime


def pseudo_random_bytes(suite: Suite, bits: int, nonce: bytes, terminal_nonce: bytes) -> bytes:
    """Compute R(s,t), as few blocks as have so many bits; raises NonceError as `pseudo_random` does."""
    to_next_key, to_output = _constants(suite)
    if len(nonce) != len(to_output) or len(terminal_nonce) != suite.key_length:
        raise NonceError(f"nonces of {len(nonce)} and {len(terminal_nonce)} bytes with {suite.label}")
    key = _chained(suite, terminal_nonce, nonce)
    output = b""
    while 8 * len(output) < bits:
        output += _chained(suite, key, to_output)
        key = _chained(suite, key, to_next_key)
    return output


def check_not_reflected(ours: KeyPair, peer: bytes) -> None:
    """Refuse our own public key from the other side (section 4.4.1).

    Raises:
        KeyReflected: `peer` is our own public key.
    """
    if peer == ours.public:
        raise KeyReflected("the other side sent our own public key back")


def session_keys(suite: Suite, group: Group, ours: KeyPair, peer: bytes) -> SessionKeys:
    """Agree on the keys of the channel; its send sequence counter starts at zero.

    Raises:
        KeyReflected: `peer` is our own public key.
        PointError: the agreement gave the neutral element.
    """
    check_not_reflected(ours, peer)
    return SessionKeys.derive(group.shared_secret(ours.private, peer), suite)


def authentication_token(protocol: PaceProtocol, group: Group, k_mac: bytes, public_key: bytes) -> bytes:
    """Compute the 8-byte token over the other side's second public key (section 4.4.3.4).

    Args:
        public_key: exactly as the other side sent it: it computes its own token over these bytes.
    """
    data = token_input(protocol, group, public_key)
    if protocol.suite is Suite.TDES:
        data = pad(data, protocol.suite.block_size)
    return ciphers.mac(protocol.suite, k_mac, data)


def token_input(protocol: PaceProtocol, group: Group, public_key: bytes) -> bytes:
    """Wrap a public key into the data object that a token is computed over (section 9.4)."""
    content = tlv.encode(_OBJECT_IDENTIFIER, oid_der(protocol.oid)) + tlv.encode(group.public_key_tag, public_key)
    return tlv.encode(_PUBLIC_KEY, content)


def acceptable_tokens(protocol: PaceProtocol, group: Group, k_mac: bytes, own_public_key: bytes) -> tuple[bytes, ...]:
    """Give the tokens that prove the other side's keys: over our second public key as sent, and at the field's width.

    Some chips keep a Diffie-Hellman key as a number and write it out again with its leading zeros for the token.
    """
    forms = dict.fromkeys((own_public_key, group.padded(own_public_key)))
    return tuple(authentication_token(protocol, group, k_mac, form) for form in forms)


def check_token(protocol: PaceProtocol, group: Group, k_mac: bytes, own_public_key: bytes, received: bytes) -> None:
    """Check the other side's token over our second public key, in constant time.

    Raises:
        TokenError: it is none of `acceptable_tokens`.
    """
    tokens = acceptable_tokens(protocol, group, k_mac, own_public_key)
    if not any(hmac.compare_digest(token, received) for token in tokens):
        raise TokenError("the authentication token is wrong")


def _constants(suite: Suite) -> tuple[bytes, bytes]:
    return _LONG_CONSTANTS if suite in (Suite.AES192, Suite.AES256) else _SHORT_CONSTANTS


def _chained(suite: Suite, key: bytes, data: bytes) -> bytes:
    """Encrypt with as much of `key` as the cipher takes: with AES-192 the first 24 bytes of 32."""
    return ciphers.encrypt_cbc(suite, key[: suite.key_length], bytes(suite.block_size), data)
