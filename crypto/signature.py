"""Digital signatures of Doc 9303-12 section 4.4: RSA PKCS #1 v1.5, RSASSA-PSS and ECDSA.

The arithmetic is OpenSSL's wherever it knows the curve; this package's own for brainpoolP192r1, P224r1 and P320r1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from asn1crypto.core import Asn1Value, Null
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec as openssl_ec
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from crypto import asn1, ec, ecdsa, public_keys
from crypto.errors import PointError, SignatureError, UnsupportedAlgorithm
from crypto.public_keys import DhPublicKey, EcPublicKey, RsaPublicKey

_MGF1: Final = "1.2.840.113549.1.1.8"
_RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
_PSS: Final = "1.2.840.113549.1.1.10"
_NULL: Final = b"\x05\x00"
_MIN_RSA_BITS: Final = 1024
_MAX_RSA_BITS: Final = 8192
_MAX_RSA_EXPONENT: Final = 1 << 64
_MAX_SALT: Final = 128
_DEFAULT_SALT: Final = 20
_TRAILER_BC: Final = 1

DIGESTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.3.14.3.2.26": "sha1",
        "2.16.840.1.101.3.4.2.4": "sha224",
        "2.16.840.1.101.3.4.2.1": "sha256",
        "2.16.840.1.101.3.4.2.2": "sha384",
        "2.16.840.1.101.3.4.2.3": "sha512",
    }
)
"""Object identifier → name in `hashlib`. SHA-1 is there for old documents in circulation; MD5 is not."""

_OIDS: Final[Mapping[str, str]] = MappingProxyType({name: identifier for identifier, name in DIGESTS.items()})


class Scheme(StrEnum):
    PKCS1 = "RSA-PKCS1-v1.5"
    PSS = "RSASSA-PSS"
    ECDSA = "ECDSA"


_SCHEMES: Final[Mapping[str, tuple[Scheme, str]]] = MappingProxyType(
    {
        "1.2.840.113549.1.1.5": (Scheme.PKCS1, "sha1"),
        "1.2.840.113549.1.1.14": (Scheme.PKCS1, "sha224"),
        "1.2.840.113549.1.1.11": (Scheme.PKCS1, "sha256"),
        "1.2.840.113549.1.1.12": (Scheme.PKCS1, "sha384"),
        "1.2.840.113549.1.1.13": (Scheme.PKCS1, "sha512"),
        "1.2.840.10045.4.1": (Scheme.ECDSA, "sha1"),
        "1.2.840.10045.4.3.1": (Scheme.ECDSA, "sha224"),
        "1.2.840.10045.4.3.2": (Scheme.ECDSA, "sha256"),
        "1.2.840.10045.4.3.3": (Scheme.ECDSA, "sha384"),
        "1.2.840.10045.4.3.4": (Scheme.ECDSA, "sha512"),
    }
)

_SCHEME_OIDS: Final[Mapping[tuple[Scheme, str], str]] = MappingProxyType(
    {scheme: identifier for identifier, scheme in _SCHEMES.items()}
)

_HASHES: Final[Mapping[str, Callable[[], hashes.HashAlgorithm]]] = MappingProxyType(
    {
        "sha1": hashes.SHA1,
        "sha224": hashes.SHA224,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
)

_OPENSSL_CURVES: Final[Mapping[str, Callable[[], openssl_ec.EllipticCurve]]] = MappingProxyType(
    {
        "secp192r1": openssl_ec.SECP192R1,
        "secp224r1": openssl_ec.SECP224R1,
        "secp256r1": openssl_ec.SECP256R1,
        "secp384r1": openssl_ec.SECP384R1,
        "secp521r1": openssl_ec.SECP521R1,
        "brainpoolP256r1": openssl_ec.BrainpoolP256R1,
        "brainpoolP384r1": openssl_ec.BrainpoolP384R1,
        "brainpoolP512r1": openssl_ec.BrainpoolP512R1,
    }
)


@dataclass(frozen=True, slots=True)
class PssParameters:
    """The hash below MGF1 by its name in `hashlib`, and the salt's length in bytes."""

    mask_digest: str
    salt_length: int


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A scheme, the hash by its name in `hashlib`, and the parameters that RSASSA-PSS alone has."""

    scheme: Scheme
    digest: str
    pss: PssParameters | None = None

    def __str__(self) -> str:
        salt = f", MGF1 {self.pss.mask_digest}, salt {self.pss.salt_length}" if self.pss else ""
        return f"{self.scheme} {self.digest}{salt}"


def parse_digest_algorithm(identifier: bytes) -> str:
    """Give the name in `hashlib` of a DER AlgorithmIdentifier of a hash function.

    Raises:
        UnsupportedAlgorithm: another function than those of Doc 9303, or parameters that are neither absent nor NULL.
    """
    with asn1.decoding("a digest algorithm", UnsupportedAlgorithm):
        return _digest(asn1.load(asn1.AlgorithmIdentifier, identifier))


def parse_algorithm(identifier: bytes, digest: str | None = None) -> SignatureAlgorithm:
    """Read the DER AlgorithmIdentifier of a signature (RFC 4055, RFC 5758).

    Args:
        digest: the hash stated elsewhere, for a SignerInfo that says no more than rsaEncryption (RFC 5652 section 5.3).

    Raises:
        UnsupportedAlgorithm: not one of Doc 9303-12 section 4.4, or with parameters that do not belong to it.
    """
    with asn1.decoding("a signature algorithm", UnsupportedAlgorithm):
        loaded = asn1.load(asn1.AlgorithmIdentifier, identifier)
        algorithm: str = loaded["algorithm"].dotted
        parameters: bytes = asn1.encoded(loaded["parameters"])
        if algorithm == _PSS:
            return SignatureAlgorithm(Scheme.PSS, *_parse_pss(parameters))
        if parameters not in (b"", _NULL):
            raise UnsupportedAlgorithm(f"unexpected parameters for the signature algorithm {algorithm}")
        if algorithm == _RSA_ENCRYPTION and digest is not None:
            return SignatureAlgorithm(Scheme.PKCS1, digest)
        if algorithm in _SCHEMES:
            return SignatureAlgorithm(*_SCHEMES[algorithm])
    raise UnsupportedAlgorithm(f"the signature algorithm {algorithm}")


def encode_digest_algorithm(digest: str) -> bytes:
    """Write the DER AlgorithmIdentifier of a hash function; raises KeyError for one that is not in `DIGESTS`."""
    return _encode(_OIDS[digest], Null())


def encode_algorithm(algorithm: SignatureAlgorithm) -> bytes:
    """Write the DER AlgorithmIdentifier of a signature; raises KeyError for a hash that is not in `DIGESTS`."""
    if algorithm.pss is None:
        identifier = _SCHEME_OIDS[algorithm.scheme, algorithm.digest]
        return _encode(identifier, Null() if algorithm.scheme is Scheme.PKCS1 else None)
    mask_digest = asn1.AlgorithmIdentifier.load(encode_digest_algorithm(algorithm.pss.mask_digest))
    parameters = {
        "hash": asn1.AlgorithmIdentifier.load(encode_digest_algorithm(algorithm.digest)),
        "mask": {"algorithm": _MGF1, "parameters": mask_digest},
        "salt_length": algorithm.pss.salt_length,
    }
    return _encode(_PSS, asn1.PssParameters(parameters))


def verify(public_key_info: bytes, algorithm: SignatureAlgorithm, message: bytes, signature: bytes) -> None:
    """Verify a signature over `message`; returns when it is good.

    PKCS #1 v1.5 padding is compared as a whole, PSS with exactly the given salt length, and ECDSA takes the DER form
    with 1 ≤ r, s < n.

    Args:
        public_key_info: DER of a SubjectPublicKeyInfo.

    Raises:
        SignatureError: the signature is not this key's over this message.
        UnsupportedAlgorithm: a kind of key, curve or size that is not implemented or not safe.
        CertificateError: the key is malformed.
    """
    key = public_keys.parse(public_key_info)
    if isinstance(key, DhPublicKey):
        raise UnsupportedAlgorithm("a signature with a Diffie-Hellman key")
    if isinstance(key, EcPublicKey):
        if algorithm.scheme is not Scheme.ECDSA:
            raise SignatureError(f"{algorithm.scheme} named with an elliptic-curve key")
        _verify_ecdsa(key, algorithm.digest, message, signature)
    else:
        if algorithm.scheme is Scheme.ECDSA:
            raise SignatureError("ECDSA named with an RSA key")
        _verify_rsa(key, algorithm, message, signature)


def _encode(identifier: str, parameters: Asn1Value | None) -> bytes:
    fields = {"algorithm": identifier} if parameters is None else {"algorithm": identifier, "parameters": parameters}
    encoded: bytes = asn1.AlgorithmIdentifier(fields).dump()
    return encoded


def _digest(identifier: Any) -> str:
    algorithm: str = identifier["algorithm"].dotted
    if algorithm not in DIGESTS:
        raise UnsupportedAlgorithm(f"the hash function {algorithm}")
    if asn1.encoded(identifier["parameters"]) not in (b"", _NULL):
        raise UnsupportedAlgorithm("unexpected parameters of a hash function")
    return DIGESTS[algorithm]


def _parse_pss(parameters: bytes) -> tuple[str, PssParameters]:
    """Read RSASSA-PSS-params: (hash, the rest). What is absent has the default of RFC 4055 section 3.1."""
    loaded = asn1.load(asn1.PssParameters, parameters or b"\x30\x00")
    digest = _digest(loaded["hash"]) if asn1.present(loaded["hash"]) else "sha1"
    mask_digest = "sha1"
    if asn1.present(loaded["mask"]):
        if loaded["mask"]["algorithm"].dotted != _MGF1:
            raise UnsupportedAlgorithm("a mask generation function other than MGF1")
        mask_digest = _digest(asn1.load(asn1.AlgorithmIdentifier, asn1.encoded(loaded["mask"]["parameters"])))
    salt_length: int = loaded["salt_length"].native if asn1.present(loaded["salt_length"]) else _DEFAULT_SALT
    if loaded["trailer"].native not in (None, _TRAILER_BC) or not 0 <= salt_length <= _MAX_SALT:
        raise UnsupportedAlgorithm("RSASSA-PSS with an unusual salt or trailer")
    return digest, PssParameters(mask_digest, salt_length)


def _verify_rsa(key: RsaPublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes) -> None:
    if not _MIN_RSA_BITS <= key.modulus.bit_length() <= _MAX_RSA_BITS:
        raise UnsupportedAlgorithm(f"an RSA modulus of {key.modulus.bit_length()} bits")
    if key.modulus < 0 or not (3 <= key.exponent < _MAX_RSA_EXPONENT and key.exponent & key.modulus & 1):
        raise UnsupportedAlgorithm("an RSA key that is no RSA key")
    if key.pss_only:
        _check_bound(key, algorithm)
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm.pss is not None:
        scheme = padding.PSS(padding.MGF1(_HASHES[algorithm.pss.mask_digest]()), algorithm.pss.salt_length)
    try:
        rsa.RSAPublicNumbers(key.exponent, key.modulus).public_key().verify(
            signature, message, scheme, _HASHES[algorithm.digest]()
        )
    except InvalidSignature:
        raise SignatureError("the RSA signature does not verify") from None


def _check_bound(key: RsaPublicKey, algorithm: SignatureAlgorithm) -> None:
    """Hold a key of the kind id-RSASSA-PSS to its scheme and parameters (RFC 4055 section 3.3)."""
    if algorithm.pss is None:
        raise SignatureError("PKCS #1 v1.5 named with a key for RSASSA-PSS only")
    if key.pss_parameters is None:
        return
    with asn1.decoding("a key's RSASSA-PSS parameters", UnsupportedAlgorithm):
        digest, bound = _parse_pss(key.pss_parameters)
    if (digest, bound.mask_digest) != (algorithm.digest, algorithm.pss.mask_digest) or (
        algorithm.pss.salt_length < bound.salt_length
    ):
        raise SignatureError("other RSASSA-PSS parameters than the key is bound to")


def _verify_ecdsa(key: EcPublicKey, digest: str, message: bytes, signature: bytes) -> None:
    r, s = ecdsa.decode_der(signature)
    if ecdsa.encode_der(r, s) != signature or not (0 < r < key.curve.n and 0 < s < key.curve.n):
        raise SignatureError("an ECDSA signature out of its form or range")
    name = key.curve.name
    try:
        if name in _OPENSSL_CURVES:
            public_key = openssl_ec.EllipticCurvePublicKey.from_encoded_point(_OPENSSL_CURVES[name](), key.point)
            public_key.verify(signature, message, openssl_ec.ECDSA(_HASHES[digest]()))
            return
        point = ec.decode_point(key.curve, key.point)
    except (ValueError, PointError) as cause:
        raise SignatureError(f"the public key is no point of {name}") from cause
    except InvalidSignature:
        raise SignatureError("the ECDSA signature does not verify") from None
    if not ecdsa.verify(key.curve, point, hashlib.new(digest, message).digest(), r, s):
        raise SignatureError("the ECDSA signature does not verify")
