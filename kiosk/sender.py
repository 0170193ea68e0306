"""Sends what waits in the outbox to the registry, each record until a receipt for it comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from kiosk.entitlement import Registry
from kiosk.errors import NoSuchRecord, SealBroken
from kiosk.outbox import LONGEST_WAIT, Outbox, StoredReceipt
from registry.errors import IdempotencyConflict, RecordRefused, RegistryBusy, RegistryError

_log = logging.getLogger("motcham.kiosk")
_FIRST_WAIT: Final = timedelta(seconds=1)
_MOST_REFUSALS: Final = 10
# After this many doublings the longest wait is reached by far.
_MOST_DOUBLINGS: Final = 20


class Sender:
    """For one thread. A record goes out under its own id until it is settled: the registry stores it once.

    Args:
        chance: gives a number from 0 up to 1, for the jitter that keeps a thousand kiosks from coming back at once.
    """

    def __init__(self, outbox: Outbox, registry: Registry, chance: Callable[[], float]) -> None:
        self._outbox = outbox
        self._registry = registry
        self._chance = chance

    def deliver(self, record_id: str) -> StoredReceipt | None:
        """Make one attempt, or find that the record has its receipt already. None: it is sent again later."""
        self._attempt(record_id)
        return self._outbox.receipt(record_id)

    def send_next(self) -> bool:
        """Make one attempt with the oldest record that is due; whether it is worth going on with the next."""
        due = self._outbox.due(1)
        return bool(due) and self._attempt(due[0])

    def tidy(self) -> None:
        """Take back attempts that were cut off, and erase what the registry has."""
        # Only this thread sends: between two attempts nothing is on its way.
        self._outbox.recover()
        self._outbox.purge()

    def _attempt(self, record_id: str) -> bool:
        """False where the next record would fare no better: the registry cannot be talked to."""
        try:
            content = self._outbox.take(record_id)
        except SealBroken as error:
            return self._set_aside(record_id, error.code)
        if content is None:
            return True
        try:
            return self._send(record_id, content)
        except NoSuchRecord:
            # `motcham checkin` sends from the same outbox: whoever got its receipt first has settled the record.
            return True

    def _send(self, record_id: str, content: bytes) -> bool:
        try:
            receipt = self._registry.check_in(content, record_id)
        except IdempotencyConflict as error:
            return self._set_aside(record_id, error.code)
        except RegistryError as error:
            return self._try_later(record_id, error)
        self._outbox.acknowledge(
            record_id, StoredReceipt(receipt.receipt_id, receipt.received_at, receipt.queue_number)
        )
        return True

    def _set_aside(self, record_id: str, code: str) -> bool:
        _log.error("record %s is set aside: %s", record_id, code)
        self._outbox.quarantine(record_id, code)
        return True

    def _try_later(self, record_id: str, error: RegistryError) -> bool:
        attempts = self._outbox.attempts(record_id)
        refused = isinstance(error, RecordRefused)
        if refused and attempts >= _MOST_REFUSALS:
            # Not at once: a wrong address or a half-upgraded registry refuses everything for a while.
            _log.error("record %s is refused for good: %s", record_id, error.code)
            self._outbox.reject(record_id, error.code)
            return True
        longest = min(LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempts - 1, _MOST_DOUBLINGS))
        wait = longest * self._chance()
        if isinstance(error, RegistryBusy) and error.retry_after is not None:
            wait = max(wait, min(LONGEST_WAIT, timedelta(seconds=error.retry_after)))
        self._outbox.postpone(record_id, error.code, wait)
        _log.info("record %s waits: %s", record_id, error.code)
        return refused
