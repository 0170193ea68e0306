"""The registry on a real SQLite file, through its HTTP service and its client."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from registry.app import create_app
from registry.client import RegistryClient, body_of
from registry.errors import IdempotencyConflict, NotAuthorised, RecordRefused, RegistryUnreachable, StoreUnusable
from registry.messages import CheckIn, CitizenQuery, Standing
from registry.seed import hospital_clinics, invent_citizens
from registry.settings import RegistrySettings
from registry.store import Store
from registry.tables import Citizen

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def lan(**changes: object) -> Citizen:
    fields: dict[str, object] = {
        "personal_number": "001151000001",
        "name": "Nguyễn Thị Lan",
        "birth_date": date(1951, 3, 8),
        "sex": "F",
        "address": "Số 1, Xã An Bình",
        "insurance_number": "HT3010000000001",
        "insured_from": date(2026, 1, 1),
        "insured_until": date(2026, 12, 31),
    }
    return Citizen(**{**fields, **changes})


def record(**changes: object) -> CheckIn:
    fields: dict[str, object] = {
        "kiosk_id": "K1",
        "province_code": "001",
        "facility_code": "01013",
        "installation": "0190c7f4",
        "sequence": 1,
        "desk": "insurance",
        "captured_at": NOW,
        "personal_number": "001151000001",
        "document_type": "ID",
        "document_issuer": "VNM",
        "document_number": "151000001",
        "name": "Nguyễn Thị Lan",
        "birth_date": date(1951, 3, 8),
        "sex": "F",
        "verdict": "accept",
        "identified_by": "chip",
        "insurance": "valid",
        "clinic_id": "eyes",
    }
    return CheckIn.model_validate({**fields, **changes})


Serve = Callable[[FastAPI], str]
KEY = "0190c7f4-0000-7000-8000-000000000001"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    numbers = itertools.count(1)
    made = Store(
        RegistrySettings(f"sqlite:///{tmp_path / 'registry.db'}"),
        clock=lambda: NOW,
        new_id=lambda: f"receipt-{next(numbers)}",
    )
    made.create_tables()
    made.add_clinics(hospital_clinics())
    made.add_citizens([lan()])
    yield made
    made.close()


@pytest.fixture
def url(store: Store, serve: Serve) -> str:
    return serve(create_app(store))


@pytest.fixture
def service(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False) as made:
        yield made


@pytest.fixture
def client(url: str) -> Iterator[RegistryClient]:
    with RegistryClient(url) as made:
        yield made


def query(**changes: object) -> CitizenQuery:
    fields: dict[str, object] = {
        "personal_number": "001151000001",
        "name": "NGUYEN THI LAN",
        "birth_date": date(1951, 3, 8),
        "sex": "F",
    }
    return CitizenQuery.model_validate({**fields, **changes})


def test_a_valid_insurance_is_found_by_the_name_without_diacritics(client: RegistryClient) -> None:
    answer = client.look_up(query())
    assert (answer.standing, answer.valid_until) == (Standing.VALID, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("until", "standing"), [(date(2026, 11, 22), Standing.VALID), (date(2026, 11, 21), Standing.EXPIRED)]
)
def test_insurance_holds_through_its_last_day(
    store: Store, client: RegistryClient, until: date, standing: Standing
) -> None:
    store.add_citizens([lan(insured_until=until)])
    assert client.look_up(query()).standing is standing


def test_the_day_turns_in_vietnam(tmp_path: Path) -> None:
    evening = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    store = Store(RegistrySettings(f"sqlite:///{tmp_path / 'r.db'}"), clock=lambda: evening, new_id=lambda: "x")
    store.create_tables()
    store.add_citizens([lan(insured_until=date(2026, 11, 22))])
    assert store.insurance(query()).standing is Standing.EXPIRED
    store.close()


def test_someone_unknown_or_uninsured_is_not_found(store: Store, client: RegistryClient) -> None:
    assert client.look_up(query(personal_number="001151999999")).standing is Standing.NOT_FOUND
    store.add_citizens([lan(insurance_number=None)])
    assert client.look_up(query()).standing is Standing.NOT_FOUND


def test_a_difference_is_named_and_its_value_kept_back(client: RegistryClient) -> None:
    answer = client.look_up(query(name="Nguyễn Thị Lành", birth_date=date(1951, 3, 9)))
    assert answer.standing is Standing.MISMATCH
    assert answer.differences == ("name", "birth_date")
    assert answer.card_number is None


def test_the_same_key_and_body_give_the_first_receipt_again(store: Store, client: RegistryClient) -> None:
    first = client.check_in(body_of(record()), KEY)
    assert client.check_in(body_of(record()), KEY) == first
    assert first.queue_number == "D001"
    assert first.body_sha256 == hashlib.sha256(body_of(record())).hexdigest()
    assert store.count_check_ins() == 1


def test_the_same_key_with_another_body_is_a_conflict(store: Store, client: RegistryClient) -> None:
    client.check_in(body_of(record()), KEY)
    with pytest.raises(IdempotencyConflict):
        client.check_in(body_of(record(clinic_id="skin")), KEY)
    assert store.count_check_ins() == 1


def test_a_sequence_number_under_another_key_is_a_conflict(client: RegistryClient) -> None:
    client.check_in(body_of(record()), KEY)
    with pytest.raises(IdempotencyConflict):
        client.check_in(body_of(record()), KEY[:-1] + "2")


def test_a_new_installation_counts_anew(store: Store, client: RegistryClient) -> None:
    client.check_in(body_of(record()), KEY)
    client.check_in(body_of(record(installation="another")), KEY[:-1] + "2")
    assert store.count_check_ins() == 2


def test_a_second_visit_of_the_day_is_flagged_and_kept(store: Store, client: RegistryClient) -> None:
    assert not client.check_in(body_of(record()), KEY).repeated_visit
    second = client.check_in(body_of(record(sequence=2, clinic_id="skin")), KEY[:-1] + "2")
    assert second.repeated_visit
    assert store.count_check_ins() == 2


def test_each_clinic_and_day_counts_by_itself(store: Store, client: RegistryClient) -> None:
    def visit(sequence: int, **changes: object) -> str | None:
        return client.check_in(body_of(record(sequence=sequence, **changes)), f"{KEY[:-2]}{sequence:02d}").queue_number

    tomorrow = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    assert [visit(1), visit(2), visit(3, clinic_id="skin"), visit(4, captured_at=tomorrow), visit(5)] == [
        "D001",
        "D002",
        "H001",
        "D001",
        "D003",
    ]
    assert {clinic.id: clinic.given_today for clinic in client.clinics()}["eyes"] == 3


def test_an_unknown_clinic_is_refused_and_nothing_is_stored(store: Store, client: RegistryClient) -> None:
    with pytest.raises(RecordRefused):
        client.check_in(body_of(record(clinic_id="nowhere")), KEY)
    assert store.count_check_ins() == 0


def test_a_broken_record_is_refused_without_repeating_its_content(service: httpx.Client) -> None:
    body = body_of(record()).replace(b'"sex":"F"', b'"sex":"Canary"')
    answer = service.post("/v1/check-ins", content=body, headers={"Idempotency-Key": KEY})
    assert answer.status_code == 422
    assert answer.json()["code"] == "registry.record_refused"
    assert "Canary" not in answer.text
    look_up = service.post("/v1/insurance/look-ups", json={"personal_number": "Canary"})
    assert look_up.status_code == 422
    assert "Canary" not in look_up.text


def test_a_record_beyond_the_bound_is_refused(service: httpx.Client) -> None:
    answer = service.post("/v1/check-ins", content=b" " * 300_000, headers={"Idempotency-Key": KEY})
    assert answer.status_code == 422


def test_an_item_refused_does_not_hold_up_its_batch(store: Store, service: httpx.Client) -> None:
    items = [
        {"key": f"{KEY[:-1]}{number}", "record": record(sequence=number, clinic_id=clinic).model_dump(mode="json")}
        for number, clinic in ((1, "eyes"), (2, "nowhere"), (3, "skin"))
    ]
    outcomes = service.post("/v1/check-ins/batch", json={"items": items}).json()["outcomes"]
    assert [outcome["status"] for outcome in outcomes] == [201, 422, 201]
    assert store.count_check_ins() == 2


def test_the_token_is_asked_for(store: Store, serve: Serve) -> None:
    url = serve(create_app(store, token="secret"))
    assert RegistryClient(url, token="secret").look_up(query()).standing is Standing.VALID
    for wrong in (None, "Secret", "secre"):
        with pytest.raises(NotAuthorised):
            RegistryClient(url, token=wrong).look_up(query())


def test_no_answer_is_unreachable() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    client = RegistryClient("http://testserver", transport=httpx.MockTransport(refuse))
    with pytest.raises(RegistryUnreachable):
        client.look_up(query())
    assert not client.ready()


def test_a_captive_portal_is_not_taken_for_the_registry() -> None:
    portal = httpx.MockTransport(lambda _request: httpx.Response(200, text="<html>Wi-Fi login</html>"))
    client = RegistryClient("http://testserver", transport=portal)
    for call in (lambda: client.look_up(query()), client.clinics, lambda: client.check_in(body_of(record()), KEY)):
        with pytest.raises(RegistryUnreachable):
            call()


def test_a_wrong_address_is_not_a_refused_record() -> None:
    elsewhere = httpx.MockTransport(lambda _request: httpx.Response(404, text="Not found"))
    with pytest.raises(RegistryUnreachable):
        RegistryClient("http://testserver", transport=elsewhere).check_in(body_of(record()), KEY)


def test_a_receipt_for_another_record_is_not_believed(store: Store) -> None:
    other, _ = store.check_in(KEY, body_of(record()))
    answer = httpx.MockTransport(lambda _request: httpx.Response(200, content=other.model_dump_json()))
    client = RegistryClient("http://testserver", transport=answer)
    with pytest.raises(RegistryUnreachable):
        client.check_in(body_of(record(clinic_id="skin")), KEY)


def test_equal_requests_at_once_have_one_effect(store: Store) -> None:
    body = body_of(record())
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(store.check_in(KEY, body)[0])) for _ in range(8)]
    run_all(threads)
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert store.count_check_ins() == 1


def test_numbers_given_at_once_are_all_different(store: Store) -> None:
    numbers: list[str | None] = []

    def visitor(sequence: int) -> Callable[[], None]:
        body, key = body_of(record(sequence=sequence)), f"{KEY[:-2]}{sequence:02d}"
        return lambda: numbers.append(store.check_in(key, body)[0].queue_number)

    run_all([threading.Thread(target=visitor(sequence)) for sequence in range(1, 13)])
    assert sorted(numbers, key=str) == [f"D{number:03d}" for number in range(1, 13)]


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_health_readiness_metrics_and_description(store: Store, service: httpx.Client) -> None:
    store.check_in(KEY, body_of(record()))
    assert service.get("/healthz").text == "ok\n"
    assert service.get("/readyz").status_code == 200
    assert "motcham_check_ins_total 1\n" in service.get("/metrics").text
    assert "Khám tổng quát" in service.get("/").text
    assert "/v1/check-ins" in service.get("/openapi.json").json()["paths"]


def test_a_missing_database_is_not_ready(tmp_path: Path, serve: Serve) -> None:
    store = Store(RegistrySettings(f"sqlite:///{tmp_path / 'gone' / 'r.db'}"), clock=lambda: NOW, new_id=lambda: "x")
    service = httpx.Client(base_url=serve(create_app(store)), trust_env=False)
    assert service.get("/readyz").status_code == 503
    answer = service.get("/v1/clinics")
    assert answer.status_code == 503
    assert answer.json()["code"] == "registry.store_unusable"


def test_the_seed_is_as_described() -> None:
    people = list(invent_citizens(5000, seed=7, today=TODAY))
    assert [person.personal_number for person in invent_citizens(50, seed=7, today=TODAY)] == [
        person.personal_number for person in people[:50]
    ]
    insured = [person for person in people if person.insured_until]
    expired = [person for person in insured if person.insured_until and person.insured_until < TODAY]
    assert 0.03 < 1 - len(insured) / len(people) < 0.07
    assert 0.06 < len(expired) / len(people) < 0.10


@given(st.integers(0, 2**32))
def test_every_invented_number_agrees_with_its_century_and_sex(seed: int) -> None:
    (person,) = invent_citizens(1, seed=seed, today=TODAY)
    century, sex = divmod(int(person.personal_number[3]), 2)
    assert (1900 + 100 * century + int(person.personal_number[4:6]), "MF"[sex]) == (
        person.birth_date.year,
        person.sex,
    )


def test_a_record_has_one_receipt_whether_it_comes_alone_or_in_a_batch(
    store: Store, service: httpx.Client, client: RegistryClient
) -> None:
    def in_batch(key: str, content: CheckIn) -> dict[str, object]:
        # As `motcham outbox export` writes it: the stored bytes, read and written again.
        items = [{"key": key, "record": json.loads(body_of(content))}]
        sent = json.dumps({"items": items}, indent=1, ensure_ascii=False).encode()
        (outcome,) = service.post("/v1/check-ins/batch", content=sent).json()["outcomes"]
        return {"status": outcome["status"], "receipt": outcome["receipt"]}

    alone_first = client.check_in(body_of(record()), KEY)
    assert in_batch(KEY, record()) == {"status": 200, "receipt": alone_first.model_dump(mode="json")}
    batch_first = in_batch(KEY[:-1] + "2", record(sequence=2))
    then_alone = client.check_in(body_of(record(sequence=2)), KEY[:-1] + "2")
    assert batch_first == {"status": 201, "receipt": then_alone.model_dump(mode="json")}
    assert in_batch(KEY, record(clinic_id="skin"))["status"] == 409
    assert store.count_check_ins() == 2


def test_a_record_that_only_looks_otherwise_is_the_same(store: Store) -> None:
    first, _ = store.check_in(KEY, body_of(record()))
    spaced = json.dumps(json.loads(body_of(record())), indent=2, sort_keys=True).encode()
    again, new = store.check_in(KEY, spaced)
    assert not new
    assert again.body_sha256 == hashlib.sha256(spaced).hexdigest()
    assert again.model_copy(update={"body_sha256": first.body_sha256}) == first


def test_a_malformed_item_does_not_hold_up_its_batch(store: Store, service: httpx.Client) -> None:
    items = [
        {"key": KEY, "record": {"name": "Canary"}},
        {"key": KEY[:-1] + "2", "record": record().model_dump(mode="json")},
    ]
    answer = service.post("/v1/check-ins/batch", json={"items": items})
    assert [outcome["status"] for outcome in answer.json()["outcomes"]] == [422, 201]
    assert "Canary" not in answer.text
    assert store.count_check_ins() == 1


@pytest.mark.parametrize("path", ["/v1/check-ins/batch", "/v1/insurance/look-ups"])
def test_every_body_is_bounded_before_it_is_kept(service: httpx.Client, path: str) -> None:
    answer = service.post(path, content=(b" " * 100_000 for _ in range(60)))
    assert (answer.status_code, answer.json()["message"]) == (422, "the body is too large")


def test_nobody_stands_in_the_logs_of_the_database(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store = Store(RegistrySettings(f"sqlite:///{tmp_path / 'r.db'}"), clock=lambda: NOW, new_id=lambda: "x")
    store.create_tables()
    store.add_clinics(hospital_clinics())
    store.add_citizens([lan()])
    store.insurance(query())
    store.check_in(KEY, body_of(record()))
    with pytest.raises(StoreUnusable) as failed:
        store.add_citizens([lan(name=None)])
    store.close()
    told = f"{caplog.text}{failed.value}{failed.value.__cause__}"
    assert "INSERT INTO citizens" in told
    assert not any(personal in told for personal in ("001151000001", "Nguyễn Thị Lan", "HT3010000000001"))


def test_the_database_is_for_its_owner_only(store: Store, tmp_path: Path) -> None:
    store.check_in(KEY, body_of(record()))
    files = list(tmp_path.glob("registry.db*"))
    assert files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_a_file_that_is_no_database_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "r.db").write_bytes(b"no database at all" * 100)
    store = Store(RegistrySettings(f"sqlite:///{tmp_path / 'r.db'}"), clock=lambda: NOW, new_id=lambda: "x")
    assert not store.usable()
    with pytest.raises(StoreUnusable):
        store.create_tables()
