"""The registry as the chip's examiner: it helps where it can, and holds nobody up where it cannot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from kiosk.chip_examiner import RegistryExaminer
from kiosk.settings import Place
from reader.examiner import AgreementTask, ChipAnswers, ChipTask, ExaminationOutcome
from registry.client import RegistryClient
from registry.messages import AgreementQuestion, ExaminationJudgement, ExaminationTask

ID = "0123456789abcdef0123456789abcdef"
READ_DG1 = bytes.fromhex("0CB081000D97015F8E08000102030405060700")
TASK = ExaminationTask(
    examination_id=ID,
    challenge=bytes(8),
    agreement=AgreementQuestion(protocol="1.2.3", key_id=7, public_key=b"\x04", command=READ_DG1),
)
ANSWERS = ChipAnswers(ID, b"signed", 0x9000, 0x9000, b"\x90\x00")
GROUPS = {1: b"one", 14: b"fourteen"}

Handler = Callable[[httpx.Request], httpx.Response]


@contextmanager
def examiner(
    handler: Handler, seconds: float = 5.0, faults: list[BaseException] | None = None
) -> Iterator[RegistryExaminer]:
    noted = [] if faults is None else faults
    with RegistryClient("http://registry.invalid", transport=httpx.MockTransport(handler)) as client:
        made = RegistryExaminer(client, Place(kiosk_id="K7", province_code="079"), seconds, noted.append)
        made.worker.start()
        yield made
        made.worker.stop()
        assert made.worker.join(10)
    assert faults is not None or not noted


def answering(text: str, status: int = 200) -> Handler:
    return lambda _request: httpx.Response(status, text=text)


def test_questions_and_answers_are_carried_as_they_are() -> None:
    sent: list[bytes] = []

    def registry(request: httpx.Request) -> httpx.Response:
        sent.append(request.read())
        if request.url.path == "/v1/chip-examinations":
            return httpx.Response(201, text=TASK.model_dump_json())
        assert request.url.path == f"/v1/chip-examinations/{ID}/answers"
        judged = ExaminationJudgement(outcome=ExaminationOutcome.REFUTED, reasons=("chip.aa_digest",))
        return httpx.Response(200, text=judged.model_dump_json())

    with examiner(registry) as asked:
        agreement = AgreementTask("1.2.3", 7, b"\x04", READ_DG1)
        assert asked.begin(b"sod", GROUPS) == ChipTask(ID, bytes(8), agreement)
        assert asked.finish(ANSWERS) is ExaminationOutcome.REFUTED
    assert sent == [
        b'{"kiosk_id":"K7","province_code":"079","sod":"736f64","dg1":"6f6e65","dg14":"666f75727465656e","dg15":null}',
        b'{"signature":"7369676e6564","signature_status":36864,"agreement_status":36864,"agreement_response":"9000"}',
    ]


@pytest.mark.parametrize(
    "registry",
    [
        answering("Not Found", 404),
        answering("<html>Wi-Fi login</html>"),
        answering('{"code":"registry.not_authorised","message":"","remedy":""}', 401),
        answering("", 503),
        answering(TASK.model_dump_json().replace(READ_DG1.hex(), "00a4040c07a0000002471001")),
        answering(TASK.model_dump_json().replace(READ_DG1.hex(), READ_DG1.hex() * 4)),
        answering(TASK.model_dump_json().replace("0000000000000000", "00")),
    ],
    ids=["old registry", "portal", "stranger", "busy", "another command", "too long a command", "short challenge"],
)
def test_a_registry_that_asks_nothing_sensible_is_none(registry: Handler) -> None:
    with examiner(registry) as asked:
        assert asked.begin(b"sod", GROUPS) is None


def test_a_judgement_that_is_not_heard_says_nothing() -> None:
    for registry in (answering("", 503), answering("{}"), answering('{"outcome":"splendid","reasons":[]}')):
        with examiner(registry) as asked:
            assert asked.finish(ANSWERS) is ExaminationOutcome.INCONCLUSIVE


def test_what_the_registry_would_not_take_is_not_sent() -> None:
    def registry(_request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing is to be sent")

    with examiner(registry) as asked:
        assert asked.begin(b"sod", {14: b"fourteen"}) is None
        assert asked.begin(bytes(33 * 1024), GROUPS) is None
        assert asked.begin(b"sod", {1: bytes(513)}) is None
        assert asked.finish(ChipAnswers(ID, bytes(2000))) is None


def test_a_silent_registry_holds_nobody_up() -> None:
    over = threading.Event()
    asked_for: list[str] = []

    def registry(request: httpx.Request) -> httpx.Response:
        asked_for.append(request.url.path)
        over.wait(10)
        return httpx.Response(503)

    with examiner(registry, seconds=0.1) as asked:
        started = time.monotonic()
        assert asked.begin(b"sod", GROUPS) is None
        assert asked.begin(b"sod", GROUPS) is None
        assert asked.finish(ANSWERS) is ExaminationOutcome.INCONCLUSIVE
        assert time.monotonic() - started < 2
        over.set()
        time.sleep(0.05)
        assert asked.begin(b"sod", GROUPS) is None
    assert len(asked_for) == 2, "what nobody waits for any more is not asked"


def test_a_defect_is_reported_and_harms_no_reading() -> None:
    def registry(_request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    faults: list[BaseException] = []
    with examiner(registry, faults=faults) as asked:
        assert asked.begin(b"sod", GROUPS) is None
    assert [type(fault) for fault in faults] == [ZeroDivisionError]
