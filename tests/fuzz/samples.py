"""Issuers and signed files for fuzzing to start from, the same bytes in every run."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from asn1crypto.core import Integer, ObjectIdentifier, load
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crypto import master_list, tlv
from crypto.asn1 import CscaMasterList
from crypto.certificates import MASTER_LIST_SIGNING, Certificate, KeyUsage
from crypto.crl import RevocationList
from crypto.signature import PssParameters, Scheme, SignatureAlgorithm
from reader.lds import card_security, sod
from reader.lds.security_infos import SecurityInfos, encode_security_infos
from reader.lds.sod import LdsVersions
from reader.trust import Anchor, InstalledCrl, TrustStore
from simulator import cms_writer
from simulator.certificate_writer import CertificateTemplate, name
from simulator.cms_writer import Signer
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import SigningKey

NOW = datetime(2026, 11, 1, tzinfo=UTC)
Groups = tuple[tuple[int, bytes], ...]
"""Data groups by their numbers: complete files."""

_EXPONENT = 65537
_PRIME_BITS = 512


class RepeatableKey(SigningKey):
    """Signs the same way every time: ECDSA after RFC 6979; RSA with PKCS #1 v1.5, or with PSS without salt."""

    def sign(self, message: bytes) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            digest = hashes.SHA384() if self.algorithm.digest == "sha384" else hashes.SHA256()
            return self._key.sign(message, ec.ECDSA(digest, deterministic_signing=True))
        return SigningKey.sign(self, message)


def rsa_key(label: str, *, pss: bool = False) -> RepeatableKey:
    """An RSA key of 1024 bits, the same for the same label. It guards nothing."""
    p, q = _prime(f"{label} p"), _prime(f"{label} q")
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    scheme, parameters = (Scheme.PSS, PssParameters("sha256", 0)) if pss else (Scheme.PKCS1, None)
    return RepeatableKey(SignatureAlgorithm(scheme, "sha256", parameters), False, numbers.private_key())


def ec_key(curve: ec.EllipticCurve, *, digest: str = "sha256", explicit: bool = False) -> RepeatableKey:
    """An elliptic-curve key, the same for the same curve. It guards nothing."""
    private = int.from_bytes(hashlib.sha256(curve.name.encode()).digest()[:20], "big")
    return RepeatableKey(SignatureAlgorithm(Scheme.ECDSA, digest), explicit, ec.derive_private_key(private, curve))


def dh_key(bits: int) -> tuple[bytes, bytes]:
    """A Diffie-Hellman key in a field of one's own, as X9.42 has it: SubjectPublicKeyInfo, and its AlgorithmIdentifier.

    The numbers are of the right sizes and no primes: what they cost to check shows all the same.
    """
    q = 1 << bits - 3 | 1
    parameters = b"".join(Integer(number).dump() for number in (6 * q + 1, 5, q))
    algorithm = tlv.encode(0x30, ObjectIdentifier("1.2.840.10046.2.1").dump() + tlv.encode(0x30, parameters))
    key = tlv.encode(0x03, b"\0" + Integer(3 << bits - 4).dump())
    return tlv.encode(0x30, algorithm + key), algorithm


def _prime(label: str) -> int:
    candidate = int.from_bytes(hashlib.sha512(label.encode()).digest(), "big") | 3 << _PRIME_BITS - 2 | 1
    while pow(2, candidate - 1, candidate) != 1 or candidate % _EXPONENT == 1:
        candidate += 2
    return candidate


@dataclass(frozen=True)
class Samples:
    """What issuers sign: complete files, and certificates, CRLs and master lists in DER."""

    trust: TrustStore
    sods: tuple[bytes, ...]
    card_securities: tuple[bytes, ...]
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    master_lists: tuple[bytes, ...]
    public_keys: tuple[bytes, ...]


@cache
def signed_samples(infos: SecurityInfos, groups: Groups) -> Samples:
    """Sign with every kind of key that documents have: `groups` in EF.SOD, and `infos` in EF.CardSecurity."""
    csca = rsa_key("csca")
    keys = (
        IssuerKeys(csca, rsa_key("document signer")),
        IssuerKeys(csca, rsa_key("document signer", pss=True)),
        IssuerKeys(csca, ec_key(ec.SECP256R1())),
        IssuerKeys(ec_key(ec.SECP384R1(), digest="sha384"), ec_key(ec.BrainpoolP256R1(), explicit=True)),
    )
    issuers = [
        Issuer.create("VN", now=NOW, random_bytes=random.Random(seed).randbytes, keys=pair)
        for seed, pair in enumerate(keys)
    ]
    first, second = issuers[:2]
    lists = _master_list(first, issuers)
    crls = (first.crl(), second.crl([second.document_signer_serial_number, 7]))
    certificates = [der for issuer in issuers for der in (issuer.csca_der, issuer.document_signer_der)]
    trust = TrustStore(
        tuple(Anchor(Certificate.parse(issuer.csca_der), "given.cer") for issuer in issuers),
        tuple(InstalledCrl(RevocationList.parse(crl), "given.crl") for crl in crls),
    )
    content = encode_security_infos(infos)
    sods = [_sod(issuer, number, groups) for number, issuer in enumerate(issuers)]
    return Samples(
        trust,
        (*sods, sod.encode(streamed(tlv.parse_one(sods[0]).value))),
        tuple(
            card_security.encode(cms_writer.sign(card_security.CONTENT_TYPE, content, _document_signer(issuer)))
            for issuer in issuers
        ),
        tuple(certificates),
        crls,
        (lists,),
        tuple(key.public_key_info for pair in keys for key in (pair.csca, pair.document_signer)),
    )


def streamed(data: bytes) -> bytes:
    """DER with every length of a constructed object left open, as streaming generators write it."""
    encoded = bytearray()
    for item in tlv.parse(data):
        if item.tag & 0x20 and item.tag < 0x100:
            encoded += bytes((item.tag, 0x80)) + streamed(item.value) + b"\0\0"
        else:
            encoded += tlv.encode(item.tag, item.value)
    return bytes(encoded)


def _document_signer(issuer: Issuer, *, by_key: bool = False) -> Signer:
    return Signer(issuer.document_signer_der, issuer.keys.document_signer, by_key)


def _sod(issuer: Issuer, number: int, groups: Groups) -> bytes:
    """Each issuer in its own way: object of version 0 or 1, with a signing time or not, signer by key or name."""
    digest = issuer.keys.document_signer.algorithm.digest
    values = {group: hashlib.new(digest, content).digest() for group, content in groups}
    versions = LdsVersions("0108", "040000") if number % 2 else None
    content = sod.encode_security_object(sod.SecurityObject(digest, values, versions))
    signer = _document_signer(issuer, by_key=number == 3)
    return sod.encode(cms_writer.sign(sod.CONTENT_TYPE, content, signer, signing_time=NOW if number % 2 else None))


def _master_list(issuer: Issuer, issuers: list[Issuer]) -> bytes:
    key = ec_key(ec.SECP256R1())
    template = CertificateTemplate(
        subject=name("VN", "Mot Cham Simulator", "Master List Signer"),
        serial_number=0x1234567890,
        not_before=NOW.replace(year=2026, month=1),
        not_after=NOW.replace(year=2028),
        key_usage=KeyUsage.DIGITAL_SIGNATURE,
        purposes=(MASTER_LIST_SIGNING,),
    )
    signer = Signer(issuer.issue(template, key.public_key_info), key, by_key=True)
    listed = sorted({other.csca_der for other in issuers})
    content = CscaMasterList({"version": 0, "certificates": [load(der) for der in listed]}).dump()
    return cms_writer.sign(
        master_list.CONTENT_TYPE, content, signer, signing_time=NOW, further_certificates=(issuer.csca_der,)
    )
