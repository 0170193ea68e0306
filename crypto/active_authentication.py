"""Active authentication (Doc 9303-11 section 6.1, appendix F): RSA with message recovery, and ECDSA.

RSA signs by digital signature scheme 1 of ISO/IEC 9796-2 with partial recovery: the chip's own random M1 comes back out
of the signature, M2 is the terminal's challenge.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from crypto import ec, ecdsa
from crypto.ec import Curve, Point
from crypto.errors import SignatureError, UnsupportedAlgorithm
from crypto.key_pair import RandomBytes

_MAX_MODULUS_BITS: Final = 8192
_MAX_EXPONENT_BITS: Final = 256

_HEADER: Final = re.compile("6B*A")
"""In hexadecimal: partial recovery, as much fill as it takes, the end of the fill."""


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
        """Bytes of the modulus, and of a signature."""
        return (self.n.bit_length() + 7) // 8


def recoverable_length(modulus_length: int, trailer: Trailer) -> int:
    """Give the number of random bytes M1 that fill a signature with a modulus of so many whole bytes."""
    return modulus_length - 1 - trailer.hash_length - len(trailer.octets)


def message_representative(m1: bytes, challenge: bytes, trailer: Trailer, modulus_bits: int) -> bytes:
    """Make the number that the private key is applied to: header, M1, the hash of M1 ‖ challenge, trailer.

    It has as many half-bytes as fit into the modulus, and zeros before them where that is no whole number of bytes.

    Raises:
        UnsupportedAlgorithm: M1 does not fit.
    """
    tail = m1 + hashlib.new(trailer.hash_name, m1 + challenge).digest() + trailer.octets
    fill = modulus_bits // 4 - 2 * len(tail) - len("6A")
    if fill < 0:
        raise UnsupportedAlgorithm(f"{len(m1)} bytes of M1 are too many for a modulus of {modulus_bits} bits")
    return int("6" + fill * "B" + "A" + tail.hex(), 16).to_bytes((modulus_bits + 7) // 8, "big")


def sign_rsa(key: RsaPrivateKey, challenge: bytes, m1: bytes, trailer: Trailer) -> bytes:
    """Sign a challenge as the chip does.

    Args:
        m1: random, `recoverable_length` bytes.

    Returns:
        as many bytes as the modulus has.

    Raises:
        UnsupportedAlgorithm: the key's numbers are out of bounds, or M1 does not fit.
    """
    _check_rsa_key(key.n, key.e)
    representative = int.from_bytes(message_representative(m1, challenge, trailer, key.n.bit_length()), "big")
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
        UnsupportedAlgorithm: the key's numbers are out of bounds.
    """
    _check_rsa_key(n, e)
    bits = n.bit_length()
    if not 0 < len(signature) <= (bits + 7) // 8:
        return AaResult(bits, None, None, AaFault.LENGTH)
    s = int.from_bytes(signature, "big")
    if not 0 < s < n:
        return AaResult(bits, None, None, AaFault.RANGE)
    recovered = pow(s, e, n)
    if recovered & 0xF != 0xC:
        # ISO/IEC 9796-2 lets the signer give the smaller of s and n - s.
        recovered = n - recovered
    return check_representative(recovered.to_bytes((bits + 7) // 8, "big"), challenge, bits)


def check_representative(representative: bytes, challenge: bytes, modulus_bits: int | None = None) -> AaResult:
    """Check what came out of an RSA signature; see `message_representative`.

    Args:
        representative: as wide as the modulus.
        modulus_bits: None: as many as fit.
    """
    modulus_bits = modulus_bits or 8 * len(representative)
    digits = representative.hex().upper().lstrip("0")
    trailer = next((t for t in Trailer if digits.endswith(t.octets.hex().upper())), None)
    if trailer is None:
        return AaResult(modulus_bits, None, None, AaFault.TRAILER)
    form = trailer.octets.hex().upper()
    tail = _without_header(digits, modulus_bits)
    digest_start = -1 if tail is None else len(tail) - len(trailer.octets) - trailer.hash_length
    if tail is None or digest_start < 0:
        return AaResult(modulus_bits, form, trailer.hash_name, AaFault.STRUCTURE)
    digest = hashlib.new(trailer.hash_name, tail[:digest_start] + challenge).digest()
    equal = hmac.compare_digest(digest, tail[digest_start : digest_start + trailer.hash_length])
    return AaResult(modulus_bits, form, trailer.hash_name, None if equal else AaFault.DIGEST)


def sign_ecdsa(
    curve: Curve, private: int, hash_name: str, challenge: bytes, random: RandomBytes, *, der: bool = False
) -> bytes:
    """Sign a challenge as the chip does.

    Args:
        der: write ECDSA-Sig-Value, which the standard does not know and chips in circulation give.
    """
    digest = hashlib.new(hash_name, challenge).digest()
    while True:
        try:
            r, s = ecdsa.sign(curve, private, digest, ec.random_scalar(curve, random))
        except SignatureError:
            continue
        return ecdsa.encode_der(r, s) if der else ecdsa.encode_plain(curve, r, s)


def verify_ecdsa(curve: Curve, public_key: Point, hash_name: str, challenge: bytes, signature: bytes) -> AaResult:
    """Check the answer to INTERNAL AUTHENTICATE against an ECDSA key.

    Doc 9303-11 wants the plain form; documents with the DER form are in circulation. Length and structure tell them
    apart: the first byte of a plain signature may well look like DER, and a short DER signature may have the plain
    one's length.

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
    digest = hashlib.new(hash_name, challenge).digest()
    forms = _ecdsa_forms(curve, signature)
    for form, (r, s) in forms.items():
        if ecdsa.verify(curve, public_key, digest, r, s):
            return AaResult(bits, form, hash_name, None)
    return AaResult(bits, next(iter(forms), None), hash_name, AaFault.SIGNATURE)


def _without_header(digits: str, modulus_bits: int) -> bytes | None:
    """Give M1, hash and trailer; None unless the header says partial recovery and stands where it must.

    With total recovery the challenge would have no part in the hash, and any old signature would do. Where the modulus
    is no whole number of bytes, signers round its length down or up to one, or to a half-byte.
    """
    header = _HEADER.match(digits)
    if header is None or not 8 * (modulus_bits // 8) <= 4 * len(digits) <= modulus_bits + -modulus_bits % 8:
        return None
    tail = digits[header.end() :]
    return None if len(tail) % 2 else bytes.fromhex(tail)


def _ecdsa_forms(curve: Curve, signature: bytes) -> dict[str, tuple[int, int]]:
    """Read (r, s) in each form that the bytes have."""
    forms = {}
    if len(signature) == 2 * curve.order_length:
        forms["plain"] = ecdsa.decode_plain(curve, signature)
    with suppress(SignatureError):
        forms["DER"] = ecdsa.decode_der(signature)
    return forms


def _check_rsa_key(n: int, e: int) -> None:
    bits = n.bit_length()
    if n < 0 or not n & 1 or bits > _MAX_MODULUS_BITS:
        raise UnsupportedAlgorithm(f"an RSA modulus of {bits} bits that is none, or too long")
    if e < 3 or not e & 1 or e.bit_length() > _MAX_EXPONENT_BITS:
        raise UnsupportedAlgorithm("an RSA exponent out of bounds")
