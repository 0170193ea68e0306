"""Documents read over PC/SC, with all that the inspection needs."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from firmware_profiles.loader import Profiles
from firmware_profiles.schema import ReaderProfile
from reader.errors import LinkError
from reader.examiner import ChipExaminer
from reader.inspection import Inspector
from reader.keys import Opening
from reader.manners import ReaderManners
from reader.model import Inspection, PortraitSource
from reader.pcsc import PcscPlace, PcscService
from reader.policy import Policy
from reader.progress import ProgressListener
from reader.read_memory import ReadMemory
from reader.transport import Transport
from reader.trust import TrustStore


@dataclass(frozen=True, slots=True)
class ReadingTools:
    """What every reading of a kiosk shares.

    Attributes:
        moment: gives the aware moment that validity is judged at, in the time zone whose day counts.
        groups: data groups to read; None reads all.
        seconds: for one reading.
        around: goes around each connection to the card, for a trace.
        examiner: asks the chips as well; None: nobody but the kiosk does.
        reader_manners: what was found out of each reader, by its name; filled in by the readings.
    """

    service: PcscService
    profiles: Profiles
    trust: TrustStore
    policy: Policy
    portraits: PortraitSource | None
    moment: Callable[[], datetime]
    groups: tuple[int, ...] | None = None
    seconds: float = 45.0
    around: Callable[[Transport], Transport] | None = None
    examiner: ChipExaminer | None = None
    reader_manners: dict[str, ReaderManners] = field(default_factory=dict)

    def inspector(self, profile: ReaderProfile) -> Inspector:
        return Inspector(
            self.trust, self.policy, profile, secrets.token_bytes, time.perf_counter, self.portraits, self.examiner
        )

    @contextmanager
    def connection(self, reader: str, profile: ReaderProfile, cancelled: threading.Event) -> Iterator[Transport]:
        """A connection to the card on `reader` that ends at the next command once `cancelled` is set."""
        with PcscPlace(self.service, reader, profile.timing, self.around).connect() as transport:
            yield CancellableTransport(transport, cancelled)


@dataclass(frozen=True, slots=True)
class CancellableTransport:
    """Carries commands until nobody waits for them any more."""

    inner: Transport
    cancelled: threading.Event

    def transmit(self, command: bytes) -> bytes:
        """As `Transport.transmit`; LinkError ``link.cancelled`` when the reading was given up."""
        if self.cancelled.is_set():
            raise LinkError("the reading was given up", code="link.cancelled")
        return self.inner.transmit(command)


class PcscReading:
    """The reading of one person's document; what was read of it is forgotten with it."""

    def __init__(self, tools: ReadingTools, opening: Opening) -> None:
        self._tools = tools
        self._opening = opening
        self._memory = ReadMemory()

    def read(self, reader: str, listener: ProgressListener, cancelled: threading.Event) -> Inspection:
        """As `kiosk.readings.DocumentReading.read`."""
        profile = self._tools.profiles.for_reader(reader, sys.platform)
        self._memory.manners.reader = self._tools.reader_manners.setdefault(reader, ReaderManners())
        return self._tools.inspector(profile).inspect(
            lambda: self._tools.connection(reader, profile, cancelled),
            self._opening,
            at=self._tools.moment(),
            groups=self._tools.groups,
            listener=listener,
            memory=self._memory,
            seconds=self._tools.seconds,
        )
