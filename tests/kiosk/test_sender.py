from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiosk.check_in import RECORD_KIND, compose_check_in, identity_of
from kiosk.outbox import Outbox, RecordState, Slot
from kiosk.sender import Sender
from kiosk.settings import Place
from kiosk.visit.effects import Record
from kiosk.visit.states import Desk, InsuranceStanding
from reader.model import Verdict
from registry.client import RegistryClient, body_of
from registry.errors import RecordRefused
from registry.messages import CheckIn, Problem


class HandClock:
    def __init__(self) -> None:
        self.wall = datetime(2026, 3, 2, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return 0.0

    def boot_id(self) -> str:
        return "boot"


class BadNetwork(httpx.BaseTransport):
    """Delivers every request to the real registry; then does with the answer what the test says."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.script: list[Callable[[httpx.Response], httpx.Response]] = []
        self.keys: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        response = self._inner.handle_request(request)
        return self.script.pop(0)(response) if self.script else response

    def close(self) -> None:
        self._inner.close()


def lose(response: httpx.Response) -> httpx.Response:
    response.close()
    raise httpx.ReadTimeout("the answer was lost")


def answer(status: int, **headers: str) -> Callable[[httpx.Response], httpx.Response]:
    def change(response: httpx.Response) -> httpx.Response:
        response.close()
        return httpx.Response(status, headers=headers)

    return change


def refuse(response: httpx.Response) -> httpx.Response:
    response.close()
    problem = Problem(code=RecordRefused.code, message="no such clinic", remedy=RecordRefused.remedy)
    return httpx.Response(422, text=problem.model_dump_json())


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def outbox(tmp_path: Path, clock: HandClock) -> Iterator[Outbox]:
    with Outbox.open(tmp_path / "outbox.db", tmp_path / "vault.key", clock=clock) as opened:
        yield opened


@pytest.fixture
def network() -> BadNetwork:
    return BadNetwork()


@pytest.fixture
def sender(outbox: Outbox, registry: RegistryClient, network: BadNetwork) -> Iterator[Sender]:
    with RegistryClient(str(registry._http.base_url), transport=network) as client:
        yield Sender(outbox, client, lambda: 1.0)


@pytest.fixture
def capture(outbox: Outbox, insured: Any) -> Callable[[], Slot]:
    def build() -> Slot:
        record = Record(1, insured.document, Verdict.ACCEPT, (), InsuranceStanding.VALID, None)

        def compose(slot: Slot) -> bytes:
            return body_of(compose_check_in(record, slot, Desk.INSURANCE, Place(), outbox.installation))

        return outbox.capture(RECORD_KIND, compose, identity=identity_of(insured.document))

    return build


def state(outbox: Outbox) -> RecordState:
    return outbox.records()[-1].state


def test_what_is_stored_is_what_is_sent(outbox: Outbox, capture: Callable[[], Slot], insured: Any) -> None:
    slot = capture()
    stored = outbox.take(slot.record_id)
    assert stored is not None
    assert body_of(CheckIn.model_validate_json(stored)) == stored
    content = json.loads(stored)
    assert (content["personal_number"], content["local_ticket"]) == (insured.number, "K1-001")
    assert (content["sequence"], content["installation"]) == (1, outbox.installation)


def test_a_delivered_record_keeps_its_receipt_and_loses_its_content(
    outbox: Outbox, sender: Sender, capture: Callable[[], Slot], count_check_ins: Callable[[], int]
) -> None:
    slot = capture()
    receipt = sender.deliver(slot.record_id)
    assert receipt is not None
    sender.tidy()
    assert state(outbox) is RecordState.PURGED
    assert outbox.receipt(slot.record_id) == receipt
    assert sender.deliver(slot.record_id) == receipt, "delivered once, known ever after"
    assert count_check_ins() == 1


def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    outbox: Outbox,
    sender: Sender,
    network: BadNetwork,
    capture: Callable[[], Slot],
    clock: HandClock,
    count_check_ins: Callable[[], int],
) -> None:
    network.script = [lose, lose]
    slot = capture()
    assert sender.deliver(slot.record_id) is None
    assert state(outbox) is RecordState.SEALED
    clock.wall += timedelta(seconds=1)
    assert not sender.send_next(), "no use in trying the next one"
    clock.wall += timedelta(seconds=2)
    assert sender.send_next()
    assert network.keys == [slot.record_id] * 3
    assert count_check_ins() == 1
    assert outbox.receipt(slot.record_id) is not None


def test_the_pauses_double_up_to_a_quarter_of_an_hour(
    outbox: Outbox, sender: Sender, network: BadNetwork, capture: Callable[[], Slot], clock: HandClock
) -> None:
    network.script = [lose] * 13
    capture()
    pauses = []
    for _ in range(13):
        assert not sender.send_next()
        due = outbox.records()[0].next_attempt_at
        pauses.append((due - clock.wall).total_seconds())
        clock.wall = due
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_the_registry_may_ask_for_a_longer_pause(
    outbox: Outbox, sender: Sender, network: BadNetwork, capture: Callable[[], Slot], clock: HandClock
) -> None:
    network.script = [answer(503, **{"Retry-After": "120"})]
    slot = capture()
    assert sender.deliver(slot.record_id) is None
    record = outbox.records()[0]
    assert record.next_attempt_at - clock.wall == timedelta(seconds=120)
    assert record.last_code == "registry.busy"


def test_a_refused_record_does_not_hold_up_the_next_and_is_set_aside_in_the_end(
    outbox: Outbox, sender: Sender, network: BadNetwork, capture: Callable[[], Slot], clock: HandClock
) -> None:
    network.script = [refuse]
    capture()
    second = capture()
    assert sender.send_next()
    assert sender.send_next()
    assert outbox.receipt(second.record_id) is not None
    network.script = [refuse] * 9
    for _ in range(9):
        clock.wall += timedelta(minutes=15)
        assert sender.send_next()
    assert outbox.records()[0].state is RecordState.REJECTED
    assert not sender.send_next()


def test_a_kiosk_that_is_not_trusted_keeps_its_records(
    outbox: Outbox, sender: Sender, network: BadNetwork, capture: Callable[[], Slot]
) -> None:
    network.script = [answer(401)]
    capture()
    assert not sender.send_next()
    assert (state(outbox), outbox.records()[0].last_code) == (RecordState.SEALED, "registry.not_authorised")


def test_another_record_under_the_same_key_is_an_alarm(
    outbox: Outbox, sender: Sender, registry: RegistryClient, capture: Callable[[], Slot]
) -> None:
    slot = capture()
    stored = outbox.take(slot.record_id)
    assert stored is not None
    outbox.recover()
    another = CheckIn.model_validate_json(stored).model_copy(update={"name": "Somebody Else"})
    registry.check_in(body_of(another), slot.record_id)
    assert sender.deliver(slot.record_id) is None
    assert state(outbox) is RecordState.QUARANTINED
    assert [event.kind for event in outbox.trail.events()][-1] == "record.conflict"


def test_a_record_that_does_not_open_does_not_stop_the_others(
    outbox: Outbox, sender: Sender, capture: Callable[[], Slot]
) -> None:
    damaged, good = capture(), capture()
    outbox._connection.execute("UPDATE outbox SET payload = zeroblob(200) WHERE id = ?", (damaged.record_id,))
    assert sender.send_next()
    assert sender.send_next()
    assert [record.state for record in outbox.records()] == [RecordState.QUARANTINED, RecordState.ACKNOWLEDGED]
    assert outbox.receipt(good.record_id) is not None
