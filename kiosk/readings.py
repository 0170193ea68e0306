"""Readings of documents, on a thread of their own: begun, cancelled, and gone on with after an interruption."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from kiosk.visit.effects import StartReading
from kiosk.visit.events import ReadingEnded, ReadingInterrupted, ReadingProgressed, VisitEvent
from kiosk.worker import OnFault, Worker
from reader.errors import CardRemoved, NoCard, ReaderError
from reader.keys import Opening
from reader.model import Failure, Inspection, LinkStatistics, Verdict
from reader.progress import ProgressListener

DEFECT: Final = Failure("kiosk.defect", "the program failed", "Try again; if it stays, call a member of staff.")


class DocumentReading(Protocol):
    """The reading of one person's document. It keeps what was read, so that an interrupted one goes on."""

    def read(self, reader: str, listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        """Inspect the card on a reader; gives up soon after `cancelled` is set.

        Raises:
            CardRemoved: the card left; called again with the card put back, the reading goes on.
            ReaderError: anything else that kept it from a verdict.
        """


@dataclass(frozen=True, slots=True)
class _Current:
    reading: DocumentReading = field(repr=False)
    cancelled: threading.Event
    job: int


class Readings:
    """Reads one person's document at a time. `start`, `stop` and `forget` are for one thread.

    Args:
        begin: makes the reading of one person from what opens the document.
        post: takes the events of the reading.
    """

    def __init__(
        self, begin: Callable[[Opening], DocumentReading], post: Callable[[VisitEvent], None], on_fault: OnFault
    ) -> None:
        self._begin = begin
        self._post = post
        self._on_fault = on_fault
        self._current: _Current | None = None
        self.worker = Worker("inspection", on_fault)

    def start(self, effect: StartReading, reader: str | None) -> None:
        """Read the card on `reader`, or say that there is none: it may be taken between two events."""
        held = self._current
        reading = self._begin(effect.opening) if held is None else held.reading
        current = _Current(reading, threading.Event(), effect.job)
        self._current = current
        if reader is None:
            self._post(ReadingInterrupted(effect.job))
        else:
            self.worker.submit(lambda: self._read(current, reader))

    def stop(self, job: int) -> None:
        """Give a reading up; what was read is kept."""
        if self._current is not None and self._current.job == job:
            self._current.cancelled.set()

    def forget(self) -> None:
        """Give the reading up and drop all that was read."""
        if self._current is not None:
            self._current.cancelled.set()
            self._current = None

    def _read(self, current: _Current, reader: str) -> None:
        if current.cancelled.is_set():
            return
        job = current.job
        try:
            inspection = current.reading.read(
                reader, lambda progress: self._post(ReadingProgressed(progress, job)), current.cancelled
            )
        except (CardRemoved, NoCard):
            self._post(ReadingInterrupted(job))
        except ReaderError as error:
            self._post(ReadingEnded(_failed(Failure(error.code, error.message, error.remedy)), job))
        except Exception as error:  # noqa: BLE001 - nobody may wait for a reading that has died; it is reported
            self._on_fault(error)
            self._post(ReadingEnded(_failed(DEFECT), job))
        else:
            self._post(ReadingEnded(inspection, job))


def _failed(failure: Failure) -> Inspection:
    return Inspection(
        verdict=Verdict.NONE,
        reasons=(),
        checks=(),
        access=None,
        document=None,
        files={},
        portrait=None,
        timing=(),
        total_ms=0.0,
        link=LinkStatistics(),
        failure=failure,
    )
