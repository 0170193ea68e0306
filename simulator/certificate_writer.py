"""Certificates and revocation lists of issuers that exist only in software; faulty ones too, when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto.core import BitString, GeneralizedTime, Integer, OctetString, PrintableString, UTCTime, UTF8String

from crypto import asn1, signature
from crypto.certificates import KeyUsage
from simulator.signing_key import SigningKey, key_identifier

_COUNTRY: Final = "2.5.4.6"
_ORGANIZATION: Final = "2.5.4.10"
_COMMON_NAME: Final = "2.5.4.3"
_SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
_KEY_USAGE: Final = "2.5.29.15"
_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_CRL_NUMBER: Final = "2.5.29.20"
_AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
_EXTENDED_KEY_USAGE: Final = "2.5.29.37"
_V3: Final = 2
_CRL_V2: Final = 1
_FIRST_GENERALIZED_YEAR: Final = 2050


@dataclass(frozen=True, slots=True)
class Extension:
    """`value` is the DER that the extension's OCTET STRING holds."""

    identifier: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class CertificateTemplate:
    """What a certificate is to say; nothing checks whether it makes sense.

    Attributes:
        subject: DER of the name.
        key_usage: None leaves the extension out.
        is_ca: True adds basicConstraints with `path_length`.
    """

    subject: bytes
    serial_number: int
    not_before: datetime
    not_after: datetime
    key_usage: KeyUsage | None
    is_ca: bool = False
    path_length: int | None = None
    purposes: tuple[str, ...] = ()
    further: tuple[Extension, ...] = ()


def name(country: str, organization: str, common_name: str) -> bytes:
    """DER of a name as Doc 9303-12 wants it: the country printable, the rest UTF-8."""
    parts = (
        (_COUNTRY, PrintableString(country)),
        (_ORGANIZATION, UTF8String(organization)),
        (_COMMON_NAME, UTF8String(common_name)),
    )
    encoded: bytes = asn1.Name([[{"type": kind, "value": text}] for kind, text in parts]).dump()
    return encoded


def write_certificate(
    template: CertificateTemplate, public_key_info: bytes, issuer: bytes, issuer_key: SigningKey
) -> bytes:
    """Write and sign a certificate.

    Args:
        public_key_info: DER of the subject's key.
        issuer: DER of the issuer's name.
    """
    extensions = [
        Extension(_AUTHORITY_KEY_IDENTIFIER, False, _authority(issuer_key.key_identifier)),
        Extension(_SUBJECT_KEY_IDENTIFIER, False, OctetString(key_identifier(public_key_info)).dump()),
    ]
    if template.key_usage is not None:
        extensions.append(Extension(_KEY_USAGE, True, _key_usage(template.key_usage)))
    if template.is_ca:
        constraints = asn1.BasicConstraints({"ca": True, "path_length": template.path_length})
        extensions.append(Extension(_BASIC_CONSTRAINTS, True, constraints.dump()))
    if template.purposes:
        extensions.append(Extension(_EXTENDED_KEY_USAGE, True, asn1.KeyPurposes(template.purposes).dump()))
    algorithm = asn1.AlgorithmIdentifier.load(signature.encode_algorithm(issuer_key.algorithm))
    tbs = asn1.TbsCertificate(
        {
            "version": _V3,
            "serial_number": template.serial_number,
            "signature": algorithm,
            "issuer": asn1.Name.load(issuer),
            "validity": {"not_before": _time(template.not_before), "not_after": _time(template.not_after)},
            "subject": asn1.Name.load(template.subject),
            "public_key": asn1.SubjectPublicKeyInfo.load(public_key_info),
            "extensions": _extensions((*extensions, *template.further)),
        }
    )
    return _signed(asn1.Certificate, tbs, algorithm, issuer_key)


def write_crl(
    issuer: bytes,
    issuer_key: SigningKey,
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
    revoked: Iterable[tuple[int, datetime]],
) -> bytes:
    """Write and sign a complete CRL; `revoked` gives serial numbers with the moment of their revocation."""
    algorithm = asn1.AlgorithmIdentifier.load(signature.encode_algorithm(issuer_key.algorithm))
    fields: dict[str, Any] = {
        "version": _CRL_V2,
        "signature": algorithm,
        "issuer": asn1.Name.load(issuer),
        "this_update": _time(this_update),
        "next_update": _time(next_update),
        "extensions": _extensions(
            (
                Extension(_AUTHORITY_KEY_IDENTIFIER, False, _authority(issuer_key.key_identifier)),
                Extension(_CRL_NUMBER, False, Integer(number).dump()),
            )
        ),
    }
    entries = [{"serial_number": serial, "date": _time(moment)} for serial, moment in revoked]
    if entries:
        # RFC 5280 section 5.1.2.6: without revoked certificates the field is absent, not empty.
        fields["revoked"] = entries
    return _signed(asn1.CertificateList, asn1.TbsCertificateList(fields), algorithm, issuer_key)


def _signed(structure: Any, tbs: Any, algorithm: Any, key: SigningKey) -> bytes:
    encoded: bytes = structure(
        {"tbs": tbs, "signature_algorithm": algorithm, "signature": _bits(key.sign(tbs.dump()))}
    ).dump()
    return encoded


def _extensions(extensions: Iterable[Extension]) -> list[dict[str, Any]]:
    # DER leaves a value out that is the default.
    return [
        {"id": item.identifier, "value": item.value} | ({"critical": True} if item.critical else {})
        for item in extensions
    ]


def _authority(key_identifier: bytes) -> bytes:
    encoded: bytes = asn1.AuthorityKeyIdentifier({"key_identifier": key_identifier}).dump()
    return encoded


def _time(moment: datetime) -> Any:
    whole = moment.replace(microsecond=0)
    kind, choice = (UTCTime, "utc") if moment.year < _FIRST_GENERALIZED_YEAR else (GeneralizedTime, "generalized")
    return asn1.Time(name=choice, value=kind(whole))


def _key_usage(usage: KeyUsage) -> bytes:
    highest = usage.value.bit_length()
    encoded: bytes = BitString(tuple(usage.value >> position & 1 for position in range(highest))).dump()
    return encoded


def _bits(data: bytes) -> BitString:
    return BitString(contents=b"\0" + data)
