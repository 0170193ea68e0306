"""The registry as the chip's examiner, from the kiosk: carries questions and answers, and judges nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Final, Protocol, TypeVar

from pydantic import ValidationError

from kiosk.settings import Place
from kiosk.worker import Worker
from reader.examiner import AgreementTask, ChipAnswers, ChipTask, ExaminationOutcome
from registry.errors import RegistryError
from registry.messages import ExaminationAnswers, ExaminationJudgement, ExaminationRequest, ExaminationTask

_log = logging.getLogger("motcham.kiosk")
_READ_DG1: Final = bytes.fromhex("0CB08100")
"""READ BINARY of DG1 under secure messaging: nothing else is asked of a citizen's chip in the registry's name."""
_UNEXPECTED: Final = "registry.unexpected_question"

_Answer = TypeVar("_Answer")


class ExaminingRegistry(Protocol):
    """See `registry.client.RegistryClient`, whose errors it raises."""

    def begin_examination(self, request: ExaminationRequest, timeout: float) -> ExaminationTask: ...

    def finish_examination(
        self, examination_id: str, answers: ExaminationAnswers, timeout: float
    ) -> ExaminationJudgement: ...


class RegistryExaminer:
    """A `reader.examiner.ChipExaminer`. The registry is asked on a thread of its own, which nobody waits for longer
    than the deadline says: the card lies on the reader.

    Args:
        seconds: for a question, and again for the judgement.
        on_fault: told of a defect.
    """

    def __init__(
        self, registry: ExaminingRegistry, place: Place, seconds: float, on_fault: Callable[[BaseException], None]
    ) -> None:
        self._registry = registry
        self._place = place
        self._seconds = seconds
        self._on_fault = on_fault
        self.worker = Worker("examiner", on_fault)

    def begin(self, sod: bytes, groups: Mapping[int, bytes]) -> ChipTask | None:
        """As `ChipExaminer.begin`; None as well for files of a size that the registry does not take."""
        if 1 not in groups:
            return None
        try:
            request = ExaminationRequest(
                kiosk_id=self._place.kiosk_id,
                province_code=self._place.province_code,
                sod=sod,
                dg1=groups[1],
                dg14=groups.get(14),
                dg15=groups.get(15),
            )
        except ValidationError:
            _log.info("chip not examined: its files are too large")
            return None
        task = self._within_time(lambda: self._registry.begin_examination(request, self._seconds))
        return None if task is None else _carried(task)

    def finish(self, answers: ChipAnswers) -> ExaminationOutcome | None:
        """As `ChipExaminer.finish`. Where no judgement is heard in time, it is inconclusive here; there, it is known
        all the same, and the record that names the examination has it.
        """
        try:
            said = ExaminationAnswers(
                signature=answers.signature,
                signature_status=answers.signature_status,
                agreement_status=answers.agreement_status,
                agreement_response=answers.agreement_response,
            )
        except ValidationError:
            _log.info("chip not examined: its answers are too long")
            return None
        judgement = self._within_time(
            lambda: self._registry.finish_examination(answers.examination_id, said, self._seconds)
        )
        if judgement is None:
            return ExaminationOutcome.INCONCLUSIVE
        _log.info("chip examined: %s %s", judgement.outcome, " ".join(judgement.reasons))
        return judgement.outcome

    def _within_time(self, ask: Callable[[], _Answer]) -> _Answer | None:
        """What the registry answers, or None when it does not in time."""
        asked: Future[_Answer] = Future()
        self.worker.submit(lambda: _settle(asked, ask))
        try:
            return asked.result(self._seconds)
        except TimeoutError:
            # Not begun yet, it is never begun: the registry is not asked for what nobody waits for.
            asked.cancel()
            _log.info("chip not examined: no answer in time")
        except RegistryError as error:
            _log.info("chip not examined: %s", error.code)
        except Exception as error:  # noqa: BLE001 - the reading must not fail over it; it is reported
            self._on_fault(error)
        return None


def _settle(asked: Future[_Answer], ask: Callable[[], _Answer]) -> None:
    if not asked.set_running_or_notify_cancel():
        return
    try:
        asked.set_result(ask())
    except Exception as error:  # noqa: BLE001 - it is whoever waits for the answer who deals with it
        asked.set_exception(error)


def _carried(task: ExaminationTask) -> ChipTask | None:
    asked = task.agreement
    if asked is not None and not asked.command.startswith(_READ_DG1):
        _log.warning("chip not examined: %s", _UNEXPECTED)
        return None
    agreement = None
    if asked is not None:
        agreement = AgreementTask(asked.protocol, asked.key_id, asked.public_key, asked.command)
    return ChipTask(task.examination_id, task.challenge, agreement)
