# mypy: disable-error-code="misc"
# ruff: noqa: RUF012
# asn1crypto carries no types and wants its declarations as lists: every structure here would have to excuse both.
"""EF.SOD: the data groups' hashes under the document signer's signature (Doc 9303-10, 4.6.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from asn1crypto.core import Integer, OctetString, PrintableString, Sequence, SequenceOf

from crypto import asn1, ber, der, signature, tlv
from crypto.cms import SignedData
from crypto.errors import CmsError, CryptoError
from reader.errors import LdsError
from reader.lds.files import ELEMENTARY_FILES

CONTENT_TYPE: Final = "2.23.136.1.1.1"
CONTENT_TYPES: Final = frozenset({CONTENT_TYPE, "1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"})
"""id-icao-ldsSecurityObject, and what early documents (among them Dutch ones) put in its place."""

_FILE: Final = ELEMENTARY_FILES["EF.SOD"]
_TAG: Final = 0x77
_MAX_GROUP: Final = 16


class _DataGroupHash(Sequence):
    _fields = [("number", Integer), ("value", OctetString)]


class _DataGroupHashes(SequenceOf):
    _child_spec = _DataGroupHash


class _Versions(Sequence):
    _fields = [("lds", PrintableString), ("unicode", PrintableString)]


class _SecurityObject(Sequence):
    _fields = [
        ("version", Integer),
        ("hash_algorithm", asn1.AlgorithmIdentifier),
        ("hashes", _DataGroupHashes),
        ("versions", _Versions, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class LdsVersions:
    """As the files write them: "0108" and "040000", for LDS 1.8 and Unicode 4.0.0."""

    lds: str
    unicode: str


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """The LDS security object: data group number → hash by `digest_algorithm` (its name in `hashlib`).

    `versions` is there in version 1 of the object (LDS 1.8) and None in version 0 (LDS 1.7).
    """

    digest_algorithm: str
    hashes: Mapping[int, bytes] = field(repr=False)
    versions: LdsVersions | None = None


@dataclass(frozen=True, slots=True)
class EfSod:
    """A parsed EF.SOD; what it says counts only when `signed_data` verifies."""

    security_object: SecurityObject
    signed_data: SignedData = field(repr=False)


def parse(raw: bytes) -> EfSod:
    """Read the complete EF.SOD, tag 77 included, of at most 32 KiB.

    The signed data is DER, or the BER of a CMS generator that did not know lengths beforehand, as in passports of the
    United States.

    Raises:
        LdsError: it is not well-formed CMS with one LDS security object.
    """
    if len(raw) > _FILE.max_size:
        raise LdsError(f"EF.SOD has {len(raw)} bytes")
    try:
        outer = tlv.parse_one(raw)
        if raw[0] != _TAG:
            raise LdsError("EF.SOD does not begin with the tag 77")
        if raw != encode(outer.value):
            raise LdsError("EF.SOD has a length that is not in its shortest form")
        signed_data = ber.to_der(outer.value) if ber.is_indefinite(outer.value) else outer.value
        signed = SignedData.parse(signed_data, max_size=_FILE.max_size)
        if signed.content_type not in CONTENT_TYPES:
            raise LdsError(f"EF.SOD signs an object of the unknown type {signed.content_type}")
        return EfSod(parse_security_object(signed.content), signed)
    except CryptoError as cause:
        raise LdsError(f"EF.SOD is malformed: {cause.message}") from cause


def encode(signed_data: bytes) -> bytes:
    """Put the DER of the signed data into the complete EF.SOD."""
    return tlv.encode(_TAG, signed_data)


def parse_security_object(data: bytes) -> SecurityObject:
    """Read the DER of an LDSSecurityObject (Doc 9303-10, 4.6.2.3).

    Raises:
        CryptoError: malformed, a data group named twice or outside 1 to 16, or a hash of a wrong length.
    """
    der.check(data, max_size=_FILE.max_size)
    with asn1.decoding("the LDS security object", CmsError):
        loaded = asn1.load(_SecurityObject, data)
        digest_algorithm = signature.parse_digest_algorithm(asn1.encoded(loaded["hash_algorithm"]))
        versions = _versions(loaded["versions"])
        if loaded["version"].native != (0 if versions is None else 1):
            raise CmsError("an LDS security object of another version than its fields call for")
        hashes = _hashes(loaded["hashes"], hashlib.new(digest_algorithm).digest_size)
        return SecurityObject(digest_algorithm, MappingProxyType(hashes), versions)


def encode_security_object(security_object: SecurityObject) -> bytes:
    """Write the DER of an LDSSecurityObject, its data groups in ascending order."""
    fields: dict[str, Any] = {
        "version": 0 if security_object.versions is None else 1,
        "hash_algorithm": asn1.AlgorithmIdentifier.load(
            signature.encode_digest_algorithm(security_object.digest_algorithm)
        ),
        "hashes": [{"number": number, "value": value} for number, value in sorted(security_object.hashes.items())],
    }
    if security_object.versions is not None:
        fields["versions"] = {"lds": security_object.versions.lds, "unicode": security_object.versions.unicode}
    encoded: bytes = _SecurityObject(fields).dump()
    return encoded


def _versions(found: Any) -> LdsVersions | None:
    return LdsVersions(found["lds"].native, found["unicode"].native) if asn1.present(found) else None


def _hashes(found: Any, length: int) -> dict[int, bytes]:
    hashes: dict[int, bytes] = {}
    for item in found:
        number, value = item["number"].native, item["value"].native
        if not 1 <= number <= _MAX_GROUP or number in hashes:
            raise CmsError(f"an LDS security object with data group {number} twice or out of range")
        if len(value) != length:
            raise CmsError(f"the hash of data group {number} has a wrong length")
        hashes[number] = value
    if not hashes:
        raise CmsError("an LDS security object without hashes")
    return hashes
