"""Examinations of chips under way: each lives for seconds, in this process's memory alone, and is answered once."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reader.examiner import ChipAnswers, ExaminationOutcome
from reader.trust import TrustStore
from registry import chip_examination
from registry.chip_examination import Examination, RandomBytes
from registry.chip_proof import FinishedExamination
from registry.errors import ExaminationGone
from registry.messages import (
    AgreementQuestion,
    ExaminationAnswers,
    ExaminationJudgement,
    ExaminationRequest,
    ExaminationTask,
)
from registry.store import Store

_log = logging.getLogger("motcham.registry")
LIFETIME: Final = 120.0
"""Seconds: a slow card is read in a third of them."""
_MOST_OPEN: Final = 2048
"""A thousand kiosks with a card each, twice over. Each takes some kilobytes."""
_ID_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class _Open:
    request: ExaminationRequest = field(repr=False)
    examination: Examination = field(repr=False)
    until: float


class ChipExaminations:
    """The registry's desk for chips. Its methods may be called from any thread.

    What is secret in an examination is never stored: a registry that is started anew forgets those under way.

    Args:
        store: keeps the judgements.
        trust: whose signatures count.
        clock: gives the present as an aware datetime.
        monotonic: gives steadily growing seconds.
        random: gives so many bytes of a cryptographic random source.
        include_simulated: issuers that exist only in software count too; for demonstrations.
        most_open: beyond so many the oldest is forgotten.
    """

    def __init__(
        self,
        store: Store,
        trust: TrustStore,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: RandomBytes,
        include_simulated: bool = False,
        most_open: int = _MOST_OPEN,
    ) -> None:
        self._store = store
        self._trust = trust
        self._clock = clock
        self._monotonic = monotonic
        self._random = random
        self._include_simulated = include_simulated
        self._most_open = most_open
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Open] = OrderedDict()

    def begin(self, request: ExaminationRequest) -> ExaminationTask:
        """Verify what the issuer signed, and say what the chip is to be asked."""
        groups = {1: request.dg1, 14: request.dg14, 15: request.dg15}
        examination = chip_examination.begin(
            request.sod,
            {number: content for number, content in groups.items() if content is not None},
            self._trust,
            self._clock(),
            self._random,
            include_simulated=self._include_simulated,
        )
        examination_id = self._random(_ID_LENGTH).hex()
        with self._lock:
            self._forget_overdue()
            self._open[examination_id] = _Open(request, examination, self._monotonic() + LIFETIME)
        return _task(examination_id, examination)

    def finish(self, examination_id: str, answers: ExaminationAnswers) -> ExaminationJudgement:
        """Judge what the chip said, and keep the judgement for the check-in that names this examination.

        Raises:
            ExaminationGone: there is no such examination, it was answered before, or its time is over.
            StoreUnusable: the judgement could not be kept.
        """
        with self._lock:
            found = self._open.pop(examination_id, None)
        if found is None or self._monotonic() > found.until:
            raise ExaminationGone("no examination waits for these answers")
        judgement = chip_examination.finish(
            found.examination,
            ChipAnswers(
                examination_id,
                answers.signature,
                answers.signature_status,
                answers.agreement_status,
                answers.agreement_response,
            ),
        )
        _log.info("chip %s: %s", judgement.outcome, " ".join(judgement.reasons))
        mrz = found.examination.mrz
        genuine = judgement.outcome is ExaminationOutcome.GENUINE
        self._store.keep_examination(
            FinishedExamination(
                examination_id=examination_id,
                province_code=found.request.province_code,
                kiosk_id=found.request.kiosk_id,
                examined_at=self._clock(),
                outcome=judgement.outcome,
                reasons=judgement.reasons,
                mrz=mrz.text if genuine and mrz is not None else None,
            )
        )
        return ExaminationJudgement(outcome=judgement.outcome, reasons=judgement.reasons)

    def _forget_overdue(self) -> None:
        """All last equally long, so that the oldest come first."""
        now = self._monotonic()
        while self._open:
            oldest = next(iter(self._open))
            if len(self._open) < self._most_open and self._open[oldest].until >= now:
                return
            del self._open[oldest]


def _task(examination_id: str, examination: Examination) -> ExaminationTask:
    asked = None if examination.agreement is None else examination.agreement.task
    return ExaminationTask(
        examination_id=examination_id,
        challenge=examination.challenge,
        agreement=None
        if asked is None
        else AgreementQuestion(
            protocol=asked.protocol, key_id=asked.key_id, public_key=asked.public_key, command=asked.command
        ),
    )
