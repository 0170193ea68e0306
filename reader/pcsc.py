"""PC/SC: the platform's service for smart card readers, with its resource manager's own names and codes.

The only module that imports pyscard, of which it uses the low level: every context belongs to one owner, who makes a
new one when the service came back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from smartcard import scard

from firmware_profiles.schema import ReaderTiming
from reader.errors import (
    CardRemoved,
    LinkError,
    LinkTimeout,
    NoCard,
    NoReader,
    NotADocument,
    NothingToRead,
    ReaderError,
    ReaderLost,
    ServiceLost,
    ServiceUnavailable,
)
from reader.transport import Transport

PNP_NOTIFICATION: Final = "\\\\?PnP?\\Notification"
"""The reader that does not exist: waiting on it ends when readers come or go."""

_SAM_SLOT: Final = re.compile(r"\bSAM\b")

T = TypeVar("T")

_SERVICE_GONE: Final = frozenset(
    {
        scard.SCARD_E_NO_SERVICE,
        scard.SCARD_E_SERVICE_STOPPED,
        scard.SCARD_E_INVALID_HANDLE,
        scard.SCARD_E_SYSTEM_CANCELLED,
        scard.SCARD_F_COMM_ERROR,
        scard.SCARD_F_INTERNAL_ERROR,
    }
)
_READER_GONE: Final = frozenset({scard.SCARD_E_READER_UNAVAILABLE, scard.SCARD_E_UNKNOWN_READER})
_CARD_GONE: Final = frozenset(
    {scard.SCARD_E_NO_SMARTCARD, scard.SCARD_W_REMOVED_CARD, scard.SCARD_W_RESET_CARD, scard.SCARD_W_UNPOWERED_CARD}
)
_REMOVAL_NOTICED_SECONDS: Final = 1.5
"""How long the service may take to notice that a card is gone after an exchange broke (vpcd looks every 0.4 s)."""
_SERVICE_GRACE_SECONDS: Final = 3.0
_POLL_SECONDS: Final = 0.25


def takes_documents(reader: str) -> bool:
    """Whether documents are laid on this reader. Some readers have a slot for a security module beside."""
    return _SAM_SLOT.search(reader) is None


@dataclass(frozen=True, slots=True)
class SlotState:
    """What the service says of one reader: `state` holds SCARD_STATE bits, and an event counter above them."""

    reader: str
    state: int = scard.SCARD_STATE_UNAWARE
    atr: bytes = b""

    @property
    def card_present(self) -> bool:
        return bool(self.state & scard.SCARD_STATE_PRESENT)

    @property
    def reader_gone(self) -> bool:
        return bool(self.state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_IGNORE))

    @property
    def events(self) -> int:
        """Counts insertions and removals on this reader; it wraps around."""
        return self.state >> 16 & 0xFFFF


class PcscContext:
    """One connection to the PC/SC service. Only `cancel` may be called from another thread.

    Raises:
        ServiceUnavailable: the service does not run, from every method as well.
    """

    def __init__(self) -> None:
        code, self._handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        _require_service(code)

    def list_readers(self) -> list[str]:
        """Names of the connected readers, in the service's order."""
        code, readers = scard.SCardListReaders(self._handle, [])
        if code == scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        _require_service(code)
        return list(readers)

    def wait_for_change(self, known: Iterable[SlotState], seconds: float) -> list[SlotState] | None:
        """Block until a reader differs from what is known of it; None when `seconds` passed or `cancel` was called."""
        wanted = [(slot.reader, slot.state & ~scard.SCARD_STATE_CHANGED) for slot in known]
        code, slots = scard.SCardGetStatusChange(self._handle, int(seconds * 1000), wanted)
        # E_UNKNOWN_READER is Windows' answer when a reader goes away between listing and waiting.
        if code in (scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED, *_READER_GONE):
            return None
        _require_service(code)
        return [SlotState(reader, state, bytes(atr)) for reader, state, atr in slots]

    def cancel(self) -> None:
        """End a `wait_for_change` that is under way in another thread."""
        scard.SCardCancel(self._handle)

    def release(self) -> None:
        scard.SCardReleaseContext(self._handle)

    def connect(self, reader: str) -> PcscCard:
        """Power the card up and keep all other programs away from it.

        Raises:
            NoReader, NoCard, NotADocument: there is no such reader, no card on it, or it speaks no ISO 7816-4.
            LinkError: anything else; code ``link.in_use`` when another program holds the card.
        """
        code, handle, protocol = scard.SCardConnect(
            self._handle, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        if code == scard.SCARD_S_SUCCESS:
            code = scard.SCardBeginTransaction(handle)
            if code != scard.SCARD_S_SUCCESS:
                scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
        if code == scard.SCARD_S_SUCCESS:
            return PcscCard(self, reader, handle, protocol)
        if code in _READER_GONE:
            raise NoReader("the reader is not connected")
        if code in _CARD_GONE:
            raise NoCard("there is no card on the reader")
        if code == scard.SCARD_E_PROTO_MISMATCH:
            raise NotADocument("the card does not speak ISO 7816-4")
        if code == scard.SCARD_E_SHARING_VIOLATION:
            raise LinkError("another program is using the card", code="link.in_use")
        _require_service(code)
        raise _link_error("connect to the card", code)


class PcscCard:
    """A powered card, held in a transaction. All calls block for as long as the driver does."""

    def __init__(self, context: PcscContext, reader: str, handle: int, protocol: int) -> None:
        self._context = context
        self._reader = reader
        self._handle = handle
        self._protocol_header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1

    def transmit(self, command: bytes) -> bytes:
        """As `reader.transport.Transport.transmit`, without a deadline."""
        code, response = scard.SCardTransmit(self._handle, self._protocol_header, list(command))
        if code == scard.SCARD_S_SUCCESS and len(response) >= 2:
            return bytes(response)
        if code in _CARD_GONE:
            raise CardRemoved("the card left the reader")
        if code in _READER_GONE:
            raise ReaderLost("the reader went away")
        if code in _SERVICE_GONE:
            raise ServiceLost("the PC/SC service stopped")
        raise self._why_it_broke(code)

    def disconnect(self) -> None:
        """Let go of the card and reset it, so that no secure channel outlives its reader."""
        scard.SCardEndTransaction(self._handle, scard.SCARD_LEAVE_CARD)
        scard.SCardDisconnect(self._handle, scard.SCARD_RESET_CARD)

    def _why_it_broke(self, code: int) -> LinkError:
        # A card that is lifted breaks the exchange first; the service notices its absence a moment later.
        deadline = time.monotonic() + _REMOVAL_NOTICED_SECONDS
        known = SlotState(self._reader)
        while (left := deadline - time.monotonic()) > 0:
            try:
                change = self._context.wait_for_change([known], left)
            except ServiceUnavailable:
                return ServiceLost("the PC/SC service stopped")
            if change is None:
                break
            known = change[0]
            if known.reader_gone:
                return ReaderLost("the reader went away")
            if not known.card_present:
                return CardRemoved("the card left the reader")
        return _link_error("exchange a command with the card", code)


class PcscTransport:
    """A card behind a reader, for one inspection: no call outlasts its deadline, whatever the driver does.

    The card is powered, held and talked to on a thread of its own. A call that does not come back in time is left
    behind with its context: the service's client library lets nobody else end it, and touching a context in which a
    call hangs would block every context of the process.
    """

    def __init__(self, reader: str, *, connect_seconds: float, apdu_seconds: float) -> None:
        """Connect to the card on `reader`.

        Raises:
            ServiceUnavailable, NoReader, NoCard, NotADocument, LinkError: see `PcscContext.connect`.
            LinkTimeout: the card could not be powered within `connect_seconds`.
        """
        self._reader = reader
        self._apdu_seconds = apdu_seconds
        self._calls: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()
        self._abandoned = False
        self._context: PcscContext | None = None
        self._card: PcscCard | None = None
        Thread(target=self._serve, name=f"pcsc {reader}", daemon=True).start()
        try:
            self._supervised(self._connect, connect_seconds)
        except ReaderError:
            self.close()
            raise

    def transmit(self, command: bytes) -> bytes:
        """As `reader.transport.Transport.transmit`; LinkTimeout after `apdu_seconds`."""
        return self._supervised(lambda: self._held().transmit(command), self._apdu_seconds)

    def close(self) -> None:
        """Reset the card and let go of it. Does not wait for a driver that hangs."""
        if self._abandoned:
            return
        try:
            # Waited for, because the next connection must find the card free.
            self._supervised(self._release, self._apdu_seconds)
        except LinkTimeout:
            return
        self._abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _supervised(self, call: Callable[[], T], seconds: float) -> T:
        if self._abandoned:
            raise LinkTimeout("the card did not answer in time")
        self._calls.put(call)
        try:
            result, error = self._answers.get(timeout=seconds)
        except Empty:
            self._abandon()
            raise LinkTimeout(f"no answer from the card within {seconds:g} s") from None
        if error is not None:
            raise error
        answer: T = result
        return answer

    def _held(self) -> PcscCard:
        if self._card is None:
            raise LinkError("the card is not connected")
        return self._card

    def _abandon(self) -> None:
        self._abandoned = True
        self._calls.put(None)

    def _connect(self) -> None:
        self._context = PcscContext()
        self._card = self._context.connect(self._reader)

    def _release(self) -> None:
        if self._card is not None:
            self._card.disconnect()
            self._card = None
        if self._context is not None:
            self._context.release()
            self._context = None

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                self._answers.put((call(), None))
            except Exception as error:  # noqa: BLE001 - the thread that asked raises it
                self._answers.put((None, error))
        self._release()


class PcscService:
    """The readers of this machine. Survives the service: each call makes a new context if the old one is dead."""

    def __init__(self, context: Callable[[], PcscContext] = PcscContext) -> None:
        self._make_context = context
        self._context: PcscContext | None = None

    def list_readers(self) -> list[str]:
        """Names of the connected readers, in the service's order; ServiceUnavailable when it does not run."""
        return self._on_context(lambda context: context.list_readers())

    def wait_for_card(self, suitable: Callable[[str], bool], seconds: float) -> str:
        """The first suitable reader with a card on it, as soon as there is one.

        Raises:
            ServiceUnavailable: the service does not run, and did not come back within three seconds.
            NoReader, NoCard: what was missing when `seconds` had passed.
        """
        deadline = time.monotonic() + seconds
        service_deadline = min(deadline, time.monotonic() + _SERVICE_GRACE_SECONDS)
        missing: NothingToRead = NoReader("no reader is connected")
        while True:
            try:
                readers = [name for name in self.list_readers() if suitable(name)]
                slots = self._on_context(partial(_slots, readers=readers))
                service_deadline = min(deadline, time.monotonic() + _SERVICE_GRACE_SECONDS)
            except ServiceUnavailable:
                if time.monotonic() >= service_deadline:
                    raise
                time.sleep(_POLL_SECONDS)
                continue
            for slot in slots:
                if slot.card_present:
                    return slot.reader
            missing = NoCard("no card on the reader") if readers else NoReader("no such reader is connected")
            left = deadline - time.monotonic()
            if left <= 0:
                raise missing
            self._wait(slots, min(left, _POLL_SECONDS))

    def connect(self, reader: str, *, connect_seconds: float = 5.0, apdu_seconds: float = 10.0) -> PcscTransport:
        """Power and hold the card on `reader`; see `PcscTransport`."""
        return PcscTransport(reader, connect_seconds=connect_seconds, apdu_seconds=apdu_seconds)

    def close(self) -> None:
        if self._context is not None:
            self._context.release()
            self._context = None

    def _wait(self, slots: list[SlotState], seconds: float) -> None:
        if not slots:
            time.sleep(seconds)
            return
        try:
            self._on_context(lambda context: context.wait_for_change(slots, seconds))
        except ServiceUnavailable:
            time.sleep(seconds)

    def _on_context(self, use: Callable[[PcscContext], T]) -> T:
        if self._context is not None:
            try:
                return use(self._context)
            except ServiceUnavailable:
                # The service may have been restarted since: the old context is dead, a new one may not be.
                self.close()
        self._context = self._make_context()
        return use(self._context)


@dataclass(frozen=True, slots=True)
class PcscPlace:
    """One reader as the place of a document: a `reader.patient_reading.CardPlace`.

    Attributes:
        around: goes around each connection to the card, for a trace.
    """

    service: PcscService
    reader: str
    timing: ReaderTiming
    around: Callable[[Transport], Transport] | None = None

    @contextmanager
    def connect(self) -> Iterator[Transport]:
        """A fresh connection to the card, within the reader's deadlines; see `PcscTransport`."""
        connection = self.service.connect(
            self.reader, connect_seconds=self.timing.connect_ms / 1000, apdu_seconds=self.timing.apdu_ms / 1000
        )
        with connection as transport:
            yield transport if self.around is None else self.around(transport)

    def wait_for_card(self, seconds: float) -> bool:
        """Wait until a card lies there, through a reader or a service that is away for a moment."""
        try:
            self.service.wait_for_card(lambda name: name == self.reader, seconds)
        except NothingToRead:
            return False
        return True


def _slots(context: PcscContext, readers: list[str]) -> list[SlotState]:
    if not readers:
        return []
    return context.wait_for_change([SlotState(name) for name in readers], 0) or []


def _require_service(code: int) -> None:
    if code != scard.SCARD_S_SUCCESS:
        if code in _SERVICE_GONE:
            raise ServiceUnavailable("the PC/SC service is not running")
        raise ServiceUnavailable(f"the PC/SC service refused a request: {_text(code)}")


def _link_error(attempt: str, code: int) -> LinkError:
    return LinkError(f"could not {attempt}: {_text(code)}")


def _text(code: int) -> str:
    return f"{scard.SCardGetErrorMessage(code)} ({code & 0xFFFFFFFF:08X})"
