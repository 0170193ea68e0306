"""What an examination proves of a check-in, and what of it stays in the registry's books."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from reader.examiner import ExaminationOutcome
from reader.lds.mrz import parse_mrz
from registry import chip_proof
from registry.chip_proof import ChipProof, FinishedExamination
from registry.client import body_of
from registry.settings import RegistrySettings
from registry.store import Store
from simulator.citizen_card import citizen_mrz
from tests.registry.chips import NOW, Card, Cards, record_of

ID = "0123456789abcdef0123456789abcdef"
KEY = "0190c7f4-0000-7000-8000-000000000001"
PROVEN, REFUTED, NONE = ChipProof


@pytest.fixture(scope="module")
def card(cards: Cards) -> Card:
    return cards.make()


def finished(
    card: Card, outcome: ExaminationOutcome = ExaminationOutcome.GENUINE, **changes: object
) -> FinishedExamination:
    mrz = citizen_mrz(card.person).text if outcome is ExaminationOutcome.GENUINE else None
    return replace(FinishedExamination(ID, "001", "K1", NOW, outcome, (), mrz), **changes)  # type: ignore[arg-type]


def check_in(store: Store, card: Card, number: int = 1, **changes: object) -> ChipProof:
    key = f"{KEY[:-1]}{number}"
    record = record_of(card, **{"examination_id": ID, "sequence": number, **changes})  # type: ignore[arg-type]
    store.check_in(key, body_of(record))
    return store.chip_proof(record.province_code, key)


def test_a_genuine_chip_proves_the_record_of_its_holder(empty_store: Store, card: Card) -> None:
    empty_store.keep_examination(finished(card))
    assert check_in(empty_store, card) is PROVEN
    assert dict(empty_store.count_chip_proofs()) == {PROVEN: 1, REFUTED: 0, NONE: 0}


@pytest.mark.parametrize(
    ("changes", "proof"),
    [
        ({"document_number": "099000002"}, REFUTED),
        ({"document_issuer": "D"}, REFUTED),
        ({"personal_number": "001099000002"}, REFUTED),
        ({"personal_number": None}, PROVEN),
        ({"name": "Nguyễn Văn Mau"}, PROVEN),
        ({"name": "Nguyễn Văn"}, REFUTED),
        ({"name": "Trần Văn Mẫu"}, REFUTED),
        ({"name": "王小明"}, NONE),
        ({"name": "?"}, REFUTED),
        ({"birth_date": date(1998, 2, 1)}, REFUTED),
        ({"birth_date": None}, PROVEN),
        ({"sex": "F"}, REFUTED),
        ({"captured_at": NOW + timedelta(minutes=50)}, PROVEN),
        ({"captured_at": NOW + timedelta(minutes=70)}, NONE),
        ({"captured_at": NOW - timedelta(days=1)}, NONE),
        ({"kiosk_id": "K2"}, REFUTED),
        ({"province_code": "079"}, NONE),
        ({"examination_id": "f" * 32}, NONE),
        ({"examination_id": None}, NONE),
    ],
)
def test_what_the_record_says_is_held_against_the_chip(
    empty_store: Store, card: Card, changes: dict[str, object], proof: ChipProof
) -> None:
    empty_store.keep_examination(finished(card))
    assert check_in(empty_store, card, **changes) is proof
    assert empty_store.count_check_ins() == 1


@pytest.mark.parametrize(
    ("outcome", "proof"), [(ExaminationOutcome.REFUTED, REFUTED), (ExaminationOutcome.INCONCLUSIVE, NONE)]
)
def test_only_a_genuine_chip_proves(
    empty_store: Store, card: Card, outcome: ExaminationOutcome, proof: ChipProof
) -> None:
    empty_store.keep_examination(finished(card, outcome))
    assert check_in(empty_store, card) is proof


def test_a_cut_name_is_enough(empty_store: Store, cards: Cards) -> None:
    long_name = cards.make("thao")
    assert citizen_mrz(long_name.person).name_may_be_cut
    empty_store.keep_examination(finished(long_name))
    assert check_in(empty_store, long_name) is PROVEN


def test_what_the_chip_does_not_say_is_not_proved(card: Card) -> None:
    foreign = parse_mrz("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10")
    record = record_of(
        card, document_issuer="UTO", document_number="L898902C3", name="Anna Maria Eriksson", birth_date=None, sex="F"
    )
    judged = (record, record.model_copy(update={"personal_number": None, "name": "Eriksson Anna Maria"}))
    assert [chip_proof.judge(one, foreign, NOW) for one in judged] == [REFUTED, PROVEN]
    claimed = record.model_copy(update={"name": "Eriksson Anna Maria"})
    assert chip_proof.judge(claimed, foreign, NOW) is NONE


def test_an_examination_serves_one_record(empty_store: Store, card: Card) -> None:
    empty_store.keep_examination(finished(card))
    assert [check_in(empty_store, card, number) for number in (1, 2, 3)] == [PROVEN, REFUTED, REFUTED]
    assert check_in(empty_store, card, 1) is PROVEN, "the same record, sent again"
    assert dict(empty_store.count_chip_proofs()) == {PROVEN: 1, REFUTED: 2, NONE: 0}


def test_it_serves_one_record_of_many_that_come_at_once(empty_store: Store, card: Card) -> None:
    empty_store.keep_examination(finished(card))
    proofs: list[ChipProof] = []
    threads = [
        threading.Thread(target=lambda number=number: proofs.append(check_in(empty_store, card, number)))  # type: ignore[misc]
        for number in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(proofs) == [PROVEN, *[REFUTED] * 7]


def test_it_is_spent_on_the_wrong_record_too(empty_store: Store, card: Card) -> None:
    empty_store.keep_examination(finished(card))
    assert check_in(empty_store, card, 1, document_number="099000002") is REFUTED
    assert check_in(empty_store, card, 2) is REFUTED


def test_old_examinations_are_forgotten(empty_store: Store, card: Card) -> None:
    empty_store.keep_examination(finished(card, examined_at=NOW - timedelta(days=91)))
    empty_store.keep_examination(finished(card, examination_id="f" * 32))
    assert check_in(empty_store, card, captured_at=NOW - timedelta(days=91)) is NONE


def test_nobody_is_known_by_an_examination_that_no_record_names(empty_store: Store, card: Card, tmp_path: Path) -> None:
    empty_store.keep_examination(finished(card))
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("registry.db*"))
    mrz = citizen_mrz(card.person)
    assert chip_proof.digest_of(ID).encode() in stored
    for secret in (ID, mrz.document_number, mrz.personal_number, mrz.name_latin, card.person.name, mrz.text):
        assert secret is not None
        assert secret.encode() not in stored
    sealed = chip_proof.seal_mrz(ID, mrz.text)
    assert chip_proof.open_mrz(ID, sealed) == mrz
    assert chip_proof.open_mrz("f" * 32, sealed) is None
    assert chip_proof.open_mrz(ID, sealed[:-1]) is None


def test_a_database_of_before_is_completed(tmp_path: Path, card: Card) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    store = Store(RegistrySettings(url), clock=lambda: NOW, new_id=lambda: "receipt")
    store.create_tables()
    record = record_of(card)
    store.check_in(KEY, body_of(record))
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in ("chip_examinations", "chip_proofs"):
            connection.execute(text(f"DROP TABLE {table}"))
    engine.dispose()
    store.create_tables()
    store.keep_examination(finished(card))
    assert check_in(store, card, 2) is PROVEN
    assert dict(store.count_chip_proofs()) == {PROVEN: 1, REFUTED: 0, NONE: 1}
    store.close()


def test_a_record_without_examination_is_as_it_always_was(card: Card) -> None:
    """So that a registry that knows nothing of examinations takes it."""
    assert b"examination" not in body_of(record_of(card))
    assert b"examination" in body_of(record_of(card, ID))
