"""Kiosks that lie to the registry in every way that we can think of: none makes a chip look genuine that is not.

A kiosk here is whoever speaks HTTP to the registry. It has every file of every card, and private keys of its own, but
no private key of a chip.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import httpx
import pytest
from fastapi import FastAPI

from crypto import chip_authentication
from crypto.protocols import parse_ca_oid
from reader.examiner import AgreementTask, ChipAnswers, ChipTask, ExaminationOutcome
from reader.lds.security_infos import ID_CA
from reader.trust import TrustStore
from registry.app import create_app
from registry.chip_proof import ChipProof
from registry.client import RegistryClient, body_of
from registry.errors import ExaminationGone, NotAuthorised, RegistryUnreachable
from registry.examinations import LIFETIME, ChipExaminations
from registry.messages import ExaminationAnswers, ExaminationRequest, ExaminationTask
from registry.store import Store
from simulator.chip_genuineness import sign_challenge
from tests.registry.chips import NOW, Card, Cards, aa_key, ca_key, record_of

GENUINE, REFUTED, INCONCLUSIVE = ExaminationOutcome
PROVEN, DISPROVEN, NONE = ChipProof


@dataclass
class Drawn:
    """A random source that remembers what it gave."""

    values: list[bytes] = field(default_factory=list)

    def __call__(self, count: int) -> bytes:
        self.values.append(secrets.token_bytes(count))
        return self.values[-1]


@dataclass
class Registry:
    """A registry on loopback, with a clock that the test moves, and every byte that went to or from the kiosk."""

    store: Store
    client: RegistryClient
    drawn: Drawn
    url: str
    seconds: float = 0.0
    carried: list[bytes] = field(default_factory=list)
    records: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self, card: Card, **changed: bytes | None) -> ChipTask:
        """Show a card's files, some of them replaced or left out: ``sod=…``, ``dg14=None``."""
        files = {"sod": card.sod, **{f"dg{number}": content for number, content in card.groups.items()}, **changed}
        request = ExaminationRequest.model_validate({"kiosk_id": "K1", "province_code": "001", **files})
        return _task(self.client.begin_examination(request, 3.0))

    def finish(self, answers: ChipAnswers) -> ExaminationOutcome:
        said = ExaminationAnswers(
            signature=answers.signature,
            signature_status=answers.signature_status,
            agreement_status=answers.agreement_status,
            agreement_response=answers.agreement_response,
        )
        return self.client.finish_examination(answers.examination_id, said, 3.0).outcome

    def check_in(self, card: Card, examination_id: str | None, **changes: object) -> ChipProof:
        number = next(self.records)
        key = f"0190c7f4-0000-7000-8000-{number:012d}"
        self.client.check_in(body_of(record_of(card, examination_id, **{"sequence": number, **changes})), key)
        return self.store.chip_proof("001", key)

    def examine(self, card: Card, chip: Card, **changed: bytes | None) -> tuple[ExaminationOutcome, ChipProof]:
        """Show one card's files, have another chip answer, and check the first one's holder in."""
        task = self.begin(card, **changed)
        outcome = self.finish(chip.answer(task))
        return outcome, self.check_in(card, task.examination_id)


@pytest.fixture
def registry(empty_store: Store, trust: TrustStore, serve: Callable[[FastAPI], str]) -> Iterator[Registry]:
    drawn = Drawn()
    examinations = ChipExaminations(
        empty_store, trust, clock=lambda: NOW, monotonic=lambda: made.seconds, random=drawn, most_open=3
    )
    url = serve(create_app(empty_store, token="secret", examinations=examinations))
    carried: list[bytes] = []

    class Tapped(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            carried.append(response.read())
            return response

    with RegistryClient(url, token="secret", transport=Tapped()) as client:
        made = Registry(empty_store, client, drawn, url, carried=carried)
        yield made


@pytest.fixture(scope="module")
def mau(cards: Cards) -> Card:
    return cards.full("mau")


@pytest.fixture(scope="module")
def lan(cards: Cards) -> Card:
    return cards.full("lan")


def test_an_honest_kiosk_is_believed(registry: Registry, mau: Card) -> None:
    assert registry.examine(mau, mau) == (GENUINE, PROVEN)
    counted = httpx.get(f"{registry.url}/metrics", trust_env=False).text
    assert 'motcham_check_ins_by_chip_proof{chip_proof="proven"} 1\n' in counted
    assert "<td>chip được hệ thống trung tâm xác thực</td><td>1</td>" in httpx.get(registry.url, trust_env=False).text


def test_a_passed_check_that_nobody_asked_for(registry: Registry, mau: Card) -> None:
    assert registry.check_in(mau, None, verdict="accept") is NONE
    assert registry.check_in(mau, secrets.token_hex(16), verdict="accept") is NONE


def test_an_examination_that_was_begun_and_never_answered(registry: Registry, mau: Card) -> None:
    assert registry.check_in(mau, registry.begin(mau).examination_id) is NONE


def test_another_persons_examination(registry: Registry, mau: Card, lan: Card) -> None:
    task = registry.begin(lan)
    assert registry.finish(lan.answer(task)) is GENUINE
    assert registry.check_in(mau, task.examination_id) is DISPROVEN


def test_one_examination_for_two_visits(registry: Registry, mau: Card) -> None:
    task = registry.begin(mau)
    assert registry.finish(mau.answer(task)) is GENUINE
    assert [registry.check_in(mau, task.examination_id) for _ in range(2)] == [PROVEN, DISPROVEN]


def test_the_answers_of_another_genuine_chip(registry: Registry, mau: Card, cards: Cards) -> None:
    """The other chip does what it is asked under the task of this one, in every way that the kiosk can turn it."""
    group = mau.ca_keys[0].group
    other = cards.make("lan", ca_keys=(ca_key(),), aa_key=aa_key())
    assert other.ca_keys[0].group == group
    assert registry.examine(mau, other) == (REFUTED, DISPROVEN)
    task, others = registry.begin(mau), registry.begin(other)
    mixed = replace(other.answer(others), examination_id=task.examination_id)
    assert registry.finish(mixed) is REFUTED


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"\x90\x00",
        b"\x6a\x82",
        b"\x69\x88",
        bytes(range(64)) + b"\x90\x00",
        bytes.fromhex("99029000") + b"\x8e\x08" + bytes(8) + b"\x90\x00",
        bytes.fromhex("990290009000"),
    ],
)
def test_a_response_that_was_made_up(registry: Registry, mau: Card, response: bytes) -> None:
    for signature in (None, bytes(128), b"\xff" * 128):
        task = registry.begin(mau)
        answers = ChipAnswers(task.examination_id, signature, 0x9000, 0x9000, response)
        assert registry.finish(answers) is not GENUINE
        assert registry.check_in(mau, task.examination_id) is not PROVEN


def test_the_plain_dg1_that_the_chip_would_have_given(registry: Registry, mau: Card) -> None:
    task = registry.begin(mau)
    answers = ChipAnswers(task.examination_id, agreement_response=mau.groups[1] + b"\x90\x00")
    assert registry.finish(answers) is REFUTED


def test_the_registrys_own_command_sent_back(registry: Registry, mau: Card) -> None:
    """A MAC of the right keys, over something else."""
    task = registry.begin(mau)
    assert task.agreement is not None
    command = task.agreement.command
    for raw in (command[5:-1] + b"\x90\x00", command[-11:-1] + b"\x90\x00", command):
        task = replace(task, examination_id=registry.begin(mau).examination_id)
        assert registry.finish(ChipAnswers(task.examination_id, agreement_response=raw)) is not GENUINE


def test_a_signature_with_a_key_of_its_own(registry: Registry, mau: Card) -> None:
    task = registry.begin(mau)
    assert task.challenge is not None
    signature = sign_challenge(aa_key(), task.challenge, secrets.token_bytes)
    assert registry.finish(ChipAnswers(task.examination_id, signature, 0x9000)) is REFUTED


def test_a_clone_with_every_file_and_keys_of_its_own(registry: Registry, mau: Card) -> None:
    assert registry.examine(mau, mau.with_other_keys(secrets.token_bytes)) == (REFUTED, DISPROVEN)


def test_an_agreement_with_a_key_of_the_kiosks(registry: Registry, mau: Card) -> None:
    """The genuine chip lies on the reader, but the kiosk wants to know the session's keys."""
    task = registry.begin(mau)
    assert task.agreement is not None
    ours = mau.ca_keys[0].group.generate_key_pair(secrets.token_bytes)
    swapped = AgreementTask(task.agreement.protocol, None, ours.public, task.agreement.command)
    answers = ChipAnswers(task.examination_id, agreement_status=0x9000, agreement_response=mau.respond(swapped))
    assert registry.finish(answers) is REFUTED


@pytest.mark.parametrize("file", ["sod", "dg1", "dg14", "dg15"])
def test_files_with_a_flipped_byte(registry: Registry, mau: Card, file: str) -> None:
    content = bytearray(mau.sod if file == "sod" else mau.groups[int(file[2:])])
    for offset in (4, len(content) // 2, len(content) - 1):
        changed = bytes((*content[:offset], content[offset] ^ 0x10, *content[offset + 1 :]))
        task = registry.begin(mau, **{file: changed})
        assert (task.challenge, task.agreement) == (None, None)
        assert registry.finish(ChipAnswers(task.examination_id)) is not GENUINE
        assert registry.check_in(mau, task.examination_id) is not PROVEN


def test_the_sod_of_one_and_the_files_of_another(registry: Registry, mau: Card, lan: Card) -> None:
    """The kiosk has one genuine card and wants it to speak for another person."""
    for changed in (
        {"dg1": mau.groups[1]},
        {"sod": mau.sod},
        {"sod": mau.sod, "dg1": mau.groups[1]},
        {"sod": mau.sod, "dg1": mau.groups[1], "dg15": None},
        {"sod": mau.sod, "dg1": mau.groups[1], "dg14": None},
        {"sod": mau.sod, "dg1": mau.groups[1], "dg14": mau.groups[14]},
    ):
        task = registry.begin(lan, **changed)
        assert (task.challenge, task.agreement) == (None, None)
        assert registry.finish(ChipAnswers(task.examination_id)) is REFUTED
        assert registry.check_in(mau, task.examination_id) is DISPROVEN


def test_a_card_of_an_issuer_of_its_own(registry: Registry, strangers: Cards) -> None:
    forged = strangers.full("mau")
    task = registry.begin(forged)
    assert (task.challenge, task.agreement) == (None, None)
    assert registry.finish(forged.answer(task)) is INCONCLUSIVE
    assert registry.check_in(forged, task.examination_id) is NONE


def test_proofs_left_out(registry: Registry, mau: Card) -> None:
    """It cannot turn a chip's failure into anything better than silence."""
    task = registry.begin(mau)
    assert registry.finish(ChipAnswers(task.examination_id, b"", 0x9000, 0x9000)) is REFUTED
    task = registry.begin(mau)
    assert registry.finish(ChipAnswers(task.examination_id, agreement_status=0x9000)) is INCONCLUSIVE
    assert registry.check_in(mau, task.examination_id) is NONE


def test_answers_given_twice(registry: Registry, mau: Card) -> None:
    task = registry.begin(mau)
    answers = mau.answer(task)
    assert registry.finish(ChipAnswers(task.examination_id)) is INCONCLUSIVE
    with pytest.raises(ExaminationGone):
        registry.finish(answers)
    assert registry.check_in(mau, task.examination_id) is NONE


def test_a_judgement_asked_for_until_it_pleases(registry: Registry, mau: Card) -> None:
    task = registry.begin(mau)
    assert registry.finish(mau.with_other_keys(secrets.token_bytes).answer(task)) is REFUTED
    with pytest.raises(ExaminationGone):
        registry.finish(mau.answer(task))
    assert registry.check_in(mau, task.examination_id) is DISPROVEN


def test_answers_that_come_too_late(registry: Registry, mau: Card) -> None:
    task = registry.begin(mau)
    registry.seconds += LIFETIME + 1
    with pytest.raises(ExaminationGone):
        registry.finish(mau.answer(task))
    assert registry.check_in(mau, task.examination_id) is NONE


def test_answers_of_an_earlier_examination(registry: Registry, mau: Card) -> None:
    """Recorded while the genuine card was here, for a day when it is not."""
    recorded = mau.answer(registry.begin(mau))
    registry.finish(recorded)
    for said in (recorded, replace(recorded, signature=None), replace(recorded, agreement_response=None)):
        task = registry.begin(mau)
        assert registry.finish(replace(said, examination_id=task.examination_id)) is REFUTED
        assert registry.check_in(mau, task.examination_id) is DISPROVEN


def test_answers_of_an_examination_that_is_open_at_the_same_time(registry: Registry, mau: Card) -> None:
    one, other = registry.begin(mau), registry.begin(mau)
    assert registry.finish(replace(mau.answer(one), examination_id=other.examination_id)) is REFUTED
    assert registry.finish(mau.answer(one)) is GENUINE


def test_an_examination_kept_for_another_day(registry: Registry, mau: Card) -> None:
    task = registry.begin(mau)
    assert registry.finish(mau.answer(task)) is GENUINE
    assert registry.check_in(mau, task.examination_id, captured_at="2026-11-23T08:00:00+07:00") is not PROVEN


def test_a_protected_response_of_another_day_under_new_keys(registry: Registry, mau: Card) -> None:
    first, second = registry.begin(mau), registry.begin(mau)
    assert first.agreement is not None
    response = mau.respond(first.agreement)
    assert registry.finish(ChipAnswers(second.examination_id, agreement_response=response)) is REFUTED


def test_a_crowd_of_examinations_bears_a_bound(registry: Registry, mau: Card) -> None:
    """Three are kept here: the oldest gives way, and nobody else is kept out."""
    tasks = [registry.begin(mau) for _ in range(4)]
    with pytest.raises(ExaminationGone):
        registry.finish(mau.answer(tasks[0]))
    assert [registry.finish(mau.answer(task)) for task in tasks[1:]] == [GENUINE] * 3


def test_bodies_without_end_and_without_sense(registry: Registry, mau: Card) -> None:
    with httpx.Client(base_url=registry.url, trust_env=False, headers={"Authorization": "Bearer secret"}) as http:
        for path in ("/v1/chip-examinations", f"/v1/chip-examinations/{'0' * 32}/answers"):
            endless = http.post(path, content=(b" " * 100_000 for _ in range(60)))
            assert (endless.status_code, endless.json()["message"]) == (422, "the body is too large")
            for body in (b"{}x", b'{"sod": "Canary"}', b"[]", b'{"signature": "' + b"00" * 2000 + b'"}'):
                answer = http.post(path, content=body)
                assert answer.status_code == 422
                assert "Canary" not in answer.text
        assert http.post("/v1/chip-examinations/Canary/answers", content=b"{}").status_code == 422
        assert http.post(f"/v1/chip-examinations/{'0' * 32}/answers", content=b"{}").status_code == 410


def test_a_stranger_is_not_heard(registry: Registry, mau: Card) -> None:
    with RegistryClient(registry.url) as unknown, pytest.raises(NotAuthorised):
        Registry(registry.store, unknown, registry.drawn, registry.url).begin(mau)


def test_a_registry_that_examines_nothing(empty_store: Store, serve: Callable[[FastAPI], str], mau: Card) -> None:
    url = serve(create_app(empty_store))
    with RegistryClient(url) as client, pytest.raises(RegistryUnreachable):
        Registry(empty_store, client, Drawn(), url).begin(mau)


@pytest.mark.parametrize("protocol", [f"{ID_CA}.2.1", f"{ID_CA}.2.2", f"{ID_CA}.2.4"])
def test_no_key_of_the_registry_is_in_any_message(registry: Registry, cards: Cards, protocol: str) -> None:
    card = cards.make(ca_keys=(ca_key(13, protocol),), aa_key=aa_key())
    task = registry.begin(card)
    assert registry.finish(card.answer(task)) is GENUINE
    registry.check_in(card, task.examination_id)
    assert task.agreement is not None
    key = card.ca_keys[0]
    private = next(
        number
        for number in map(int_of, registry.drawn.values)
        if key.group.public_key(number) == task.agreement.public_key
    )
    suite = parse_ca_oid(protocol).suite
    keys = chip_authentication.session_keys(suite, key.group, private, key.public)
    secret = key.group.shared_secret(private, key.public)
    width = len(secret)
    said = b"\n".join(registry.carried)
    assert task.agreement.public_key.hex().encode() in said
    for value in (keys.k_enc, keys.k_mac, secret, private.to_bytes(width, "big")):
        for form in _forms(value):
            assert form not in said


def test_nobody_stands_in_the_log(registry: Registry, mau: Card, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "motcham")
    task = registry.begin(mau)
    registry.finish(mau.answer(task))
    registry.check_in(mau, task.examination_id)
    assert "chip genuine" in caplog.text
    for personal in (mau.person.personal_number, mau.person.name, "MAU", task.examination_id, mau.groups[1].hex()):
        assert personal not in caplog.text


def int_of(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _forms(value: bytes) -> Iterator[bytes]:
    """As a message could carry it, whole or its first half."""
    for part in (value, value[: len(value) // 2]):
        yield part
        yield part.hex().encode()
        yield part.hex().upper().encode()
        yield base64.b64encode(part).rstrip(b"=")[:-1]
        yield base64.urlsafe_b64encode(part).rstrip(b"=")[:-1]
        yield str(int_of(part)).encode()
        yield hashlib.sha256(part).hexdigest().encode()


def _task(task: ExaminationTask) -> ChipTask:
    asked = task.agreement
    agreement = None if asked is None else AgreementTask(asked.protocol, asked.key_id, asked.public_key, asked.command)
    return ChipTask(task.examination_id, task.challenge, agreement)
