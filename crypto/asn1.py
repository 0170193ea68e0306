# mypy: disable-error-code="misc"
# ruff: noqa: RUF012
# asn1crypto carries no types and wants its declarations as lists: every class here would have to excuse both.
"""The ASN.1 structures of X.509 (RFC 5280), CMS (RFC 5652), their algorithms (RFC 4055, RFC 5480) and master lists.

Own declarations instead of asn1crypto's: what must be compared or hashed byte for byte stays `Any`, a field that no
profile of Doc 9303-12 knows is an error, and no registry of the library is touched. Fields with a default are declared
optional, so that one can tell whether they were there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from asn1crypto.core import (
    Any,
    Asn1Value,
    BitString,
    Boolean,
    Choice,
    GeneralizedTime,
    Integer,
    Null,
    ObjectIdentifier,
    OctetString,
    Sequence,
    SequenceOf,
    SetOf,
    UTCTime,
    Void,
)

from crypto.errors import CryptoError


@contextmanager
def decoding(what: str, error: type[CryptoError]) -> Iterator[None]:
    """Turn what asn1crypto raises, also when a field is first touched, into `error`.

    Args:
        what: names the structure for the message.
        error: the class to raise.
    """
    try:
        yield
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as cause:
        raise error(f"{what} is malformed") from cause


def present(field: object) -> bool:
    """Tell whether an optional field of a structure is there."""
    return not isinstance(field, Void)


def load(structure: type[Asn1Value], data: bytes) -> Any:
    """Parse the DER of a structure, to its last leaf and its last byte; raises ValueError.

    asn1crypto passes over fields beyond the declared ones and over what follows a value within its explicit tag. Where
    no signature covers them, these would be places to change a file unnoticed.
    """
    value = structure.load(data, strict=True)
    _require_exact(value)
    return value


def encoded(value: Asn1Value) -> bytes:
    """Give a loaded value, or nothing for a field that is absent, to the byte as it was received.

    asn1crypto's own `dump` takes every length that ends in the byte 80, such as 128, for an indefinite one: it writes
    the value anew and puts its sets into order. What comes out is not what was signed, and for some types an
    AttributeError.
    """
    if isinstance(value, Choice):
        return encoded(value.chosen)
    return b"" if isinstance(value, Void) else bytes(value._header + value.contents + value._trailer)


def _require_exact(value: Any) -> None:
    if isinstance(value, Choice):
        _require_exact(value.chosen)
    elif isinstance(value, Sequence):
        fields = [value[name] for name, *_ in value._fields]
        if sum(len(encoded(field)) for field in fields) != len(value.contents):
            raise ValueError("more than what was declared")
        for field in fields:
            _require_exact(field)
    elif isinstance(value, SequenceOf | SetOf):
        for item in value:
            _require_exact(item)


def whole_bytes(bits: BitString) -> bytes:
    """Give the bytes of a BIT STRING; raises ValueError when its last byte is not used up."""
    contents: bytes = bits.contents
    if contents[:1] != b"\0":
        raise ValueError("a BIT STRING with unused bits")
    return contents[1:]


def octets(data: bytes) -> bytes:
    """Give what the DER of an OCTET STRING holds; raises ValueError."""
    value: bytes = load(OctetString, data).native
    return value


def integer(data: bytes) -> int:
    """Give what the DER of an INTEGER holds; raises ValueError."""
    value: int = load(Integer, data).native
    return value


def moment(time: Choice) -> datetime:
    """Give a `Time` as an aware datetime; raises ValueError when it has no time zone or no such day."""
    value = time.native
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return value


class AlgorithmIdentifier(Sequence):
    _fields = [("algorithm", ObjectIdentifier), ("parameters", Any, {"optional": True})]


class PssParameters(Sequence):
    _fields = [
        ("hash", AlgorithmIdentifier, {"explicit": 0, "optional": True}),
        ("mask", AlgorithmIdentifier, {"explicit": 1, "optional": True}),
        ("salt_length", Integer, {"explicit": 2, "optional": True}),
        ("trailer", Integer, {"explicit": 3, "optional": True}),
    ]


class SubjectPublicKeyInfo(Sequence):
    _fields = [("algorithm", AlgorithmIdentifier), ("public_key", BitString)]


class RsaPublicKey(Sequence):
    _fields = [("modulus", Integer), ("exponent", Integer)]


class DhParameters(Sequence):
    """PKCS #3 section 9."""

    _fields = [("prime", Integer), ("base", Integer), ("private_length", Integer, {"optional": True})]


class X942Parameters(Sequence):
    """RFC 3279 section 2.3.3."""

    _fields = [
        ("prime", Integer),
        ("base", Integer),
        ("order", Integer),
        ("cofactor", Integer, {"optional": True}),
        ("validation", Any, {"optional": True}),
    ]


class FieldId(Sequence):
    _fields = [("type", ObjectIdentifier), ("parameters", Any)]


class CurveCoefficients(Sequence):
    _fields = [("a", OctetString), ("b", OctetString), ("seed", BitString, {"optional": True})]


class SpecifiedCurve(Sequence):
    _fields = [
        ("version", Integer),
        ("field", FieldId),
        ("curve", CurveCoefficients),
        ("base", OctetString),
        ("order", Integer),
        ("cofactor", Integer, {"optional": True}),
        ("hash", AlgorithmIdentifier, {"optional": True}),
    ]


class EcParameters(Choice):
    _alternatives = [("named", ObjectIdentifier), ("specified", SpecifiedCurve), ("implicit", Null)]


class AttributeTypeAndValue(Sequence):
    _fields = [("type", ObjectIdentifier), ("value", Any)]


class RelativeDistinguishedName(SetOf):
    _child_spec = AttributeTypeAndValue


class Name(SequenceOf):
    _child_spec = RelativeDistinguishedName


class Time(Choice):
    _alternatives = [("utc", UTCTime), ("generalized", GeneralizedTime)]


class Validity(Sequence):
    _fields = [("not_before", Time), ("not_after", Time)]


class Extension(Sequence):
    _fields = [("id", ObjectIdentifier), ("critical", Boolean, {"optional": True}), ("value", OctetString)]


class Extensions(SequenceOf):
    _child_spec = Extension


class TbsCertificate(Sequence):
    _fields = [
        ("version", Integer, {"explicit": 0, "optional": True}),
        ("serial_number", Integer),
        ("signature", AlgorithmIdentifier),
        ("issuer", Name),
        ("validity", Validity),
        ("subject", Name),
        ("public_key", SubjectPublicKeyInfo),
        ("issuer_unique_id", BitString, {"implicit": 1, "optional": True}),
        ("subject_unique_id", BitString, {"implicit": 2, "optional": True}),
        ("extensions", Extensions, {"explicit": 3, "optional": True}),
    ]


class Certificate(Sequence):
    _fields = [("tbs", TbsCertificate), ("signature_algorithm", AlgorithmIdentifier), ("signature", BitString)]


class BasicConstraints(Sequence):
    _fields = [("ca", Boolean, {"optional": True}), ("path_length", Integer, {"optional": True})]


class KeyUsage(BitString):
    """Bit n of RFC 5280 section 4.2.1.3 is item n of `native`."""


class AuthorityKeyIdentifier(Sequence):
    _fields = [
        ("key_identifier", OctetString, {"implicit": 0, "optional": True}),
        ("issuer", Any, {"implicit": 1, "optional": True}),
        ("serial_number", Integer, {"implicit": 2, "optional": True}),
    ]


class KeyPurposes(SequenceOf):
    _child_spec = ObjectIdentifier


class RevokedCertificate(Sequence):
    _fields = [("serial_number", Integer), ("date", Time), ("extensions", Extensions, {"optional": True})]


class RevokedCertificates(SequenceOf):
    _child_spec = RevokedCertificate


class TbsCertificateList(Sequence):
    _fields = [
        ("version", Integer, {"optional": True}),
        ("signature", AlgorithmIdentifier),
        ("issuer", Name),
        ("this_update", Time),
        ("next_update", Time, {"optional": True}),
        ("revoked", RevokedCertificates, {"optional": True}),
        ("extensions", Extensions, {"explicit": 0, "optional": True}),
    ]


class CertificateList(Sequence):
    _fields = [("tbs", TbsCertificateList), ("signature_algorithm", AlgorithmIdentifier), ("signature", BitString)]


class AlgorithmIdentifiers(SetOf):
    _child_spec = AlgorithmIdentifier


class AnySet(SetOf):
    _child_spec = Any


class EncapsulatedContent(Sequence):
    _fields = [("type", ObjectIdentifier), ("content", OctetString, {"explicit": 0})]


class IssuerAndSerialNumber(Sequence):
    _fields = [("issuer", Any), ("serial_number", Integer)]


class SignerIdentifier(Choice):
    _alternatives = [("issuer_and_serial", IssuerAndSerialNumber), ("key_identifier", OctetString, {"implicit": 0})]


class Attribute(Sequence):
    _fields = [("type", ObjectIdentifier), ("values", AnySet)]


class Attributes(SetOf):
    _child_spec = Attribute


class SignerInfo(Sequence):
    _fields = [
        ("version", Integer),
        ("identifier", SignerIdentifier),
        ("digest_algorithm", AlgorithmIdentifier),
        ("signed_attributes", Attributes, {"implicit": 0, "optional": True}),
        ("signature_algorithm", AlgorithmIdentifier),
        ("signature", OctetString),
        ("unsigned_attributes", Attributes, {"implicit": 1, "optional": True}),
    ]


class SignerInfos(SetOf):
    _child_spec = SignerInfo


class SignedData(Sequence):
    _fields = [
        ("version", Integer),
        ("digest_algorithms", AlgorithmIdentifiers),
        ("encapsulated", EncapsulatedContent),
        ("certificates", AnySet, {"implicit": 0, "optional": True}),
        ("revocation_lists", AnySet, {"implicit": 1, "optional": True}),
        ("signers", SignerInfos),
    ]


class ContentInfo(Sequence):
    _fields = [("type", ObjectIdentifier), ("content", SignedData, {"explicit": 0})]


class AlgorithmProtection(Sequence):
    """RFC 6211."""

    _fields = [
        ("digest_algorithm", AlgorithmIdentifier),
        ("signature_algorithm", AlgorithmIdentifier, {"implicit": 1, "optional": True}),
        ("mac_algorithm", AlgorithmIdentifier, {"implicit": 2, "optional": True}),
    ]


class CscaMasterList(Sequence):
    """Doc 9303-12 section 9.1."""

    _fields = [("version", Integer), ("certificates", AnySet)]


def authority_key_identifier(data: bytes) -> bytes | None:
    """Give the key identifier out of the extension's DER; raises ValueError."""
    identifier: bytes | None = load(AuthorityKeyIdentifier, data)["key_identifier"].native
    return identifier
