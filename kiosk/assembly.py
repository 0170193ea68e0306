"""A kiosk put together from its settings: real readers, camera and scanner, the outbox, the registry."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from firmware_profiles.loader import Profiles, load_profiles
from kiosk.chip_examiner import ExaminingRegistry, RegistryExaminer
from kiosk.clock import SystemClock
from kiosk.conductor import Conductor, Equipment
from kiosk.document_reading import PcscReading, ReadingTools
from kiosk.entitlement import Registry
from kiosk.faults import describe
from kiosk.outbox import Outbox
from kiosk.readings import DocumentReading
from kiosk.settings import Settings
from kiosk.visit.events import CodeScanned, VisitEvent
from reader.citizen_number import load_provinces
from reader.keys import Opening
from reader.model import Inspection
from reader.pcsc import PcscService, takes_documents
from reader.portrait import PortraitDecoder
from reader.progress import ProgressListener
from reader.transport import Transport
from reader.trust import TrustStore
from reader.watcher import CardWatcher

if TYPE_CHECKING:
    from kiosk.code_camera import CodeCamera

_log = logging.getLogger("motcham.kiosk")
_CLOSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Extras:
    """What a command wants otherwise than a kiosk in its place.

    Attributes:
        code_devices: whether the camera and the serial scanner are used.
        moment: gives the aware moment that validity is judged at; None: now.
        groups: data groups to read; None reads all.
        around: goes around each connection to a card, for a trace.
        on_inspection: told every inspection as it ends, on the inspection's thread.
    """

    code_devices: bool = True
    moment: Callable[[], datetime] | None = None
    groups: tuple[int, ...] | None = None
    around: Callable[[Transport], Transport] | None = None
    on_inspection: Callable[[Inspection], None] | None = None


class KioskRegistry(Registry, ExaminingRegistry, Protocol):
    """All that a kiosk asks of the registry; see `registry.client.RegistryClient`."""


@contextmanager
def assembled(
    settings: Settings, registry: KioskRegistry, trust: TrustStore, extras: Extras | None = None
) -> Iterator[Conductor]:
    """A kiosk that has not been started yet; it is stopped when the context ends.

    Args:
        registry: stays the caller's, who closes it afterwards.
    """
    extras = extras or Extras()
    clock, zone = SystemClock(), ZoneInfo(settings.place.timezone)
    with ExitStack() as stack:
        service = stack.enter_context(closing(PcscService()))
        portraits = stack.enter_context(closing(PortraitDecoder()))
        portraits.warm()
        profiles = load_profiles()
        tools = ReadingTools(
            service,
            profiles,
            trust,
            settings.policy,
            portraits,
            extras.moment or (lambda: clock.now().astimezone(zone)),
            extras.groups,
            settings.limits.reading,
            extras.around,
            _examiner(settings, registry, stack),
        )

        def switch_camera(on: bool) -> None:
            if camera is not None:
                camera.switch(on)

        equipment = Equipment(
            watch=CardWatcher,
            suitable=partial(_suitable, (settings.devices.reader or "").casefold()),
            begin_reading=partial(_begin_reading, tools, extras.on_inspection),
            registry=registry,
            open_outbox=lambda: Outbox.open(settings.outbox_file, settings.key_file, clock=clock),
            set_camera=switch_camera,
            provinces=load_provinces(),
            clock=clock,
            chance=random.random,
        )
        conductor = Conductor(settings, equipment)
        camera = _camera(settings, conductor.post, stack) if extras.code_devices else None
        if extras.code_devices and settings.devices.scanner is not None:
            _open_scanner(settings.devices.scanner, settings, profiles, conductor.post, stack)
        # Registered last, so that it ends before the devices that it uses.
        stack.callback(conductor.stop, _CLOSE_SECONDS)
        yield conductor


def _examiner(settings: Settings, registry: ExaminingRegistry, stack: ExitStack) -> RegistryExaminer | None:
    seconds = settings.registry.examination_seconds
    if not seconds:
        return None
    examiner = RegistryExaminer(registry, settings.place, seconds, partial(_report, "examiner"))
    examiner.worker.start()
    stack.callback(examiner.worker.stop)
    return examiner


def _suitable(wanted: str, reader: str) -> bool:
    return wanted in reader.casefold() and takes_documents(reader)


def _begin_reading(
    tools: ReadingTools, on_inspection: Callable[[Inspection], None] | None, opening: Opening
) -> DocumentReading:
    reading = PcscReading(tools, opening)
    return reading if on_inspection is None else _ToldReading(reading, on_inspection)


@dataclass(frozen=True, slots=True)
class _ToldReading:
    """A reading whose end somebody else is told as well."""

    inner: DocumentReading
    on_inspection: Callable[[Inspection], None]

    def read(self, reader: str, listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        inspection = self.inner.read(reader, listener, cancelled)
        self.on_inspection(inspection)
        return inspection


def _camera(settings: Settings, post: Callable[[VisitEvent], None], stack: ExitStack) -> CodeCamera:
    # OpenCV is slow to load, and commands without a camera need not wait for it.
    from kiosk.code_camera import CodeCamera
    from reader.frames import OpenCvCamera
    from reader.qr.decoder import QrDecoder
    from reader.qr.engines import installed_engines

    device = settings.devices.camera or 0
    camera = CodeCamera(lambda: OpenCvCamera(device), QrDecoder(installed_engines()), post, partial(_report, "camera"))
    camera.start()
    stack.callback(camera.close, _CLOSE_SECONDS)
    return camera


def _open_scanner(
    port: str, settings: Settings, profiles: Profiles, post: Callable[[VisitEvent], None], stack: ExitStack
) -> None:
    from reader.scanner import SerialScanner

    scanner = SerialScanner(
        port,
        profiles.scanner(settings.devices.scanner_profile),
        lambda text: post(CodeScanned(text)),
        on_fault=lambda fault: _log.info("scanner: %s", fault.code),
    )
    scanner.start()
    stack.callback(scanner.close)


def _report(device: str, error: BaseException) -> None:
    _log.error("%s: %s", device, describe(error))
