"""Sends what waits in the outbox to the registry, each record until a receipt for it comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from kiosk.entitlement import Registry
from kiosk.errors import NoSuchRecord, SealBroken
from kiosk.outbox import LONGEST_WAIT, Outbox, StoredReceipt
from registry.errors import IdempotencyConflict, RecordRefused, RegistryBusy, RegistryError
from registry.messages import CheckIn, Receipt

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

    def deliver(self, record_id: str) -> Receipt | None:
        """Make one attempt. None when the record was not taken, or is not waiting; it is then sent again later."""
        try:
            content = self._outbox.take(record_id)
        except SealBroken as error:
            self._outbox.quarantine(record_id, error.code)
            _log.error("record %s does not open: %s", record_id, error.code)
            return None
        if content is None:
            return None
        try:
            return self._send(record_id, content)
        except NoSuchRecord:
            # `motcham checkin` sends from the same outbox: whoever got its receipt first has settled the record.
            return None

    def drain(self, limit: int = 20) -> int:
        """Send what is due, oldest first, and erase what the registry has. Gives how many records were delivered."""
        # Only this thread sends: what still seems to be on its way was cut off.
        self._outbox.recover()
        delivered = 0
        for record_id in self._outbox.due(limit):
            if self.deliver(record_id) is not None:
                delivered += 1
        self._outbox.purge()
        return delivered

    def _send(self, record_id: str, content: bytes) -> Receipt | None:
        try:
            receipt = self._registry.check_in(CheckIn.model_validate_json(content), record_id)
        except ValidationError:
            self._outbox.quarantine(record_id, "record.unreadable")
            _log.error("record %s belongs to another version of the program", record_id)
            return None
        except IdempotencyConflict as error:
            self._outbox.quarantine(record_id, error.code)
            _log.error("record %s: %s", record_id, error.code)
            return None
        except RegistryError as error:
            self._try_later(record_id, error)
            return None
        self._outbox.acknowledge(
            record_id, StoredReceipt(receipt.receipt_id, receipt.received_at, receipt.queue_number)
        )
        return receipt

    def _try_later(self, record_id: str, error: RegistryError) -> None:
        attempts = self._outbox.attempts(record_id)
        if isinstance(error, RecordRefused) and attempts >= _MOST_REFUSALS:
            # Not at once: a wrong address or a half-upgraded registry refuses everything for a while.
            self._outbox.reject(record_id, error.code)
            _log.error("record %s: %s", record_id, error.code)
            return
        longest = min(LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempts - 1, _MOST_DOUBLINGS))
        wait = longest * self._chance()
        if isinstance(error, RegistryBusy) and error.retry_after is not None:
            wait = max(wait, min(LONGEST_WAIT, timedelta(seconds=error.retry_after)))
        self._outbox.postpone(record_id, error.code, wait)
        _log.info("record %s waits: %s", record_id, error.code)
