from __future__ import annotations

import threading

import pytest

from kiosk.worker import Worker


def test_a_job_that_fails_is_reported_and_the_next_is_done() -> None:
    faults: list[BaseException] = []
    done = threading.Event()

    def fail() -> None:
        raise IndexError

    worker = Worker("test", faults.append)
    worker.start()
    worker.submit(fail)
    worker.submit(done.set)
    assert done.wait(2)
    assert [type(fault) for fault in faults] == [IndexError]
    worker.stop()
    assert worker.join(2)


@pytest.mark.parametrize("finish", [True, False])
def test_what_waits_at_the_end_is_done_only_where_it_was_promised(finish: bool) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        go_on.wait(2)

    worker = Worker("test", lambda error: None, finish=finish)
    worker.start()
    worker.submit(begun.set)
    worker.submit(wait)
    worker.submit(done.set)
    assert begun.wait(2)
    worker.stop()
    go_on.set()
    assert worker.join(2)
    assert done.is_set() is finish


def test_idle_work_is_done_while_no_job_comes() -> None:
    tended = threading.Event()
    worker = Worker("test", lambda error: None, idle=tended.set, idle_seconds=0.01)
    worker.start()
    assert tended.wait(2)
    worker.stop()
    assert worker.join(2)


def test_a_worker_that_never_began_has_ended() -> None:
    worker = Worker("test", lambda error: None)
    worker.stop()
    assert worker.join(0)
