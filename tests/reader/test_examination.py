"""The examiner beside the reading: asked once, waited for a while, and never in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pytest

from reader.channel import Channel
from reader.errors import CardRemoved
from reader.examination import Examination, agreement_answer
from reader.examiner import AgreementTask, ChipAnswers, ChipTask, ExaminationOutcome, ExaminationResult

CA_ECDH_AES_128 = "0.4.0.127.0.7.2.2.3.2.2"
COMMAND = bytes.fromhex("0cb0810000")
AGREEMENT = AgreementTask(CA_ECDH_AES_128, None, b"\x04KEY", COMMAND)
TASK = ChipTask("exam", bytes(8), AGREEMENT)


class Examiner:
    def __init__(self, task: ChipTask | None = TASK, outcome: ExaminationOutcome | None = None) -> None:
        self.task = task
        self.outcome = outcome
        self.shown: list[tuple[bytes, Mapping[int, bytes]]] = []
        self.answers: list[ChipAnswers] = []
        self.held = threading.Event()
        self.held.set()

    def begin(self, sod: bytes, groups: Mapping[int, bytes]) -> ChipTask | None:
        self.shown.append((sod, groups))
        self.held.wait(5)
        return self.task

    def finish(self, answers: ChipAnswers) -> ExaminationOutcome | None:
        self.answers.append(answers)
        self.held.wait(5)
        return self.outcome


def test_he_is_asked_once_and_his_outcome_is_handed_on() -> None:
    examiner = Examiner(outcome=ExaminationOutcome.GENUINE)
    examination = Examination(examiner)
    examination.begin(b"SOD", {1: b"DG1"})
    examination.begin(b"SOD", {})
    assert examination.task() == TASK
    assert examiner.shown == [(b"SOD", {1: b"DG1"})]
    answers = ChipAnswers("exam", b"S", 0x9000)
    assert examination.finish(answers) == ExaminationResult("exam", ExaminationOutcome.GENUINE)
    assert examiner.answers == [answers]


def test_another_document_is_another_examination() -> None:
    examiner = Examiner(outcome=ExaminationOutcome.GENUINE)
    examination = Examination(examiner)
    examination.begin(b"SOD", {})
    examination.begin(b"another", {})
    assert examination.task() == TASK
    assert [sod for sod, _ in examiner.shown] == [b"SOD", b"another"]


def test_what_was_judged_is_over() -> None:
    examiner = Examiner(outcome=ExaminationOutcome.GENUINE)
    examination = Examination(examiner)
    examination.begin(b"SOD", {})
    examination.task()
    examination.finish(ChipAnswers("exam"))
    assert examination.task() is None
    examination.begin(b"SOD", {})
    assert (examination.task(), len(examiner.shown)) == (TASK, 2)


def test_who_was_not_asked_has_no_task() -> None:
    assert Examination(Examiner()).task() is None


@pytest.mark.parametrize("examiner", [Examiner(task=None), Examiner(outcome=None)])
def test_who_cannot_be_reached_is_done_without(examiner: Examiner) -> None:
    examination = Examination(examiner)
    examination.begin(b"", {})
    assert examination.task() is examiner.task
    assert examination.finish(ChipAnswers("exam")) is None


def test_nobody_waits_longer_than_agreed() -> None:
    examiner = Examiner(outcome=ExaminationOutcome.GENUINE)
    examiner.held.clear()
    examination = Examination(examiner, patience=0.05)
    started = time.monotonic()
    examination.begin(b"", {})
    assert examination.task() is None
    assert examination.finish(ChipAnswers("exam")) is None
    assert time.monotonic() - started < 2
    examiner.held.set()


def test_a_defect_of_the_examiner_is_not_swallowed() -> None:
    class Broken(Examiner):
        def begin(self, sod: bytes, groups: Mapping[int, bytes]) -> ChipTask | None:
            raise KeyError("a defect")

    examination = Examination(Broken())
    examination.begin(b"", {})
    with pytest.raises(KeyError):
        examination.task()


class Chip:
    def __init__(self, *answers: bytes | Exception) -> None:
        self.commands: list[bytes] = []
        self._answers = iter(answers)

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


OK = b"\x90\x00"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((OK, b"\x7c\x00" + OK, b"PROTECTED" + OK), (0x9000, b"PROTECTED" + OK)),
        ((OK, b"\x7c\x00" + OK, b"\x69\x88"), (0x9000, b"\x69\x88")),
        ((b"\x6a\x88",), (0x6A88, None)),
        ((OK, b"\x63\x00"), (0x6300, None)),
        ((OK, CardRemoved("gone")), (None, None)),
        ((OK, b"\x7c\x00" + OK, CardRemoved("gone")), (0x9000, None)),
    ],
)
def test_the_agreement_for_him(
    answers: tuple[bytes | Exception, ...], expected: tuple[int | None, bytes | None]
) -> None:
    chip = Chip(*answers)
    assert agreement_answer(Channel(chip, 256), TASK) == expected
    if len(answers) == 3:
        assert chip.commands[-1] == COMMAND


def test_a_task_without_agreement_sends_nothing() -> None:
    assert agreement_answer(Channel(Chip(), 256), ChipTask("exam", bytes(8), None)) == (None, None)


def test_a_task_that_is_none_sends_nothing() -> None:
    task = ChipTask("exam", None, AgreementTask("1.2.3", None, b"", COMMAND))
    assert agreement_answer(Channel(Chip(), 256), task) == (None, None)
