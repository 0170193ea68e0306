"""Leads visits: takes events from people, devices and the registry, asks the machine, and has its effects done.

One thread decides. It takes events from one queue, steps, tells the subscribers, and hands work to threads that live
as long as the kiosk: the card watcher, the inspection, the network for look-ups, the store's writer and the sender.
Nothing that may wait for a device, a disk or the registry happens on the deciding thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from kiosk.card_slots import CardSlots
from kiosk.clock import Clock
from kiosk.entitlement import Registry
from kiosk.faults import describe
from kiosk.look_ups import LookUps
from kiosk.outbox import Outbox
from kiosk.readings import DocumentReading, Readings
from kiosk.record_keeper import RecordKeeper
from kiosk.settings import Settings
from kiosk.visit.effects import (
    AbandonRecord,
    Effect,
    ForgetPerson,
    LoadClinics,
    LookUpInsurance,
    NoteDenial,
    Record,
    SetCamera,
    StartReading,
    StopReading,
)
from kiosk.visit.events import Ticked, VisitEvent
from kiosk.visit.machine import step
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import Rest, VisitState
from reader.citizen_number import ProvinceTable
from reader.keys import Opening
from reader.watcher import WatcherEvent
from registry.messages import ClinicInfo

_log = logging.getLogger("motcham.kiosk")
_TICK_SECONDS: Final = 0.25

Listener = Callable[[VisitState], None]


class Watcher(Protocol):
    """See `reader.watcher.CardWatcher`."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a kiosk works with."""

    watch: Callable[[Callable[[WatcherEvent], None]], Watcher]
    """Makes the watcher of readers and cards; its events come on its own thread."""
    suitable: Callable[[str], bool]
    """Whether a reader of this name is to be used."""
    begin_reading: Callable[[Opening], DocumentReading]
    registry: Registry
    """Called from two threads."""
    open_outbox: Callable[[], Outbox]
    set_camera: Callable[[bool], None]
    """Wanted on or off; must not block."""
    provinces: ProvinceTable
    clock: Clock
    chance: Callable[[], float]
    """Gives a number from 0 up to 1."""


class Conductor:
    """One kiosk at work.

    Args:
        settings: desk, place, limits.
        equipment: devices, registry, store and clock.
    """

    def __init__(self, settings: Settings, equipment: Equipment) -> None:
        self._settings = settings
        self._equipment = equipment
        self._zone = ZoneInfo(settings.place.timezone)
        self._counter = settings.counter.clinic()
        self._events: SimpleQueue[VisitEvent | WatcherEvent | None] = SimpleQueue()
        self._last_tick = equipment.clock.monotonic()
        self._situation = Situation(entered=self._last_tick)
        self._listeners: list[Listener] = []
        self._publishing = threading.RLock()
        self._slots = CardSlots(equipment.suitable)
        self._watcher = equipment.watch(self._events.put)
        self._watching = False
        self._stopping = threading.Event()
        self._readings = Readings(equipment.begin_reading, self.post, self._on_fault)
        self._records = RecordKeeper(
            settings,
            equipment.open_outbox,
            equipment.registry,
            equipment.clock,
            equipment.chance,
            self.post,
            self._begin_to_watch,
            self._on_fault,
        )
        self._look_ups = LookUps(equipment.registry, self.post, self._records.keep_clinics, self._on_fault)
        self._workers = (self._readings.worker, self._look_ups.worker, self._records.store, self._records.sending)
        self._deciding = threading.Thread(target=self._decide, name="visit", daemon=True)

    @property
    def state(self) -> VisitState:
        """The present state; may be read from any thread."""
        return self._situation.state

    def post(self, event: VisitEvent) -> None:
        """Let something happen. From any thread; returns at once."""
        self._events.put(event)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener the present state now and every further one as it comes; gives what ends it.

        Listeners are called in order, from the deciding thread, and must not block.
        """
        with self._publishing:
            self._listeners.append(listener)
            listener(self._situation.state)

        def unsubscribe() -> None:
            with self._publishing:
                self._listeners.remove(listener)

        return unsubscribe

    def start(self) -> None:
        """Begin to serve; once."""
        self._deciding.start()
        for worker in self._workers:
            worker.start()
        self._records.open()

    def stop(self, seconds: float = 10.0) -> bool:
        """End all threads; what was promised to be stored is stored before. False when one did not end in time."""
        deadline = time.monotonic() + seconds
        self._stopping.set()
        self._events.put(None)
        if self._deciding.ident is not None:
            self._deciding.join(max(0.0, deadline - time.monotonic()))
        self._readings.forget()
        self._records.note_stop()
        for worker in self._workers:
            worker.stop()
        late = [worker for worker in self._workers if not worker.join(deadline - time.monotonic())]
        if self._watching:
            self._watcher.stop()
        if late or self._deciding.is_alive():
            return False
        self._records.close()
        return True

    def _begin_to_watch(self, clinics: tuple[ClinicInfo, ...]) -> None:
        # Not before the store is open: nobody may be asked in while it is unknown whether records can be kept.
        self._look_ups.remember(clinics)
        if not self._stopping.is_set():
            self._watching = True
            self._watcher.start()

    def _decide(self) -> None:
        while True:
            try:
                event = self._events.get(timeout=_TICK_SECONDS)
            except Empty:
                event = Ticked()
            if event is None:
                return
            try:
                self._take(event)
                # What has happened comes before what has not happened in time, also after the program was held up.
                overdue = self._equipment.clock.monotonic() - self._last_tick >= _TICK_SECONDS
                if overdue and self._events.empty():
                    self._take(Ticked())
            except Exception as error:  # noqa: BLE001 - the kiosk comes back to rest whatever fails; it is reported
                self._on_fault(error)
                self._start_over()

    def _take(self, event: VisitEvent | WatcherEvent) -> None:
        if isinstance(event, WatcherEvent):
            for told in self._slots.take(event):
                self._step(told)
            return
        if isinstance(event, Ticked):
            self._last_tick = self._equipment.clock.monotonic()
            recorded = self._records.tick()
            if recorded is not None:
                self._step(recorded)
        self._step(event)

    def _step(self, event: VisitEvent) -> None:
        clock = self._equipment.clock
        context = Context(
            now=clock.monotonic(),
            today=clock.now().astimezone(self._zone).date(),
            desk=self._settings.desk,
            limits=self._settings.limits,
            counter=self._counter,
            provinces=self._equipment.provinces,
        )
        transition = step(self._situation, event, context)
        self._show(transition.situation)
        for effect in transition.effects:
            self._do(effect)

    def _show(self, situation: Situation) -> None:
        with self._publishing:
            changed = situation.state != self._situation.state
            self._situation = situation
            for listener in tuple(self._listeners) if changed else ():
                try:
                    listener(situation.state)
                except Exception as error:  # noqa: BLE001 - a listener's defect is no visit's; it is reported
                    self._on_fault(error)

    def _start_over(self) -> None:
        """After a defect: drop the visit, and keep what is known of the devices."""
        self._readings.forget()
        self._show(self._situation.without_visit(self._equipment.clock.monotonic()))
        self._equipment.set_camera(isinstance(self._situation.state, Rest))

    def _do(self, effect: Effect) -> None:
        match effect:
            case StartReading():
                self._readings.start(effect, self._slots.reader)
            case StopReading(job=job):
                self._readings.stop(job)
            case ForgetPerson():
                self._readings.forget()
            case LookUpInsurance():
                self._look_ups.ask(effect)
            case LoadClinics():
                self._look_ups.load_clinics()
            case Record():
                self._records.keep(effect)
            case AbandonRecord(job=job):
                self._records.abandon(job)
            case NoteDenial():
                self._records.note_denial(effect)
            case SetCamera(on=on):
                self._equipment.set_camera(on)

    def _on_fault(self, error: BaseException) -> None:
        _log.error("%s: %s", threading.current_thread().name, describe(error))
