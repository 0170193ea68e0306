"""Evidence: everything that a verdict rests on, nothing that opens a chip, and the same checks again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import mrz_key
from crypto.dh_group import DhGroup
from crypto.ec_group import EcGroup
from crypto.key_pair import KeyPair
from crypto.secure_messaging import SessionKeys, TerminalChannel
from reader.access.transcript import BacTranscript, PaceTranscript
from reader.checks import CheckId, CheckStatus, passed
from reader.errors import EvidenceError
from reader.evidence import MAX_SIZE, Evidence, decode, encode, evidence_of
from reader.examiner import ExaminationOutcome, ExaminationResult
from reader.keys import AccessMode, CanKey, Opening, PresentedIdentity
from reader.model import Inspection, Verdict
from reader.opening import opening_from_mrz
from reader.passive import GroupPresence
from reader.policy import Policy
from reader.portrait import PortraitDecoder
from reader.transcript import AgreementOutcome, SignatureExchange, Stage
from reader.trust import TrustStore
from reader.verification import verify_evidence
from simulator.profiles import named_profiles
from tests.reader.cases import NOW, SHORT, Cases, read

FAULTS = (
    [
        ("cccd", fault)
        for fault in (
            "tampered-portrait",
            "tampered-mrz",
            "tampered-dg13",
            "tampered-signature",
            "unknown-issuer",
            "wrong-aa-key",
            "wrong-ca-key",
            "wrong-aa-signature",
            "wrong-pace-token",
            "flip:EF.SOD:40",
            "flip:DG14:30",
            "flip:DG15:30",
            "flip:EF.COM:3",
            "flip:EF.CardAccess:20",
        )
    ]
    + [
        ("passport_cam", fault)
        for fault in ("wrong-cam-key", "wrong-cam-data", "torn-cam-data", "missing-cam-data", "stranger-card-security")
    ]
    + [("passport_two_ca_keys", "swapped-ca-keys"), ("passport_bac_only", "wrong-bac-mac")]
)


def told(inspection: Inspection) -> tuple[Any, ...]:
    """What two inspections must have in common to have found the same."""
    return (
        inspection.verdict,
        inspection.reasons,
        [(check.id, check.status, check.reason) for check in inspection.checks],
        inspection.access,
        inspection.document,
        inspection.content,
        inspection.portrait,
        inspection.failure,
        dict(inspection.files),
    )


def again(
    inspection: Inspection, cases: Cases, decoder: PortraitDecoder | None, trust: TrustStore | None = None
) -> Inspection:
    evidence = decode(encode(evidence_of(inspection, NOW)))
    return verify_evidence(evidence, cases.trust if trust is None else trust, Policy(), decoder)


@pytest.mark.parametrize("profile", sorted(named_profiles()))
def test_every_kind_of_document_gives_the_same_checks_again(
    cases: Cases, decoder: PortraitDecoder, profile: str
) -> None:
    found = read(cases, cases.card(profile), portraits=decoder)
    assert told(again(found, cases, decoder)) == told(found)


@pytest.mark.parametrize(("profile", "fault"), FAULTS)
def test_and_so_does_every_forgery(cases: Cases, decoder: PortraitDecoder, profile: str, fault: str) -> None:
    card = cases.card(profile, fault)
    found = read(cases, card, portraits=decoder)
    trust = TrustStore() if fault == "unknown-issuer" else None
    assert told(again(found, cases, decoder, trust)) == told(found)


@pytest.mark.parametrize("groups", [(), (1,), (2, 13)])
def test_whatever_was_asked_for(cases: Cases, decoder: PortraitDecoder, groups: tuple[int, ...]) -> None:
    found = read(cases, cases.card("cccd"), portraits=decoder, groups=groups)
    assert told(again(found, cases, decoder)) == told(found)


def test_a_downgrade_that_was_asked_for(cases: Cases) -> None:
    card = cases.card("cccd")
    assert card.personalisation.mrz is not None
    opening = opening_from_mrz(card.personalisation.mrz.text, NOW.date(), mode=AccessMode.BAC)
    found = read(cases, card, opening=opening)
    assert found.reasons == ("access.downgrade",)
    assert told(again(found, cases, None)) == told(found)


@pytest.mark.parametrize("at", [3, 9, 12, 30, 60])
def test_a_reading_that_failed(cases: Cases, at: int) -> None:
    def silent(index: int, command: bytes, chip: Any) -> bytes:
        answer: bytes = chip.transmit(command)
        return b"" if index >= at else answer

    found = read(cases, cases.card("cccd"), profile=SHORT, meddle=silent)
    assert found.failure is not None
    assert told(again(found, cases, None)) == told(found)


def test_a_broken_protocol(cases: Cases) -> None:
    def changed(index: int, command: bytes, chip: Any) -> bytes:
        answer: bytes = chip.transmit(command)
        return bytes((answer[0], answer[1], answer[2] ^ 1)) + answer[3:] if index == 12 else answer

    found = read(cases, cases.card("cccd"), meddle=changed)
    assert found.verdict is Verdict.REJECT
    assert told(again(found, cases, None)) == told(found)


def test_the_moment_is_the_evidences_own_or_another(cases: Cases) -> None:
    evidence = evidence_of(read(cases, cases.card("cccd"), at=NOW - timedelta(days=3)), NOW - timedelta(days=3))
    later = NOW.replace(year=2060)
    assert verify_evidence(evidence, cases.trust, Policy(), None).reasons == ()
    assert "content.expired" in verify_evidence(evidence, cases.trust, Policy(), None, later).reasons


def test_what_nobody_can_recompute_says_so(cases: Cases) -> None:
    found = again(read(cases, cases.card("passport_cam")), cases, None)
    witnessed = {check.id for check in found.checks if check.evidence.get("witness") == "the reader"}
    assert witnessed == {CheckId.ACCESS_PACE, CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_PACE_CAM}
    assert all("witnessed" in check.detail for check in found.checks if check.id in witnessed)


@pytest.fixture(scope="module")
def good(cases: Cases) -> Evidence:
    return evidence_of(read(cases, cases.card("passport_cam")), NOW)


def judged(evidence: Evidence, cases: Cases) -> tuple[Verdict, dict[CheckId, str | None]]:
    found = verify_evidence(decode(encode(evidence)), cases.trust, Policy(), None)
    failures = {check.id: check.reason for check in found.checks if check.status is CheckStatus.FAILED}
    return found.verdict, failures


@pytest.mark.parametrize(
    ("name", "guilty"),
    [
        ("DG1", {CheckId.PASSIVE_HASHES}),
        ("DG2", {CheckId.PASSIVE_HASHES}),
        ("DG11", {CheckId.PASSIVE_HASHES}),
        ("DG14", {CheckId.PASSIVE_HASHES}),
        ("DG15", {CheckId.PASSIVE_HASHES}),
        ("EF.SOD", {CheckId.PASSIVE_SOD_STRUCTURE, CheckId.PASSIVE_SIGNATURE, CheckId.PASSIVE_CHAIN}),
        ("EF.CardSecurity", {CheckId.CHIP_PACE_CAM}),
    ],
)
def test_no_byte_that_is_signed_can_be_changed(good: Evidence, cases: Cases, name: str, guilty: set[CheckId]) -> None:
    raw = good.files[name]
    for offset in {*range(4), *range(4, len(raw), max(1, len(raw) // 8)), len(raw) - 1}:
        changed = raw[:offset] + bytes((raw[offset] ^ 1,)) + raw[offset + 1 :]
        verdict, failures = judged(replace(good, files={**good.files, name: changed}), cases)
        assert verdict is Verdict.REJECT, offset
        assert failures.keys() & guilty, offset


def with_transcript(evidence: Evidence, **changes: Any) -> Evidence:
    return replace(evidence, transcript=replace(evidence.transcript, **changes))


def swapped_challenge(evidence: Evidence) -> Evidence:
    assert evidence.transcript.signature is not None
    return with_transcript(evidence, signature=replace(evidence.transcript.signature, challenge=bytes(8)))


def swapped_signature(evidence: Evidence) -> Evidence:
    exchange = evidence.transcript.signature
    assert exchange is not None
    return with_transcript(evidence, signature=replace(exchange, signature=exchange.signature[::-1]))


def other_proof(evidence: Evidence) -> Evidence:
    proof = evidence.transcript.mapping_proof
    assert proof is not None
    return with_transcript(evidence, mapping_proof=replace(proof, data=bytes(31) + b"\1"))


def refused_agreement(evidence: Evidence) -> Evidence:
    assert evidence.transcript.agreement is not None
    (attempt,) = evidence.transcript.agreement
    refused = replace(attempt, outcome=AgreementOutcome.REFUSED, status=0x6A80, inferred=True)
    return with_transcript(evidence, agreement=(refused,))


def missing_group(evidence: Evidence) -> Evidence:
    presence = {**evidence.transcript.presence, 15: GroupPresence.ABSENT}
    files = {name: raw for name, raw in evidence.files.items() if name != "DG15"}
    return with_transcript(replace(evidence, files=files), presence=presence)


def refuted(evidence: Evidence) -> Evidence:
    return with_transcript(evidence, examination=ExaminationResult("e", ExaminationOutcome.REFUTED))


def another_person(evidence: Evidence) -> Evidence:
    return with_transcript(evidence, presented=PresentedIdentity(document_number="X00000000"))


def hidden_pace(evidence: Evidence) -> Evidence:
    assert evidence.access is not None
    files = {name: raw for name, raw in evidence.files.items() if name != "EF.CardAccess"}
    opened = (passed(CheckId.ACCESS_BAC, {"cipher": "3DES"}, "The chip was opened by BAC."),)
    access = replace(evidence.access, protocol="BAC", mapping=None, agreement=None, cipher="3DES")
    by_bac = replace(evidence, access=access, files=files, checks=opened)
    return with_transcript(by_bac, access=BacTranscript(bytes(8), bytes(8)), mapping_proof=None)


@pytest.mark.parametrize(
    ("change", "check", "reason"),
    [
        (swapped_challenge, CheckId.CHIP_ACTIVE_AUTHENTICATION, "chip.aa_signature"),
        (swapped_signature, CheckId.CHIP_ACTIVE_AUTHENTICATION, "chip.aa_signature"),
        (other_proof, CheckId.CHIP_PACE_CAM, "chip.pace_cam_wrong"),
        (refused_agreement, CheckId.CHIP_CHIP_AUTHENTICATION, "chip.refused"),
        (missing_group, CheckId.PASSIVE_COMPLETENESS, "passive.group_missing"),
        (refuted, CheckId.CHIP_CHIP_AUTHENTICATION, "chip.examiner_refuted"),
        (another_person, CheckId.CONTENT_CONSISTENCY, "content.presented_differs"),
        (hidden_pace, CheckId.ACCESS_DOWNGRADE, "access.downgrade_hidden"),
    ],
)
def test_what_is_changed_is_judged_anew(
    good: Evidence, cases: Cases, change: Callable[[Evidence], Evidence], check: CheckId, reason: str
) -> None:
    verdict, failures = judged(change(good), cases)
    assert verdict is Verdict.REJECT
    assert failures[check] == reason


def without(number: int) -> Callable[[Evidence], Evidence]:
    """Leave a data group out, and what became of it."""

    def change(evidence: Evidence) -> Evidence:
        presence = {other: found for other, found in evidence.transcript.presence.items() if other != number}
        files = {name: raw for name, raw in evidence.files.items() if name != f"DG{number}"}
        return with_transcript(replace(evidence, files=files), presence=presence)

    return change


def attempts(*changes: dict[str, Any]) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        assert evidence.transcript.agreement is not None
        (attempt,) = evidence.transcript.agreement
        return with_transcript(evidence, agreement=tuple(replace(attempt, **each) for each in changes))

    return change


def by_pace_of_another_kind(evidence: Evidence) -> Evidence:
    assert evidence.access is not None
    return replace(evidence, access=replace(evidence.access, mapping="GM"))


def proof_of_another_run(evidence: Evidence) -> Evidence:
    run = evidence.transcript.access
    assert isinstance(run, PaceTranscript)
    return with_transcript(evidence, access=replace(run, chip_map_key=run.chip_key))


@pytest.mark.parametrize(
    "change",
    [
        *(without(number) for number in (1, 2, 11, 14, 15)),
        *(lambda evidence, at=stage: with_transcript(evidence, reached=at) for stage in Stage if stage != Stage.DONE),
        lambda evidence: replace(evidence, access=None),
        lambda evidence: replace(evidence, checks=()),
        lambda evidence: with_transcript(evidence, access=None),
        lambda evidence: with_transcript(evidence, access=BacTranscript(bytes(8), bytes(8))),
        lambda evidence: with_transcript(evidence, mapping_proof=None),
        lambda evidence: with_transcript(evidence, signature=None),
        lambda evidence: with_transcript(evidence, signature=SignatureExchange(bytes(8), b"", None)),
        lambda evidence: with_transcript(evidence, agreement=None),
        lambda evidence: replace(evidence, files={**evidence.files, "DG5": b"\x65\x00"}),
        attempts(),
        attempts({"terminal_public_key": b"\4"}),
        attempts({"outcome": AgreementOutcome.UNCONFIRMED}, {}),
        by_pace_of_another_kind,
        proof_of_another_run,
    ],
)
def test_nothing_can_be_left_out(good: Evidence, cases: Cases, change: Callable[[Evidence], Evidence]) -> None:
    with pytest.raises(EvidenceError, match="of no reading"):
        judged(change(good), cases)


def test_a_verdict_that_was_written_in_is_not_believed(good: Evidence, cases: Cases) -> None:
    forged = replace(swapped_challenge(good), verdict=Verdict.ACCEPT, reasons=(), checks=good.checks)
    assert judged(forged, cases)[0] is Verdict.REJECT


def test_another_trust_store_is_asked(good: Evidence) -> None:
    found = verify_evidence(good, TrustStore(), Policy(), None)
    assert found.verdict is Verdict.REVIEW
    assert "passive.issuer_not_provisioned" in found.reasons


def strings(plain: Any) -> Iterator[str]:
    match plain:
        case str():
            yield plain
        case dict():
            for key, value in plain.items():
                yield key
                yield from strings(value)
        case list():
            for value in plain:
                yield from strings(value)


@pytest.mark.parametrize(("profile", "password"), [("passport_cam", "can"), ("passport_td3", "mrz"), ("cccd", "qr")])
def test_no_key_is_in_it(cases: Cases, monkeypatch: pytest.MonkeyPatch, profile: str, password: str) -> None:
    secrets: list[bytes] = []

    def spied(init: Callable[..., None]) -> Callable[..., None]:
        def remember(self: TerminalChannel, keys: SessionKeys, *others: Any) -> None:
            secrets.extend((keys.k_enc, keys.k_mac))
            init(self, keys, *others)

        return remember

    def noted(generate: Callable[..., KeyPair]) -> Callable[..., KeyPair]:
        def remember(*args: Any) -> KeyPair:
            pair = generate(*args)
            secrets.append(pair.private.to_bytes((pair.private.bit_length() + 7) // 8, "big"))
            return pair

        return remember

    monkeypatch.setattr(TerminalChannel, "__init__", spied(TerminalChannel.__init__))
    for group in (EcGroup, DhGroup):
        monkeypatch.setattr(group, "generate_key_pair", noted(group.generate_key_pair))
    card = cases.card(profile)
    can, mrz = card.personalisation.can, card.personalisation.mrz
    assert can is not None
    assert mrz is not None
    opening = Opening((CanKey(can),)) if password == "can" else None
    text = encode(evidence_of(read(cases, card, opening=opening), NOW)).decode()
    assert len(secrets) >= 6
    information = mrz_key.mrz_information(mrz.document_number, mrz.birth_yymmdd, mrz.expiry_yymmdd)
    secrets += [mrz_key.mrz_seed(information), mrz_key.mrz_seed(information)[:16], information.encode()]
    if password != "qr":  # The CAN of a Vietnamese card is a part of the holder's number, which DG1 holds.
        secrets.append(can.encode())
        words = [value for value in strings(json.loads(text)) if not set(value) <= set("0123456789abcdef")]
        assert not any(can in word for word in words)
    lowered = text.lower()
    for secret in secrets:
        assert secret.hex() not in lowered
        assert base64.b64encode(secret).decode().rstrip("=") not in text
        assert str(int.from_bytes(secret, "big")) not in text
    assert "repaired" not in text


def test_it_is_read_as_it_was_written(good: Evidence) -> None:
    assert decode(encode(good)) == good
    assert good.transcript.reached is Stage.DONE
    assert (good.transcript.reader, good.transcript.simulated) == ("virtual-pcd", True)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


PLAIN: dict[str, Callable[[dict[str, Any]], None]] = {
    "another schema": lambda plain: plain.update(schema="motcham.evidence/1"),
    "no schema": lambda plain: plain.pop("schema"),
    "a field too many": lambda plain: plain.update(note="x"),
    "a field too few": lambda plain: plain.pop("files"),
    "a field too many within": lambda plain: plain["transcript"].update(k_enc="00"),
    "no moment": lambda plain: plain.update(at="yesterday"),
    "a moment without time zone": lambda plain: plain.update(at="2026-11-22T12:00:00"),
    "no hexadecimal": lambda plain: plain["files"].update(DG1="6G"),
    "capitals": lambda plain: plain["files"].update(DG1="6A"),
    "half a byte": lambda plain: plain["files"].update(DG1="6"),
    "an unknown file": lambda plain: plain["files"].update(DG17="00"),
    "a file that is too large": lambda plain: plain["files"].update(DG1="00" * 600),
    "a file that was read and is not there": lambda plain: plain["files"].pop("DG15"),
    "a number for a text": lambda plain: plain["transcript"].update(mode=3),
    "a bool for a number": lambda plain: plain["transcript"]["signature"].update(status=True),
    "an unknown mode": lambda plain: plain["transcript"].update(mode="magic"),
    "a group that is no number": lambda plain: plain["transcript"]["presence"].update({"x": "read"}),
    "a group that is written oddly": lambda plain: plain["transcript"]["presence"].update({"01": "read"}),
    "an unknown group of PACE": lambda plain: plain["transcript"]["mapping_proof"].update(group="P-1"),
    "a protocol that is none": lambda plain: plain["transcript"].update(access={"x": 1}),
    "a passed without evidence": lambda plain: plain["checks"][0].update(status="passed", evidence={}),
}


@pytest.mark.parametrize("change", PLAIN.values(), ids=PLAIN.keys())
def test_whatever_is_not_exactly_of_the_schema_is_refused(
    good: Evidence, change: Callable[[dict[str, Any]], None]
) -> None:
    plain = json.loads(encode(good))
    change(plain)
    with pytest.raises(EvidenceError):
        decode(json.dumps(plain).encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"schema": "motcham.evidence/2", "schema": "motcham.evidence/2"}',
        b'{"schema": NaN}',
        b'{"schema": ' + b"9" * 5000 + b"}",
        nested(100_000),
        b" " * (MAX_SIZE + 1),
    ],
    ids=range(10),
)
def test_whatever_is_no_evidence_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        decode(raw)


@given(st.data())
def test_no_change_of_a_file_ends_in_anything_but_a_verdict_or_a_refusal(
    good: Evidence, cases: Cases, data: st.DataObject
) -> None:
    raw = bytearray(encode(replace(good, files=MappingProxyType({**good.files, "DG2": b"\x75\x00"}))))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0x20, 0x7E))
    try:
        found = verify_evidence(decode(bytes(raw)), cases.trust, Policy(), None)
    except EvidenceError:
        return
    assert isinstance(found, Inspection)
