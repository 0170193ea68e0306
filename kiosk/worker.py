"""A thread that lives as long as the kiosk and does one kind of work, job after job."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

Job = Callable[[], None]
OnFault = Callable[[BaseException], None]


class Worker:
    """Does jobs in the order in which they came.

    Args:
        name: of the thread.
        on_fault: told of an exception that a job let out; the worker goes on.
        idle: done whenever no job has come for `idle_seconds`.
        finish: whether jobs that wait when the worker is stopped are still done.
    """

    def __init__(
        self,
        name: str,
        on_fault: OnFault,
        *,
        idle: Job | None = None,
        idle_seconds: float = 1.0,
        finish: bool = False,
    ) -> None:
        self._on_fault = on_fault
        self._idle = idle
        self._idle_seconds = idle_seconds if idle is not None else None
        self._finish = finish
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Have a job done. After `stop` nothing is begun any more."""
        if not self._stopping.is_set():
            self._jobs.put(job)

    def stop(self) -> None:
        """Begin no further work than was promised."""
        self._stopping.set()
        self._jobs.put(None)

    def join(self, seconds: float) -> bool:
        """Wait for the end after `stop`; False when it did not come in time."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=self._idle_seconds)
            except Empty:
                job = self._idle
            if job is None:
                return
            if self._stopping.is_set() and not self._finish:
                continue
            try:
                job()
            except Exception as error:  # noqa: BLE001 - one job's defect must not end the kiosk; it is reported
                self._on_fault(error)
