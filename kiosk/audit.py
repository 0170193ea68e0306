"""The audit trail: events chained by their hashes, without personal data, in the outbox's own database.

Each event's hash covers the one before, so that none can be changed, removed, put in or moved unnoticed. The last hash
is sealed with a key, so that the end cannot be cut off either by whoever lacks it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

import apsw

from kiosk.clock import Clock
from kiosk.errors import TrailBroken
from kiosk.vault import Vault

SCHEMA: Final = """
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    record TEXT,
    facts TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE audit_end (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    seal BLOB NOT NULL
) STRICT;
"""

_Row = tuple[int, str, str, str | None, str | None, str, bytes]


class AuditKind(StrEnum):
    KIOSK_STARTED = "kiosk.started"
    KIOSK_STOPPED = "kiosk.stopped"
    CHECKED_IN = "visit.checked_in"
    DENIED = "visit.denied"
    DELIVERED = "record.delivered"
    REFUSED = "record.refused"
    CONFLICT = "record.conflict"
    PUT_BACK = "record.put_back"
    EXPORTED = "record.exported"
    STORE_REPLACED = "store.replaced"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    sequence: int
    at: str
    """ISO 8601 with offset, by the wall clock."""
    kind: str
    subject: str | None
    """Pseudonym of the person, 32 hexadecimal digits."""
    record: str | None
    """Id of the record in the outbox."""
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A trail that holds together."""

    events: int
    last_hash: str


class AuditTrail:
    """Writes and checks the trail of one database.

    Args:
        connection: `append` must be called inside one of its transactions.
        origin: bytes that the chain starts from, different for each database.
    """

    def __init__(self, connection: apsw.Connection, vault: Vault, clock: Clock, origin: bytes) -> None:
        self._connection = connection
        self._vault = vault
        self._clock = clock
        self._origin = hashlib.sha256(b"motcham.audit/1\x00" + origin).digest()

    def begin(self) -> None:
        """Seal the empty trail of a new database, so that an emptied one does not pass for it."""
        self._connection.execute("INSERT INTO audit_end VALUES (1, ?)", (self._seal(0, self._origin),))

    def append(
        self,
        kind: AuditKind,
        *,
        subject: str | None = None,
        record: str | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """Add an event; it stands when the transaction is committed.

        Args:
            subject: what identifies the person; only its pseudonym is written.
            facts: codes and the like, never personal data.
        """
        last = self._connection.execute("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").fetchone()
        sequence, before = (0, self._origin) if last is None else cast(tuple[int, bytes], last)
        sequence += 1
        row = (
            sequence,
            self._clock.now().isoformat(timespec="milliseconds"),
            kind.value,
            None if subject is None else self._vault.pseudonym(subject),
            record,
            _canonical(dict(facts or {})),
        )
        digest = _link(before, row)
        self._connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, digest))
        self._connection.execute("UPDATE audit_end SET seal = ?", (self._seal(sequence, digest),))

    def events(self) -> Iterator[AuditEvent]:
        """All events in order, unchecked."""
        for sequence, at, kind, subject, record, facts, _ in self._rows():
            yield AuditEvent(sequence, at, kind, subject, record, json.loads(facts))

    def verify(self) -> AuditReport:
        """Follow the chain from its start to its sealed end.

        Raises:
            TrailBroken: an event was changed, removed, put in or moved, or the end was cut off.
        """
        expected, before = 0, self._origin
        for row in self._rows():
            expected += 1
            if row[0] != expected:
                raise TrailBroken(f"event {expected} is missing", expected)
            if not hmac.compare_digest(_link(before, row[:6]), row[6]):
                raise TrailBroken(f"event {expected} does not fit the one before it", expected)
            before = row[6]
        end = self._connection.execute("SELECT seal FROM audit_end").fetchone()
        if end is None or not hmac.compare_digest(self._seal(expected, before), cast(bytes, end[0])):
            raise TrailBroken("the end of the trail is not where it was", expected + 1)
        return AuditReport(expected, before.hex())

    def _rows(self) -> Iterator[_Row]:
        query = "SELECT sequence, at, kind, subject, record, facts, hash FROM audit ORDER BY sequence"
        yield from cast(Iterator[_Row], self._connection.execute(query))

    def _seal(self, sequence: int, digest: bytes) -> bytes:
        return self._vault.fingerprint(b"audit end\x00" + sequence.to_bytes(8, "big") + digest)


def _link(before: bytes, row: tuple[int, str, str, str | None, str | None, str]) -> bytes:
    return hashlib.sha256(before + _canonical(list(row)).encode()).digest()


def _canonical(value: object) -> str:
    """JSON as in RFC 8785, which for strings and small integers is sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
