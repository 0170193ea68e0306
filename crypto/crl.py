"""Certificate revocation lists of CSCAs (Doc 9303-12 section 7.2, RFC 5280 section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from crypto import asn1, der, names, signature
from crypto.certificates import Certificate, KeyUsage
from crypto.errors import CertificateError, SignatureError
from crypto.names import DistinguishedName

_MAX_SIZE: Final = 16 * 1024 * 1024
_MAX_NODES: Final = 2_000_000
_AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
_CRL_NUMBER: Final = "2.5.29.20"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A parsed complete CRL; worth nothing before `verify`.

    `revoked` maps a serial number to the moment of its revocation.
    """

    issuer: DistinguishedName
    authority_key_identifier: bytes | None
    number: int | None
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime] = field(repr=False)
    tbs: bytes = field(repr=False)
    signature_algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> RevocationList:
        """Read a DER CertificateList of at most 16 MiB.

        A critical extension that is not known here makes the list unusable: it would be a delta CRL, or one on behalf
        of others, where the absence of a serial number means nothing.

        Raises:
            DerError: not strict DER.
            CertificateError: not a CRL, or one with an unknown critical extension.
        """
        der.check(data, max_size=_MAX_SIZE, max_nodes=_MAX_NODES)
        with asn1.decoding("a revocation list", CertificateError):
            loaded = asn1.load(asn1.CertificateList, data)
            tbs = loaded["tbs"]
            algorithm: bytes = asn1.encoded(loaded["signature_algorithm"])
            if asn1.encoded(tbs["signature"]) != algorithm:
                raise CertificateError("a revocation list names two different signature algorithms")
            extensions = _extensions(tbs["extensions"])
            key, number = extensions.get(_AUTHORITY_KEY_IDENTIFIER), extensions.get(_CRL_NUMBER)
            return cls(
                issuer=names.from_asn1(tbs["issuer"]),
                authority_key_identifier=None if key is None else asn1.authority_key_identifier(key),
                number=None if number is None else asn1.integer(number),
                this_update=asn1.moment(tbs["this_update"]),
                next_update=asn1.moment(tbs["next_update"]) if asn1.present(tbs["next_update"]) else None,
                revoked=MappingProxyType(_revoked(tbs["revoked"])),
                tbs=asn1.encoded(tbs),
                signature_algorithm=algorithm,
                signature=asn1.whole_bytes(loaded["signature"]),
            )

    def verify(self, issuer: Certificate) -> None:
        """Verify that `issuer` signed this list and may do so.

        Raises:
            SignatureError: it did not sign it.
            CertificateError: it has not the key usage cRLSign.
            UnsupportedAlgorithm: the signature cannot be verified.
        """
        if issuer.subject.folded != self.issuer.folded:
            raise SignatureError("a revocation list of another issuer")
        algorithm = signature.parse_algorithm(self.signature_algorithm)
        signature.verify(issuer.public_key_info, algorithm, self.tbs, self.signature)
        if issuer.key_usage is None or KeyUsage.CRL_SIGN not in issuer.key_usage:
            raise CertificateError("a revocation list signed with a key that is not for it")

    def revocation_of(self, certificate: Certificate) -> datetime | None:
        """Give the moment when this issuer revoked `certificate`, or None when the list does not name it."""
        return self.revoked.get(certificate.serial_number)


def _extensions(found: Any) -> Mapping[str, bytes]:
    values: dict[str, bytes] = {}
    for extension in found if asn1.present(found) else ():
        kind: str = extension["id"].dotted
        if extension["critical"].native and kind not in (_AUTHORITY_KEY_IDENTIFIER, _CRL_NUMBER):
            raise CertificateError(f"a revocation list with the unknown critical extension {kind}")
        values[kind] = extension["value"].native
    return values


def _revoked(found: Any) -> dict[int, datetime]:
    revoked: dict[int, datetime] = {}
    entries: Iterable[Any] = found if asn1.present(found) else ()
    for entry in entries:
        extensions = entry["extensions"]
        if any(extension["critical"].native for extension in (extensions if asn1.present(extensions) else ())):
            raise CertificateError("a revocation list that speaks for other issuers")
        revoked[entry["serial_number"].native] = asn1.moment(entry["date"])
    return revoked
