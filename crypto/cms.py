"""CMS signed data (RFC 5652) as EF.SOD, EF.CardSecurity and CSCA master lists profile it (Doc 9303-10, -12).

Stricter than RFC 5652 where no signature covers a field: such a field must say the one thing that fits the rest, so
that whoever changes a single bit of the file is found out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from asn1crypto.core import ObjectIdentifier

from crypto import asn1, der, names, signature
from crypto.certificates import Certificate
from crypto.errors import CmsError, CryptoError, SignatureError, UnsupportedAlgorithm
from crypto.names import DistinguishedName

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
_SEQUENCE: Final = b"\x30"
_SET_OF: Final = b"\x31"
_VERSION: Final = 3
_VERSION_BY_ISSUER: Final = 1
_VERSION_BY_KEY: Final = 3
_MAX_CERTIFICATES: Final = 8


class SignerFault(StrEnum):
    """Why the signer's signature does not hold."""

    CERTIFICATE_MISSING = "certificate_missing"
    CONTENT_TYPE = "content_type"
    MESSAGE_DIGEST = "message_digest"
    ALGORITHM_PROTECTION = "algorithm_protection"
    ALGORITHM = "algorithm"
    """The signature algorithm, which no signature covers, is unknown or malformed."""
    KEY = "key"
    """The signer's key is of a kind that cannot be used here."""
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """The one signer of a `SignedData`.

    Attributes:
        issuer: with `serial_number`; or else `key_identifier` is given.
        digest_algorithm: name in `hashlib` of the hash behind the messageDigest attribute.
        signed_attributes: the bytes that were signed: as received, under the tag of SET OF (RFC 5652 section 5.4).
        content_type, message_digest: what the attributes of these names say, the digest as raw bytes.
        algorithm_protection: DER of the attribute of RFC 6211, where there is one.
        signature_algorithm: DER of the AlgorithmIdentifier.
    """

    issuer: DistinguishedName | None
    serial_number: int | None
    key_identifier: bytes | None
    digest_algorithm: str
    digest_algorithm_der: bytes = field(repr=False)
    signed_attributes: bytes = field(repr=False)
    content_type: str
    message_digest: bytes = field(repr=False)
    signing_time: datetime | None
    algorithm_protection: bytes | None = field(repr=False)
    signature_algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def is_made_by(self, certificate: Certificate) -> bool:
        """Tell whether this names `certificate`."""
        if self.issuer is None:
            return certificate.subject_key_identifier == self.key_identifier
        return certificate.serial_number == self.serial_number and _is_same_name(self.issuer, certificate.issuer)


@dataclass(frozen=True, slots=True)
class SignerResult:
    """`fault` is None when the signature holds; then `certificate` is the signer's and `algorithm` what it used."""

    fault: SignerFault | None
    certificate: Certificate | None
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class SignedData:
    """Content, its one signer and the certificates that came with them; nothing is verified yet."""

    content_type: str
    content: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    signer: SignerInfo

    @classmethod
    def parse(cls, data: bytes, *, max_size: int = 64 * 1024) -> SignedData:
        """Read a DER ContentInfo that holds SignedData.

        Raises:
            DerError: not strict DER, or more than `max_size` bytes.
            CmsError: not SignedData, not exactly one signer, or a field that does not fit the others.
            CertificateError: a certificate in it cannot be read.
        """
        der.check(data, max_size=max_size)
        with asn1.decoding("the signed data", CmsError):
            info = asn1.load(asn1.ContentInfo, data)
            _require(info["type"].dotted == _SIGNED_DATA, "not of the type signed-data")
            signed = info["content"]
            _require(signed["version"].native == _VERSION, "another version than its parts call for")
            _require(not asn1.present(signed["revocation_lists"]), "revocation lists within signed data")
            _require(len(signed["signers"]) == 1, f"{len(signed['signers'])} signers where one is due")
            signer = _signer(signed["signers"][0])
            _require_digests([asn1.encoded(item) for item in signed["digest_algorithms"]], signer)
            certificates = _certificates(signed["certificates"])
            encapsulated = signed["encapsulated"]
            return cls(encapsulated["type"].dotted, encapsulated["content"].native, certificates, signer)

    @property
    def signer_certificate(self) -> Certificate | None:
        """The certificate that the signer names, out of those that came with it."""
        return next((found for found in self.certificates if self.signer.is_made_by(found)), None)

    def verify_signer(self) -> SignerResult:
        """Verify the signature over the signed attributes, and through them over the content (RFC 5652 section 5.6).

        The signer's certificate is taken from the data itself: whether it is to be trusted, `crypto.chain` says.
        """
        signer = self.signer
        certificate = self.signer_certificate
        if certificate is None:
            return SignerResult(SignerFault.CERTIFICATE_MISSING, None)
        fault = self._attributes_fault()
        if fault is not None:
            return SignerResult(fault, certificate)
        try:
            algorithm = signature.parse_algorithm(signer.signature_algorithm, signer.digest_algorithm)
        except UnsupportedAlgorithm:
            return SignerResult(SignerFault.ALGORITHM, certificate)
        try:
            signature.verify(certificate.public_key_info, algorithm, signer.signed_attributes, signer.signature)
        except SignatureError:
            return SignerResult(SignerFault.SIGNATURE, certificate, str(algorithm))
        except CryptoError:
            return SignerResult(SignerFault.KEY, certificate, str(algorithm))
        return SignerResult(None, certificate, str(algorithm))

    def _attributes_fault(self) -> SignerFault | None:
        signer = self.signer
        if signer.content_type != self.content_type:
            return SignerFault.CONTENT_TYPE
        if signer.message_digest != hashlib.new(signer.digest_algorithm, self.content).digest():
            return SignerFault.MESSAGE_DIGEST
        if signer.algorithm_protection is not None and not _protects(signer.algorithm_protection, signer):
            return SignerFault.ALGORITHM_PROTECTION
        return None


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise CmsError(message)


def _require_digests(identifiers: Iterable[bytes], signer: SignerInfo) -> None:
    """`digestAlgorithms` is covered by no signature: it must list the signer's, and nothing that is not a hash."""
    listed = list(identifiers)
    _require(len(set(listed)) == len(listed), "a digest algorithm listed twice")
    names = {_digest(identifier) for identifier in listed}
    _require(signer.digest_algorithm in names, "the signer's digest algorithm is not listed")


def _digest(identifier: bytes) -> str:
    try:
        return signature.parse_digest_algorithm(identifier)
    except UnsupportedAlgorithm as cause:
        raise CmsError("a digest algorithm that is none") from cause


def _certificates(found: Any) -> tuple[Certificate, ...]:
    encoded = [asn1.encoded(item) for item in found] if asn1.present(found) else []
    _require(len(encoded) <= _MAX_CERTIFICATES, f"{len(encoded)} certificates")
    _require(len(set(encoded)) == len(encoded), "a certificate given twice")
    return tuple(Certificate.parse(item) for item in encoded)


def _signer(info: Any) -> SignerInfo:
    _require(not asn1.present(info["unsigned_attributes"]), "attributes that nobody signed")
    _require(asn1.present(info["signed_attributes"]), "no signed attributes")
    attributes = _attributes(info["signed_attributes"])
    identifier = info["identifier"]
    by_key = identifier.name == "key_identifier"
    version = _VERSION_BY_KEY if by_key else _VERSION_BY_ISSUER
    _require(info["version"].native == version, "a signer of another version than its identifier calls for")
    digest_algorithm = asn1.encoded(info["digest_algorithm"])
    signing_time = attributes.get(_SIGNING_TIME)
    return SignerInfo(
        issuer=None if by_key else _name(identifier.chosen["issuer"]),
        serial_number=None if by_key else identifier.chosen["serial_number"].native,
        key_identifier=identifier.chosen.native if by_key else None,
        digest_algorithm=_digest(digest_algorithm),
        digest_algorithm_der=digest_algorithm,
        signed_attributes=_SET_OF + asn1.encoded(info["signed_attributes"])[1:],
        content_type=asn1.load(ObjectIdentifier, attributes[_CONTENT_TYPE]).dotted,
        message_digest=asn1.octets(attributes[_MESSAGE_DIGEST]),
        signing_time=None if signing_time is None else asn1.moment(asn1.load(asn1.Time, signing_time)),
        algorithm_protection=attributes.get(_ALGORITHM_PROTECTION),
        signature_algorithm=asn1.encoded(info["signature_algorithm"]),
        signature=info["signature"].native,
    )


def _name(encoded: Any) -> DistinguishedName:
    return names.from_asn1(asn1.load(asn1.Name, asn1.encoded(encoded)))


def _is_same_name(one: DistinguishedName, other: DistinguishedName) -> bool:
    """Tell whether both are the same to the byte, or spell the same attributes (RFC 5280 section 7.1).

    Malaysian passports name the signer's issuer with its attributes in another order than the certificate has them,
    Ukrainian ones otherwise as well (gmrtd issues 352 and 440). But this field is covered by no signature, and a name
    that differs in one byte only was changed rather than spelt anew.
    """
    if one.der == other.der:
        return True
    in_one_byte = len(one.der) == len(other.der) and sum(map(int.__ne__, one.der, other.der)) == 1
    return one.folded == other.folded and not in_one_byte


def _attributes(found: Any) -> dict[str, bytes]:
    """Object identifier → DER of the attribute's one value."""
    attributes: dict[str, bytes] = {}
    for attribute in found:
        kind: str = attribute["type"].dotted
        _require(kind not in attributes, "the same signed attribute twice")
        _require(len(attribute["values"]) == 1, "a signed attribute without exactly one value")
        attributes[kind] = asn1.encoded(attribute["values"][0])
    for kind, name in ((_CONTENT_TYPE, "contentType"), (_MESSAGE_DIGEST, "messageDigest")):
        _require(kind in attributes, f"no {name} attribute")
    return attributes


def _protects(protection: bytes, signer: SignerInfo) -> bool:
    """RFC 6211: the signed copies of both algorithm identifiers equal the unsigned ones."""
    try:
        with asn1.decoding("the algorithm protection", CmsError):
            protected = asn1.load(asn1.AlgorithmProtection, protection)
            copy = protected["signature_algorithm"]
            return (
                asn1.present(copy)
                and asn1.encoded(protected["digest_algorithm"]) == signer.digest_algorithm_der
                and _SEQUENCE + asn1.encoded(copy)[1:] == signer.signature_algorithm
            )
    except CmsError:
        return False
