"""What can go wrong in a kiosk's own keeping.

    KioskError
    ├── SettingsError        the settings file cannot be used
    ├── VaultError           the key that seals records, or a sealed record, cannot be used
    │   ├── KeyLost          records exist and the key that opens them does not
    │   ├── KeyUnusable      the key file is damaged, or others on this machine may read it
    │   └── SealBroken       a sealed record was changed, moved, or sealed with another key
    ├── OutboxError          records cannot be kept
    │   ├── OutboxUnusable   the database cannot be opened, written or trusted to survive a power cut
    │   │   └── OutboxDamaged  its content is not what was written
    │   ├── RecordAbandoned  the person was told that the record failed before it could be stored
    │   └── NoSuchRecord     no record has this id, or none in a state that allows this
    └── TrailBroken          the audit trail was changed

`code` is stable; `message` says what happened and `remedy` what staff can do. Neither holds personal data or a key.
"""

from __future__ import annotations


class KioskError(Exception):
    """Root of the tree.

    Args:
        message: what happened, without personal data.
        code: replaces the class's code with a finer one below the same prefix.
    """

    code = "kiosk.failed"
    remedy = "Restart the kiosk; if it stays, call support."

    def __init__(self, message: str, *, code: str | None = None) -> None:
        self.message = message
        if code is not None:
            self.code = code
        super().__init__(message)


class SettingsError(KioskError):
    code = "settings.unusable"
    remedy = "Correct the settings file at the place that is named, or move it away to start from the defaults."


class VaultError(KioskError):
    code = "vault.unusable"


class KeyLost(VaultError):
    code = "vault.key_lost"
    remedy = "Put the key file back from its backup; without it the waiting records cannot be sent."


class KeyUnusable(VaultError):
    code = "vault.key_unusable"
    remedy = "Put the key file back from its backup, readable by the kiosk's own account only (mode 0600)."


class SealBroken(VaultError):
    code = "vault.seal_broken"
    remedy = "Keep the kiosk's data folder as it is and call support: a stored record was changed."


class OutboxError(KioskError):
    code = "store.failed"


class OutboxUnusable(OutboxError):
    code = "store.unusable"
    remedy = "Check the free space and the permissions of the data folder."


class OutboxDamaged(OutboxUnusable):
    code = "store.damaged"
    remedy = "Start the kiosk: it puts the damaged file aside and begins a new one. Keep both and call support."


class RecordAbandoned(OutboxError):
    code = "store.abandoned"


class NoSuchRecord(OutboxError):
    code = "store.no_such_record"
    remedy = "`motcham outbox list` shows the records and their ids."


class TrailBroken(KioskError):
    """`sequence` is the first event that does not fit."""

    code = "audit.broken"
    remedy = "Keep the kiosk's data folder as it is and call support: the audit trail was changed."

    def __init__(self, message: str, sequence: int) -> None:
        super().__init__(message)
        self.sequence = sequence
