"""Face images (JPEG, JPEG 2000), decoded in a child process with limits on pixels, memory and time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from reader import portrait_worker
from reader.errors import PortraitError
from reader.model import Portrait
from reader.portrait_worker import ANSWER, FORMATS, REQUEST, Status

MAX_IMAGE_BYTES = 1 << 20
"""Four times the largest DG2 that is read."""
MAX_PIXELS = 4_000_000
"""Judged by the image's header, before anything is decoded. A passport's face has a twentieth of it."""

_REFUSALS = {
    Status.UNKNOWN_FORMAT: ("the face image is neither JPEG nor JPEG 2000", "portrait.unknown_format"),
    Status.TOO_LARGE: ("the face image is too large", "portrait.too_large"),
    Status.BROKEN: ("the face image is broken", "portrait.broken"),
}
# Python needs the first two to start on some systems. The child gets nothing else of the environment, secrets least.
_ENVIRONMENT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class PortraitDecoder:
    """Decodes one image at a time, in a child that is started when it is first needed and used again.

    Args:
        max_pixels: of an image.
        timeout_s: for an image, a cold start included.
        cpu_s: whole seconds of processor time for an image.
        memory_bytes: the child's address space.
        images_per_child: after so many a fresh child takes over.
    """

    def __init__(
        self,
        *,
        max_pixels: int = MAX_PIXELS,
        timeout_s: float = 5.0,
        cpu_s: int = 4,
        memory_bytes: int = 512 << 20,
        images_per_child: int = 50,
    ) -> None:
        self._limits = (max_pixels, memory_bytes, cpu_s)
        self._timeout_s = timeout_s
        self._images_per_child = images_per_child
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the child now, without waiting for it, so that the first image does not pay for its start."""
        with self._lock:
            self._ready()

    def decode(self, image: bytes) -> Portrait:
        """The image in RGB.

        Raises:
            PortraitError: ``portrait.unknown_format``, ``portrait.too_large`` (bytes, pixels or memory),
                ``portrait.broken``, ``portrait.timeout``, or ``portrait.crashed`` when the child ended over it.
        """
        if len(image) > MAX_IMAGE_BYTES:
            raise PortraitError(f"the face image has more than {MAX_IMAGE_BYTES} bytes", code="portrait.too_large")
        with self._lock:
            child = self._ready()
            try:
                return child.decode(image, self._timeout_s)
            finally:
                if child.ended or child.images >= self._images_per_child:
                    self._end()
                    self._ready()

    def close(self) -> None:
        """End the child. Safe to repeat; nothing can be decoded after it."""
        with self._lock:
            self._closed = True
            self._end()

    def _ready(self) -> _Child:
        if self._closed:
            raise ValueError("the portrait decoder is closed")
        if self._child is not None and self._child.ended:
            self._end()
        if self._child is None:
            self._child = _Child(*self._limits)
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """One worker process. What it answers is believed no more than the image."""

    def __init__(self, max_pixels: int, memory_bytes: int, cpu_s: int) -> None:
        self.images = 0
        self._max_pixels = max_pixels
        limits = (str(limit) for limit in (max_pixels, memory_bytes, cpu_s))
        self._process = subprocess.Popen(
            # Isolated: neither the folder that we run in nor a variable decides what it imports.
            [sys.executable, "-I", str(Path(portrait_worker.__file__).resolve()), *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            start_new_session=True,  # Ctrl-C on the terminal is for the program, which ends its child
        )

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def decode(self, image: bytes, timeout_s: float) -> Portrait:
        self.images += 1
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        watchdog = threading.Timer(timeout_s, expire)
        watchdog.start()
        try:
            return self._exchange(image)
        except (OSError, EOFError) as error:
            self.end()
            if expired.is_set():
                raise PortraitError("decoding the face image took too long", code="portrait.timeout") from error
            raise PortraitError("the decoder failed on the face image", code="portrait.crashed") from error
        finally:
            watchdog.cancel()
            watchdog.join()

    def end(self) -> None:
        """Kill it, which harms nothing, and free its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _exchange(self, image: bytes) -> Portrait:
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            raise EOFError
        requests.write(REQUEST.pack(len(image)) + image)
        requests.flush()
        status, kind, width, height = ANSWER.unpack(_exactly(answers, ANSWER.size))
        if status in _REFUSALS:
            message, code = _REFUSALS[status]
            raise PortraitError(message, code=code)
        if status != Status.DECODED or kind >= len(FORMATS) or not 0 < width * height <= self._max_pixels:
            raise EOFError
        return Portrait(FORMATS[kind], width, height, _exactly(answers, width * height * 3))


def _exactly(pipe: IO[bytes], count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise EOFError
    return data
