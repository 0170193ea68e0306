"""X.509 certificates of CSCAs, document signers and master list signers (Doc 9303-12 section 7, RFC 5280)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag
from typing import Any, Final

from crypto import asn1, der, names, signature
from crypto.errors import CertificateError
from crypto.names import DistinguishedName

MASTER_LIST_SIGNING: Final = "2.23.136.1.1.3"
"""Extended key usage of a master list signer (Doc 9303-12 section 7.1)."""

_MAX_SIZE: Final = 16 * 1024
_SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
_KEY_USAGE: Final = "2.5.29.15"
_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
_EXTENDED_KEY_USAGE: Final = "2.5.29.37"
_INFORMATIVE: Final = frozenset(
    {
        "2.5.29.16",  # privateKeyUsagePeriod
        "2.5.29.17",  # subjectAltName
        "2.5.29.18",  # issuerAltName
        "2.5.29.31",  # cRLDistributionPoints
        "2.5.29.32",  # certificatePolicies: any policy serves here
        "2.23.136.1.1.6.1",  # nameChange
        "2.23.136.1.1.6.2",  # documentTypeList
    }
)
"""Extensions of the profiles that may be critical and do not bear on whether a signature counts."""


class KeyUsage(Flag):
    """RFC 5280 section 4.2.1.3, bit n of the BIT STRING as 1 << n."""

    DIGITAL_SIGNATURE = 1 << 0
    NON_REPUDIATION = 1 << 1
    KEY_ENCIPHERMENT = 1 << 2
    DATA_ENCIPHERMENT = 1 << 3
    KEY_AGREEMENT = 1 << 4
    KEY_CERT_SIGN = 1 << 5
    CRL_SIGN = 1 << 6
    ENCIPHER_ONLY = 1 << 7
    DECIPHER_ONLY = 1 << 8


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed certificate; nothing about it is trusted yet.

    Attributes:
        raw: the whole DER.
        tbs: DER of what its issuer signed.
        public_key_info: DER of the SubjectPublicKeyInfo.
        signature_algorithm: DER of the AlgorithmIdentifier, equal inside and outside of `tbs`.
        key_usage: None where the extension is absent.
        path_length: how many CAs may follow below; None for no limit.
        unknown_critical: critical extensions that this package does not process.
    """

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    serial_number: int
    issuer: DistinguishedName
    subject: DistinguishedName
    not_before: datetime
    not_after: datetime
    public_key_info: bytes = field(repr=False)
    signature_algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    subject_key_identifier: bytes | None
    authority_key_identifier: bytes | None
    key_usage: KeyUsage | None
    extended_key_usage: frozenset[str]
    is_ca: bool
    path_length: int | None
    unknown_critical: frozenset[str]

    @classmethod
    def parse(cls, data: bytes) -> Certificate:
        """Read one DER certificate.

        Raises:
            DerError: not strict DER, or more than 16 KiB.
            CertificateError: not a certificate, or one that contradicts itself.
        """
        der.check(data, max_size=_MAX_SIZE)
        with asn1.decoding("a certificate", CertificateError):
            loaded = asn1.load(asn1.Certificate, data)
            tbs = loaded["tbs"]
            algorithm: bytes = asn1.encoded(loaded["signature_algorithm"])
            if asn1.encoded(tbs["signature"]) != algorithm:
                raise CertificateError("a certificate names two different signature algorithms")
            extensions = _Extensions(tbs["extensions"])
            is_ca, path_length = extensions.basic_constraints()
            return cls(
                raw=data,
                tbs=asn1.encoded(tbs),
                serial_number=tbs["serial_number"].native,
                issuer=names.from_asn1(tbs["issuer"]),
                subject=names.from_asn1(tbs["subject"]),
                not_before=asn1.moment(tbs["validity"]["not_before"]),
                not_after=asn1.moment(tbs["validity"]["not_after"]),
                public_key_info=asn1.encoded(tbs["public_key"]),
                signature_algorithm=algorithm,
                signature=asn1.whole_bytes(loaded["signature"]),
                subject_key_identifier=extensions.subject_key_identifier(),
                authority_key_identifier=extensions.authority_key_identifier(),
                key_usage=extensions.key_usage(),
                extended_key_usage=extensions.extended_key_usage(),
                is_ca=is_ca,
                path_length=path_length,
                unknown_critical=extensions.unknown_critical(),
            )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def country(self) -> str | None:
        """The subject's country, two letters in upper case."""
        return self.subject.country

    @property
    def is_self_issued(self) -> bool:
        return self.subject.folded == self.issuer.folded

    def is_valid_at(self, moment: datetime) -> bool:
        """Tell whether an aware moment lies within the validity, both ends included."""
        return self.not_before <= moment <= self.not_after

    def may_be_issued_by(self, issuer: Certificate) -> bool:
        """Tell whether `issuer` is a candidate by name or by key identifier. Only a signature proves more."""
        if issuer.subject.folded == self.issuer.folded:
            return True
        return self.authority_key_identifier is not None and (
            self.authority_key_identifier == issuer.subject_key_identifier
        )

    def __str__(self) -> str:
        return f"{self.subject} (serial {self.serial_number:x})"


def verify_issued(child: Certificate, issuer: Certificate) -> None:
    """Verify the signature on `child` with the key of `issuer`, and nothing else: see `crypto.chain` for the rest.

    Raises:
        SignatureError: it does not verify.
        UnsupportedAlgorithm, CertificateError: it cannot be verified.
    """
    algorithm = signature.parse_algorithm(child.signature_algorithm)
    signature.verify(issuer.public_key_info, algorithm, child.tbs, child.signature)


class _Extensions:
    """The extensions of one certificate by object identifier, decoded one by one."""

    def __init__(self, extensions: Iterable[Any]) -> None:
        self._critical: set[str] = set()
        self._values: dict[str, bytes] = {}
        for extension in extensions if asn1.present(extensions) else ():
            kind: str = extension["id"].dotted
            if kind in self._values:
                raise CertificateError("a certificate with the same extension twice")
            self._values[kind] = extension["value"].native
            if extension["critical"].native:
                self._critical.add(kind)

    def subject_key_identifier(self) -> bytes | None:
        value = self._values.get(_SUBJECT_KEY_IDENTIFIER)
        return None if value is None else asn1.octets(value)

    def authority_key_identifier(self) -> bytes | None:
        value = self._values.get(_AUTHORITY_KEY_IDENTIFIER)
        return None if value is None else asn1.authority_key_identifier(value)

    def key_usage(self) -> KeyUsage | None:
        value = self._values.get(_KEY_USAGE)
        if value is None:
            return None
        bits = asn1.load(asn1.KeyUsage, value).native
        return KeyUsage(sum(1 << position for position, bit in enumerate(bits[:9]) if bit))

    def extended_key_usage(self) -> frozenset[str]:
        value = self._values.get(_EXTENDED_KEY_USAGE)
        if value is None:
            return frozenset()
        return frozenset(purpose.dotted for purpose in asn1.load(asn1.KeyPurposes, value))

    def basic_constraints(self) -> tuple[bool, int | None]:
        value = self._values.get(_BASIC_CONSTRAINTS)
        if value is None:
            return False, None
        constraints = asn1.load(asn1.BasicConstraints, value)
        return bool(constraints["ca"].native), constraints["path_length"].native

    def unknown_critical(self) -> frozenset[str]:
        processed = {
            _SUBJECT_KEY_IDENTIFIER,
            _AUTHORITY_KEY_IDENTIFIER,
            _KEY_USAGE,
            _EXTENDED_KEY_USAGE,
            _BASIC_CONSTRAINTS,
        }
        return frozenset(self._critical - processed - _INFORMATIVE)
