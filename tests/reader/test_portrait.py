"""Face images: good ones decode, hostile ones end as an error and harm nothing beyond a child process."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from reader import portrait_worker
from reader.errors import PortraitError
from reader.portrait import MAX_IMAGE_BYTES, PortraitDecoder

WIDTH, HEIGHT = 120, 160


def face(mode: str = "RGB") -> Image.Image:
    """Drawn, of nobody."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (200, 210, 220))
    draw = ImageDraw.Draw(image)
    draw.ellipse((30, 30, 90, 110), fill=(230, 190, 160))
    draw.rectangle((20, 110, 100, 160), fill=(20, 60, 120))
    return image.convert(mode)


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    formats: dict[str, tuple[str, dict[str, object]]] = {
        "jpeg": ("JPEG", {"quality": 92}),
        "jp2": ("JPEG2000", {}),
        "j2k": ("JPEG2000", {"no_jp2": True}),
        "png": ("PNG", {}),
        "tiff": ("TIFF", {}),
        "eps": ("EPS", {}),
    }
    name, defaults = formats[kind]
    stream = BytesIO()
    (image or face()).save(stream, name, **(defaults | options))
    return stream.getvalue()


def pixels(rgb: bytes, width: int, height: int) -> NDArray[np.int64]:
    return np.frombuffer(rgb, dtype=np.uint8).reshape(height, width, 3).astype(np.int64)


def jpeg_of_size(width: int, height: int) -> bytes:
    """A small JPEG whose header announces another size."""
    image = bytearray(encoded("jpeg"))
    frame = image.index(b"\xff\xc0")
    image[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(image)


def codestream_of_size(width: int, height: int) -> bytes:
    """A JPEG 2000 codestream whose SIZ segment announces another size, as one tile."""
    image = bytearray(encoded("j2k"))
    for place, value in ((8, width), (12, height), (24, width), (28, height)):
        image[place : place + 4] = struct.pack(">I", value)
    return bytes(image)


def jpeg_of_many_scans(scans: int) -> bytes:
    """A progressive JPEG of some size that repeats its last scan, each of which costs a pass over the whole picture."""
    large = Image.fromarray(np.random.default_rng(1).integers(0, 256, (1990, 1990), dtype=np.uint8))
    image = encoded("jpeg", large, progressive=True, quality=5)
    last = image.rindex(b"\xff\xda")
    return image[:last] + image[last:-2][:16] * scans + image[-2:]


@pytest.fixture(scope="module")
def decoder() -> Iterator[PortraitDecoder]:
    decoder = PortraitDecoder()
    yield decoder
    decoder.close()


def worker_processes() -> set[int]:
    """The process ids of our children that decode images."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = {int(child) for task in tasks for child in task.read_text().split()}
    script = portrait_worker.__file__.encode()
    return {child for child in children if script in Path(f"/proc/{child}/cmdline").read_bytes()}


@pytest.mark.parametrize("kind", ["jpeg", "jp2", "j2k"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_face_decodes_to_rgb(decoder: PortraitDecoder, kind: str, mode: str) -> None:
    portrait = decoder.decode(encoded(kind, face(mode)))
    assert (portrait.format, portrait.width, portrait.height) == (kind, WIDTH, HEIGHT)
    expected = np.asarray(face(mode).convert("RGB"), dtype=np.int64)
    assert np.abs(pixels(portrait.rgb, WIDTH, HEIGHT) - expected).mean() < 3


def test_other_colours_and_trailing_bytes_are_taken(decoder: PortraitDecoder) -> None:
    assert decoder.decode(encoded("jpeg", face("CMYK"))).width == WIDTH
    assert decoder.decode(encoded("jp2", face("RGBA"))).width == WIDTH
    for kind in ("jpeg", "jp2", "j2k"):
        assert decoder.decode(encoded(kind) + bytes(37)).format == kind


def test_exif_data_is_left_alone(decoder: PortraitDecoder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x011A] = 300.0
    assert decoder.decode(encoded("jpeg", exif=exif)).height == HEIGHT


def test_the_reference_data_set_decodes(decoder: PortraitDecoder, shared_data: Path) -> None:
    data_group = (shared_data / "bsi-tr03105-5" / "Datagroup2.bin").read_bytes()
    starts = [data_group.find(signature) for signature in (b"\xff\xd8\xff", b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51")]
    portrait = decoder.decode(data_group[min(start for start in starts if start > 0) :])
    assert len(portrait.rgb) == portrait.width * portrait.height * 3
    assert portrait.width > 100


@pytest.mark.parametrize("kind", ["png", "tiff", "eps"])
def test_no_other_format_is_ever_decoded(decoder: PortraitDecoder, kind: str) -> None:
    refused(decoder, encoded(kind), "portrait.unknown_format")


def refused(decoder: PortraitDecoder, image: bytes, *codes: str) -> None:
    with pytest.raises(PortraitError) as caught:
        decoder.decode(image)
    assert caught.value.code in codes


@pytest.mark.parametrize("image", [b"", b"\xff", b"no image"])
def test_what_is_no_image_is_refused(decoder: PortraitDecoder, image: bytes) -> None:
    refused(decoder, image, "portrait.unknown_format")


@pytest.mark.parametrize("kind", ["jpeg", "jp2", "j2k"])
@pytest.mark.parametrize("kept", [0.05, 0.3, 0.7])
def test_a_torn_image_is_broken(decoder: PortraitDecoder, kind: str, kept: float) -> None:
    whole = encoded(kind)
    refused(decoder, whole[: max(12, int(len(whole) * kept))], "portrait.broken")


def test_a_size_beyond_the_limit_is_refused_by_the_header(decoder: PortraitDecoder) -> None:
    begun = time.monotonic()
    for image in (jpeg_of_size(60_000, 60_000), jpeg_of_size(2_001, 2_000), codestream_of_size(60_000, 60_000)):
        refused(decoder, image, "portrait.too_large")
    assert time.monotonic() - begun < 2


def test_a_wrapper_that_hides_the_size_of_its_codestream_is_refused(decoder: PortraitDecoder) -> None:
    wrapped = encoded("jp2")
    start = wrapped.index(b"\xff\x4f\xff\x51")
    refused(decoder, wrapped[:start] + codestream_of_size(60_000, 60_000), "portrait.broken", "portrait.too_large")


def test_a_file_beyond_the_limit_never_reaches_the_child(decoder: PortraitDecoder) -> None:
    refused(decoder, encoded("jpeg") + bytes(MAX_IMAGE_BYTES), "portrait.too_large")


def test_limits_on_time_end_an_image_that_never_ends() -> None:
    endless = jpeg_of_many_scans(50_000)
    assert len(endless) <= MAX_IMAGE_BYTES
    slow = PortraitDecoder(timeout_s=0.4)
    begun = time.monotonic()
    refused(slow, endless, "portrait.timeout")
    assert time.monotonic() - begun < 3
    # The next person's image is decoded as ever.
    assert slow.decode(encoded("jpeg")).width == WIDTH
    slow.close()
    busy = PortraitDecoder(timeout_s=30.0, cpu_s=1)
    refused(busy, endless, "portrait.crashed")
    assert busy.decode(encoded("jpeg")).width == WIDTH
    busy.close()


def test_the_limit_on_memory_ends_an_image_that_takes_too_much(decoder: PortraitDecoder) -> None:
    large = encoded("jp2", Image.fromarray(np.zeros((1990, 1990, 3), dtype=np.uint8)))
    assert decoder.decode(large).width == 1990
    small = PortraitDecoder(memory_bytes=80 << 20)
    assert small.decode(encoded("jp2")).width == WIDTH
    refused(small, large, "portrait.too_large", "portrait.broken", "portrait.crashed")
    assert small.decode(encoded("jp2")).width == WIDTH
    small.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    kind=st.sampled_from(["jpeg", "jp2", "j2k"]),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damaged_images_are_a_portrait_or_an_error(
    decoder: PortraitDecoder, kind: str, changes: list[tuple[int, int]]
) -> None:
    image = bytearray(encoded(kind))
    for place, value in changes:
        image[place % len(image)] = value
    # Any other error fails the test.
    with contextlib.suppress(PortraitError):
        portrait = decoder.decode(bytes(image))
        assert len(portrait.rgb) == portrait.width * portrait.height * 3


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
class TestChild:
    @pytest.fixture(autouse=True)
    def others(self) -> None:
        self._others = worker_processes()

    def child(self) -> int:
        deadline = time.monotonic() + 5
        # A process that has just been started does not have its command line yet.
        while len(found := worker_processes() - self._others) != 1:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        return found.pop()

    def test_it_is_confined(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOTCHAM_SECRET", "hush")
        decoder = PortraitDecoder()
        decoder.decode(encoded("jpeg"))
        child = self.child()
        limits = {
            line[:26].strip(): line[26:].split()[1] for line in Path(f"/proc/{child}/limits").read_text().splitlines()
        }
        assert limits["Max open files"] == "3"
        assert limits["Max core file size"] == limits["Max file size"] == limits["Max processes"] == "0"
        assert int(limits["Max address space"]) == 512 << 20
        assert b"hush" not in Path(f"/proc/{child}/environ").read_bytes()
        decoder.close()

    def test_it_is_used_again_and_then_replaced(self) -> None:
        decoder = PortraitDecoder(images_per_child=2)
        children = []
        for _ in range(4):
            decoder.warm()
            children.append(self.child())
            decoder.decode(encoded("jpeg"))
        assert children[0] == children[1] != children[2] == children[3]
        decoder.close()

    def test_warming_starts_it_before_the_first_image(self) -> None:
        decoder = PortraitDecoder()
        decoder.warm()
        child = self.child()
        decoder.decode(encoded("jpeg"))
        assert self.child() == child
        decoder.close()

    def test_one_that_died_while_idle_is_replaced(self) -> None:
        decoder = PortraitDecoder()
        decoder.warm()
        child = self.child()
        os.kill(child, signal.SIGKILL)
        while Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.005)
        assert decoder.decode(encoded("jpeg")).width == WIDTH
        decoder.close()

    def test_closing_ends_it_and_frees_its_pipes(self) -> None:
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        threads = threading.active_count()
        decoder = PortraitDecoder()
        decoder.decode(encoded("jpeg"))
        child = self.child()
        decoder.close()
        decoder.close()
        assert not Path(f"/proc/{child}").exists()
        assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
        assert threading.active_count() == threads
        with pytest.raises(ValueError, match="closed"):
            decoder.decode(encoded("jpeg"))

    def test_it_loads_two_decoders_only(self) -> None:
        script = (
            "import runpy, sys\n"
            f"worker = runpy.run_path({portrait_worker.__file__!r})\n"
            "worker['_import_decoders']()\n"
            f"answers = [worker['answer'](image, 10**6) for image in ({encoded('jpeg')!r}, {encoded('jp2')!r})]\n"
            "assert [answer[0] for answer in answers] == [0, 0]\n"
            "print(sorted(name for name in sys.modules if name.endswith('ImagePlugin')))\n"
        )
        shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        assert shown == "['PIL.Jpeg2KImagePlugin', 'PIL.JpegImagePlugin']\n"


def test_a_face_stays_out_of_the_repr(decoder: PortraitDecoder) -> None:
    assert "rgb" not in repr(decoder.decode(encoded("jpeg")))
