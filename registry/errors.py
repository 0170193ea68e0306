"""What can go wrong between a kiosk and the registry.

    RegistryError
    ├── RegistryUnreachable   no answer, or none that can be trusted: try again later with the same key
    ├── RegistryBusy          asked to come back later (429, 503): wait `retry_after` seconds
    ├── NotAuthorised         this kiosk is not known or no longer trusted (401, 403): stop and tell staff
    ├── RecordRefused         the record can never be accepted as it is (400, 404, 422)
    ├── IdempotencyConflict   the same key was used with another body (409): an alarm
    ├── ExaminationGone       no examination of a chip waits for these answers (410)
    └── StoreUnusable         the registry's own database cannot be used

`code` is stable; `remedy` is for the operator. Neither text holds personal data.
"""

from __future__ import annotations


class RegistryError(Exception):
    """Root of the tree; `message` says what happened, without personal data."""

    code = "registry.failed"
    remedy = "Look at the registry's log."

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class RegistryUnreachable(RegistryError):
    code = "registry.unreachable"
    remedy = "Check the network and that the registry is running; waiting records are sent by themselves."


class RegistryBusy(RegistryError):
    code = "registry.busy"
    remedy = "Nothing to do: the kiosk waits and tries again."

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait, where the registry said so."""


class NotAuthorised(RegistryError):
    code = "registry.not_authorised"
    remedy = "Give this kiosk the registry's token again."


class RecordRefused(RegistryError):
    code = "registry.record_refused"
    remedy = "Correct the record at the counter; it is kept with `motcham outbox list`."


class IdempotencyConflict(RegistryError):
    code = "registry.idempotency_conflict"
    remedy = "Keep the kiosk's records and call support: two different records carry one key."


class ExaminationGone(RegistryError):
    code = "registry.examination_gone"
    remedy = "Nothing to do: the visit goes on without the registry's own proof; read the card again to have it."


class StoreUnusable(RegistryError):
    code = "registry.store_unusable"
    remedy = "Run `motcham registry init`, and check the file's permissions and the free space."
