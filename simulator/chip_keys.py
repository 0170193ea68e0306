"""A chip's own key pairs: RSA for active authentication, elliptic curves for chip authentication."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from crypto import curves, ec, tlv
from crypto.active_authentication import RsaPrivateKey
from crypto.ec import Curve
from crypto.protocols import oid_der
from simulator.personalisation import ChipAuthenticationKey

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_PUBLIC_EXPONENT: Final = 65537
_BIT_STRING: Final = 0x03
_OBJECT_IDENTIFIER: Final = 0x06
_SEQUENCE: Final = 0x30


def generate_rsa_key(bits: int) -> RsaPrivateKey:
    """Make an RSA key pair of `bits` (a multiple of 8, 1024 or more) from the operating system's random source."""
    return _numbers(rsa.generate_private_key(_PUBLIC_EXPONENT, bits))


def load_rsa_key(pkcs8: bytes) -> RsaPrivateKey:
    """Take an RSA key from its PKCS #8 DER; raises ValueError where it is none."""
    key = serialization.load_der_private_key(pkcs8, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("active authentication takes an RSA key here")
    return _numbers(key)


def rsa_public_key_info(key: RsaPrivateKey) -> bytes:
    """DER of the SubjectPublicKeyInfo, the content of DG15."""
    return (
        rsa.RSAPublicNumbers(key.e, key.n)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def generate_ca_key(
    curve: Curve, protocols: tuple[str, ...], random_bytes: Callable[[int], bytes]
) -> ChipAuthenticationKey:
    """Draw a key pair for chip authentication."""
    return ChipAuthenticationKey(curve, ec.random_scalar(curve, random_bytes), protocols)


def ca_public_key_info(key: ChipAuthenticationKey) -> bytes:
    """DER of the SubjectPublicKeyInfo with the curve by its name, as it stands in DG14."""
    oid = next(oid for oid, named in curves.NAMED.items() if named == key.curve)
    point = ec.encode_point(key.curve, ec.multiply(key.curve, key.private, key.curve.g))
    algorithm = b"".join(tlv.encode(_OBJECT_IDENTIFIER, oid_der(part)) for part in (_EC_PUBLIC_KEY, oid))
    return tlv.encode(_SEQUENCE, tlv.encode(_SEQUENCE, algorithm) + tlv.encode(_BIT_STRING, b"\0" + point))


def load_ec_scalar(pkcs8: bytes) -> int:
    """The private number of an elliptic-curve key in PKCS #8 (RFC 5958, RFC 5915); raises ValueError where it is none.

    Read here because OpenSSL's binding refuses keys with explicit parameters on brainpool curves.
    """
    info: Any = PrivateKeyInfo.load(pkcs8, strict=True)
    if info["private_key_algorithm"]["algorithm"].dotted != _EC_PUBLIC_KEY:
        raise ValueError("chip authentication takes an elliptic-curve key here")
    scalar: int = info["private_key"].parsed["private_key"].native
    return scalar


def _numbers(key: rsa.RSAPrivateKey) -> RsaPrivateKey:
    private = key.private_numbers()
    public = private.public_numbers
    return RsaPrivateKey(public.n, public.e, private.d, private.p, private.q)
