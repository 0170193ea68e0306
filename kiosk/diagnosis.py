"""What works on this machine, and how to mend what does not. No finding holds personal data."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from firmware_profiles.loader import Profiles
from firmware_profiles.schema import ReaderProfile
from kiosk.clock import Clock
from kiosk.errors import KioskError
from kiosk.outbox import Outbox, RecordState
from kiosk.settings import Settings
from reader.device_link import DeviceState
from reader.errors import NoReader, ServiceUnavailable, TrustError
from reader.frames import OpenCvCamera
from reader.pcsc import PcscService
from reader.trust import load
from registry.client import RegistryClient

_LEAST_FREE_BYTES: Final = 500 * 1024 * 1024
"""Below this no visit may begin: the rule of the facts on store and forward."""
_CAMERA_WAIT_SECONDS: Final = 3.0
_SAFE_DEFAULT: Final = "safe-default"


class Status(StrEnum):
    OK = "ok"
    SIMULATED = "simulated"
    """The demonstration stands in for this device."""
    WARNING = "warning"
    """Works, with less than it could."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it stands, and what to do about it."""

    id: str
    status: Status
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is looked at, and by whose clock.

    `simulated` names the devices that a demonstration stands in for: any of "camera", "printer", "trust".
    """

    settings: Settings
    profiles: Profiles
    clock: Clock
    built: datetime
    """No clock can be right that is before this."""
    simulated: frozenset[str] = frozenset()


def diagnose(surroundings: Surroundings) -> Iterator[Finding]:
    """Look at everything, in the order in which a technician mends it. Takes a few seconds at most."""
    yield from pcsc(surroundings.profiles)
    yield camera(surroundings)
    yield printer(surroundings)
    yield clock(surroundings)
    yield trust(surroundings)
    yield registry(surroundings)
    yield disk(surroundings.settings.data)
    yield outbox(surroundings)


def pcsc(profiles: Profiles) -> Iterator[Finding]:
    """The PC/SC service, and each reader with its profile."""
    service = PcscService()
    try:
        readers = service.list_readers()
    except ServiceUnavailable as error:
        yield Finding("pcsc", Status.MISSING, error.message, error.remedy)
        return
    finally:
        service.close()
    yield Finding("pcsc", Status.OK, "the PC/SC service answers")
    if not readers:
        yield Finding("reader", Status.MISSING, "no reader is connected", NoReader.remedy)
    for name in readers:
        yield _reader(name, profiles.for_reader(name, sys.platform))


def _reader(name: str, profile: ReaderProfile) -> Finding:
    length = {
        "tested": f"extended length, {profile.apdu.max_response} bytes",
        "declared": "extended length declared, tried with each card",
        "unknown": "extended length tried with each card",
        "no": "short length",
    }[profile.apdu.extended]
    detail = f"{name}: profile {profile.id}, {length}"
    if profile.simulated:
        return Finding("reader", Status.SIMULATED, detail)
    if profile.id == _SAFE_DEFAULT:
        return Finding(
            "reader", Status.WARNING, detail, "Unknown reader; a profile would spare the trying: see docs/devices.md."
        )
    if profile.not_tested_on_hardware:
        return Finding("reader", Status.WARNING, f"{detail}, not tested on hardware", "It is used as its maker says.")
    return Finding("reader", Status.OK, detail)


def camera(surroundings: Surroundings) -> Finding:
    """Whether the configured camera gives pictures."""
    device = surroundings.settings.devices.camera
    if "camera" in surroundings.simulated:
        return Finding("camera", Status.SIMULATED, "the demonstration shows QR codes as pictures")
    source = OpenCvCamera(device or 0)
    deadline = time.monotonic() + _CAMERA_WAIT_SECONDS
    try:
        while source.state is DeviceState.OPENING and time.monotonic() < deadline:
            time.sleep(0.05)
        found = source.state is DeviceState.CONNECTED
    finally:
        source.close()
    if found:
        return Finding("camera", Status.OK, f"camera {device or 0} gives pictures")
    remedy = "Connect a camera, or a serial QR scanner; until then people type their number."
    return Finding("camera", Status.WARNING, f"camera {device or 0} gives no picture", remedy)


def printer(surroundings: Surroundings) -> Finding:
    """Tickets are shown on the screen; printers come with their profiles."""
    if "printer" in surroundings.simulated:
        return Finding("printer", Status.SIMULATED, "the demonstration shows tickets on the screen")
    return Finding("printer", Status.WARNING, "no ticket printer is set up: tickets are shown on the screen only")


def clock(surroundings: Surroundings) -> Finding:
    """Whether the wall clock can be right."""
    if (now := surroundings.clock.now()) < surroundings.built:
        remedy = "Set the clock: `timedatectl set-ntp true`."
        return Finding("clock", Status.MISSING, "the clock is before this program was made", remedy)
    return Finding("clock", Status.OK, f"{now.astimezone():%Y-%m-%d %H:%M %Z}")


def trust(surroundings: Surroundings) -> Finding:
    """How many issuers can be checked against, and how old the newest material is."""
    folder = surroundings.settings.trust_folder
    if not folder.is_dir():
        return _no_anchor()
    try:
        store = load([folder], surroundings.clock.now())
    except TrustError as error:
        return Finding("trust", Status.MISSING, error.message, error.remedy)
    real = [anchor for anchor in store.anchors if not anchor.simulated]
    if not real:
        if "trust" in surroundings.simulated and store.anchors:
            detail = f"{len(store.anchors)} simulated issuer(s), trusted on the virtual reader only"
            return Finding("trust", Status.SIMULATED, detail)
        return _no_anchor()
    newest = max(path.stat().st_mtime for path in _files(folder))
    age = (surroundings.clock.now().timestamp() - newest) / 86_400
    detail = f"{len(real)} certificates, newest file {age:.0f} days old"
    if store.problems:
        remedy = "`motcham trust list` names the files that do not count, and why."
        return Finding("trust", Status.WARNING, f"{detail}, {len(store.problems)} unusable", remedy)
    return Finding("trust", Status.OK, detail)


def _no_anchor() -> Finding:
    remedy = "Import the issuer's CSCA certificate or a master list: `motcham trust import FILE`."
    return Finding("trust", Status.MISSING, "no issuer is installed: no document can be accepted", remedy)


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def registry(surroundings: Surroundings) -> Finding:
    """Whether the registry answers."""
    access = surroundings.settings.registry
    if access.url is None:
        return Finding("registry", Status.OK, "a registry of the kiosk's own, started beside it")
    token = access.token.get_secret_value() if access.token else None
    with RegistryClient(str(access.url), token=token, timeout=access.timeout_seconds) as client:
        if client.ready():
            return Finding("registry", Status.OK, "the registry answers")
    remedy = "Check the network and the address in the settings; visits are recorded and sent later."
    return Finding("registry", Status.WARNING, "the registry does not answer", remedy)


def disk(folder: Path) -> Finding:
    """Whether visits can be written, and whether there is room for those of many days."""
    place = next(above for above in (folder, *folder.parents) if above.exists())
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        remedy = "Give the kiosk's account write access to its data folder, or set another one."
        return Finding("disk", Status.MISSING, f"nothing can be written in {place}", remedy)
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE_BYTES:
        remedy = "Free at least 500 MiB on the disk of the data folder."
        return Finding("disk", Status.MISSING, f"{free >> 20} MiB free", remedy)
    return Finding("disk", Status.OK, f"{free >> 20} MiB free")


def outbox(surroundings: Surroundings) -> Finding:
    """Whether visits can be stored, and how many wait to be sent."""
    file, key_file = surroundings.settings.outbox_file, surroundings.settings.key_file
    if not file.exists():
        return Finding("outbox", Status.OK, "no visit was recorded yet")
    try:
        box = Outbox.open(file, key_file, clock=surroundings.clock, repair=False)
    except KioskError as error:
        return Finding("outbox", Status.MISSING, error.message, error.remedy)
    try:
        states = [record.state for record in box.records()]
    finally:
        box.close()
    aside = sum(state in (RecordState.REJECTED, RecordState.QUARANTINED) for state in states)
    waiting = sum(state in (RecordState.SEALED, RecordState.SENDING) for state in states)
    if aside:
        return Finding("outbox", Status.WARNING, f"{aside} set aside, {waiting} waiting", "See `motcham outbox list`.")
    return Finding("outbox", Status.OK, f"{waiting} waiting to be sent")
