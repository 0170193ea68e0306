"""Decodes face images in a process of its own, which may fail, hang or be taken over without harm to the reader.

`reader.portrait` starts this file as a script and talks to it over its standard input and output. It imports nothing of
ours, holds no key, and before the first image gives up the right to open files, to start processes and to take more
memory than its limit. A request is a 4-byte length and the image; an answer is `ANSWER`, followed by height × width × 3
bytes RGB when its status is `DECODED`. Where an image makes the decoder fail in a way that nobody foresaw, the process
ends, which is an answer too.
"""

from __future__ import annotations

import math
import struct
import sys
import time
from enum import IntEnum
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

REQUEST = struct.Struct(">I")
ANSWER = struct.Struct(">BBII")
"""Status, index in `FORMATS`, width, height; all but the status are zero when nothing was decoded."""
FORMATS = ("jpeg", "jp2", "j2k")
_SIGNATURES = (b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")


class Status(IntEnum):
    DECODED = 0
    UNKNOWN_FORMAT = 1
    TOO_LARGE = 2
    BROKEN = 3


def main(max_pixels: int, memory_bytes: int, cpu_seconds: int) -> None:
    """Answer requests until the input ends."""
    _import_decoders()
    _confine(memory_bytes)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(length := requests.read(REQUEST.size)) == REQUEST.size:
        image = requests.read(*REQUEST.unpack(length))
        _allow_cpu(cpu_seconds)
        answers.write(answer(image, max_pixels))
        answers.flush()


def answer(image: bytes, max_pixels: int) -> bytes:
    """The answer to one image. Its kind is told by its first bytes: what the chip declares is often wrong."""
    kind = next((index for index, signature in enumerate(_SIGNATURES) if image.startswith(signature)), None)
    if kind is None:
        return ANSWER.pack(Status.UNKNOWN_FORMAT, 0, 0, 0)
    try:
        opened = _open(image, kind)
        width, height = opened.size
        if width * height > max_pixels:
            return ANSWER.pack(Status.TOO_LARGE, 0, 0, 0)
        pixels = opened.convert("RGB").tobytes()
    except (OSError, SyntaxError, ValueError, struct.error):
        return ANSWER.pack(Status.BROKEN, 0, 0, 0)
    except MemoryError:
        return ANSWER.pack(Status.TOO_LARGE, 0, 0, 0)
    return ANSWER.pack(Status.DECODED, kind, width, height) + pixels


def _import_decoders() -> None:
    from PIL import Jpeg2KImagePlugin, JpegImagePlugin  # noqa: F401 (while files can still be opened)


def _open(image: bytes, kind: int) -> ImageFile:
    """Read the header. The two classes are used directly: `Image.open` would load more decoders and try them."""
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
    from PIL.JpegImagePlugin import JpegImageFile

    class FaceJpeg(JpegImageFile):
        def _read_dpi_from_exif(self) -> None:
            """Nobody asks for the resolution, and reading it from EXIF data would bring in the TIFF parser."""

    stream = BytesIO(image)
    return FaceJpeg(stream) if FORMATS[kind] == "jpeg" else Jpeg2KImageFile(stream)


def _confine(memory_bytes: int) -> None:
    if sys.platform == "win32":
        return  # no such limits there: the caller's deadline and the limit on pixels remain
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold a face
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _allow_cpu(seconds: int) -> None:
    """Let the next image have this much processor time; the limit counts from the process's start."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
