"""Records that wait to be sent: stored so that a power cut loses none, sealed so that a thief reads none.

A record is *sealed* when its person sees the ticket; *sending* while an attempt is under way, whose outcome is unknown
until an answer comes; *acknowledged* with the registry's receipt; *purged* when its content is erased. *Rejected* and
*quarantined* records are kept for staff: the registry refuses the first for good, and holds another record under the
second's key.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast
from zoneinfo import ZoneInfo

import apsw

from kiosk import audit
from kiosk.audit import AuditKind, AuditTrail
from kiosk.clock import Clock
from kiosk.errors import KeyUnusable, NoSuchRecord, OutboxDamaged, OutboxUnusable, RecordAbandoned
from kiosk.record_id import RandomBytes, new_record_id
from kiosk.vault import Place, Vault, sync_folder

SCHEMA_VERSION: Final = 1
LONGEST_WAIT: Final = timedelta(minutes=15)
"""Between two attempts to send a record."""
_BUSY_MILLISECONDS: Final = 5000
_SYNCHRONOUS_FULL: Final = 2
_ABANDONED: Final = RecordAbandoned.code
_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    payload BLOB,
    fingerprint BLOB NOT NULL,
    captured_at TEXT NOT NULL,
    captured_monotonic REAL NOT NULL,
    boot_id TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('sealed', 'sending', 'acknowledged', 'purged', 'rejected', 'quarantined')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at REAL NOT NULL,
    last_code TEXT,
    receipt TEXT,
    settled_at REAL,
    CHECK (payload IS NOT NULL OR state = 'purged'),
    CHECK (receipt IS NOT NULL OR state NOT IN ('acknowledged', 'purged'))
) STRICT;
CREATE INDEX outbox_waiting ON outbox (sequence) WHERE state = 'sealed';
CREATE TABLE ticket_series (day TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

_Value = int | float | str | bytes | None
_InfoRow = tuple[str, int, str, str, str, int, float, str | None, str | None]


class RecordState(StrEnum):
    SEALED = "sealed"
    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    PURGED = "purged"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Slot:
    """What a new record is given before its content is written."""

    record_id: str
    """Also its idempotency key, for ever."""
    sequence: int
    """Counts this database's records from 1 without gaps."""
    ticket_number: int
    """Counts the day's records from 1."""
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """What stays of the registry's receipt."""

    receipt_id: str
    received_at: datetime
    queue_number: str | None


@dataclass(frozen=True, slots=True)
class RecordInfo:
    """A record as staff may see it: nothing of its content."""

    record_id: str
    sequence: int
    kind: str
    state: RecordState
    captured_at: datetime
    attempts: int
    next_attempt_at: datetime
    last_code: str | None
    receipt: StoredReceipt | None


class Outbox:
    """One database file. Safe to share between threads; every call is one transaction.

    All methods raise OutboxUnusable (code ``store.full`` when the disk is) when the database fails.
    """

    def __init__(self, connection: apsw.Connection, vault: Vault, clock: Clock, random: RandomBytes) -> None:
        """Use `open`."""
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self._random = random
        self._lock = threading.RLock()
        self._installation = self._begin()
        self._trail = AuditTrail(connection, vault, clock, self._installation.encode())

    @classmethod
    def open(
        cls, file: Path, key_file: Path, *, clock: Clock, random: RandomBytes = os.urandom, repair: bool = True
    ) -> Self:
        """Open the database, or make it.

        Args:
            file: the database; its folder is made where it is missing.
            key_file: see `Vault.open`; a new key is made only while no record is sealed.
            random: gives that many random bytes.
            repair: put a damaged file aside and begin a new one; only the program that owns the file may.

        Raises:
            OutboxUnusable: it cannot be opened, is damaged, or the disk does not promise to keep what is committed.
            KeyLost, KeyUnusable: see `Vault.open`.
        """
        replaced = False
        with _guarded():
            try:
                connection = _connect(file)
            except (apsw.NotADBError, apsw.CorruptError) as error:
                if not repair:
                    raise OutboxDamaged("the database is damaged") from error
                _put_aside(file, clock.now())
                connection, replaced = _connect(file), True
            try:
                sealed = connection.execute("SELECT 1 FROM outbox WHERE payload IS NOT NULL LIMIT 1").fetchone()
                vault = Vault.open(key_file, may_create=sealed is None, random=random)
                opened = cls(connection, vault, clock, random)
                if replaced:
                    opened.note(AuditKind.STORE_REPLACED)
            except BaseException:
                connection.close()
                raise
            return opened

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def installation(self) -> str:
        """Names this database. Its sequence begins at 1, also when the kiosk had another database before."""
        return self._installation

    @property
    def trail(self) -> AuditTrail:
        """For reading; events are added with `note` and with the records."""
        return self._trail

    def capture(
        self,
        kind: str,
        compose: Callable[[Slot], bytes],
        *,
        identity: str,
        zone: ZoneInfo | timezone = UTC,
        facts: Mapping[str, str] | None = None,
        hold: timedelta = timedelta(0),
        wanted: Callable[[], bool] = lambda: True,
    ) -> Slot:
        """Store a record and its audit event. When this returns, a power cut no longer loses them.

        Args:
            kind: what is recorded, for example ``check-in``.
            compose: makes the content from the slot.
            identity: what identifies the person; only its pseudonym enters the trail.
            zone: in which the day of the ticket numbers turns.
            facts: codes for the audit event, never personal data.
            hold: the record becomes `due` only after this, so that its capturer alone sends or withdraws it until then.
            wanted: asked last; False rolls everything back.

        Raises:
            RecordAbandoned: `wanted` said no.
        """
        now = self._clock.now()
        with self._transaction():
            last = self._one("SELECT coalesce(max(sequence), 0) FROM outbox")
            slot = Slot(new_record_id(now, self._random), cast(int, last) + 1, self._next_ticket(now, zone), now)
            content = compose(slot)
            self._connection.execute(
                "INSERT INTO outbox (id, sequence, kind, payload, fingerprint, captured_at, captured_monotonic,"
                " boot_id, state, next_attempt_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'sealed', ?)",
                (
                    slot.record_id,
                    slot.sequence,
                    kind,
                    self._vault.seal(content, _place(slot.record_id)),
                    self._vault.fingerprint(content),
                    now.isoformat(timespec="milliseconds"),
                    self._clock.monotonic(),
                    self._clock.boot_id(),
                    (now + hold).timestamp(),
                ),
            )
            self._trail.append(AuditKind.CHECKED_IN, subject=identity, record=slot.record_id, facts=facts)
            if not wanted():
                raise RecordAbandoned("the record came too late")
        return slot

    def note(self, kind: AuditKind, *, identity: str | None = None, facts: Mapping[str, str] | None = None) -> None:
        """Add an event to the audit trail."""
        with self._transaction():
            self._trail.append(kind, subject=identity, facts=facts)

    def recover(self) -> int:
        """Take back what was being sent when the program last ended: its outcome is unknown, so it is sent again.

        Gives the number of such records. For the program that sends, at its start.
        """
        with self._transaction():
            self._connection.execute("UPDATE outbox SET state = 'sealed' WHERE state = 'sending'")
            return self._connection.changes()

    def due(self, limit: int) -> tuple[str, ...]:
        """Ids of the records to be sent now, oldest first.

        One that waits longer than any wait may be was put off by a clock that has been set back since: it is due too.
        """
        now = self._clock.now().timestamp()
        query = (
            "SELECT id FROM outbox WHERE state = 'sealed' AND (next_attempt_at <= ? OR next_attempt_at > ?)"
            " ORDER BY sequence LIMIT ?"
        )
        with self._reading():
            rows = self._connection.execute(query, (now, now + LONGEST_WAIT.total_seconds(), limit)).fetchall()
        return tuple(cast(str, row[0]) for row in rows)

    def take(self, record_id: str) -> bytes | None:
        """Begin an attempt and give the record's content; None when it does not wait (any more)."""
        with self._transaction():
            if not self._move(record_id, RecordState.SENDING, "attempts = attempts + 1", RecordState.SEALED):
                return None
            sealed = self._one("SELECT payload FROM outbox WHERE id = ?", record_id)
        return self._vault.unseal(cast(bytes, sealed), _place(record_id))

    def attempts(self, record_id: str) -> int:
        """How often the record was tried to be sent. Raises NoSuchRecord."""
        with self._reading():
            found = self._one("SELECT attempts FROM outbox WHERE id = ?", record_id)
        if found is None:
            raise NoSuchRecord("no record has this id")
        return cast(int, found)

    def receipt(self, record_id: str) -> StoredReceipt | None:
        """The registry's receipt for the record, once there is one."""
        with self._reading():
            stored = self._one("SELECT receipt FROM outbox WHERE id = ?", record_id)
        return None if stored is None else _stored_receipt(cast(str, stored))

    def postpone(self, record_id: str, code: str, wait: timedelta) -> None:
        """The attempt had no certain outcome, or none yet: the same record is sent again after `wait`."""
        at = self._clock.now() + min(wait, LONGEST_WAIT)
        with self._transaction():
            self._must_move(record_id, RecordState.SEALED, "next_attempt_at = ?, last_code = ?", at.timestamp(), code)

    def acknowledge(self, record_id: str, receipt: StoredReceipt) -> None:
        """The registry has the record, and its receipt was found to be for this content."""
        stored = json.dumps(
            {
                "receipt_id": receipt.receipt_id,
                "received_at": receipt.received_at.isoformat(),
                "queue_number": receipt.queue_number,
            }
        )
        with self._transaction():
            changes = "receipt = ?, last_code = NULL, settled_at = ?"
            self._must_move(record_id, RecordState.ACKNOWLEDGED, changes, stored, self._clock.now().timestamp())
            self._trail.append(AuditKind.DELIVERED, record=record_id, facts={"receipt": receipt.receipt_id})

    def reject(self, record_id: str, code: str) -> None:
        """The registry will never take the record as it is: staff must look at it."""
        self._set_aside(record_id, RecordState.REJECTED, AuditKind.REFUSED, code)

    def quarantine(self, record_id: str, code: str) -> None:
        """The registry holds another record under this one's key, or this one cannot be opened: an alarm."""
        self._set_aside(record_id, RecordState.QUARANTINED, AuditKind.CONFLICT, code)

    def withdraw(self, record_id: str) -> None:
        """Keep a record from being sent whose person was told that it failed; staff find it among the rejected ones."""
        with self._transaction():
            if self._move(record_id, RecordState.REJECTED, "last_code = ?", RecordState.SEALED, values=(_ABANDONED,)):
                self._trail.append(AuditKind.REFUSED, record=record_id, facts={"code": _ABANDONED})

    def purge(self, keep: timedelta = timedelta(0)) -> int:
        """Erase the content of records acknowledged longer than `keep` ago, also from the journal; gives how many.

        One acknowledged in the future was so by a clock that has been set back since: it is erased too.
        """
        now = self._clock.now()
        with self._transaction():
            self._connection.execute(
                "UPDATE outbox SET state = 'purged', payload = NULL"
                " WHERE state = 'acknowledged' AND (settled_at <= ? OR settled_at > ?)",
                ((now - keep).timestamp(), now.timestamp()),
            )
            purged = self._connection.changes()
        if purged:
            with self._reading():
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return purged

    def retry(self, record_id: str | None = None) -> int:
        """Make waiting records due now; one that is named also when it was rejected. Gives how many.

        Raises:
            NoSuchRecord: the one named does not exist, or has reached the registry.
        """
        now = self._clock.now().timestamp()
        with self._transaction():
            if record_id is None:
                self._connection.execute("UPDATE outbox SET next_attempt_at = ? WHERE state = 'sealed'", (now,))
                return self._connection.changes()
            stuck = (RecordState.SEALED, RecordState.REJECTED, RecordState.QUARANTINED)
            if not self._move(record_id, RecordState.SEALED, "next_attempt_at = ?", *stuck, values=(now,)):
                raise NoSuchRecord("no waiting record has this id")
            self._trail.append(AuditKind.PUT_BACK, record=record_id)
            return 1

    def records(self) -> tuple[RecordInfo, ...]:
        """All records in order, without their content."""
        query = (
            "SELECT id, sequence, kind, state, captured_at, attempts, next_attempt_at, last_code, receipt FROM outbox"
            " ORDER BY sequence"
        )
        with self._reading():
            rows = cast(list[_InfoRow], self._connection.execute(query).fetchall())
        return tuple(_info(*row) for row in rows)

    def export(self) -> tuple[tuple[str, bytes], ...]:
        """Ids and contents of the records that the registry does not have. Personal data; the export is noted."""
        unsent = (RecordState.SEALED, RecordState.SENDING, RecordState.REJECTED, RecordState.QUARANTINED)
        marks = ", ".join("?" * len(unsent))
        with self._transaction():
            query = f"SELECT id, payload FROM outbox WHERE state IN ({marks}) ORDER BY sequence"
            rows = self._connection.execute(query, unsent).fetchall()
            self._trail.append(AuditKind.EXPORTED, facts={"records": str(len(rows))})
        return tuple(
            (cast(str, record_id), self._vault.unseal(cast(bytes, sealed), _place(cast(str, record_id))))
            for record_id, sealed in rows
        )

    def setting(self, key: str) -> str | None:
        """A value that `keep_setting` stored."""
        with self._reading():
            return cast(str | None, self._one("SELECT value FROM meta WHERE key = ?", f"setting.{key}"))

    def keep_setting(self, key: str, value: str) -> None:
        """Keep a value over restarts, for example what the registry last said of its clinics. No personal data."""
        with self._transaction():
            self._connection.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (f"setting.{key}", value),
            )

    def _set_aside(self, record_id: str, state: RecordState, kind: AuditKind, code: str) -> None:
        with self._transaction():
            self._must_move(record_id, state, "last_code = ?", code)
            self._trail.append(kind, record=record_id, facts={"code": code})

    def _must_move(self, record_id: str, to: RecordState, changes: str, *values: _Value) -> None:
        if not self._move(record_id, to, changes, RecordState.SENDING, values=values):
            raise NoSuchRecord("no record with this id is being sent")

    def _move(
        self,
        record_id: str,
        to: RecordState,
        changes: str,
        *allowed: RecordState,
        values: tuple[_Value, ...] = (),
    ) -> bool:
        marks = ", ".join("?" * len(allowed))
        statement = f"UPDATE outbox SET state = ?, {changes} WHERE id = ? AND state IN ({marks})"
        self._connection.execute(statement, (to, *values, record_id, *allowed))
        return self._connection.changes() == 1

    def _next_ticket(self, now: datetime, zone: ZoneInfo | timezone) -> int:
        day = now.astimezone(zone).date().isoformat()
        statement = "INSERT INTO ticket_series VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last"
        return cast(int, self._one(statement, day))

    def _begin(self) -> str:
        """Name a new database, bind it to its key, and begin its trail; give the name of an old one."""
        with self._transaction():
            held = dict(cast(list[tuple[str, str]], self._connection.execute("SELECT key, value FROM meta").fetchall()))
            if "installation" not in held:
                held = {"installation": self._random(4).hex(), "sealing_key": self._vault.key_id}
                self._connection.executemany("INSERT INTO meta VALUES (?, ?)", held.items())
                AuditTrail(self._connection, self._vault, self._clock, held["installation"].encode()).begin()
        if held["sealing_key"] != self._vault.key_id:
            raise KeyUnusable("the records were sealed with another key")
        return held["installation"]

    def _one(self, statement: str, *values: _Value) -> _Value:
        row = self._connection.execute(statement, values).fetchone()
        return None if row is None else cast(_Value, row[0])

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, _guarded():
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, _guarded():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself after some failures of the disk.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _place(record_id: str) -> Place:
    return Place("outbox", record_id, SCHEMA_VERSION)


def _info(
    record_id: str,
    sequence: int,
    kind: str,
    state: str,
    captured_at: str,
    attempts: int,
    next_attempt_at: float,
    last_code: str | None,
    receipt: str | None,
) -> RecordInfo:
    return RecordInfo(
        record_id,
        sequence,
        kind,
        RecordState(state),
        datetime.fromisoformat(captured_at),
        attempts,
        datetime.fromtimestamp(next_attempt_at, UTC),
        last_code,
        None if receipt is None else _stored_receipt(receipt),
    )


def _stored_receipt(text: str) -> StoredReceipt:
    content = json.loads(text)
    received_at = datetime.fromisoformat(content["received_at"])
    return StoredReceipt(content["receipt_id"], received_at, content["queue_number"])


def _connect(file: Path) -> apsw.Connection:
    """Open the file with every promise that a record needs, each read back.

    Raises:
        apsw.NotADBError, apsw.CorruptError: the file is damaged.
        OutboxUnusable: a promise is refused.
    """
    new = not file.exists()
    if new:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite would let others read it, and gives its journal the same mode.
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        sync_folder(file.parent)
    connection = apsw.Connection(str(file))
    try:
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        for name, value, read_back in (
            ("journal_mode", "WAL", "wal"),
            ("synchronous", "FULL", _SYNCHRONOUS_FULL),
            ("foreign_keys", "ON", 1),
            ("secure_delete", "ON", 1),
            ("wal_autocheckpoint", "256", 256),
        ):
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
            if connection.pragma(name) != read_back:
                raise OutboxUnusable(f"the database refuses {name} = {value}", code="store.not_durable")
        if connection.pragma("integrity_check") != "ok":
            raise apsw.CorruptError("integrity_check")
        _make_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_tables(connection: apsw.Connection) -> None:
    with connection:
        version = connection.pragma("user_version")
        if version == 0:
            connection.execute(_SCHEMA + audit.SCHEMA)
            connection.pragma("user_version", SCHEMA_VERSION)
        elif version != SCHEMA_VERSION:
            raise OutboxUnusable("the database belongs to another version of the program", code="store.version")


def _put_aside(file: Path, now: datetime) -> None:
    """Rename a damaged database with its journal: it may hold records, so it is never deleted."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        part = file.with_name(name)
        if part.exists():
            part.rename(file.with_name(f"{name}.damaged-{stamp}"))
    sync_folder(file.parent)


@contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except apsw.FullError as error:
        raise OutboxUnusable("the disk is full", code="store.full") from error
    except apsw.BusyError as error:
        raise OutboxUnusable("another program holds the database", code="store.busy") from error
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise OutboxDamaged("the database is damaged") from error
    except (apsw.Error, OSError) as error:
        raise OutboxUnusable(f"the database failed: {type(error).__name__}") from error
