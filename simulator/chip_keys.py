"""A chip's own key pairs, and how an issuer writes their public halves."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from crypto import curves, tlv
from crypto.active_authentication import RsaPrivateKey
from crypto.dh_group import DhGroup
from crypto.ec import Curve
from crypto.ec_group import EcGroup
from crypto.groups import STANDARDIZED, Group
from crypto.key_pair import RandomBytes, random_below
from crypto.protocols import oid_der
from simulator import signing_key
from simulator.personalisation import ChipAuthenticationKey, EcAuthenticationKey

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_DH_PUBLIC_NUMBER: Final = "1.2.840.10046.2.1"
_DH_KEY_AGREEMENT: Final = "1.2.840.113549.1.3.1"
_STANDARDIZED_PARAMETERS: Final = "0.4.0.127.0.7.1.2"
_PUBLIC_EXPONENT: Final = 65537
_INTEGER: Final = 0x02
_BIT_STRING: Final = 0x03
_OBJECT_IDENTIFIER: Final = 0x06
_SEQUENCE: Final = 0x30


class KeyForm(Enum):
    """How a SubjectPublicKeyInfo says which group its key is of."""

    USUAL = "the curve's name; X9.42 for Diffie-Hellman"
    EXPLICIT = "the curve's parameters; PKCS #3, without the order, for Diffie-Hellman"
    STANDARDIZED = "the number of the standardized domain parameters (Doc 9303-11, 9.5.1)"


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


def ec_public_key_info(key: EcAuthenticationKey, form: KeyForm = KeyForm.USUAL) -> bytes:
    """DER of the SubjectPublicKeyInfo, the content of DG15."""
    group = EcGroup(key.curve)
    return public_key_info(group, group.public_key(key.private), form)


def generate_ca_key(
    group: Group, protocols: tuple[str, ...], random_bytes: RandomBytes, key_id: int | None = None
) -> ChipAuthenticationKey:
    """Draw a key pair for chip authentication."""
    return ChipAuthenticationKey(group, random_below(group.order, random_bytes), protocols, key_id)


def ca_public_key_info(key: ChipAuthenticationKey, form: KeyForm = KeyForm.USUAL) -> bytes:
    """DER of the SubjectPublicKeyInfo, as it stands in DG14 and EF.CardSecurity."""
    return public_key_info(key.group, key.public, form)


def public_key_info(group: Group, public: bytes, form: KeyForm = KeyForm.USUAL) -> bytes:
    """DER of the SubjectPublicKeyInfo of a key, in any of the forms in circulation.

    Args:
        public: as it goes over the wire.
    """
    if isinstance(group, EcGroup):
        named = _info(_EC_PUBLIC_KEY, _oid(_curve_oid(group.curve)), public)
        if form is KeyForm.EXPLICIT:
            return signing_key.with_explicit_parameters(named)
        return named if form is KeyForm.USUAL else _standardized(group, public)
    assert isinstance(group, DhGroup), "there are no other groups"
    number = _integer(int.from_bytes(public, "big"))
    match form:
        case KeyForm.USUAL:
            parameters = _sequence(_integer(group.p), _integer(group.g), _integer(group.order))
            return _info(_DH_PUBLIC_NUMBER, parameters, number)
        case KeyForm.EXPLICIT:
            return _info(_DH_KEY_AGREEMENT, _sequence(_integer(group.p), _integer(group.g)), number)
        case KeyForm.STANDARDIZED:
            return _standardized(group, number)


def domain_parameters(group: Group, form: KeyForm) -> bytes:
    """DER of the AlgorithmIdentifier of keys in this group, as a PACEDomainParameterInfo holds it."""
    algorithm, _ = tlv.parse(tlv.parse_one(public_key_info(group, group.generator, form)).value)
    return tlv.encode(algorithm.tag, algorithm.value)


def load_ec_scalar(pkcs8: bytes) -> int:
    """The private number of an elliptic-curve key in PKCS #8 (RFC 5958, RFC 5915); raises ValueError where it is none.

    Read here because OpenSSL's binding refuses keys with explicit parameters on brainpool curves.
    """
    info: Any = PrivateKeyInfo.load(pkcs8, strict=True)
    if info["private_key_algorithm"]["algorithm"].dotted != _EC_PUBLIC_KEY:
        raise ValueError("chip authentication takes an elliptic-curve key here")
    scalar: int = info["private_key"].parsed["private_key"].native
    return scalar


def _standardized(group: Group, public: bytes) -> bytes:
    number = next(number for number, standardized in STANDARDIZED.items() if standardized == group)
    return _info(_STANDARDIZED_PARAMETERS, _integer(number), public)


def _info(algorithm: str, parameters: bytes, public: bytes) -> bytes:
    return _sequence(_sequence(_oid(algorithm), parameters), tlv.encode(_BIT_STRING, b"\0" + public))


def _sequence(*parts: bytes) -> bytes:
    return tlv.encode(_SEQUENCE, b"".join(parts))


def _oid(dotted: str) -> bytes:
    return tlv.encode(_OBJECT_IDENTIFIER, oid_der(dotted))


def _integer(number: int) -> bytes:
    return tlv.encode(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _curve_oid(curve: Curve) -> str:
    return next(oid for oid, named in curves.NAMED.items() if named == curve)


def _numbers(key: rsa.RSAPrivateKey) -> RsaPrivateKey:
    private = key.private_numbers()
    public = private.public_numbers
    return RsaPrivateKey(public.n, public.e, private.d, private.p, private.q)
