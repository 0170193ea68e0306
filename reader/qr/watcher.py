"""Looks for QR codes in a stream of frames, in its own thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from reader.device_link import DeviceState
from reader.errors import ImageError
from reader.frames import Frame, FrameSource
from reader.qr.decoder import QrDecoder
from reader.qr.engines import QrCode

_JOIN_S = 10.0

OnCode: TypeAlias = Callable[[QrCode], None]
OnState: TypeAlias = Callable[[DeviceState], None]
OnFault: TypeAlias = Callable[[ImageError], None]


class QrWatcher:
    """A thread that takes frames from a source and tells of the QR codes in them.

    Args:
        source: where the frames come from; the watcher owns it from now on and closes it.
        decoder: how codes are looked for.
        on_code: called with each code, and again only when the same text has been out of sight for `repeat_after_s`.
        on_state: called with the source's state whenever it changes, and with ENDED at the end.
        on_fault: called when a file in the place of a camera holds no picture.
        looks_per_second: how often a frame is taken; the frames between are never decoded.
        repeat_after_s: seconds.
        clock: seconds, monotonic.

    The callbacks run in the watcher's thread and must not raise.
    """

    def __init__(
        self,
        source: FrameSource,
        decoder: QrDecoder,
        on_code: OnCode,
        *,
        on_state: OnState = lambda _: None,
        on_fault: OnFault = lambda _: None,
        looks_per_second: float = 12.0,
        repeat_after_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._decoder = decoder
        self._on_code = on_code
        self._on_state = on_state
        self._on_fault = on_fault
        self._pause_s = 1 / looks_per_second
        self._repeat_after_s = repeat_after_s
        self._clock = clock
        self._stop = threading.Event()
        self._last_seen: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="qr-watcher", daemon=True)

    def start(self) -> None:
        """Begin to look; once."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking and close the source. Safe to repeat; not to be called from a callback."""
        self._stop.set()
        self._source.close()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        told = DeviceState.OPENING
        while not self._stop.is_set() and told is not DeviceState.ENDED:
            begun = self._clock()
            frame = self._read()
            state = self._source.state
            # The end is told after the last frame's codes.
            if state is not told and state is not DeviceState.ENDED:
                self._on_state(state)
            if frame is not None:
                self._look(frame)
            told = state
            self._stop.wait(max(0.0, begun + self._pause_s - self._clock()))
        self._last_seen.clear()
        self._on_state(DeviceState.ENDED)

    def _read(self) -> Frame | None:
        try:
            return self._source.read()
        except ImageError as fault:
            self._on_fault(fault)
            return None

    def _look(self, frame: Frame) -> None:
        found = self._decoder.decode(frame.image, turn=frame.number)
        now = self._clock()
        self._last_seen = {text: at for text, at in self._last_seen.items() if now - at < self._repeat_after_s}
        for code in found:
            if code.text not in self._last_seen:
                self._on_code(code)
            self._last_seen[code.text] = now
