"""The examiner's part of one inspection: reached beside the reading of the chip, waited for no longer than agreed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Final, TypeVar

from crypto.errors import CryptoError
from crypto.iso7816 import SW_SUCCESS
from reader.channel import Channel
from reader.chip_dialogue import agree_for
from reader.errors import ReaderError
from reader.examiner import ChipAnswers, ChipExaminer, ChipTask, ExaminationResult

PATIENCE_S: Final = 4.0
"""Seconds that the inspection waits for either answer of the examiner's, from the moment that it needs it."""

T = TypeVar("T")


class Examination:
    """One examination. The examiner is talked to on threads of his own, which nobody waits for once time is up.

    Args:
        patience: seconds to wait for the task, and for the outcome.
    """

    def __init__(self, examiner: ChipExaminer, patience: float = PATIENCE_S) -> None:
        self._examiner = examiner
        self._patience = patience
        self._sod: bytes | None = None
        self._task: Future[ChipTask | None] | None = None

    def begin(self, sod: bytes, groups: Mapping[int, bytes]) -> None:
        """Show the examiner what the issuer signed; comes back at once, and does it once for each document.

        What he asks stands in a later session with the chip as well: the keys of his agreement are made anew there.
        """
        if self._task is None or sod != self._sod:
            self._sod = sod
            self._task = _beside(lambda: self._examiner.begin(sod, groups))

    def task(self) -> ChipTask | None:
        """What the examiner asks; waits for it. None: he was not asked, or cannot be reached."""
        return None if self._task is None else _waited(self._task, self._patience)

    def finish(self, answers: ChipAnswers) -> ExaminationResult | None:
        """Hand over what the chip said and wait for the outcome; None: the examiner cannot be reached any more.

        Afterwards the examination is over: `begin` starts another.
        """
        self._task = None
        outcome = _waited(_beside(lambda: self._examiner.finish(answers)), self._patience)
        return None if outcome is None else ExaminationResult(answers.examination_id, outcome)


def agreement_answer(channel: Channel, task: ChipTask) -> tuple[int | None, bytes | None]:
    """Have the chip agree on keys with the examiner, and answer his command under them: the last step on a chip.

    Whatever goes wrong here costs no more than the examination.

    Returns:
        status word of the agreement, and the response to the examiner's command; None for what was not come to.
    """
    if task.agreement is None:
        return None, None
    try:
        status = agree_for(channel, task.agreement)
    except (ReaderError, CryptoError):
        return None, None
    if status != SW_SUCCESS:
        return status, None
    try:
        return status, channel.relay(task.agreement.command, "chip authentication by the examiner")
    except ReaderError:
        return status, None


def _beside(act: Callable[[], T | None]) -> Future[T | None]:
    done: Future[T | None] = Future()

    def run() -> None:
        try:
            done.set_result(act())
        except Exception as error:  # noqa: BLE001 (handed on to whoever waits, as an executor would)
            done.set_exception(error)

    # A daemon, and no executor: the program does not wait at its end for somebody who does not answer.
    threading.Thread(target=run, name="examiner", daemon=True).start()
    return done


def _waited(future: Future[T | None], seconds: float) -> T | None:
    try:
        return future.result(seconds)
    except TimeoutError:
        return None
