"""Active authentication (Doc 9303-11 section 6.1, appendix F): RSA with message recovery, and ECDSA.

RSA signs by digital signature scheme 1 of ISO/IEC 9796-2 with partial recovery: the chip's own random M1 comes back out
of the signature, M2 is the terminal's challenge.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from crypto import ecdsa
from crypto.ec import Curve, Point
from crypto.errors import SignatureError, UnsupportedAlgorithm

_MAX_MODULUS_BITS: Final = 8192
_MAX_EXPONENT_BITS: Final = 256

_HEADER: Final = 0x6A
_HEADER_BEFORE_FILL: Final = 0x6B
_FILL: Final = 0xBB
_FILL_END: Final = 0xBA


class Trailer(Enum):
    """The trailers of ISO/IEC 9796-2 and the hash that each stands for.

    Attributes:
        octets: one byte, or two of which the first numbers the hash after ISO/IEC 10118.
        hash_name: as `hashlib` calls it.
        hash_length: bytes of the hash.
    """

    BC = ("BC", "sha1")
    SHA1 = ("33CC", "sha1")
    SHA256 = ("34CC", "sha256")
    SHA512 = ("35CC", "sha512")
    SHA384 = ("36CC", "sha384")
    SHA224 = ("38CC", "sha224")

    def __init__(self, octets: str, hash_name: str) -> None:
        self.octets = bytes.fromhex(octets)
        self.hash_name = hash_name
        self.hash_length = hashlib.new(hash_name, usedforsecurity=False).digest_size


class AaFault(StrEnum):
    """Why a signature does not prove the chip genuine."""

    LENGTH = "length"
    """No signature of this key has so many bytes."""
    RANGE = "range"
    """The signature is zero, or not below the modulus."""
    TRAILER = "trailer"
    """What came out of the signature ends with no known trailer: another key signed, or other bytes."""
    STRUCTURE = "structure"
    """What came out of the signature does not recover its message in part."""
    DIGEST = "digest"
    """The signature is over another challenge."""
    SIGNATURE = "signature"
    """ECDSA: the signature does not verify, or is none."""


@dataclass(frozen=True, slots=True)
class AaResult:
    """What a signature over the challenge is worth.

    Attributes:
        key_bits: length of the modulus, or of the group's order, for the policy to judge.
        form: the trailer in hexadecimal, or `plain` or `DER`; None where it could not be told.
        hash_name: as `hashlib` calls it; None where it could not be told.
        fault: None where the signature is valid.
    """

    key_bits: int
    form: str | None
    hash_name: str | None
    fault: AaFault | None

    @property
    def valid(self) -> bool:
        """Whether the owner of the private key signed this challenge."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class RsaPrivateKey:
    """The numbers of an RSA key."""

    n: int
    e: int
    d: int = field(repr=False)
    p: int = field(repr=False)
    q: int = field(repr=False)

    @property
    def length(self) -> int:
        """Bytes of the modulus."""
        return (self.n.bit_length() + 7) // 8


def recoverable_length(modulus_length: int, trailer: Trailer) -> int:
    """Give the number of random bytes M1 that fill a signature of `modulus_length` bytes."""
    return modulus_length - 1 - trailer.hash_length - len(trailer.octets)


def message_representative(m1: bytes, challenge: bytes, trailer: Trailer, modulus_length: int) -> bytes:
    """Make the integer that the private key is applied to: header, M1, the hash of M1 ‖ challenge, trailer.

    Raises:
        UnsupportedAlgorithm: M1 does not fit.
    """
    fill = recoverable_length(modulus_length, trailer) - len(m1)
    if fill < 0:
        raise UnsupportedAlgorithm(f"{-fill} bytes of M1 too many for a modulus of {modulus_length} bytes")
    header = bytes((_HEADER_BEFORE_FILL, *[_FILL] * (fill - 1), _FILL_END)) if fill else bytes((_HEADER,))
    return header + m1 + hashlib.new(trailer.hash_name, m1 + challenge).digest() + trailer.octets


def sign_rsa(key: RsaPrivateKey, challenge: bytes, m1: bytes, trailer: Trailer) -> bytes:
    """Sign a challenge as the chip does.

    Args:
        m1: random, `recoverable_length` bytes.

    Returns:
        as many bytes as the modulus has.

    Raises:
        UnsupportedAlgorithm: the key's length is not whole bytes, or M1 does not fit.
    """
    _check_rsa_key(key.n, key.e)
    representative = int.from_bytes(message_representative(m1, challenge, trailer, key.length), "big")
    by_p = pow(representative, key.d % (key.p - 1), key.p)
    by_q = pow(representative, key.d % (key.q - 1), key.q)
    signature = by_q + key.q * ((by_p - by_q) * pow(key.q, -1, key.p) % key.p)
    return signature.to_bytes(key.length, "big")


def verify_rsa(n: int, e: int, challenge: bytes, signature: bytes) -> AaResult:
    """Check the answer to INTERNAL AUTHENTICATE against an RSA key.

    Args:
        n: modulus, from a verified DG15.
        e: public exponent.
        challenge: the 8 bytes that were sent.
        signature: as received; a chip may have dropped leading zeros.

    Raises:
        UnsupportedAlgorithm: the key's length is not whole bytes, or its numbers are out of bounds.
    """
    _check_rsa_key(n, e)
    length = n.bit_length() // 8
    s = int.from_bytes(signature, "big")
    if not 0 < len(signature) <= length:
        return AaResult(n.bit_length(), None, None, AaFault.LENGTH)
    if not 0 < s < n:
        return AaResult(n.bit_length(), None, None, AaFault.RANGE)
    recovered = pow(s, e, n)
    if recovered & 0xF != 0xC:
        # ISO/IEC 9796-2 lets the signer give the smaller of s and n - s.
        recovered = n - recovered
    return check_representative(recovered.to_bytes(length, "big"), challenge)


def check_representative(representative: bytes, challenge: bytes) -> AaResult:
    """Check what came out of an RSA signature; see `message_representative`."""
    bits = 8 * len(representative)
    trailer = next((t for t in Trailer if representative.endswith(t.octets)), None)
    if trailer is None:
        return AaResult(bits, None, None, AaFault.TRAILER)
    form = trailer.octets.hex().upper()
    end = len(representative) - len(trailer.octets) - trailer.hash_length
    start = _message_start(representative)
    if start is None or start > end:
        return AaResult(bits, form, trailer.hash_name, AaFault.STRUCTURE)
    digest = hashlib.new(trailer.hash_name, representative[start:end] + challenge).digest()
    equal = hmac.compare_digest(digest, representative[end : end + trailer.hash_length])
    return AaResult(bits, form, trailer.hash_name, None if equal else AaFault.DIGEST)


def verify_ecdsa(curve: Curve, public_key: Point, hash_name: str, challenge: bytes, signature: bytes) -> AaResult:
    """Check the answer to INTERNAL AUTHENTICATE against an ECDSA key.

    Doc 9303-11 wants the plain form; documents with the DER form are in circulation. The length tells them apart, since
    the first byte of a plain signature may well look like DER.

    Args:
        public_key: from a verified DG15.
        hash_name: sha224 to sha512, or sha1, from the ActiveAuthenticationInfo of a verified DG14.
        challenge: the 8 bytes that were sent.

    Raises:
        UnsupportedAlgorithm: another hash.
    """
    if hash_name not in {trailer.hash_name for trailer in Trailer}:
        raise UnsupportedAlgorithm("a hash that active authentication does not use")
    bits = curve.n.bit_length()
    plain = len(signature) == 2 * curve.order_length
    form = "plain" if plain else "DER"
    try:
        r, s = ecdsa.decode_plain(curve, signature) if plain else ecdsa.decode_der(signature)
    except SignatureError:
        return AaResult(bits, None, hash_name, AaFault.SIGNATURE)
    genuine = ecdsa.verify(curve, public_key, hashlib.new(hash_name, challenge).digest(), r, s)
    return AaResult(bits, form, hash_name, None if genuine else AaFault.SIGNATURE)


def _message_start(representative: bytes) -> int | None:
    """Find where M1 begins after the header; None unless the header says partial recovery.

    With total recovery the challenge would have no part in the hash, and any old signature would do.
    """
    if representative[0] == _HEADER:
        return 1
    if representative[0] != _HEADER_BEFORE_FILL:
        return None
    filled = representative[1:].lstrip(bytes((_FILL,)))
    return len(representative) - len(filled) + 1 if filled[:1] == bytes((_FILL_END,)) else None


def _check_rsa_key(n: int, e: int) -> None:
    bits = n.bit_length()
    if bits % 8 or bits > _MAX_MODULUS_BITS:
        raise UnsupportedAlgorithm(f"an RSA modulus of {bits} bits")
    if e < 3 or not e & 1 or e.bit_length() > _MAX_EXPONENT_BITS:
        raise UnsupportedAlgorithm("an RSA exponent out of bounds")
