"""What the registry asks a chip, and what it makes of the answers."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.certificates import Certificate
from crypto.crl import RevocationList
from crypto.groups import STANDARDIZED
from crypto.iso7816 import CommandApdu, ResponseApdu
from reader.examiner import ChipAnswers, ChipTask, ExaminationOutcome
from reader.lds.security_infos import ID_CA
from reader.trust import Anchor, InstalledCrl, TrustStore
from registry.chip_examination import Examination, Judgement, begin, finish
from simulator.personalisation import EcAuthenticationKey
from tests.registry.chips import NOW, Card, Cards, aa_key, ca_key

GENUINE, REFUTED, INCONCLUSIVE = ExaminationOutcome
PROTOCOLS = [
    *((number, f"{ID_CA}.2.{cipher}") for number in (9, 12, 13, 17, 18) for cipher in (1, 2, 3, 4)),
    *((number, f"{ID_CA}.1.{cipher}") for number in (0, 1, 2) for cipher in (1, 2, 3, 4)),
]


def ask(card: Card, trust: TrustStore, *, include_simulated: bool = False, **changed: bytes) -> Examination:
    """Begin with the card's files, some of them replaced: ``sod=…``, ``dg14=…``."""
    groups = {number: changed.get(f"dg{number}", content) for number, content in card.groups.items()}
    return begin(
        changed.get("sod", card.sod), groups, trust, NOW, secrets.token_bytes, include_simulated=include_simulated
    )


def task_of(examination: Examination) -> ChipTask:
    return ChipTask("id", examination.challenge, None if examination.agreement is None else examination.agreement.task)


def examine(card: Card, trust: TrustStore, chip: Card | None = None) -> Judgement:
    """Examine a card by the answers of a chip, its own unless it is told."""
    examination = ask(card, trust)
    return finish(examination, (chip or card).answer(task_of(examination)))


def asks_nothing(examination: Examination) -> bool:
    return examination.challenge is None and examination.agreement is None


@pytest.mark.parametrize(("group", "protocol"), PROTOCOLS)
def test_every_chip_authentication_proves_a_chip(cards: Cards, trust: TrustStore, group: int, protocol: str) -> None:
    card = cards.make(ca_keys=(ca_key(group, protocol),))
    assert examine(card, trust) == Judgement(GENUINE, ())
    assert examine(card, trust, card.with_other_keys(secrets.token_bytes)).outcome is REFUTED


@pytest.mark.parametrize("der", [False, True])
def test_every_active_authentication_proves_a_chip(cards: Cards, trust: TrustStore, der: bool) -> None:
    curve = STANDARDIZED[13].curve  # type: ignore[attr-defined]
    by_ecdsa = cards.make(aa_key=EcAuthenticationKey(curve, 4711, der=der))
    by_rsa = cards.make(aa_key=aa_key())
    assert examine(by_ecdsa, trust) == examine(by_rsa, trust) == Judgement(GENUINE, ())
    other = replace(by_ecdsa, aa_key=EcAuthenticationKey(curve, 4712, der=der))
    assert examine(by_ecdsa, trust, other).outcome is REFUTED
    assert examine(by_rsa, trust, by_rsa.with_other_keys(secrets.token_bytes)).outcome is REFUTED


def test_one_proof_is_enough_and_one_refutation_too(cards: Cards, trust: TrustStore) -> None:
    card = cards.full()
    examination = ask(card, trust)
    said = card.answer(task_of(examination))
    assert finish(examination, said) == Judgement(GENUINE, ())
    for left_out in (
        replace(said, signature=None, signature_status=None),
        replace(said, agreement_response=None, agreement_status=None),
    ):
        assert finish(examination, left_out) == Judgement(GENUINE, ("chip.not_answered",))
    nothing = replace(said, signature=None, signature_status=None, agreement_response=None, agreement_status=None)
    assert finish(examination, nothing) == Judgement(INCONCLUSIVE, ("chip.not_answered",))
    assert said.signature is not None
    wrong = replace(said, signature=bytes((said.signature[0] ^ 1,)) + said.signature[1:])
    assert finish(examination, wrong).outcome is REFUTED


def test_a_chip_without_keys_proves_nothing(cards: Cards, trust: TrustStore) -> None:
    assert examine(cards.make(), trust) == Judgement(INCONCLUSIVE, ("chip.not_offered",))


def test_the_key_is_named_to_the_chip_where_it_has_several(cards: Cards, trust: TrustStore) -> None:
    keys = (ca_key(13, f"{ID_CA}.2.1", 1), ca_key(13, f"{ID_CA}.2.4", 7))
    card = cards.make(ca_keys=keys)
    examination = ask(card, trust)
    assert examination.agreement is not None
    assert (examination.agreement.task.protocol, examination.agreement.task.key_id) == (f"{ID_CA}.2.4", 7)
    assert finish(examination, card.answer(task_of(examination))).outcome is GENUINE


def test_a_key_whose_protocol_nobody_names_is_asked_for_all_the_same(cards: Cards, trust: TrustStore) -> None:
    card = cards.make(ca_keys=(ca_key(13, f"{ID_CA}.2.1"),), named=False)
    assert examine(card, trust).outcome is GENUINE


def test_a_protected_error_proves_the_key(cards: Cards, trust: TrustStore) -> None:
    """A chip that knows no short file identifiers."""
    card = replace(cards.make(ca_keys=(ca_key(),)), answering=lambda *_: ResponseApdu(b"", 0x6A82))
    assert examine(card, trust) == Judgement(GENUINE, ())


def test_a_chip_may_give_less_than_it_was_asked_for(cards: Cards, trust: TrustStore) -> None:
    def first_bytes(_: CommandApdu, content: bytes) -> ResponseApdu:
        return ResponseApdu(content[:16], 0x6282)

    assert examine(replace(cards.make(ca_keys=(ca_key(),)), answering=first_bytes), trust).outcome is GENUINE


@pytest.mark.parametrize("spoilt", [b"another DG1", bytes(95)])
def test_a_chip_with_the_right_key_and_another_dg1(cards: Cards, trust: TrustStore, spoilt: bytes) -> None:
    card = replace(cards.make(ca_keys=(ca_key(),)), answering=lambda *_: ResponseApdu(spoilt, 0x9000))
    assert examine(card, trust) == Judgement(REFUTED, ("chip.other_document",))


@pytest.mark.parametrize(
    ("response", "judgement"),
    [
        ("6A82", Judgement(INCONCLUSIVE, ("chip.refused",))),
        ("6988", Judgement(INCONCLUSIVE, ("chip.refused",))),
        ("6987", Judgement(INCONCLUSIVE, ("chip.refused",))),
        ("9000", Judgement(INCONCLUSIVE, ("chip.refused",))),
        ("", Judgement(INCONCLUSIVE, ("chip.not_answered",))),
        ("00", Judgement(INCONCLUSIVE, ("chip.not_answered",))),
        ("615B5F1F00009000", Judgement(REFUTED, ("chip.keys_not_confirmed",))),
        ("990290008E0800000000000000009000", Judgement(REFUTED, ("chip.keys_not_confirmed",))),
    ],
)
def test_an_answer_without_the_right_mac_is_none(
    cards: Cards, trust: TrustStore, response: str, judgement: Judgement
) -> None:
    examination = ask(cards.make(ca_keys=(ca_key(),)), trust)
    assert finish(examination, ChipAnswers("id", agreement_response=bytes.fromhex(response))) == judgement


@pytest.mark.parametrize(("status", "reason"), [(0x6A80, "chip.refused"), (None, "chip.not_answered")])
def test_what_only_the_kiosk_says_is_no_evidence(
    cards: Cards, trust: TrustStore, status: int | None, reason: str
) -> None:
    examination = ask(cards.full(), trust)
    answers = ChipAnswers("id", b"", status, status)
    assert finish(examination, answers) == Judgement(INCONCLUSIVE, (reason,))


@pytest.fixture(scope="module")
def asked(cards: Cards, trust: TrustStore) -> Examination:
    return ask(cards.full(), trust)


_OCTETS = st.none() | st.binary(max_size=300)
_STATUS = st.none() | st.sampled_from((0x9000, 0x6282, 0x6988)) | st.integers(0, 0xFFFF)


@given(_OCTETS, _STATUS, _STATUS, _OCTETS | st.binary(max_size=40).map(lambda data: data + b"\x90\x00"))
def test_nobody_guesses_an_answer(
    asked: Examination, signature: bytes | None, one: int | None, other: int | None, response: bytes | None
) -> None:
    assert finish(asked, ChipAnswers("id", signature, one, other, response)).outcome is not GENUINE


def test_nothing_is_asked_on_the_word_of_a_stranger(strangers: Cards, trust: TrustStore) -> None:
    examination = ask(strangers.full(), trust)
    assert asks_nothing(examination)
    assert finish(examination, ChipAnswers("id")) == Judgement(INCONCLUSIVE, ("passive.issuer_not_provisioned",))


def test_an_issuer_that_exists_only_in_software_counts_where_it_is_let(cards: Cards) -> None:
    simulated = TrustStore((Anchor(Certificate.parse(cards.issuer.csca_der), "test", simulated=True),))
    card = cards.full()
    assert asks_nothing(ask(card, simulated))
    assert not asks_nothing(ask(card, simulated, include_simulated=True))


def test_a_revoked_signer_refutes(cards: Cards, trust: TrustStore) -> None:
    issuer = cards.issuer
    crl = RevocationList.parse(issuer.crl((Certificate.parse(issuer.document_signer_der).serial_number,)))
    examination = ask(cards.full(), replace(trust, crls=(InstalledCrl(crl, "test"),)))
    assert asks_nothing(examination)
    assert finish(examination, ChipAnswers("id")) == Judgement(REFUTED, ("passive.signer_revoked",))


@pytest.mark.parametrize("file", ["sod", "dg1", "dg14", "dg15"])
def test_no_byte_of_what_was_signed_can_be_changed(cards: Cards, trust: TrustStore, file: str) -> None:
    card = cards.full()
    content = card.sod if file == "sod" else card.groups[int(file[2:])]
    drawn = random.Random(file)
    for offset in {0, 1, len(content) - 1, *drawn.sample(range(len(content)), 25)}:
        changed = bytearray(content)
        changed[offset] ^= 1 << drawn.randrange(8)
        examination = ask(card, trust, **{file: bytes(changed)})
        assert asks_nothing(examination), offset
        assert finish(examination, ChipAnswers("id")).outcome is not GENUINE


def test_keys_that_nobody_signed_are_not_asked_for(cards: Cards, trust: TrustStore) -> None:
    plain, other = cards.make(), cards.full()
    for numbers in ((14, 15), (14,), (15,)):
        groups = {1: plain.groups[1], **{number: other.groups[number] for number in numbers}}
        examination = begin(plain.sod, groups, trust, NOW, secrets.token_bytes, include_simulated=False)
        assert asks_nothing(examination)
        assert finish(examination, ChipAnswers("id")) == Judgement(REFUTED, ("passive.unsigned_group",))


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from((1, 14, 15)), st.binary(max_size=100)))
def test_whatever_is_shown_is_judged(sod: bytes, groups: dict[int, bytes]) -> None:
    examination = begin(sod, groups, TrustStore(), NOW, secrets.token_bytes, include_simulated=True)
    assert asks_nothing(examination)
    assert finish(examination, ChipAnswers("id")).outcome is REFUTED


def test_nobody_is_proved_without_dg1(cards: Cards, trust: TrustStore) -> None:
    card = cards.full()
    groups = {number: content for number, content in card.groups.items() if number != 1}
    assert asks_nothing(begin(card.sod, groups, trust, NOW, secrets.token_bytes, include_simulated=False))


def test_every_examination_asks_anew(cards: Cards, trust: TrustStore) -> None:
    card = cards.full()
    first, second = (task_of(ask(card, trust)) for _ in range(2))
    assert first.challenge != second.challenge
    assert first.agreement is not None
    assert second.agreement is not None
    assert first.agreement.public_key != second.agreement.public_key
    assert first.agreement.command != second.agreement.command


def test_no_secret_stands_in_a_repr(cards: Cards, trust: TrustStore) -> None:
    card = cards.full()
    examination = ask(card, trust)
    assert examination.agreement is not None
    keys = examination.agreement.keys
    shown = repr(examination)
    for secret in (keys.k_enc, keys.k_mac):
        assert repr(secret) not in shown
        assert secret.hex() not in shown
    assert card.person.personal_number not in shown
    assert "MAU" not in shown


def test_a_certificate_that_expired_meanwhile_still_proves(cards: Cards, trust: TrustStore) -> None:
    """Validity is judged at the time of signing: a document outlives its signer's certificate."""
    card = cards.full()
    later = NOW + timedelta(days=365 * 11)
    examination = begin(card.sod, card.groups, trust, later, secrets.token_bytes, include_simulated=False)
    assert finish(examination, card.answer(task_of(examination))).outcome is GENUINE
