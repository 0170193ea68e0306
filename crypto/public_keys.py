"""Public keys as they stand in certificates and data groups: SubjectPublicKeyInfo of every kind that Doc 9303 knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto.core import Integer

from crypto import asn1, der, dh_group
from crypto.curves import NAMED, match_curve
from crypto.dh_group import DhGroup
from crypto.ec import Curve, Point
from crypto.ec_group import EcGroup
from crypto.errors import CertificateError, UnsupportedAlgorithm
from crypto.groups import STANDARDIZED, Group

_MAX_SIZE: Final = 8192
_RSA: Final = "1.2.840.113549.1.1.1"
_RSA_PSS: Final = "1.2.840.113549.1.1.10"
_EC: Final = "1.2.840.10045.2.1"
_X942: Final = "1.2.840.10046.2.1"
_PKCS3: Final = "1.2.840.113549.1.3.1"
_STANDARDIZED: Final = "0.4.0.127.0.7.1.2"
_PRIME_FIELD: Final = "1.2.840.10045.1.1"
_UNCOMPRESSED: Final = 4
_MIN_DH_BITS: Final = 1024
_MAX_DH_BITS: Final = 3072
_MIN_DH_ORDER_BITS: Final = 160


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """`pss_parameters` is the DER of the parameters that an id-RSASSA-PSS key is bound to (RFC 4055 section 1.2)."""

    modulus: int
    exponent: int
    pss_only: bool = False
    pss_parameters: bytes | None = None


@dataclass(frozen=True, slots=True)
class EcPublicKey:
    """`point` is encoded as in the key (TR-03111 section 3.2.1); whether it is on the curve is not checked yet."""

    curve: Curve
    point: bytes


@dataclass(frozen=True, slots=True)
class DhPublicKey:
    """`public` is the unsigned integer; whether it belongs to the group is not checked yet."""

    group: DhGroup
    public: bytes


PublicKey = RsaPublicKey | EcPublicKey | DhPublicKey


def parse(public_key_info: bytes) -> PublicKey:
    """Read the DER of a SubjectPublicKeyInfo (RFC 3279, RFC 4055, RFC 5480; Doc 9303-11 sections 9.5 and 9.6).

    Explicit curve parameters, which a sixth of all CSCA certificates carry, are matched with the named curves by all of
    p, a, b, G and n. Diffie-Hellman keys come as PKCS #3 has them, which is the standard, and as X9.42 has them, which
    documents in circulation do (section 8.5).

    Raises:
        CertificateError: malformed.
        UnsupportedAlgorithm: another kind of key, a curve that is none of the named ones, or a field out of bounds.
        DerError: not strict DER.
    """
    der.check(public_key_info, max_size=_MAX_SIZE)
    with asn1.decoding("a public key", CertificateError):
        info = asn1.load(asn1.SubjectPublicKeyInfo, public_key_info)
        algorithm: str = info["algorithm"]["algorithm"].dotted
        parameters = info["algorithm"]["parameters"]
        encoded = asn1.whole_bytes(info["public_key"])
        if algorithm in (_RSA, _RSA_PSS):
            key = asn1.load(asn1.RsaPublicKey, encoded)
            bound = asn1.encoded(parameters) if algorithm == _RSA_PSS else b""
            return RsaPublicKey(key["modulus"].native, key["exponent"].native, algorithm == _RSA_PSS, bound or None)
        if algorithm == _EC:
            return EcPublicKey(_curve(asn1.load(asn1.EcParameters, asn1.encoded(parameters))), encoded)
        if algorithm == _STANDARDIZED:
            return _standardized(asn1.integer(asn1.encoded(parameters)), encoded)
        if algorithm == _X942:
            domain = asn1.load(asn1.X942Parameters, asn1.encoded(parameters))
            group = _dh_group(domain["prime"].native, domain["base"].native, domain["order"].native)
            return DhPublicKey(group, _unsigned(encoded))
        if algorithm == _PKCS3:
            domain = asn1.load(asn1.DhParameters, asn1.encoded(parameters))
            return DhPublicKey(_dh_group(domain["prime"].native, domain["base"].native, None), _unsigned(encoded))
    raise UnsupportedAlgorithm(f"keys of the kind {algorithm}")


def agreement_key(key: PublicKey) -> tuple[Group, bytes]:
    """Give the group of a key and the checked key itself, for an agreement with its owner.

    Raises:
        PointError: it is no element of its group.
        UnsupportedAlgorithm: nobody can agree with an RSA key, or in a group whose generator has another order.
    """
    if isinstance(key, RsaPublicKey):
        raise UnsupportedAlgorithm("a key agreement with an RSA key")
    if isinstance(key, DhPublicKey):
        _check_generator(key.group)
        return key.group, key.group.check_public_key(key.public)
    group = EcGroup(key.curve)
    return group, group.check_public_key(key.point)


def _standardized(number: int, encoded: bytes) -> PublicKey:
    group = STANDARDIZED.get(number)
    if isinstance(group, DhGroup):
        return DhPublicKey(group, _unsigned(encoded))
    if isinstance(group, EcGroup):
        return EcPublicKey(group.curve, encoded)
    raise UnsupportedAlgorithm(f"the standardized domain parameters {number}")


def _dh_group(p: int, g: int, q: int | None) -> DhGroup:
    """Match with the groups of RFC 5114, or take the issuer's own.

    Whether p and q are primes is left to the issuer, who signed them: to find out takes longer than the rest. The
    generator's order is for `agreement_key`: an exponentiation for each of many parameters that nobody signed yet would
    hold a reader up for seconds.
    """
    known = dh_group.match_group(p, g, q)
    if known is not None:
        return known
    if not _MIN_DH_BITS <= p.bit_length() <= _MAX_DH_BITS or p < 0 or not (p & 1 and 1 < g < p - 1):
        raise UnsupportedAlgorithm(f"Diffie-Hellman in a field of {p.bit_length()} bits")
    if q is not None and (q.bit_length() < _MIN_DH_ORDER_BITS or not 0 < q < p or (p - 1) % q):
        raise UnsupportedAlgorithm("a Diffie-Hellman subgroup of no possible order")
    return DhGroup(f"DH {p.bit_length()}" + ("" if q is None else f"/{q.bit_length()}"), p, g, q)


def _check_generator(group: DhGroup) -> None:
    known = dh_group.match_group(group.p, group.g, group.q) is not None
    if not known and group.q is not None and pow(group.g, group.q, group.p) != 1:
        raise UnsupportedAlgorithm("a Diffie-Hellman generator of another order than stated")


def _unsigned(encoded: bytes) -> bytes:
    """Read an INTEGER in a BIT STRING; raises ValueError where it is below one."""
    number = asn1.integer(encoded)
    if number < 1:
        raise ValueError("a public key below one")
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _curve(parameters: Any) -> Curve:
    if parameters.name == "named":
        curve = NAMED.get(parameters.chosen.dotted)
    elif parameters.name == "specified":
        curve = _matching(parameters.chosen)
    else:
        curve = None
    if curve is None:
        raise UnsupportedAlgorithm("a curve that is none of the named ones")
    return curve


def _matching(specified: Any) -> Curve | None:
    field = specified["field"]
    base: bytes = specified["base"].native
    if field["type"].dotted != _PRIME_FIELD or base[:1] != bytes([_UNCOMPRESSED]):
        return None
    width = (len(base) - 1) // 2
    return match_curve(
        p=asn1.load(Integer, asn1.encoded(field["parameters"])).native,
        a=int.from_bytes(specified["curve"]["a"].native, "big"),
        b=int.from_bytes(specified["curve"]["b"].native, "big"),
        g=Point(int.from_bytes(base[1 : 1 + width], "big"), int.from_bytes(base[1 + width :], "big")),
        n=specified["order"].native,
    )
