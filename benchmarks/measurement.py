"""Reads the card again and again, every way in turn, so that the load of the machine falls on all ways alike."""

from __future__ import annotations

import cProfile
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Final

from benchmarks.figures import Run
from benchmarks.workload import MeasuredCard, Way
from reader.checks import CheckId, CheckStatus
from reader.inspection import Connect, Inspector
from reader.model import Inspection
from reader.policy import Policy
from reader.portrait import PortraitDecoder
from reader.progress import IdentityVerified, PortraitVerified, ProgressEvent
from reader.transport import Transport


class UnsoundRead(Exception):
    """A read did not end as it must: its time would be the time of something else."""


_MUST_PASS: Final = (
    CheckId.PASSIVE_SIGNATURE,
    CheckId.PASSIVE_CHAIN,
    CheckId.PASSIVE_HASHES,
    CheckId.PASSIVE_COMPLETENESS,
    CheckId.SECURITY_INFOS_CONSISTENCY,
    CheckId.CHIP_ACTIVE_AUTHENTICATION,
    CheckId.CHIP_CHIP_AUTHENTICATION,
    CheckId.CONTENT_CONSISTENCY,
    CheckId.CONTENT_PORTRAIT,
)


def measure(
    card: MeasuredCard,
    ways: Sequence[Way],
    connect: Connect,
    rounds: int,
    now: datetime,
    *,
    profiler: cProfile.Profile | None = None,
    after_round: Callable[[], None] = lambda: None,
) -> Mapping[Way, list[Run]]:
    """Read `rounds` times in each way, after one round that is not counted: it loads code and warms caches.

    Args:
        profiler: records the counted reads, which it slows down.

    Raises:
        UnsoundRead: a read failed, or its verdict or its files are not the card's.
        CardRemoved: the card is not there any more.
    """
    runs: dict[Way, list[Run]] = {way: [] for way in ways}
    with closing(PortraitDecoder()) as portraits:
        portraits.warm()
        inspectors = {way: _inspector(card, way, portraits) for way in ways}
        for counted in (False, *(True for _ in range(rounds))):
            for way in ways:
                run = _read(card, way, inspectors[way], connect, now, profiler if counted else None)
                if counted:
                    runs[way].append(run)
            after_round()
    return runs


def _inspector(card: MeasuredCard, way: Way, portraits: PortraitDecoder) -> Inspector:
    return Inspector(card.trust, Policy(), way.profile, secrets.token_bytes, time.perf_counter, portraits)


def _read(
    card: MeasuredCard,
    way: Way,
    inspector: Inspector,
    connect: Connect,
    now: datetime,
    profiler: cProfile.Profile | None,
) -> Run:
    opening = card.opening(way, now)
    connecting = disconnecting = 0.0

    @contextmanager
    def timed() -> Iterator[Transport]:
        nonlocal connecting, disconnecting
        started = time.perf_counter()
        with connect() as transport:
            connecting = time.perf_counter() - started
            yield transport
            started = time.perf_counter()
        disconnecting = time.perf_counter() - started

    known: dict[type[ProgressEvent], float] = {}

    def note(event: ProgressEvent) -> None:
        known.setdefault(type(event), 1000 * (time.perf_counter() - begun))

    processor = time.process_time()
    if profiler is not None:
        profiler.enable()
    begun = time.perf_counter()
    found = inspector.inspect(timed, opening, at=now, listener=note)
    if profiler is not None:
        profiler.disable()
    processor = time.process_time() - processor
    _require_sound(card, way, found)
    identity, portrait = known[IdentityVerified], known[PortraitVerified]
    return Run(found, 1000 * connecting, 1000 * disconnecting, 1000 * processor, identity, portrait)


def _require_sound(card: MeasuredCard, way: Way, found: Inspection) -> None:
    if found.failure is not None:
        raise UnsoundRead(f"{way.name}: {found.failure.message}")
    if found.verdict is not way.expected:
        raise UnsoundRead(f"{way.name}: the verdict is {found.verdict}: {', '.join(found.reasons)}")
    open_checks = [check for check in _MUST_PASS if _status(found, check) is not CheckStatus.PASSED]
    if open_checks:
        raise UnsoundRead(f"{way.name}: not passed: {', '.join(open_checks)}")
    if dict(found.files) != dict(card.sample.personalisation.files):
        raise UnsoundRead(f"{way.name}: not every file was read as it is on the card")


def _status(found: Inspection, check: CheckId) -> CheckStatus | None:
    result = found.check(check)
    return None if result is None else result.status
