"""Passive authentication: each forgery fails the check that names it, and no byte of EF.SOD can change unnoticed."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import hypothesis
import pytest
from hypothesis import strategies as st

from crypto.certificates import Certificate, KeyUsage
from crypto.crl import RevocationList
from reader.checks import Check, CheckId, CheckStatus
from reader.lds import sod
from reader.passive import (
    GroupPresence,
    SodExamination,
    bind_issuing_state,
    check_completeness,
    check_hashes,
    examine,
)
from reader.trust import Anchor, InstalledCrl, TrustStore
from simulator import cms_writer, signing_key
from simulator.certificate_writer import CertificateTemplate, name
from simulator.cms_writer import Signer
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind, SigningKey

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
GROUPS = MappingProxyType({number: bytes([number]) * 40 for number in (1, 2, 13, 14, 15)})
HASHES = MappingProxyType({number: hashlib.sha256(content).digest() for number, content in GROUPS.items()})
READ = MappingProxyType(dict.fromkeys(GROUPS, GroupPresence.READ))
STRUCTURE, SIGNATURE, CHAIN, REVOCATION, HASHED, COMPLETE = (
    CheckId.PASSIVE_SOD_STRUCTURE,
    CheckId.PASSIVE_SIGNATURE,
    CheckId.PASSIVE_CHAIN,
    CheckId.PASSIVE_REVOCATION,
    CheckId.PASSIVE_HASHES,
    CheckId.PASSIVE_COMPLETENESS,
)


def make_issuer(country: str = "VN", keys: IssuerKeys | None = None) -> Issuer:
    keys = keys or IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create(country, now=NOW, random_bytes=random.Random(1).randbytes, keys=keys)


def store(*issuers: Issuer, crls: tuple[bytes, ...] = (), simulated: bool = False) -> TrustStore:
    return TrustStore(
        tuple(Anchor(Certificate.parse(issuer.csca_der), "given.cer", simulated) for issuer in issuers),
        tuple(InstalledCrl(RevocationList.parse(crl), "given.crl", simulated) for crl in crls),
    )


def inspect(
    raw: bytes | None,
    trust: TrustStore,
    groups: Mapping[int, bytes] = GROUPS,
    *,
    issuing_state: str = "VNM",
    at: datetime = NOW,
) -> dict[CheckId, Check]:
    """All six checks, as an inspection makes them."""
    examination = bind_issuing_state(examine(raw, trust, at, include_simulated=False), issuing_state)
    presence = dict.fromkeys(groups, GroupPresence.READ)
    checks = (
        *examination.checks,
        check_hashes(examination.sod, groups),
        check_completeness(examination.sod, groups.keys(), presence),
    )
    return {check.id: check for check in checks}


def failures(checks: Mapping[CheckId, Check]) -> dict[CheckId, str | None]:
    return {check.id: check.reason for check in checks.values() if check.status is CheckStatus.FAILED}


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return make_issuer()


@pytest.fixture(scope="module")
def trust(issuer: Issuer) -> TrustStore:
    return store(issuer)


@pytest.fixture(scope="module")
def raw_sod(issuer: Issuer) -> bytes:
    return issuer.sign_sod(HASHES, signing_time=NOW - 30 * DAY)


@pytest.fixture(scope="module")
def parsed(raw_sod: bytes) -> sod.EfSod:
    return sod.parse(raw_sod)


@pytest.fixture(scope="module")
def bsi_groups(shared_data: Path) -> dict[int, bytes]:
    folder = shared_data / "bsi-tr03105-5"
    return {number: (folder / f"Datagroup{number}.bin").read_bytes() for number in (1, 2, 3, 4, 14, 15)}


@pytest.fixture(scope="module")
def bsi_sod(shared_data: Path) -> bytes:
    return (shared_data / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes()


def test_a_genuine_document_passes_with_evidence(raw_sod: bytes, trust: TrustStore) -> None:
    checks = inspect(raw_sod, trust)
    assert {check.status for check in checks.values() if check.id is not REVOCATION} == {CheckStatus.PASSED}
    assert checks[REVOCATION].status is CheckStatus.UNAVAILABLE
    assert checks[REVOCATION].reason == "passive.crl_not_installed"
    assert checks[CHAIN].evidence["origin"] == "given.cer"
    assert checks[HASHED].evidence["DG13"] == HASHES[13].hex()


class TestTampering:
    """Every forgery, and the one check that it fails."""

    @pytest.mark.parametrize("number", sorted(GROUPS))
    def test_a_changed_data_group(self, raw_sod: bytes, trust: TrustStore, number: int) -> None:
        changed = {**GROUPS, number: GROUPS[number][:-1] + b"\xff"}
        checks = inspect(raw_sod, trust, changed)
        assert failures(checks) == {HASHED: "passive.group_changed"}
        assert checks[HASHED].detail == f"Not as it was signed: DG{number}."
        assert HASHES[number].hex() in checks[HASHED].evidence[f"DG{number}"]

    def test_new_hashes_under_the_old_signature(self, raw_sod: bytes, trust: TrustStore) -> None:
        forged = {**GROUPS, 2: b"another portrait"}
        raw = raw_sod.replace(HASHES[2], hashlib.sha256(forged[2]).digest())
        assert failures(inspect(raw, trust, forged)) == {SIGNATURE: "passive.message_digest"}

    def test_a_signer_of_ones_own(self, trust: TrustStore) -> None:
        raw = make_issuer().sign_sod(HASHES)
        assert failures(inspect(raw, trust)) == {CHAIN: "passive.issuer_key_unknown"}

    def test_a_csca_of_ones_own_with_the_genuine_key_identifier(self, issuer: Issuer, trust: TrustStore) -> None:
        forger = make_issuer()
        genuine, own = issuer.keys.csca.key_identifier, forger.keys.csca.key_identifier
        signer = forger.document_signer_der.replace(own, genuine)
        raw = self._signed_by(Signer(signer, forger.keys.document_signer))
        assert failures(inspect(raw, trust)) == {CHAIN: "passive.chain_signature"}

    def test_a_certificate_put_in_the_signers_place(self, raw_sod: bytes, issuer: Issuer, trust: TrustStore) -> None:
        raw = sod.encode(
            cms_writer.sign(
                sod.CONTENT_TYPE,
                sod.parse(raw_sod).signed_data.content,
                Signer(issuer.document_signer_der, make_issuer().keys.document_signer),
            )
        )
        assert failures(inspect(raw, trust)) == {SIGNATURE: "passive.signature_invalid"}

    def test_a_signer_of_another_country(self) -> None:
        rogue = make_issuer("LA")
        raw = rogue.sign_sod(HASHES)
        assert failures(inspect(raw, store(rogue))) == {CHAIN: "passive.country_mismatch"}
        assert not failures(inspect(raw, store(rogue), issuing_state="LAO"))

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda t: replace(t, not_after=NOW - 40 * DAY), "passive.signer_not_valid"),
            (lambda t: replace(t, not_before=NOW - DAY), "passive.signer_not_valid"),
            (lambda t: replace(t, key_usage=KeyUsage.KEY_AGREEMENT), "passive.signer_key_usage"),
        ],
        ids=["expired when it signed", "not valid yet when it signed", "not for signing"],
    )
    def test_a_certificate_that_may_not_sign_documents(
        self,
        issuer: Issuer,
        trust: TrustStore,
        change: Callable[[CertificateTemplate], CertificateTemplate],
        reason: str,
    ) -> None:
        template = CertificateTemplate(
            subject=name("VN", "Mot Cham Simulator", "Another signer"),
            serial_number=7,
            not_before=NOW - 100 * DAY,
            not_after=NOW + 100 * DAY,
            key_usage=KeyUsage.DIGITAL_SIGNATURE,
        )
        key = SigningKey.load(signing_key.generate(KeyKind.SECP256R1))
        for wanted, expected in ((template, {}), (change(template), {CHAIN: reason})):
            signer = Signer(issuer.issue(wanted, key.public_key_info), key)
            assert failures(inspect(self._signed_by(signer, NOW - 30 * DAY), trust)) == expected

    def test_a_certificate_that_explains_nothing(self, issuer: Issuer, trust: TrustStore) -> None:
        signer = Signer(issuer.document_signer_der, issuer.keys.document_signer)
        content = sod.encode_security_object(sod.SecurityObject("sha256", HASHES))
        for extra, expected in (
            (issuer.csca_der, {}),
            (make_issuer("LA").csca_der, {CHAIN: "passive.unexplained_certificate"}),
        ):
            raw = sod.encode(cms_writer.sign(sod.CONTENT_TYPE, content, signer, further_certificates=[extra]))
            assert failures(inspect(raw, trust)) == expected

    @staticmethod
    def _signed_by(signer: Signer, signing_time: datetime | None = None) -> bytes:
        content = sod.encode_security_object(sod.SecurityObject("sha256", HASHES))
        return sod.encode(cms_writer.sign(sod.CONTENT_TYPE, content, signer, signing_time=signing_time))


class TestEveryByte:
    """Whichever byte of EF.SOD changes, signed or not, some check fails."""

    @pytest.mark.parametrize(
        ("kind", "pss"),
        [(KeyKind.RSA_2048, True), (KeyKind.SECP256R1, False), (KeyKind.RSA_2048, False)],
        ids=["RSASSA-PSS", "ECDSA", "PKCS1"],
    )
    def test_of_a_simulated_document(self, kind: KeyKind, pss: bool) -> None:
        csca = SigningKey.load(signing_key.generate(KeyKind.SECP256R1))
        signer = SigningKey.load(signing_key.generate(kind), pss=pss)
        issuer = make_issuer(keys=IssuerKeys(csca, signer))
        trust = store(issuer)
        raw = issuer.sign_sod(HASHES, signing_time=NOW - 30 * DAY)
        assert len(raw) <= 2000
        assert not failures(inspect(raw, trust))
        masks = itertools.cycle((0xFF, 0x01, 0x80, 0x20, 0x02, 0x40, 0x04, 0x10, 0x08))
        unnoticed = [
            offset
            for offset, mask in zip(range(len(raw)), masks, strict=False)
            if not failures(inspect(_flipped(raw, offset, mask), trust))
        ]
        assert unnoticed == []

    def test_of_the_bsi_reference_document_that_its_signature_covers(
        self, bsi_sod: bytes, bsi_groups: dict[int, bytes]
    ) -> None:
        """Its CSCA is not published: the document signer's certificate, which nothing here covers, is left out."""
        groups = {number: bsi_groups[number] for number in (1, 14)}
        certificate = sod.parse(bsi_sod).signed_data.certificates[0].raw
        start = bsi_sod.index(certificate)
        offsets = [*range(start), *range(start + len(certificate), len(bsi_sod))]
        unnoticed = [
            (offset, mask)
            for offset, mask in itertools.product(offsets, (0x01, 0xFF))
            if not failures(inspect(_flipped(bsi_sod, offset, mask), TrustStore(), groups, issuing_state="D"))
        ]
        assert unnoticed == []


@hypothesis.given(changes=st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=4)), min_size=1))
@hypothesis.settings(deadline=None)
def test_hostile_bytes_end_in_a_failed_check_and_never_in_an_exception(
    raw_sod: bytes, trust: TrustStore, changes: list[tuple[int, bytes]]
) -> None:
    raw = bytearray(raw_sod)
    for offset, replacement in changes:
        start = offset % len(raw)
        raw[start : start + len(replacement)] = replacement
    hypothesis.assume(bytes(raw) != raw_sod)
    assert failures(inspect(bytes(raw), trust))


def test_the_one_synonym_that_cms_has_is_accepted() -> None:
    """RFC 5652 lets rsaEncryption stand for sha256WithRSAEncryption where the hash is stated beside it.

    Both are in circulation and say the same, so that nothing is forged by writing one for the other. It is the only
    other value of any byte that leaves an EF.SOD valid, and RSASSA-PSS and ECDSA have none.
    """
    csca, signer = (SigningKey.load(signing_key.generate(kind)) for kind in (KeyKind.SECP256R1, KeyKind.RSA_2048))
    other = make_issuer(keys=IssuerKeys(csca, signer))
    raw = other.sign_sod(HASHES)
    long, short = bytes.fromhex("2A864886F70D01010B0500"), bytes.fromhex("2A864886F70D0101010500")
    assert raw.count(long) == 1
    assert not failures(inspect(raw.replace(long, short), store(other)))


class TestBsiReferenceDocument:
    """RSASSA-PSS, hashes of five data groups, a CSCA that is not in the set."""

    def test_everything_passes_but_the_issuer_is_not_provisioned(
        self, bsi_sod: bytes, bsi_groups: dict[int, bytes], trust: TrustStore
    ) -> None:
        signed = {number: bsi_groups[number] for number in (1, 2, 3, 4, 14)}
        checks = inspect(bsi_sod, trust, signed, issuing_state="D")
        assert not failures(checks)
        assert checks[CHAIN].status is CheckStatus.INCONCLUSIVE
        assert checks[CHAIN].reason == "passive.issuer_not_provisioned"
        assert checks[SIGNATURE].evidence["algorithm"] == "RSASSA-PSS sha256, MGF1 sha256, salt 32"
        assert {check for check in checks if checks[check].status is CheckStatus.PASSED} == {
            STRUCTURE,
            SIGNATURE,
            HASHED,
            COMPLETE,
        }

    def test_a_data_group_that_it_does_not_sign(self, bsi_sod: bytes, bsi_groups: dict[int, bytes]) -> None:
        checks = inspect(bsi_sod, TrustStore(), bsi_groups, issuing_state="D")
        assert failures(checks) == {COMPLETE: "passive.unsigned_group"}
        assert checks[COMPLETE].evidence["DG15"] == "read, not signed"

    def test_another_issuing_state_contradicts_its_signer(self, bsi_sod: bytes, bsi_groups: dict[int, bytes]) -> None:
        signed = {number: bsi_groups[number] for number in (1, 2, 3, 4, 14)}
        assert failures(inspect(bsi_sod, TrustStore(), signed)) == {CHAIN: "passive.country_mismatch"}


class TestSigningTime:
    def test_a_signer_expired_today_was_good_when_it_signed(self, issuer: Issuer, trust: TrustStore) -> None:
        raw = issuer.sign_sod(HASHES, signing_time=NOW - 30 * DAY)
        later = NOW + timedelta(days=11 * 365)
        assert not failures(inspect(raw, trust, at=later))

    def test_without_a_signing_time_the_signers_first_day_counts(self, issuer: Issuer, trust: TrustStore) -> None:
        checks = inspect(issuer.sign_sod(HASHES), trust)
        assert checks[CHAIN].status is CheckStatus.PASSED
        assert checks[CHAIN].evidence["judged_at"].startswith("2025-11-01, the document signer's first day")

    @pytest.mark.parametrize("signing_time", [None, NOW - 30 * DAY], ids=["absent", "stated"])
    def test_nothing_is_signed_in_the_future(
        self, issuer: Issuer, trust: TrustStore, signing_time: datetime | None
    ) -> None:
        raw = issuer.sign_sod(HASHES, signing_time=signing_time)
        checks = inspect(raw, trust, at=NOW - timedelta(days=2 * 365))
        assert failures(checks) == {CHAIN: "passive.signer_not_valid"}


class TestRevocation:
    def _revocation(self, issuer: Issuer, *crls: bytes, at: datetime = NOW) -> Check:
        return inspect(issuer.sign_sod(HASHES), store(issuer, crls=crls), at=at)[REVOCATION]

    def test_a_signer_that_is_not_on_the_list(self, issuer: Issuer) -> None:
        assert self._revocation(issuer, issuer.crl([1, 2])).status is CheckStatus.PASSED

    def test_a_revoked_signer(self, issuer: Issuer) -> None:
        crl = issuer.crl([issuer.document_signer_serial_number])
        checks = inspect(issuer.sign_sod(HASHES), store(issuer, crls=(crl,)))
        assert failures(checks) == {REVOCATION: "passive.signer_revoked"}

    def test_a_revoked_signer_stays_revoked_on_an_old_list(self, issuer: Issuer) -> None:
        crl = issuer.crl([issuer.document_signer_serial_number], this_update=NOW - 300 * DAY)
        assert self._revocation(issuer, crl).status is CheckStatus.FAILED

    @pytest.mark.parametrize(
        ("this_update", "next_update"),
        [(NOW - 100 * DAY, NOW + DAY), (NOW - 10 * DAY, NOW - DAY)],
        ids=["older than allowed", "past its next update"],
    )
    def test_a_list_out_of_date(self, issuer: Issuer, this_update: datetime, next_update: datetime) -> None:
        check = self._revocation(issuer, issuer.crl(this_update=this_update, next_update=next_update))
        assert (check.status, check.reason) == (CheckStatus.INCONCLUSIVE, "passive.crl_too_old")

    def test_the_newest_list_decides_on_age(self, issuer: Issuer) -> None:
        old, new = issuer.crl(this_update=NOW - 200 * DAY), issuer.crl(this_update=NOW - DAY)
        assert self._revocation(issuer, old, new).status is CheckStatus.PASSED

    def test_a_list_that_the_issuer_did_not_sign(self, issuer: Issuer) -> None:
        check = self._revocation(issuer, make_issuer().crl())
        assert (check.status, check.reason) == (CheckStatus.INCONCLUSIVE, "passive.crl_invalid")

    def test_a_list_of_another_country_is_none_of_this_issuer(self, issuer: Issuer) -> None:
        assert self._revocation(issuer, make_issuer("LA").crl()).status is CheckStatus.UNAVAILABLE


class TestSimulatedIssuers:
    def test_they_count_for_a_simulated_reader_only(self, issuer: Issuer, raw_sod: bytes) -> None:
        trust = store(issuer, simulated=True)
        real = examine(raw_sod, trust, NOW, include_simulated=False)
        simulated = examine(raw_sod, trust, NOW, include_simulated=True)
        assert real.chain.reason == "passive.issuer_not_provisioned"
        assert simulated.chain.status is CheckStatus.PASSED


class TestCompleteness:
    @pytest.mark.parametrize("listed", [frozenset(GROUPS), None], ids=["EF.COM agrees", "no EF.COM"])
    def test_agreement(self, parsed: sod.EfSod, listed: frozenset[int] | None) -> None:
        assert check_completeness(parsed, listed, READ).status is CheckStatus.PASSED

    @pytest.mark.parametrize(
        ("listed", "changes", "reason"),
        [
            ({1, 2, 11, 13, 14, 15}, {}, "passive.com_disagrees"),
            ({1, 2, 13, 15}, {}, "passive.com_disagrees"),
            (set(), {}, "passive.com_disagrees"),
            (set(GROUPS), {11: GroupPresence.PRESENT}, "passive.unsigned_group"),
            (set(GROUPS), {14: GroupPresence.ABSENT}, "passive.group_missing"),
            (set(GROUPS), {14: GroupPresence.DENIED, 15: GroupPresence.DENIED}, "passive.chip_key_denied"),
            (set(GROUPS), {15: GroupPresence.UNREADABLE}, "passive.chip_key_denied"),
        ],
        ids=[
            "EF.COM lists more",
            "EF.COM conceals DG14",
            "EF.COM is empty",
            "unsigned file",
            "missing file",
            "a clone that hides its keys",
            "a clone that hides its keys in another way",
        ],
    )
    def test_disagreement(
        self, parsed: sod.EfSod, listed: set[int], changes: dict[int, GroupPresence], reason: str
    ) -> None:
        check = check_completeness(parsed, listed, {**READ, **changes})
        assert (check.status, check.reason) == (CheckStatus.FAILED, reason)

    def test_what_nobody_asked_for_is_not_missing(self, parsed: sod.EfSod) -> None:
        check = check_completeness(parsed, GROUPS.keys(), {1: GroupPresence.READ})
        assert check.status is CheckStatus.PASSED
        assert check.evidence["DG2"] == "not requested"

    def test_fingers_and_irises_may_be_denied(self, issuer: Issuer) -> None:
        parsed = sod.parse(issuer.sign_sod({**HASHES, 3: bytes(32), 4: bytes(32)}))
        check = check_completeness(parsed, None, {**READ, 3: GroupPresence.DENIED})
        assert check.status is CheckStatus.PASSED
        assert check.evidence["DG3"] == check.evidence["DG4"] == "needs extended access control"

    @pytest.mark.parametrize(
        ("state", "reason"),
        [(GroupPresence.DENIED, "passive.group_denied"), (GroupPresence.UNREADABLE, "passive.group_unreadable")],
    )
    def test_what_cannot_be_read_is_left_open(self, parsed: sod.EfSod, state: GroupPresence, reason: str) -> None:
        check = check_completeness(parsed, None, {**READ, 13: state})
        assert (check.status, check.reason) == (CheckStatus.INCONCLUSIVE, reason)


class TestVouching:
    """Content may be shown only when a signed hash stands behind it."""

    def test_for_unchanged_groups_of_a_signed_object(self, raw_sod: bytes, trust: TrustStore) -> None:
        examination = examine(raw_sod, trust, NOW, include_simulated=False)
        assert examination.vouches_for(1, GROUPS[1])
        assert not examination.vouches_for(1, GROUPS[2])
        assert not examination.vouches_for(3, b"")

    def test_also_where_the_issuer_is_not_provisioned(self, raw_sod: bytes) -> None:
        assert examine(raw_sod, TrustStore(), NOW, include_simulated=False).vouches_for(1, GROUPS[1])

    def test_never_without_a_signature(self, raw_sod: bytes, trust: TrustStore) -> None:
        examination = examine(_flipped(raw_sod, len(raw_sod) - 1, 1), trust, NOW, include_simulated=False)
        assert examination.sod is not None
        assert not examination.vouches_for(1, GROUPS[1])


def test_a_missing_or_malformed_ef_sod_leaves_nothing_to_ask(trust: TrustStore) -> None:
    for raw, reason in ((None, "passive.sod_missing"), (b"\x77\x00", "passive.sod_malformed")):
        examination = examine(raw, trust, NOW, include_simulated=False)
        assert bind_issuing_state(examination, "VNM") == examination
        assert examination.structure.reason == reason
        assert {check.status for check in examination.checks[1:]} == {CheckStatus.UNAVAILABLE}
        assert check_hashes(examination.sod, GROUPS).status is CheckStatus.UNAVAILABLE
        assert check_completeness(examination.sod, None, READ).status is CheckStatus.UNAVAILABLE


def test_nothing_read_is_nothing_compared(raw_sod: bytes) -> None:
    assert check_hashes(sod.parse(raw_sod), {}).status is CheckStatus.NOT_APPLICABLE


def test_an_issuing_state_that_is_no_code_settles_nothing(raw_sod: bytes, trust: TrustStore) -> None:
    examination: SodExamination = examine(raw_sod, trust, NOW, include_simulated=False)
    assert bind_issuing_state(examination, "ZZZ").chain.reason == "passive.issuing_state_unknown"
    assert bind_issuing_state(examination, "VNM").chain.status is CheckStatus.PASSED


def _flipped(raw: bytes, offset: int, mask: int) -> bytes:
    changed = bytearray(raw)
    changed[offset] ^= mask
    return bytes(changed)
