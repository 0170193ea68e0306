"""Certificates, chains, revocation and master lists: of issuers made on the fly, and of a hundred real ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.certificates import MASTER_LIST_SIGNING, Certificate, KeyUsage, verify_issued
from crypto.chain import ChainFault, build_chain
from crypto.crl import RevocationList
from crypto.errors import CertificateError, CmsError, CryptoError, DerError, SignatureError
from crypto.master_list import MasterList
from simulator import signing_key
from simulator.certificate_writer import CertificateTemplate, Extension, name
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind, SigningKey

NOW = datetime(2026, 11, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


def make_issuer(country: str = "VN", now: datetime = NOW) -> Issuer:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create(country, now=now, random_bytes=random.Random(1).randbytes, keys=keys)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return make_issuer()


@pytest.fixture(scope="module")
def csca(issuer: Issuer) -> Certificate:
    return Certificate.parse(issuer.csca_der)


@pytest.fixture(scope="module")
def signer_template() -> CertificateTemplate:
    return CertificateTemplate(
        subject=name("VN", "Mot Cham Simulator", "Document Signer"),
        serial_number=7,
        not_before=NOW - YEAR,
        not_after=NOW + YEAR,
        key_usage=KeyUsage.DIGITAL_SIGNATURE,
    )


@pytest.fixture(scope="module")
def signer_key() -> SigningKey:
    return SigningKey.load(signing_key.generate(KeyKind.SECP256R1))


@pytest.fixture(scope="module")
def master_list(shared_data: Path) -> MasterList:
    return MasterList.parse((shared_data / "master-lists" / "DE_ML_2026-05-28.ml").read_bytes())


@pytest.fixture(scope="module")
def german_root(shared_data: Path) -> Certificate:
    return Certificate.parse((shared_data / "master-lists" / "DE_ROOT_CSCA07.cer").read_bytes())


def test_a_document_signer_leads_to_its_csca(issuer: Issuer, csca: Certificate) -> None:
    signer = Certificate.parse(issuer.document_signer_der)
    result = build_chain(signer, [csca], NOW)
    assert result.fault is None
    assert result.path == (signer, csca)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: replace(t, key_usage=None), ChainFault.SIGNER_KEY_USAGE),
        (lambda t: replace(t, key_usage=KeyUsage.NON_REPUDIATION), ChainFault.SIGNER_KEY_USAGE),
        (
            lambda t: replace(t, key_usage=KeyUsage.DIGITAL_SIGNATURE | KeyUsage.KEY_CERT_SIGN),
            ChainFault.SIGNER_KEY_USAGE,
        ),
        (lambda t: replace(t, is_ca=True), ChainFault.SIGNER_KEY_USAGE),
        (lambda t: replace(t, not_after=NOW - timedelta(seconds=1)), ChainFault.VALIDITY),
        (lambda t: replace(t, not_before=NOW + timedelta(seconds=1)), ChainFault.VALIDITY),
        (lambda t: replace(t, subject=name("LA", "Mot Cham Simulator", "Signer")), ChainFault.COUNTRY),
        (lambda t: replace(t, further=(Extension("1.2.3.4", True, b"\x05\x00"),)), ChainFault.CRITICAL_EXTENSION),
    ],
    ids=["no usage", "no signing", "certifies", "is a CA", "expired", "not yet", "other country", "critical"],
)
def test_a_signer_that_may_not_sign_has_no_chain(
    issuer: Issuer,
    csca: Certificate,
    signer_template: CertificateTemplate,
    signer_key: SigningKey,
    change: Callable[[CertificateTemplate], CertificateTemplate],
    fault: ChainFault,
) -> None:
    good = Certificate.parse(issuer.issue(signer_template, signer_key.public_key_info))
    assert build_chain(good, [csca], NOW).fault is None
    bad = Certificate.parse(issuer.issue(change(signer_template), signer_key.public_key_info))
    assert build_chain(bad, [csca], NOW).fault is fault


def test_the_countrys_case_does_not_matter(
    issuer: Issuer, csca: Certificate, signer_template: CertificateTemplate, signer_key: SigningKey
) -> None:
    template = replace(signer_template, subject=name("vn", "Mot Cham Simulator", "Signer"))
    signer = Certificate.parse(issuer.issue(template, signer_key.public_key_info))
    assert build_chain(signer, [csca], NOW).fault is None


def test_an_uncritical_unknown_extension_is_passed_over(
    issuer: Issuer, csca: Certificate, signer_template: CertificateTemplate, signer_key: SigningKey
) -> None:
    template = replace(signer_template, further=(Extension("1.2.3.4", False, b"\x05\x00"),))
    signer = Certificate.parse(issuer.issue(template, signer_key.public_key_info))
    assert build_chain(signer, [csca], NOW).fault is None


def test_unknown_issuer_and_forged_signer_are_told_apart(issuer: Issuer, csca: Certificate) -> None:
    signer = Certificate.parse(issuer.document_signer_der)
    same_name_other_key = Certificate.parse(make_issuer().csca_der)
    same_key_identifier = replace(same_name_other_key, subject_key_identifier=csca.subject_key_identifier)
    assert build_chain(signer, [], NOW).fault is ChainFault.ISSUER_UNKNOWN
    assert build_chain(signer, [Certificate.parse(make_issuer("LA").csca_der)], NOW).fault is ChainFault.ISSUER_UNKNOWN
    assert build_chain(signer, [same_name_other_key], NOW).fault is ChainFault.ISSUER_KEY_UNKNOWN
    assert build_chain(signer, [same_key_identifier], NOW).fault is ChainFault.SIGNATURE
    assert build_chain(signer, [same_key_identifier, same_name_other_key, csca], NOW).fault is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda c: replace(c, is_ca=False), ChainFault.NOT_A_CA),
        (lambda c: replace(c, key_usage=KeyUsage.CRL_SIGN), ChainFault.NOT_A_CA),
        (lambda c: replace(c, unknown_critical=frozenset({"1.2.3"})), ChainFault.CRITICAL_EXTENSION),
        (lambda c: replace(c, not_after=NOW - YEAR), ChainFault.VALIDITY),
    ],
    ids=["no CA", "no certSign", "critical", "expired"],
)
def test_an_issuer_that_may_not_certify_ends_no_chain(
    issuer: Issuer, csca: Certificate, change: Callable[[Certificate], Certificate], fault: ChainFault
) -> None:
    signer = Certificate.parse(issuer.document_signer_der)
    assert build_chain(signer, [change(csca)], NOW).fault is fault


def test_a_link_certificate_leads_from_the_new_key_to_the_old() -> None:
    old, new = make_issuer(), make_issuer()
    new_csca, signer = Certificate.parse(new.csca_der), Certificate.parse(new.document_signer_der)
    template = CertificateTemplate(
        subject=new_csca.subject.der,
        serial_number=9,
        not_before=NOW - YEAR,
        not_after=NOW + YEAR,
        key_usage=KeyUsage.KEY_CERT_SIGN | KeyUsage.CRL_SIGN,
        is_ca=True,
        path_length=0,
    )
    link = Certificate.parse(old.issue(template, new.keys.csca.public_key_info))
    anchor = Certificate.parse(old.csca_der)
    assert build_chain(signer, [anchor], NOW).fault is ChainFault.ISSUER_KEY_UNKNOWN
    assert build_chain(signer, [anchor], NOW, intermediates=[signer, link]).path == (signer, link, anchor)
    no_authority = Certificate.parse(
        old.issue(replace(template, is_ca=False, key_usage=KeyUsage.DIGITAL_SIGNATURE), new.keys.csca.public_key_info)
    )
    assert build_chain(signer, [anchor], NOW, intermediates=[no_authority]).fault is ChainFault.NOT_A_CA
    renamed = replace(template, subject=name("VN", "Another office", "Sub CA"))
    below = Certificate.parse(old.issue(renamed, new.keys.csca.public_key_info))
    result = build_chain(replace(signer, issuer=below.subject), [anchor], NOW, intermediates=[below])
    assert result.fault is ChainFault.PATH_LENGTH


def test_an_unusable_key_excuses_an_anchor_only(issuer: Issuer, csca: Certificate) -> None:
    """A forger may put anything beside the signer; that must not turn a failure into a doubt."""
    signer = Certificate.parse(issuer.document_signer_der)
    unusable = replace(csca, public_key_info=csca.public_key_info.replace(b"\x04", b"\x05", 1))
    other = Certificate.parse(make_issuer().csca_der)
    assert build_chain(signer, [unusable], NOW).fault is ChainFault.UNVERIFIABLE
    assert build_chain(signer, [other], NOW, intermediates=[unusable]).fault is ChainFault.SIGNATURE
    unknown_algorithm = replace(signer, signature_algorithm=bytes.fromhex("300406022A03"))
    assert build_chain(unknown_algorithm, [csca], NOW).fault is ChainFault.SIGNATURE


def test_a_certificate_with_two_algorithms_contradicts_itself(issuer: Issuer) -> None:
    inside = issuer.csca_der.index(bytes.fromhex("2A8648CE3D0403"))
    changed = bytearray(issuer.csca_der)
    changed[inside + 7] ^= 1
    with pytest.raises(CertificateError):
        Certificate.parse(bytes(changed))


def test_a_revocation_list_names_the_revoked(issuer: Issuer, csca: Certificate) -> None:
    signer = Certificate.parse(issuer.document_signer_der)
    crl = RevocationList.parse(issuer.crl([signer.serial_number, 5], number=3))
    crl.verify(csca)
    assert crl.number == 3
    assert crl.revocation_of(signer) == NOW
    assert RevocationList.parse(issuer.crl()).revocation_of(signer) is None


def test_a_revocation_list_of_another_key_is_refused(issuer: Issuer, csca: Certificate) -> None:
    with pytest.raises(SignatureError):
        RevocationList.parse(make_issuer().crl()).verify(csca)
    with pytest.raises(SignatureError):
        RevocationList.parse(make_issuer("LA").crl()).verify(csca)
    with pytest.raises(CertificateError):
        RevocationList.parse(issuer.crl()).verify(replace(csca, key_usage=KeyUsage.KEY_CERT_SIGN))


def test_a_master_list_counts_under_its_root_only(issuer: Issuer, csca: Certificate) -> None:
    foreign = make_issuer("LA")
    listed = MasterList.parse(issuer.master_list([foreign.csca_der, issuer.csca_der], signing_time=NOW))
    assert listed.verify([csca], NOW).is_valid
    assert not listed.verify([Certificate.parse(foreign.csca_der)], NOW).is_valid
    assert {certificate.country for certificate in listed.certificates} == {"LA", "VN"}
    late = MasterList.parse(issuer.master_list([issuer.csca_der], signing_time=NOW + 2 * YEAR))
    chain = late.verify([csca], NOW).chain
    assert chain is not None
    assert chain.fault is ChainFault.VALIDITY


def test_a_document_signer_signs_no_master_list(issuer: Issuer, csca: Certificate) -> None:
    signer = Certificate.parse(issuer.document_signer_der)
    assert build_chain(signer, [csca], NOW, purpose=MASTER_LIST_SIGNING).fault is ChainFault.SIGNER_PURPOSE


def test_a_security_object_is_no_master_list(issuer: Issuer) -> None:
    sod = issuer.sign_sod({1: bytes(32)})
    with pytest.raises(CmsError):
        MasterList.parse(sod[sod.index(b"\x30") :])


@pytest.fixture(scope="module")
def encoded(issuer: Issuer) -> tuple[bytes, ...]:
    return issuer.csca_der, issuer.crl([1, 2, 3]), issuer.master_list([issuer.csca_der])


@given(
    index=st.integers(0, 2),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=3),
)
@settings(deadline=None)
def test_damaged_certificates_and_lists_raise_our_errors_only(
    encoded: tuple[bytes, ...], index: int, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(encoded[index])
    for offset, value in changes:
        content[offset % len(content)] = value
    for kind in (Certificate, RevocationList, MasterList):
        with suppress(CryptoError):
            kind.parse(bytes(content))


class TestGermanMasterList:
    """588 certificates of 112 countries, as BSI published them on 2026-05-28."""

    def test_it_verifies_up_to_the_given_root(self, master_list: MasterList, german_root: Certificate) -> None:
        verification = master_list.verify([german_root], NOW)
        assert verification.is_valid
        assert verification.chain is not None
        assert verification.chain.anchor == german_root
        assert master_list.signing_time == datetime(2026, 5, 28, 6, 28, 45, tzinfo=UTC)
        assert len(master_list.certificates) == 588

    def test_no_other_of_its_certificates_will_do(self, master_list: MasterList, german_root: Certificate) -> None:
        key = german_root.subject_key_identifier
        others = [listed for listed in master_list.certificates if listed.subject_key_identifier != key]
        assert len(others) < 588
        assert not master_list.verify(others, NOW).is_valid

    def test_it_holds_the_one_vietnamese_csca(self, master_list: MasterList) -> None:
        (vietnam,) = [listed for listed in master_list.certificates if listed.country == "VN"]
        assert vietnam.subject.common_name == "CSCA ePassport Vietnam"
        assert vietnam.serial_number == 0x506F1357A3A196C24DC32CF464140CAE
        verify_issued(vietnam, vietnam)

    def test_every_key_and_signature_kind_in_it_is_understood(self, master_list: MasterList) -> None:
        outcome = Counter(self._outcome(listed, master_list.certificates) for listed in master_list.certificates)
        # Twelve are links from keys that the list does not hold any more.
        assert outcome == {"self-signed": 375, "link": 201, "issuer not listed": 12}

    @staticmethod
    def _outcome(listed: Certificate, certificates: tuple[Certificate, ...]) -> str:
        if _is_issued_by(listed, listed):
            return "self-signed"
        candidates = [issuer for issuer in certificates if listed.may_be_issued_by(issuer)]
        return "link" if any(_is_issued_by(listed, issuer) for issuer in candidates) else "issuer not listed"

    def test_a_changed_list_does_not_verify(self, shared_data: Path, german_root: Certificate) -> None:
        raw = (shared_data / "master-lists" / "DE_ML_2026-05-28.ml").read_bytes()
        for offset in range(100, len(raw), len(raw) // 6):
            changed = bytearray(raw)
            changed[offset] ^= 1
            try:
                assert not MasterList.parse(bytes(changed)).verify([german_root], NOW).is_valid
            except (DerError, CmsError, CertificateError):
                continue


def _is_issued_by(child: Certificate, issuer: Certificate) -> bool:
    try:
        verify_issued(child, issuer)
    except SignatureError:
        return False
    return True
