"""From the wish to record a visit to its ticket: committed first, then sent, then told.

The store's thread writes, the sender's thread talks to the registry. A person waits a moment for the registry's own
queue number; when it does not come in time, the ticket carries the kiosk's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kiosk.audit import AuditKind
from kiosk.check_in import RECORD_KIND, compose_check_in, identity_of, local_ticket
from kiosk.clock import Clock
from kiosk.entitlement import Registry, read_clinics, write_clinics
from kiosk.errors import KioskError, OutboxUnusable, RecordAbandoned
from kiosk.outbox import Outbox, Slot, StoredReceipt
from kiosk.readings import DEFECT
from kiosk.sender import Sender
from kiosk.settings import Settings
from kiosk.visit.effects import NoteDenial, Record
from kiosk.visit.events import Recorded, RecordingFailed, StoreGone, StoreReady, VisitEvent
from kiosk.visit.states import Clinic, Ticket
from kiosk.worker import OnFault, Worker
from registry.client import body_of
from registry.messages import ClinicInfo

_log = logging.getLogger("motcham.kiosk")
_STORE_RETRY_SECONDS: Final = 5.0
_CLINICS_KEY: Final = "clinics"
_MARGIN_SECONDS: Final = 1.0
_HOLD: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A committed record whose receipt is waited for."""

    job: int
    slot: Slot
    clinic: Clinic | None
    until: float


class RecordKeeper:
    """Keeps the records of one kiosk.

    Args:
        open_outbox: called on the store's thread; raises KioskError.
        chance: gives a number from 0 up to 1.
        post: takes StoreReady, StoreGone, Recorded and RecordingFailed; Recorded also comes from `tick`.
        on_opened: told on the store's thread, once, when it is known whether records can be kept, with the clinics that
            the registry named last.
    """

    def __init__(
        self,
        settings: Settings,
        open_outbox: Callable[[], Outbox],
        registry: Registry,
        clock: Clock,
        chance: Callable[[], float],
        post: Callable[[VisitEvent], None],
        on_opened: Callable[[tuple[ClinicInfo, ...]], None],
        on_fault: OnFault,
    ) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.place.timezone)
        self._open_outbox = open_outbox
        self._registry = registry
        self._clock = clock
        self._chance = chance
        self._post = post
        self._on_opened: Callable[[tuple[ClinicInfo, ...]], None] | None = on_opened
        self._on_fault = on_fault
        self._outbox: Outbox | None = None
        self._sender: Sender | None = None
        self._usable = False
        self._lock = threading.Lock()
        self._awaited: _Awaited | None = None
        self._abandoned: set[int] = set()
        self.store = Worker("store", on_fault, idle=self._tend, idle_seconds=_STORE_RETRY_SECONDS, finish=True)
        self.sending = Worker("sender", on_fault, idle=self._send_waiting)

    def open(self) -> None:
        """Open the outbox, and go on trying while it cannot be opened."""
        self.store.submit(self._open)

    def keep(self, effect: Record) -> None:
        """Have a visit recorded."""
        # Earlier than the visit gives up: what is committed by then is told, what is not is rolled back.
        deadline = self._clock.monotonic() + self._settings.limits.recording - _MARGIN_SECONDS
        self.store.submit(lambda: self._keep(effect, deadline))

    def abandon(self, job: int) -> None:
        """Its person was told that the record failed: it must not reach the registry."""
        with self._lock:
            self._abandoned.add(job)

    def note_denial(self, effect: NoteDenial) -> None:
        """Have it written down that somebody was sent to staff."""
        self.store.submit(lambda: self._note_denial(effect))

    def keep_clinics(self, clinics: tuple[ClinicInfo, ...]) -> None:
        """Have the clinics remembered for days without network."""
        self.store.submit(lambda: self._opened().keep_setting(_CLINICS_KEY, write_clinics(clinics)))

    def tick(self) -> Recorded | None:
        """The kiosk's own number for whoever has waited long enough; to be told before the visit itself gives up."""
        with self._lock:
            awaited = self._awaited
            if awaited is None or self._clock.monotonic() < awaited.until:
                return None
            self._awaited = None
        return self._recorded(awaited, None)

    def note_stop(self) -> None:
        """Have the end of the kiosk written down."""
        if self._outbox is not None:
            self.store.submit(lambda: self._opened().note(AuditKind.KIOSK_STOPPED))

    def close(self) -> None:
        """Close the outbox, after both threads have ended."""
        if self._outbox is not None:
            self._outbox.close()

    def _opened(self) -> Outbox:
        if self._outbox is None:
            raise OutboxUnusable("the outbox is not open")
        return self._outbox

    def _open(self) -> None:
        clinics: tuple[ClinicInfo, ...] = ()
        try:
            outbox = self._open_outbox()
            try:
                outbox.recover()
                outbox.note(AuditKind.KIOSK_STARTED, facts={"desk": self._settings.desk.value})
                clinics = read_clinics(outbox.setting(_CLINICS_KEY))
            except BaseException:
                outbox.close()
                raise
        except KioskError as error:
            _log.error("no records can be kept: %s", error.code)
            self._post(StoreGone())
        else:
            self._outbox = outbox
            self._sender = Sender(outbox, self._registry, self._chance)
            self._usable = True
            self.sending.submit(self._send_waiting)
            self._post(StoreReady())
        if self._on_opened is not None:
            self._on_opened(clinics)
            self._on_opened = None

    def _tend(self) -> None:
        """See whether records can be kept again."""
        if self._usable:
            return
        if self._outbox is None:
            self._open()
            return
        self._outbox.keep_setting("last_trial", self._clock.now().isoformat())
        self._usable = True
        self._post(StoreReady())

    def _keep(self, effect: Record, deadline: float) -> None:
        try:
            slot = self._commit(effect, deadline)
            self._await_receipt(effect, slot, deadline)
        except RecordAbandoned:
            _log.warning("a record came too late and was dropped")
            return
        except KioskError as error:
            _log.error("a record was not kept: %s", error.code)
            self._post(RecordingFailed(error.code, effect.job))
            if isinstance(error, OutboxUnusable):
                self._usable = False
                self._post(StoreGone())
            return
        except Exception as error:  # noqa: BLE001 - the person must be told; it is reported
            self._on_fault(error)
            self._post(RecordingFailed(DEFECT.code, effect.job))
            return
        self.sending.submit(lambda: self._deliver(slot.record_id))

    def _commit(self, effect: Record, deadline: float) -> Slot:
        outbox, settings = self._opened(), self._settings

        def compose(slot: Slot) -> bytes:
            return body_of(compose_check_in(effect, slot, settings.desk, settings.place, outbox.installation))

        def wanted() -> bool:
            with self._lock:
                return self._wanted(effect.job, deadline)

        facts = {"desk": settings.desk.value, "verdict": effect.verdict.value}
        if effect.clinic is not None:
            facts["clinic"] = effect.clinic.id
        return outbox.capture(
            RECORD_KIND,
            compose,
            identity=identity_of(effect.document),
            zone=self._zone,
            facts=facts,
            hold=_HOLD,
            wanted=wanted,
        )

    def _await_receipt(self, effect: Record, slot: Slot, deadline: float) -> None:
        with self._lock:
            # Asked in the same breath: who gives up after this is told the kiosk's own number by `tick` first.
            if self._wanted(effect.job, deadline):
                until = min(deadline, self._clock.monotonic() + self._settings.registry.receipt_seconds)
                self._awaited = _Awaited(effect.job, slot, effect.clinic, until)
                return
        # The disk took so long for the commit itself that the person has heard, or is about to hear, of a failure.
        self._opened().withdraw(slot.record_id)
        raise RecordAbandoned("the record was stored too late")

    def _wanted(self, job: int, deadline: float) -> bool:
        return job not in self._abandoned and self._clock.monotonic() < deadline

    def _note_denial(self, effect: NoteDenial) -> None:
        identity = None if effect.document is None else identity_of(effect.document)
        facts = {"desk": self._settings.desk.value, "verdict": effect.verdict.value, "codes": " ".join(effect.reasons)}
        self._opened().note(AuditKind.DENIED, identity=identity, facts=facts)

    def _deliver(self, record_id: str) -> None:
        receipt = None
        try:
            if self._sender is not None:
                receipt = self._sender.deliver(record_id)
        finally:
            with self._lock:
                awaited = self._awaited
                if awaited is not None and awaited.slot.record_id == record_id:
                    self._awaited = None
                else:
                    awaited = None
            if awaited is not None:
                self._post(self._recorded(awaited, receipt))
        if self._sender is not None:
            self._sender.tidy()

    def _send_waiting(self) -> None:
        if self._sender is not None:
            self._sender.tidy()
            self._send_next()

    def _send_next(self) -> None:
        # One a job, so that a person who waits for a queue number comes before a backlog.
        if self._sender is not None and self._sender.send_next():
            self.sending.submit(self._send_next)

    def _recorded(self, awaited: _Awaited, receipt: StoredReceipt | None) -> Recorded:
        own_number = local_ticket(awaited.slot, self._settings.place)
        ticket = Ticket(
            number=own_number if receipt is None else receipt.queue_number or own_number,
            clinic=awaited.clinic,
            issued_at=awaited.slot.captured_at,
            receipt=None if receipt is None else receipt.receipt_id,
            confirmed=receipt is not None,
        )
        return Recorded(ticket, awaited.job)
