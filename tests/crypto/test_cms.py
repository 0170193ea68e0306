"""Signed data: what must verify, and each rule of the structure broken one by one."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core

from crypto import asn1
from crypto.certificates import Certificate
from crypto.cms import SignedData, SignerFault
from crypto.errors import CmsError, CryptoError
from crypto.master_list import MasterList
from simulator import cms_writer, signing_key
from simulator.cms_writer import Signer
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind, SigningKey

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONTENT_TYPE = "2.23.136.1.1.1"


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create("VN", now=NOW, random_bytes=random.Random(1).randbytes, keys=keys)


@pytest.fixture(scope="module")
def signer(issuer: Issuer) -> Signer:
    return Signer(issuer.document_signer_der, issuer.keys.document_signer)


@pytest.fixture(scope="module")
def signed(signer: Signer) -> bytes:
    return cms_writer.sign(CONTENT_TYPE, b"content", signer, signing_time=NOW)


def changed(encoded: bytes, change: Callable[[Any], None]) -> bytes:
    """Load signed data, let `change` alter it, and write it again."""
    info = asn1.ContentInfo.load(encoded)
    change(info["content"])
    result: bytes = info.dump(force=True)
    return result


@pytest.mark.parametrize("by_key", [False, True], ids=["issuer and number", "key identifier"])
def test_both_ways_to_name_the_signer_verify(issuer: Issuer, by_key: bool) -> None:
    signer = Signer(issuer.document_signer_der, issuer.keys.document_signer, by_key)
    parsed = SignedData.parse(cms_writer.sign(CONTENT_TYPE, b"content", signer, signing_time=NOW))
    result = parsed.verify_signer()
    assert result.fault is None
    assert result.certificate == Certificate.parse(issuer.document_signer_der)
    assert (parsed.content_type, parsed.content, parsed.signer.signing_time) == (CONTENT_TYPE, b"content", NOW)


COUNTRY, ORGANIZATION, COMMON_NAME = "2.5.4.6", "2.5.4.10", "2.5.4.3"
NAMED = (COUNTRY, ORGANIZATION, COMMON_NAME)


def renamed(signed: bytes, *attributes: tuple[str, core.Asn1Value]) -> SignedData:
    """The same with another name for the issuer of the signer's certificate."""
    name = asn1.Name([[{"type": kind, "value": text}] for kind, text in attributes])

    def rename(data: Any) -> None:
        number = data["signers"][0]["identifier"].chosen["serial_number"].native
        data["signers"][0]["identifier"] = asn1.SignerIdentifier(
            name="issuer_and_serial", value={"issuer": core.load(name.dump()), "serial_number": number}
        )

    return SignedData.parse(changed(signed, rename))


def test_a_signers_issuer_may_be_spelt_otherwise_but_not_changed(issuer: Issuer, signed: bytes) -> None:
    attributes = dict(Certificate.parse(issuer.document_signer_der).issuer.attributes)
    country, organization, common = (attributes[kind] for kind in NAMED)
    as_written = (
        (COUNTRY, core.PrintableString(country)),
        (ORGANIZATION, core.UTF8String(organization)),
        (COMMON_NAME, core.UTF8String(common)),
    )
    printable = tuple((kind, core.PrintableString(attributes[kind])) for kind in NAMED)
    for good in (as_written, as_written[::-1], printable, (printable[2], as_written[0], as_written[1])):
        assert renamed(signed, *good).verify_signer().fault is None
    shouted = (COMMON_NAME, core.UTF8String(common.replace("CSCA", "cSCA")))
    cut = (COMMON_NAME, core.UTF8String(common[:-1]))
    for bad in (
        (*as_written[:2], printable[2]),
        (*as_written[:2], shouted),
        (*as_written[:2], cut),
        as_written[:2],
        (*as_written, as_written[2], shouted, cut),
        (),
    ):
        assert renamed(signed, *bad).verify_signer().fault is SignerFault.CERTIFICATE_MISSING


@pytest.mark.parametrize("pss", [False, True], ids=["pkcs1", "pss"])
def test_rsa_signers_verify(pss: bool) -> None:
    csca, key = (signing_key.generate(kind) for kind in (KeyKind.SECP256R1, KeyKind.RSA_2048))
    keys = IssuerKeys(SigningKey.load(csca), SigningKey.load(key, pss=pss))
    issuer = Issuer.create("VN", now=NOW, random_bytes=random.Random(1).randbytes, keys=keys)
    signer = Signer(issuer.document_signer_der, keys.document_signer)
    assert SignedData.parse(cms_writer.sign(CONTENT_TYPE, b"content", signer)).verify_signer().fault is None


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.__setitem__("version", 1),
        lambda data: data.__setitem__("digest_algorithms", []),
        lambda data: data.__setitem__("digest_algorithms", [_digest("2.16.840.1.101.3.4.2.3")]),
        lambda data: data.__setitem__("digest_algorithms", [_digest("2.16.840.1.101.3.4.2.1"), _digest("1.2.3")]),
        lambda data: data.__setitem__("revocation_lists", [core.Integer(1)]),
        lambda data: data.__setitem__("certificates", [core.Integer(1)]),
        lambda data: data.__setitem__("certificates", [data["certificates"][0]] * 2),
        lambda data: data.__setitem__("signers", []),
        lambda data: data.__setitem__("signers", [data["signers"][0], data["signers"][0]]),
        lambda data: data["signers"][0].__setitem__("version", 3),
        lambda data: data["signers"][0].__setitem__("signed_attributes", None),
        lambda data: data["signers"][0].__setitem__(
            "unsigned_attributes", [{"type": "1.2.3", "values": [core.Null()]}]
        ),
        lambda data: data["signers"][0]["signed_attributes"].append({"type": "1.2.840.113549.1.9.5", "values": []}),
        lambda data: data["signers"][0]["signed_attributes"].append(data["signers"][0]["signed_attributes"][0]),
    ],
    ids=[
        "version",
        "no digest listed",
        "other digest listed",
        "unknown digest listed",
        "CRLs",
        "certificate that is none",
        "certificate twice",
        "no signer",
        "two signers",
        "signer version",
        "no signed attributes",
        "unsigned attributes",
        "attribute without value",
        "attribute twice",
    ],
)
def test_fields_that_nobody_signs_must_fit(signed: bytes, change: Callable[[Any], None]) -> None:
    with pytest.raises(CryptoError):
        SignedData.parse(changed(signed, change))


def test_a_rewritten_structure_still_verifies(signed: bytes) -> None:
    """The parametrised cases above fail for what they change, not for being written again."""
    assert SignedData.parse(changed(signed, lambda data: data["signers"])).verify_signer().fault is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda data: data["encapsulated"].__setitem__("content", b"other"), SignerFault.MESSAGE_DIGEST),
        (lambda data: data["encapsulated"].__setitem__("type", "2.23.136.1.1.2"), SignerFault.CONTENT_TYPE),
        (lambda data: data["signers"][0].__setitem__("signature", b"\x30\x00"), SignerFault.SIGNATURE),
        (lambda data: data.__setitem__("certificates", []), SignerFault.CERTIFICATE_MISSING),
        (lambda data: data.__setitem__("certificates", None), SignerFault.CERTIFICATE_MISSING),
        (
            lambda data: data["signers"][0]["signature_algorithm"].__setitem__("algorithm", "1.2.3"),
            SignerFault.ALGORITHM,
        ),
        (
            lambda data: data["signers"][0]["signature_algorithm"].__setitem__("algorithm", "1.2.840.10045.4.3.3"),
            SignerFault.SIGNATURE,
        ),
    ],
    ids=["content", "type", "signature", "no certificate", "none at all", "unknown algorithm", "other algorithm"],
)
def test_each_fault_of_the_signer_has_its_name(
    signed: bytes, change: Callable[[Any], None], fault: SignerFault
) -> None:
    assert SignedData.parse(changed(signed, change)).verify_signer().fault is fault


def test_the_algorithm_protection_is_held_against_the_algorithms(signer: Signer, signed: bytes) -> None:
    """RFC 6211, as in the German master list: here with another digest than the signer used."""

    def protect(data: Any, digest: str) -> None:
        info = data["signers"][0]
        protection = asn1.AlgorithmProtection({"digest_algorithm": _digest(digest), "signature_algorithm": _ecdsa()})
        info["signed_attributes"].append({"type": "1.2.840.113549.1.9.52", "values": [protection]})
        info["signature"] = signer.key.sign(b"\x31" + info["signed_attributes"].dump(force=True)[1:])

    good = changed(signed, lambda data: protect(data, "2.16.840.1.101.3.4.2.1"))
    bad = changed(signed, lambda data: protect(data, "2.16.840.1.101.3.4.2.3"))
    assert SignedData.parse(good).verify_signer().fault is None
    assert SignedData.parse(bad).verify_signer().fault is SignerFault.ALGORITHM_PROTECTION


def test_attributes_are_verified_in_the_order_received(signer: Signer, signed: bytes) -> None:
    """Some issuers do not sort the SET OF as DER wants it, and sign it as it stands."""
    received = SignedData.parse(signed).signer
    header, inner = received.signed_attributes[:2], received.signed_attributes[2:]
    first = 2 + inner[1]
    unsorted = inner[first:] + inner[:first]
    signature = b""
    while len(signature) != len(received.signature):
        signature = signer.key.sign(header + unsorted)
    parsed = SignedData.parse(signed.replace(inner, unsorted).replace(received.signature, signature))
    assert parsed.signer.signed_attributes == header + unsorted
    assert parsed.verify_signer().fault is None


def test_the_message_digest_is_that_of_the_content(signed: bytes) -> None:
    assert SignedData.parse(signed).signer.message_digest == hashlib.sha256(b"content").digest()


def test_a_size_limit_holds_before_anything_is_parsed(signed: bytes) -> None:
    with pytest.raises(CryptoError):
        SignedData.parse(signed, max_size=len(signed) - 1)
    with pytest.raises(CmsError):
        SignedData.parse(b"\x30\x00")


def test_the_german_list_names_its_signer_by_key(shared_data: Path) -> None:
    master_list = MasterList.parse((shared_data / "master-lists" / "DE_ML_2026-05-28.ml").read_bytes())
    assert master_list.signed_data.signer.key_identifier is not None
    assert master_list.signed_data.signer.algorithm_protection is not None
    assert master_list.signed_data.verify_signer().fault is None


def _digest(algorithm: str) -> dict[str, Any]:
    return {"algorithm": algorithm, "parameters": core.Null()}


def _ecdsa() -> dict[str, Any]:
    return {"algorithm": "1.2.840.10045.4.3.2"}
