"""The camera that looks for QR codes, on only while a screen asks for one."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.visit.events import CodeScanned, VisitEvent
from kiosk.worker import OnFault, Worker
from reader.frames import FrameSource
from reader.qr.decoder import QrDecoder
from reader.qr.watcher import QrWatcher


class CodeCamera:
    """Switches one camera on and off.

    Args:
        open_source: makes the source of frames each time that it is switched on.
        post: takes what the codes say.
    """

    def __init__(
        self,
        open_source: Callable[[], FrameSource],
        decoder: QrDecoder,
        post: Callable[[VisitEvent], None],
        on_fault: OnFault,
    ) -> None:
        self._open_source = open_source
        self._decoder = decoder
        self._post = post
        self._watcher: QrWatcher | None = None
        # Opening and closing a camera can take seconds.
        self._worker = Worker("camera", on_fault, finish=True)

    def start(self) -> None:
        self._worker.start()

    def switch(self, on: bool) -> None:
        """Want the camera on or off; returns at once."""
        self._worker.submit(self._look if on else self._rest)

    def close(self, seconds: float) -> bool:
        """Switch it off for good; False when that took longer than `seconds`."""
        self._worker.submit(self._rest)
        self._worker.stop()
        return self._worker.join(seconds)

    def _look(self) -> None:
        if self._watcher is None:
            self._watcher = QrWatcher(
                self._open_source(), self._decoder, lambda code: self._post(CodeScanned(code.text))
            )
            self._watcher.start()

    def _rest(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
