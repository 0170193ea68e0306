"""Serial barcode scanners that send each code as a line of UTF-8 text.

Serial only: a scanner that types as a keyboard loses every Vietnamese letter and can type into whatever has the focus.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

import serial

from firmware_profiles.schema import ScannerProfile
from reader.device_link import PATIENCE, Backoff, DeviceState
from reader.errors import DeviceError

try:
    import termios
except ImportError:
    # Windows: pyserial raises nothing but its own errors there, which are OSErrors.
    _GONE: tuple[type[Exception], ...] = (OSError,)
else:
    # A port that goes away while it is being opened.
    _GONE = (OSError, termios.error)

_CHUNK_BYTES = 4096
_JOIN_S = 5.0

OnText: TypeAlias = Callable[[str], None]
OnState: TypeAlias = Callable[[DeviceState], None]
OnFault: TypeAlias = Callable[[DeviceError], None]


class LineAssembler:
    """Lines of text from a stream of bytes that is cut anywhere.

    A line ends with CR, LF or both; empty lines are none. It never holds more than `max_bytes` of an unfinished line.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._begun = bytearray()
        self._too_long = False

    def feed(self, chunk: bytes) -> list[str | DeviceError]:
        """The lines that `chunk` ends, in order; in place of one that cannot be used stands what is wrong with it.

        The codes are ``scanner.line_too_long`` and ``scanner.not_utf8``.
        """
        *ended, rest = chunk.replace(b"\r", b"\n").split(b"\n")
        lines = []
        for piece in ended:
            self._extend(piece)
            if line := self._finish():
                lines.append(line)
        self._extend(rest)
        return lines

    def abandon(self) -> DeviceError | None:
        """Forget an unfinished line; the fault ``scanner.line_incomplete`` if there was one."""
        begun = bool(self._begun) or self._too_long
        self._begun.clear()
        self._too_long = False
        return DeviceError("a line from the scanner broke off", code="scanner.line_incomplete") if begun else None

    def _extend(self, piece: bytes) -> None:
        if self._too_long or len(self._begun) + len(piece) > self._max_bytes:
            self._too_long = True
            self._begun.clear()
        else:
            self._begun += piece

    def _finish(self) -> str | DeviceError | None:
        line, too_long = bytes(self._begun), self._too_long
        self._begun.clear()
        self._too_long = False
        if too_long:
            return DeviceError(f"a line of more than {self._max_bytes} bytes", code="scanner.line_too_long")
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            return DeviceError("a line that is not UTF-8", code="scanner.not_utf8")


class SerialScanner:
    """A thread that reads one scanner, and finds it again when it was unplugged.

    Args:
        port: the device, for example ``/dev/serial/by-id/…`` or ``COM3``.
        profile: how it talks.
        on_text: called with each code's text.
        on_state: called with CONNECTED and LOST as they change, and with ENDED at the end.
        on_fault: called with what is wrong with a line that could not be used.
        backoff: the pauses between attempts to open the port.

    The callbacks run in the scanner's thread and must not raise.
    """

    def __init__(
        self,
        port: str,
        profile: ScannerProfile,
        on_text: OnText,
        *,
        on_state: OnState = lambda _: None,
        on_fault: OnFault = lambda _: None,
        backoff: Backoff = PATIENCE,
    ) -> None:
        self._port = port
        self._profile = profile
        self._on_text = on_text
        self._on_state = on_state
        self._on_fault = on_fault
        self._backoff = backoff
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._open_port: serial.Serial | None = None
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to read; once."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading and free the port. Safe to repeat; not to be called from a callback."""
        self._stop.set()
        with self._lock:
            if self._open_port is not None:
                self._open_port.cancel_read()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        state = DeviceState.OPENING
        pauses = self._backoff.pauses()
        while not self._stop.is_set():
            try:
                port = self._opened()
            except _GONE:
                pass  # told below, like a port that goes away later
            else:
                pauses = self._backoff.pauses()
                state = DeviceState.CONNECTED
                self._on_state(state)
                self._read_until_gone(port)
            if self._stop.is_set():
                break
            if state is not DeviceState.LOST:
                state = DeviceState.LOST
                self._on_state(state)
            # Also after a port that opened and failed at once, which would otherwise be tried without a pause.
            self._stop.wait(next(pauses))
        self._on_state(DeviceState.ENDED)

    def _opened(self) -> serial.Serial:
        return serial.Serial(
            port=self._port,
            baudrate=self._profile.serial.baud,
            timeout=self._profile.framing.idle_ms / 1000,
            exclusive=True,
        )

    def _read_until_gone(self, port: serial.Serial) -> None:
        lines = LineAssembler(self._profile.framing.max_bytes)
        with self._lock:
            self._open_port = port
        try:
            while not self._stop.is_set():
                # Waits for one byte at most as long as a line may pause, and then takes all that has come.
                chunk = port.read(max(1, min(port.in_waiting, _CHUNK_BYTES)))
                for line in lines.feed(chunk):
                    self._tell(line)
                if not chunk:
                    self._abandon(lines)
        except _GONE:
            self._abandon(lines)
        finally:
            with self._lock:
                self._open_port = None
            port.close()

    def _abandon(self, lines: LineAssembler) -> None:
        fault = lines.abandon()
        if fault is not None:
            self._on_fault(fault)

    def _tell(self, line: str | DeviceError) -> None:
        if isinstance(line, DeviceError):
            self._on_fault(line)
        else:
            self._on_text(line)
