"""Private keys of issuers and signers that exist only in software."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from asn1crypto.core import Integer
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from crypto import asn1, public_keys
from crypto.public_keys import EcPublicKey
from crypto.signature import PssParameters, Scheme, SignatureAlgorithm

_PRIME_FIELD: Final = "1.2.840.10045.1.1"
_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_HASHES: Final = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class KeyKind(StrEnum):
    """Kinds of keys seen in CSCA and document signer certificates."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    SECP224R1 = "secp224r1"
    SECP256R1 = "secp256r1"
    SECP384R1 = "secp384r1"
    SECP521R1 = "secp521r1"
    BRAINPOOL_P256R1 = "brainpoolP256r1"
    BRAINPOOL_P384R1 = "brainpoolP384r1"
    BRAINPOOL_P512R1 = "brainpoolP512r1"


_CURVES: Final[dict[KeyKind, type[ec.EllipticCurve]]] = {
    KeyKind.SECP224R1: ec.SECP224R1,
    KeyKind.SECP256R1: ec.SECP256R1,
    KeyKind.SECP384R1: ec.SECP384R1,
    KeyKind.SECP521R1: ec.SECP521R1,
    KeyKind.BRAINPOOL_P256R1: ec.BrainpoolP256R1,
    KeyKind.BRAINPOOL_P384R1: ec.BrainpoolP384R1,
    KeyKind.BRAINPOOL_P512R1: ec.BrainpoolP512R1,
}


def generate(kind: KeyKind) -> bytes:
    """Make a key pair from the operating system's random source; RSA takes up to some seconds.

    Returns:
        DER of the unencrypted PKCS #8 PrivateKeyInfo, for `SigningKey.load` and for a cache.
    """
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if kind in _CURVES:
        key = ec.generate_private_key(_CURVES[kind]())
    else:
        key = rsa.generate_private_key(65537, int(kind.removeprefix("rsa-")))
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the way it signs.

    With `explicit_parameters` the public key of an elliptic curve is written with p, a, b, G and n instead of the
    curve's name, as a sixth of all CSCAs do.
    """

    algorithm: SignatureAlgorithm
    explicit_parameters: bool
    _key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def load(
        cls, pkcs8: bytes, *, digest: str = "sha256", pss: bool = False, explicit_parameters: bool = False
    ) -> SigningKey:
        """Take a key from its PKCS #8 DER.

        Args:
            digest: name in `hashlib` of the hash that is signed.
            pss: RSA signs with RSASSA-PSS, MGF1 on the same hash and a salt as long as the hash, not PKCS #1 v1.5.

        Raises:
            ValueError: neither an RSA nor an elliptic-curve key.
        """
        key = serialization.load_der_private_key(pkcs8, None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return cls(SignatureAlgorithm(Scheme.ECDSA, digest), explicit_parameters, key)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("a signing key is an RSA or an elliptic-curve key")
        if not pss:
            return cls(SignatureAlgorithm(Scheme.PKCS1, digest), False, key)
        parameters = PssParameters(digest, hashlib.new(digest).digest_size)
        return cls(SignatureAlgorithm(Scheme.PSS, digest, parameters), False, key)

    @property
    def public_key_info(self) -> bytes:
        """DER of the SubjectPublicKeyInfo."""
        named = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return with_explicit_parameters(named) if self.explicit_parameters else named

    @property
    def key_identifier(self) -> bytes:
        """What certificates call this key."""
        return key_identifier(self.public_key_info)

    def sign(self, message: bytes) -> bytes:
        """Sign `message`; ECDSA gives the DER form."""
        digest = _HASHES[self.algorithm.digest]
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(message, ec.ECDSA(digest))
        if self.algorithm.pss is None:
            return self._key.sign(message, padding.PKCS1v15(), digest)
        return self._key.sign(message, padding.PSS(padding.MGF1(digest), self.algorithm.pss.salt_length), digest)


def key_identifier(public_key_info: bytes) -> bytes:
    """SHA-1 over a key's bits: method 1 of RFC 5280 section 4.2.1.2."""
    info = asn1.SubjectPublicKeyInfo.load(public_key_info)
    return hashlib.sha1(asn1.whole_bytes(info["public_key"]), usedforsecurity=False).digest()


def with_explicit_parameters(named: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a key on a named curve with p, a, b, G and n in place of the curve's name."""
    key = public_keys.parse(named)
    if not isinstance(key, EcPublicKey):
        raise ValueError("only curves have parameters to write out")
    curve, width = key.curve, key.curve.field_length
    parameters = asn1.SpecifiedCurve(
        {
            "version": 1,
            "field": {"type": _PRIME_FIELD, "parameters": Integer(curve.p)},
            "curve": {"a": curve.a.to_bytes(width, "big"), "b": curve.b.to_bytes(width, "big")},
            "base": b"\x04" + curve.g.x.to_bytes(width, "big") + curve.g.y.to_bytes(width, "big"),
            "order": curve.n,
            "cofactor": curve.h,
        }
    )
    info = asn1.SubjectPublicKeyInfo.load(named)
    info["algorithm"] = {"algorithm": _EC_PUBLIC_KEY, "parameters": parameters}
    encoded: bytes = info.dump()
    return encoded
