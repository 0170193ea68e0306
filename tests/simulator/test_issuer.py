"""The invented issuer, read by another implementation of X.509."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime

import pytest
from cryptography import x509

from crypto.certificates import Certificate
from reader.lds import sod
from reader.lds.sod import LdsVersions
from simulator import signing_key
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind, SigningKey

NOW = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
HASHES = {number: hashlib.sha256(bytes([number])).digest() for number in (1, 2, 13, 14, 15)}


def make_issuer(keys: IssuerKeys) -> Issuer:
    return Issuer.create("VN", now=NOW, random_bytes=random.Random(1).randbytes, keys=keys)


@pytest.fixture(scope="module")
def keys() -> IssuerKeys:
    """Named curves, which OpenSSL reads too."""
    csca, signer = (SigningKey.load(signing_key.generate(kind)) for kind in (KeyKind.SECP384R1, KeyKind.SECP256R1))
    return IssuerKeys(csca, signer)


def test_certificates_and_crl_satisfy_another_implementation(keys: IssuerKeys) -> None:
    issuer = make_issuer(keys)
    csca = x509.load_der_x509_certificate(issuer.csca_der)
    signer = x509.load_der_x509_certificate(issuer.document_signer_der)
    csca.verify_directly_issued_by(csca)
    signer.verify_directly_issued_by(csca)
    assert signer.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert csca.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    crl = x509.load_der_x509_crl(issuer.crl([signer.serial_number]))
    assert crl.is_signature_valid(csca.public_key())  # type: ignore[arg-type]
    assert crl.get_revoked_certificate_by_serial_number(signer.serial_number) is not None
    assert crl.get_revoked_certificate_by_serial_number(1) is None


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.SECP256R1, KeyKind.BRAINPOOL_P384R1])
def test_ef_sod_of_five_groups_stays_small(kind: KeyKind) -> None:
    issuer = make_issuer(IssuerKeys.generate(document_signer=kind))
    raw = issuer.sign_sod(HASHES, signing_time=NOW, versions=LdsVersions("0108", "040000"))
    assert len(raw) <= 2000
    parsed = sod.parse(raw)
    assert parsed.security_object.hashes == HASHES
    assert parsed.security_object.versions == LdsVersions("0108", "040000")
    assert parsed.signed_data.signer.signing_time == NOW
    assert parsed.signed_data.verify_signer().fault is None


def test_the_same_keys_clock_and_random_source_make_the_same_certificates(keys: IssuerKeys) -> None:
    first, second = (Certificate.parse(make_issuer(keys).document_signer_der) for _ in range(2))
    # ECDSA signs with a random number of its own.
    assert first.tbs == second.tbs


def test_keys_survive_their_cache() -> None:
    csca, signer = signing_key.generate(KeyKind.BRAINPOOL_P512R1), signing_key.generate(KeyKind.SECP256R1)
    once, again = IssuerKeys.load(csca, signer), IssuerKeys.load(csca, signer)
    assert once.csca.public_key_info == again.csca.public_key_info
    assert once.document_signer.key_identifier == again.document_signer.key_identifier
    with pytest.raises(ValueError, match="deserialize"):
        SigningKey.load(b"no key")


def test_private_keys_stay_out_of_the_repr(keys: IssuerKeys) -> None:
    assert "PrivateKey" not in repr(make_issuer(keys))
    assert "PrivateKey" not in repr(keys)


def test_dates_beyond_2049_are_written_as_rfc_5280_wants(keys: IssuerKeys) -> None:
    late = datetime(2045, 6, 1, tzinfo=UTC)
    issuer = Issuer.create("VN", now=late, random_bytes=random.Random(1).randbytes, keys=keys)
    assert Certificate.parse(issuer.csca_der).not_after.year == 2057
    assert x509.load_der_x509_certificate(issuer.csca_der).not_valid_after_utc.year == 2057
