"""Public keys as they stand in certificates and data groups: SubjectPublicKeyInfo of RSA and elliptic-curve keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto.core import Integer

from crypto import asn1, der
from crypto.curves import NAMED, match_curve
from crypto.ec import Curve, Point
from crypto.errors import CertificateError, UnsupportedAlgorithm

_MAX_SIZE: Final = 8192
_RSA: Final = "1.2.840.113549.1.1.1"
_RSA_PSS: Final = "1.2.840.113549.1.1.10"
_EC: Final = "1.2.840.10045.2.1"
_PRIME_FIELD: Final = "1.2.840.10045.1.1"
_UNCOMPRESSED: Final = 4


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


PublicKey = RsaPublicKey | EcPublicKey


def parse(public_key_info: bytes) -> PublicKey:
    """Read the DER of a SubjectPublicKeyInfo (RFC 3279, RFC 4055, RFC 5480).

    Explicit curve parameters, which a sixth of all CSCA certificates carry, are matched with the named curves by all of
    p, a, b, G and n.

    Raises:
        CertificateError: malformed.
        UnsupportedAlgorithm: another kind of key, or a curve that is none of the named ones.
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
            bound = parameters.dump() if algorithm == _RSA_PSS else b""
            return RsaPublicKey(key["modulus"].native, key["exponent"].native, algorithm == _RSA_PSS, bound or None)
        if algorithm == _EC:
            return EcPublicKey(_curve(asn1.load(asn1.EcParameters, parameters.dump())), encoded)
    raise UnsupportedAlgorithm(f"keys of the kind {algorithm}")


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
        p=asn1.load(Integer, field["parameters"].dump()).native,
        a=int.from_bytes(specified["curve"]["a"].native, "big"),
        b=int.from_bytes(specified["curve"]["b"].native, "big"),
        g=Point(int.from_bytes(base[1 : 1 + width], "big"), int.from_bytes(base[1 + width :], "big")),
        n=specified["order"].native,
    )
