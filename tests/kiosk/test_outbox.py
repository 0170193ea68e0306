from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw
import pytest

from kiosk.audit import AuditKind
from kiosk.errors import KeyLost, KeyUnusable, NoSuchRecord, OutboxUnusable, RecordAbandoned, SealBroken, TrailBroken
from kiosk.outbox import Outbox, RecordState, Slot, StoredReceipt

LAN = "VNM:001190000001"
CONTENT = b'{"name":"Nguyen Thi Lan","personal_number":"001190000001"}'


@dataclass
class HandClock:
    """Stands still until it is moved."""

    wall: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 1, tzinfo=UTC))

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return 7.0

    def boot_id(self) -> str:
        return "boot"

    def advance(self, **parts: float) -> None:
        self.wall += timedelta(**parts)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def reopen(tmp_path: Path, clock: HandClock) -> Callable[..., Outbox]:
    def build(repair: bool = True) -> Outbox:
        return Outbox.open(tmp_path / "outbox.db", tmp_path / "vault.key", clock=clock, repair=repair)

    return build


def capture(outbox: Outbox, **options: object) -> Slot:
    return outbox.capture("check-in", lambda slot: CONTENT, identity=LAN, **options)  # type: ignore[arg-type]


def receipt(clock: HandClock) -> StoredReceipt:
    return StoredReceipt("r-1", clock.now(), "A012")


def state_of(outbox: Outbox, slot: Slot) -> RecordState:
    return next(record.state for record in outbox.records() if record.record_id == slot.record_id)


def test_a_record_survives_being_reopened_and_is_delivered_under_its_id(
    reopen: Callable[..., Outbox], clock: HandClock
) -> None:
    outbox = reopen()
    first, second = capture(outbox), capture(outbox)
    assert (first.sequence, second.sequence) == (1, 2)
    outbox.close()
    outbox = reopen()
    assert outbox.due(10) == (first.record_id, second.record_id)
    assert outbox.take(first.record_id) == CONTENT
    assert outbox.take(first.record_id) is None, "one attempt at a time"
    outbox.acknowledge(first.record_id, receipt(clock))
    assert outbox.due(10) == (second.record_id,)
    info = outbox.records()[0]
    assert (info.state, info.attempts, info.receipt) == (RecordState.ACKNOWLEDGED, 1, receipt(clock))


def test_an_attempt_that_a_crash_cut_off_is_made_again_with_the_same_id(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen()
    slot = capture(outbox)
    outbox.take(slot.record_id)
    outbox.close()
    outbox = reopen()
    assert outbox.due(10) == ()
    assert outbox.recover() == 1
    assert outbox.due(10) == (slot.record_id,)
    assert outbox.take(slot.record_id) == CONTENT
    assert outbox.attempts(slot.record_id) == 2


def test_the_schedule_outlives_restarts_and_a_clock_set_back(reopen: Callable[..., Outbox], clock: HandClock) -> None:
    outbox = reopen()
    slot = capture(outbox)
    outbox.take(slot.record_id)
    outbox.postpone(slot.record_id, "registry.unreachable", timedelta(minutes=5))
    outbox.close()
    outbox = reopen()
    clock.advance(minutes=4)
    assert outbox.due(10) == ()
    clock.advance(minutes=1)
    assert outbox.due(10) == (slot.record_id,)
    clock.advance(days=-400)
    assert outbox.due(10) == (slot.record_id,)
    assert outbox.records()[0].last_code == "registry.unreachable"


def test_content_is_erased_only_after_the_receipt(reopen: Callable[..., Outbox], clock: HandClock) -> None:
    outbox = reopen()
    slot = capture(outbox)
    assert outbox.purge() == 0
    outbox.take(slot.record_id)
    outbox.acknowledge(slot.record_id, receipt(clock))
    assert outbox.purge(timedelta(hours=1)) == 0
    assert outbox.purge() == 1
    assert state_of(outbox, slot) is RecordState.PURGED
    assert outbox.records()[0].receipt == receipt(clock)
    assert outbox.take(slot.record_id) is None


def test_content_is_erased_although_the_clock_was_years_ahead(reopen: Callable[..., Outbox], clock: HandClock) -> None:
    outbox = reopen()
    slot = capture(outbox)
    right = clock.wall
    clock.wall += timedelta(days=3650)
    outbox.take(slot.record_id)
    outbox.acknowledge(slot.record_id, receipt(clock))
    clock.wall = right
    assert outbox.purge(timedelta(days=30)) == 1


def test_only_what_is_being_sent_can_be_settled(reopen: Callable[..., Outbox], clock: HandClock) -> None:
    outbox = reopen()
    slot = capture(outbox)
    with pytest.raises(NoSuchRecord):
        outbox.acknowledge(slot.record_id, receipt(clock))
    with pytest.raises(NoSuchRecord):
        outbox.postpone("no such id", "registry.unreachable", timedelta(0))
    assert state_of(outbox, slot) is RecordState.SEALED


def test_refused_and_conflicting_records_are_kept_for_staff(reopen: Callable[..., Outbox], clock: HandClock) -> None:
    outbox = reopen()
    refused, conflicting = capture(outbox), capture(outbox)
    outbox.take(refused.record_id)
    outbox.reject(refused.record_id, "registry.record_refused")
    outbox.take(conflicting.record_id)
    outbox.quarantine(conflicting.record_id, "registry.idempotency_conflict")
    assert outbox.due(10) == ()
    assert outbox.retry() == 0
    assert [record_id for record_id, _ in outbox.export()] == [refused.record_id, conflicting.record_id]
    assert outbox.retry(refused.record_id) == 1
    assert outbox.due(10) == (refused.record_id,)
    with pytest.raises(NoSuchRecord):
        outbox.retry("no such id")


def test_tickets_count_from_one_each_day_of_the_place(reopen: Callable[..., Outbox], clock: HandClock) -> None:
    outbox = reopen()
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    clock.wall = datetime(2026, 3, 2, 16, 59, tzinfo=UTC)
    assert [capture(outbox, zone=zone).ticket_number for _ in range(3)] == [1, 2, 3]
    clock.advance(minutes=1)
    slot = capture(outbox, zone=zone)
    assert (slot.ticket_number, slot.sequence) == (1, 4)


def test_nothing_of_an_abandoned_or_failed_record_stays(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen()
    with pytest.raises(RecordAbandoned):
        capture(outbox, wanted=lambda: False)

    def fail(slot: Slot) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        outbox.capture("check-in", fail, identity=LAN)
    assert outbox.records() == ()
    assert outbox.trail.verify().events == 0
    assert capture(outbox).sequence == 1


def test_no_personal_data_stands_in_any_file(reopen: Callable[..., Outbox], clock: HandClock, tmp_path: Path) -> None:
    outbox = reopen()
    slot = capture(outbox, facts={"desk": "insurance"})
    outbox.note(AuditKind.DENIED, identity=LAN, facts={"code": "passive.hashes"})
    outbox.take(slot.record_id)
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert {"outbox.db", "outbox.db-wal"} <= {file.name for file in files}
    for file in files:
        assert file.stat().st_mode & 0o077 == 0, file.name
        content = file.read_bytes()
        for secret in ("001190000001", "Nguyen Thi Lan"):
            for form in (secret.encode(), secret.encode("utf-16-le"), secret.encode().hex().encode()):
                assert form not in content, file.name
    outbox.acknowledge(slot.record_id, receipt(clock))
    sealed = apsw.Connection(str(tmp_path / "outbox.db")).execute("SELECT payload FROM outbox").fetchone()
    outbox.purge()
    assert sealed is not None
    assert isinstance(sealed[0], bytes)
    for file in tmp_path.iterdir():
        assert sealed[0] not in file.read_bytes(), "what is purged is gone from the file and its journal"


def test_a_record_moved_to_another_id_does_not_open(reopen: Callable[..., Outbox], tmp_path: Path) -> None:
    outbox = reopen()
    first, second = capture(outbox), capture(outbox)
    raw = apsw.Connection(str(tmp_path / "outbox.db"))
    raw.execute(
        "UPDATE outbox SET payload = (SELECT payload FROM outbox WHERE id = ?) WHERE id = ?",
        (first.record_id, second.record_id),
    )
    with pytest.raises(SealBroken):
        outbox.take(second.record_id)


def test_without_its_key_the_outbox_stays_shut(reopen: Callable[..., Outbox], tmp_path: Path) -> None:
    capture(reopen())
    key = tmp_path / "vault.key"
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(KeyLost):
        reopen()
    assert not key.exists()
    key.touch(mode=0o600)
    key.write_bytes(kept[:4] + bytes(64))
    with pytest.raises(KeyUnusable):
        reopen()
    key.write_bytes(kept)
    assert len(reopen().records()) == 1


def test_a_damaged_file_is_put_aside_never_deleted(
    reopen: Callable[..., Outbox], tmp_path: Path, clock: HandClock
) -> None:
    outbox = reopen()
    capture(outbox)
    installation = outbox.installation
    outbox.close()
    file = tmp_path / "outbox.db"
    file.write_bytes(b"no database at all, but somebody's bytes" * 100)
    with pytest.raises(OutboxUnusable) as caught:
        reopen(repair=False)
    assert caught.value.code == "store.damaged"
    fresh = reopen()
    assert fresh.installation != installation, "its sequence starts again, so it must not pass for the old one"
    assert [event.kind for event in fresh.trail.events()] == [AuditKind.STORE_REPLACED]
    assert any("damaged" in name and name.startswith("outbox.db") for name in os.listdir(tmp_path))


def test_a_full_disk_is_told_as_such_and_leaves_nothing(
    reopen: Callable[..., Outbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = reopen()
    capture(outbox)
    connection = outbox._connection
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages)
    with pytest.raises(OutboxUnusable) as caught:
        outbox.capture("check-in", lambda slot: bytes(100_000), identity=LAN)
    assert caught.value.code == "store.full"
    assert len(outbox.records()) == 1
    connection.pragma("max_page_count", 1_000_000)
    assert capture(outbox).sequence == 2


def test_every_promise_of_durability_is_kept_on(reopen: Callable[..., Outbox]) -> None:
    connection = reopen()._connection
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("secure_delete") == 1


def test_settings_outlive_a_restart(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen()
    assert outbox.setting("clinics") is None
    outbox.keep_setting("clinics", "[]")
    outbox.keep_setting("clinics", "[1]")
    outbox.close()
    assert reopen().setting("clinics") == "[1]"


@pytest.mark.parametrize(
    ("tampering", "first_bad"),
    [
        ("DELETE FROM audit WHERE sequence = 2", 2),
        ("DELETE FROM audit WHERE sequence = 4", 4),
        ("DELETE FROM audit; DELETE FROM audit_end", 1),
        ("UPDATE audit SET kind = 'visit.denied' WHERE sequence = 3", 3),
        ("UPDATE audit SET at = '2026-01-01T00:00:00' WHERE sequence = 1", 1),
        ("UPDATE audit SET subject = NULL WHERE sequence = 2", 2),
        ("INSERT INTO audit SELECT 5, at, kind, subject, record, facts, hash FROM audit WHERE sequence = 4", 5),
        (
            "UPDATE audit SET sequence = -1 * sequence WHERE 0; UPDATE audit SET sequence = 9 WHERE sequence = 2;"
            " UPDATE audit SET sequence = 2 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 9",
            2,
        ),
    ],
    ids=["removed", "cut off", "emptied", "changed", "backdated", "anonymised", "put in", "moved"],
)
def test_any_change_of_the_trail_is_found(
    reopen: Callable[..., Outbox], tmp_path: Path, tampering: str, first_bad: int
) -> None:
    outbox = reopen()
    for _ in range(4):
        capture(outbox)
    assert outbox.trail.verify().events == 4
    apsw.Connection(str(tmp_path / "outbox.db")).execute(tampering)
    with pytest.raises(TrailBroken) as caught:
        outbox.trail.verify()
    assert caught.value.sequence == first_bad


def test_the_trail_names_people_by_pseudonym_only(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen()
    capture(outbox, facts={"verdict": "accept"})
    outbox.note(AuditKind.DENIED, identity=LAN)
    checked_in, denied = outbox.trail.events()
    assert checked_in.subject == denied.subject
    assert "001190000001" not in repr((checked_in, denied))
    assert (checked_in.kind, checked_in.facts) == ("visit.checked_in", {"verdict": "accept"})


_WRITER = """
import sys
from pathlib import Path
from kiosk.clock import SystemClock
from kiosk.outbox import Outbox
folder = Path(sys.argv[1])
outbox = Outbox.open(folder / "outbox.db", folder / "vault.key", clock=SystemClock())
while True:
    slot = outbox.capture("check-in", lambda slot: bytes(700), identity="VNM:1")
    sys.stdout.write(slot.record_id + "\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("acknowledged_before", [1, 7, 40])
def test_every_acknowledged_record_survives_the_writer_being_killed(
    tmp_path: Path, repository: Path, clock: HandClock, acknowledged_before: int
) -> None:
    for _ in range(2):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=repository
        )
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(acknowledged_before)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        outbox = Outbox.open(tmp_path / "outbox.db", tmp_path / "vault.key", clock=clock)
        stored = [record.record_id for record in outbox.records()]
        assert len(stored) == len(set(stored))
        assert set(acknowledged) <= set(stored)
        assert outbox.trail.verify().events == len(stored), "record and event stand or fall together"
        outbox.close()
