"""Where pictures come from: a camera, or files in its place. One interface, the newest frame only."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from reader.device_link import PATIENCE, Backoff, DeviceState
from reader.errors import ImageError

MAX_FILE_BYTES = 64_000_000
MAX_FILE_PIXELS = 64_000_000
"""Larger picture files are refused: more than any camera makes, and less than would hurt."""
_FILE_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM")

_READ_WAIT_S = 0.5
_JOIN_S = 5.0
_GRABS_PER_SECOND = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source."""

    image: NDArray[np.uint8] = field(repr=False)
    """Height × width × 3, BGR."""
    number: int
    """Counted from 0 for each source; frames that nobody read are not counted."""


class FrameSource(Protocol):
    """Gives frames to one reader, in one thread; `close` may be called from any other."""

    @property
    def state(self) -> DeviceState:
        """Whether frames can be expected."""

    def read(self) -> Frame | None:
        """The newest frame, taken after the one before was read; None if there is none within half a second.

        Raises:
            ImageError: a file in the place of a camera holds no picture; the next call gives the next.
        """

    def close(self) -> None:
        """Free the device. Safe to repeat."""


class OpenCvCamera:
    """A camera, found again when it was unplugged.

    Args:
        device: the camera's number, or its path (``/dev/v4l/by-id/…``), or a video file that plays in its place.
        width, height: asked for in pixels; the camera gives the nearest that it can. A whole card in a frame of 1280
            pixels gives its QR code 3 to 4 pixels a module; at 640 that falls below the 2 that a decoder needs.
        backoff: the pauses between attempts to open it.
    """

    def __init__(self, device: int | str, *, width: int = 1280, height: int = 720, backoff: Backoff = PATIENCE) -> None:
        self._device = device
        self._size = (width, height)
        self._backoff = backoff
        self._state = DeviceState.OPENING
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._wanted = False
        self._image: NDArray[np.uint8] | None = None
        self._count = 0
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def state(self) -> DeviceState:
        return self._state

    def read(self) -> Frame | None:
        with self._changed:
            self._image, self._wanted = None, True
            self._changed.wait_for(lambda: self._image is not None or self._stop.is_set(), _READ_WAIT_S)
            image, self._image = self._image, None
            if image is None:
                return None
            self._count += 1
            return Frame(image, self._count - 1)

    def close(self) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        # A driver may hold a grab for ten seconds; the thread then frees the camera by itself when it comes back.
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        pauses = self._backoff.pauses()
        while not self._stop.is_set():
            capture = self._opened()
            if capture is not None:
                try:
                    if self._grab_until_gone(capture):
                        pauses = self._backoff.pauses()
                finally:
                    capture.release()
            if not self._stop.is_set():
                self._state = DeviceState.LOST
                self._stop.wait(next(pauses))
        self._state = DeviceState.ENDED

    def _opened(self) -> cv2.VideoCapture | None:
        device, backend = self._device, cv2.CAP_ANY
        if sys.platform == "linux":
            path = Path(f"/dev/video{device}" if isinstance(device, int) else device)
            # OpenCV writes a warning on stderr each time it is asked for a camera that is not there.
            if not path.exists():
                return None
            device = str(path)
            if path.is_char_device():
                backend = cv2.CAP_V4L2
        capture = cv2.VideoCapture(device, backend)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture

    def _grab_until_gone(self, capture: cv2.VideoCapture) -> bool:
        """Take every frame, so that none is old, and decode only those that are asked for; whether there were any."""
        while not self._stop.is_set():
            begun = time.monotonic()
            if not capture.grab():
                break
            self._state = DeviceState.CONNECTED
            if self._wanted:
                retrieved, image = capture.retrieve()
                if not retrieved:
                    break
                with self._changed:
                    self._image, self._wanted = np.asarray(image, dtype=np.uint8), False
                    self._changed.notify_all()
            # A camera paces itself; a video file in its place would be raced through.
            self._stop.wait(max(0.0, begun + 1 / _GRABS_PER_SECOND - time.monotonic()))
        return self._state is DeviceState.CONNECTED


class ImageFiles:
    """Picture files in the place of a camera, each given once, in the order of `paths`."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._next = 0
        self._closed = False

    @classmethod
    def of_folder(cls, folder: Path) -> ImageFiles:
        """Every file of a folder, by name."""
        return cls(sorted(path for path in folder.iterdir() if path.is_file()))

    @property
    def state(self) -> DeviceState:
        ended = self._closed or self._next == len(self._paths)
        return DeviceState.ENDED if ended else DeviceState.CONNECTED

    def read(self) -> Frame | None:
        if self.state is DeviceState.ENDED:
            return None
        number, self._next = self._next, self._next + 1
        return Frame(read_image(self._paths[number]), number)

    def close(self) -> None:
        self._closed = True


def read_image(path: Path) -> NDArray[np.uint8]:
    """A picture file as height × width × 3 BGR, turned upright as its EXIF data says.

    Raises:
        ImageError: not a picture of a known format, broken (``image.unreadable``), or too large (``image.too_large``).
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ImageError(f"the file has more than {MAX_FILE_BYTES} bytes", code="image.too_large")
    width, height = _announced_size(content)
    if width * height > MAX_FILE_PIXELS:
        raise ImageError(f"the picture has more than {MAX_FILE_PIXELS} pixels", code="image.too_large")
    try:
        image = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError("the picture is broken") from error
    if image is None:
        raise ImageError("the picture is broken")
    return np.asarray(image, dtype=np.uint8)


def _announced_size(content: bytes) -> tuple[int, int]:
    """Width and height from the file's header alone: OpenCV would take the memory first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(content), formats=_FILE_FORMATS) as header:
                return header.size
        except Image.DecompressionBombError as error:
            raise ImageError(f"the picture has more than {MAX_FILE_PIXELS} pixels", code="image.too_large") from error
        except (UnidentifiedImageError, OSError, ValueError) as error:
            raise ImageError("the file is not a picture") from error
