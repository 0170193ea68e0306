"""CMS signed data made by signers that exist only in software."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import core

from crypto import asn1, signature
from crypto.certificates import Certificate
from simulator.signing_key import SigningKey

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate with its private key. `by_key` names the signer by its key identifier, not issuer and number."""

    certificate: bytes
    key: SigningKey
    by_key: bool = False


def sign(
    content_type: str,
    content: bytes,
    signer: Signer,
    *,
    signing_time: datetime | None = None,
    further_certificates: Iterable[bytes] = (),
) -> bytes:
    """Sign `content` through signed attributes (RFC 5652 section 5.4) and give the DER of the ContentInfo."""
    digest = signer.key.algorithm.digest
    attributes = [
        {"type": _CONTENT_TYPE, "values": [core.ObjectIdentifier(content_type)]},
        {"type": _MESSAGE_DIGEST, "values": [core.OctetString(hashlib.new(digest, content).digest())]},
    ]
    if signing_time is not None:
        attributes.append({"type": _SIGNING_TIME, "values": [core.UTCTime(signing_time.replace(microsecond=0))]})
    signed_attributes = asn1.Attributes(attributes)
    digest_algorithm = asn1.AlgorithmIdentifier.load(signature.encode_digest_algorithm(digest))
    info = {
        "version": 3 if signer.by_key else 1,
        "identifier": _identifier(signer),
        "digest_algorithm": digest_algorithm,
        "signed_attributes": attributes,
        "signature_algorithm": asn1.AlgorithmIdentifier.load(signature.encode_algorithm(signer.key.algorithm)),
        "signature": signer.key.sign(signed_attributes.dump()),
    }
    signed_data = {
        "version": 3,
        "digest_algorithms": [digest_algorithm],
        "encapsulated": {"type": content_type, "content": content},
        "certificates": as_set((signer.certificate, *further_certificates)),
        "signers": [info],
    }
    encoded: bytes = asn1.ContentInfo({"type": _SIGNED_DATA, "content": signed_data}).dump()
    return encoded


def as_set(encoded: Iterable[bytes]) -> list[Any]:
    """Take DER objects as the members of a set, each byte for byte."""
    return [core.load(item) for item in encoded]


def _identifier(signer: Signer) -> Any:
    certificate = Certificate.parse(signer.certificate)
    if signer.by_key:
        return asn1.SignerIdentifier(name="key_identifier", value=signer.key.key_identifier)
    name_and_number = {"issuer": core.load(certificate.issuer.der), "serial_number": certificate.serial_number}
    return asn1.SignerIdentifier(name="issuer_and_serial", value=name_and_number)
