"""Frame sources, and the watcher that looks for codes in them."""

from __future__ import annotations

import contextlib
import queue
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from reader.device_link import Backoff, DeviceState
from reader.errors import ImageError
from reader.frames import MAX_FILE_BYTES, Frame, ImageFiles, OpenCvCamera, read_image
from reader.qr.decoder import QrDecoder
from reader.qr.engines import installed_engines
from reader.qr.watcher import QrWatcher

CARD = "001099000001||Nguyễn Văn Mẫu|01021999|Nam|Hà Nội|01012022"
DEADLINE_S = 15.0
QUICK = Backoff(first_s=0.01, longest_s=0.05)


def picture(text: str) -> NDArray[np.uint8]:
    barcode = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode)
    code = np.array(barcode.to_image(scale=4), dtype=np.uint8)
    scene = np.full((240, 320, 3), 128, dtype=np.uint8)
    scene[10 : 10 + code.shape[0], 20 : 20 + code.shape[1]] = code[:, :, None]
    return scene


def save(path: Path, image: NDArray[np.uint8]) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def shoot(path: Path, frames: int) -> Path:
    """A video of grey frames, each two shades lighter than the one before it, and a last one with a code."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for index in range(frames):
        writer.write(np.full((240, 320, 3), 2 * index, dtype=np.uint8))
    writer.write(picture(CARD))
    writer.release()
    return path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return shoot(tmp_path / "film.avi", frames=11)


@pytest.fixture
def camera(film: Path) -> Iterator[OpenCvCamera]:
    camera = OpenCvCamera(str(film), backoff=QUICK)
    with contextlib.closing(camera):
        yield camera


class TestCamera:
    def test_frames_are_bgr_pictures_counted_in_order(self, camera: OpenCvCamera) -> None:
        frames = [frame for frame in (camera.read() for _ in range(5)) if frame is not None]
        assert [frame.number for frame in frames] == list(range(len(frames)))
        assert {(frame.image.shape, frame.image.dtype) for frame in frames} == {((240, 320, 3), np.dtype(np.uint8))}

    def test_a_slow_reader_gets_the_newest_frame(self, tmp_path: Path) -> None:
        with contextlib.closing(OpenCvCamera(str(shoot(tmp_path / "long.avi", frames=120)))) as camera:
            first = camera.read()
            time.sleep(0.3)
            second = camera.read()
        assert first is not None
        assert second is not None
        assert second.number == 1
        # Nine frames went by meanwhile; a queue would have given the next one, two shades lighter.
        assert int(second.image[0, 0, 0]) - int(first.image[0, 0, 0]) > 8

    def test_a_camera_that_is_lost_is_found_again(self, film: Path, camera: OpenCvCamera) -> None:
        away = film.with_suffix(".away")
        for _ in range(3):
            wait_until(lambda: camera.state is DeviceState.CONNECTED)
            film.rename(away)
            wait_until(lambda: camera.state is DeviceState.LOST and camera.read() is None)
            away.rename(film)
            wait_until(lambda: camera.read() is not None)

    def test_a_camera_that_was_never_there_is_said_to_be_lost(self, tmp_path: Path) -> None:
        with contextlib.closing(OpenCvCamera(str(tmp_path / "none"), backoff=QUICK)) as camera:
            assert camera.read() is None
            assert camera.state is DeviceState.LOST

    def test_closing_wakes_the_reader_and_frees_the_camera(self, film: Path) -> None:
        descriptors = Path("/proc/self/fd")
        before = len(list(descriptors.iterdir()))
        for _ in range(5):
            camera = OpenCvCamera(str(film), backoff=QUICK)
            assert camera.read() is not None
            camera.close()
            camera.close()
            assert camera.state is DeviceState.ENDED
            assert camera.read() is None
        assert "camera" not in {thread.name for thread in threading.enumerate()}
        assert len(list(descriptors.iterdir())) == before


class TestFiles:
    def test_a_folder_is_given_once_in_order(self, tmp_path: Path) -> None:
        for shade in (30, 10, 20):
            save(tmp_path / f"{shade}.png", np.full((4, 6, 3), shade, dtype=np.uint8))
        source = ImageFiles.of_folder(tmp_path)
        frames = [source.read() for _ in range(3)]
        assert [(frame.number, int(frame.image[0, 0, 0])) for frame in frames if frame is not None] == [
            (0, 10),
            (1, 20),
            (2, 30),
        ]
        assert source.state is DeviceState.ENDED
        assert source.read() is None

    def test_one_bad_file_does_not_hide_the_next(self, tmp_path: Path) -> None:
        bad = tmp_path / "1.png"
        bad.write_bytes(b"no picture")
        source = ImageFiles([bad, save(tmp_path / "2.png", picture(CARD))])
        with pytest.raises(ImageError):
            source.read()
        assert source.state is DeviceState.CONNECTED
        frame = source.read()
        assert frame is not None
        assert frame.number == 1

    def test_a_closed_source_gives_nothing(self, tmp_path: Path) -> None:
        source = ImageFiles([save(tmp_path / "1.png", picture(CARD))])
        source.close()
        assert source.read() is None

    @pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff"])
    def test_known_formats_are_read_as_bgr(self, tmp_path: Path, suffix: str) -> None:
        image = np.zeros((16, 24, 3), dtype=np.uint8)
        image[:] = (200, 100, 50)
        read = read_image(save(tmp_path / f"image.{suffix}", image))
        assert read.shape == image.shape
        assert np.abs(read.astype(int) - image).max() < 12

    def test_grey_and_transparent_pictures_become_bgr(self, tmp_path: Path) -> None:
        for mode in ("L", "RGBA", "P", "1"):
            path = tmp_path / f"{mode}.png"
            Image.new(mode, (6, 4), 1).save(path)
            assert read_image(path).shape == (4, 6, 3)

    @pytest.mark.parametrize("kept", [0, 4, 30, 60])
    def test_what_is_no_picture_is_refused(self, tmp_path: Path, kept: int) -> None:
        whole = save(tmp_path / "whole.png", picture(CARD)).read_bytes()
        broken = tmp_path / "broken.png"
        broken.write_bytes(whole[:kept])
        with pytest.raises(ImageError) as caught:
            read_image(broken)
        assert caught.value.code == "image.unreadable"

    @pytest.mark.parametrize("side", [8_001, 60_000])
    def test_a_picture_that_announces_too_much_is_never_decoded(self, tmp_path: Path, side: int) -> None:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        bomb = tmp_path / "bomb.png"
        bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")))
        with pytest.raises(ImageError) as caught:
            read_image(bomb)
        assert caught.value.code == "image.too_large"

    def test_a_huge_file_is_not_read_to_its_end(self, tmp_path: Path) -> None:
        huge = tmp_path / "huge.png"
        with huge.open("wb") as file:
            file.truncate(MAX_FILE_BYTES + 1)
        with pytest.raises(ImageError) as caught:
            read_image(huge)
        assert caught.value.code == "image.too_large"

    def test_a_missing_file_is_an_os_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            read_image(tmp_path / "none.png")


class Script:
    """A frame source that plays a list: pictures, and states that hold until the next picture."""

    def __init__(self, *steps: NDArray[np.uint8] | DeviceState) -> None:
        self.state = DeviceState.CONNECTED
        self.reads = 0
        self.closed = False
        self._steps = list(steps)

    def read(self) -> Frame | None:
        self.reads += 1
        if not self._steps:
            return None
        step = self._steps.pop(0)
        if isinstance(step, DeviceState):
            self.state = step
            return None
        return Frame(step, self.reads - 1)

    def close(self) -> None:
        self.closed = True


class Watch:
    """A running watcher, and what it told."""

    def __init__(self, source: Script | ImageFiles | OpenCvCamera, clock: Callable[[], float] = time.monotonic) -> None:
        self.heard: queue.Queue[str] = queue.Queue()
        self.watcher = QrWatcher(
            source,
            QrDecoder(installed_engines()),
            lambda code: self.heard.put(code.text),
            on_state=lambda state: self.heard.put(f"state {state}"),
            on_fault=lambda fault: self.heard.put(f"fault {fault.code}"),
            looks_per_second=200.0,
            clock=clock,
        )

    def told(self) -> list[str]:
        """Everything up to the end."""
        told: list[str] = []
        while not told or told[-1] != "state ended":
            told.append(self.heard.get(timeout=DEADLINE_S))
        return told


class TestWatcher:
    def test_codes_in_files_are_told_and_the_end(self, tmp_path: Path) -> None:
        paths = [save(tmp_path / f"{index}.png", picture(text)) for index, text in enumerate([CARD, "x|Đỗ Thị Ủ"])]
        (tmp_path / "1.5.png").write_bytes(b"no picture")
        with contextlib.closing((watch := Watch(ImageFiles([paths[0], tmp_path / "1.5.png", paths[1]]))).watcher):
            watch.watcher.start()
            assert watch.told() == ["state connected", CARD, "fault image.unreadable", "x|Đỗ Thị Ủ", "state ended"]

    def test_a_code_that_stays_in_sight_is_told_once(self) -> None:
        seconds = iter(range(10_000))
        empty = np.zeros((50, 50, 3), dtype=np.uint8)
        # The clock is asked three times a look, so that the code is out of sight for 1.8 of its seconds only.
        source = Script(*[picture(CARD)] * 3, picture("other"), *[empty] * 4, picture(CARD), DeviceState.ENDED)
        watch = Watch(source, clock=lambda: next(seconds) * 0.1)
        watch.watcher.start()
        assert watch.told() == ["state connected", CARD, "other", "state ended"]
        watch.watcher.close()

    def test_a_code_that_comes_back_is_told_again(self) -> None:
        seconds = iter(range(10_000))
        source = Script(picture(CARD), picture(CARD), DeviceState.ENDED)
        watch = Watch(source, clock=lambda: next(seconds) * 10.0)
        watch.watcher.start()
        assert watch.told() == ["state connected", CARD, CARD, "state ended"]
        watch.watcher.close()

    def test_a_lost_camera_is_told_and_its_return(self) -> None:
        source = Script(DeviceState.LOST, DeviceState.LOST, DeviceState.CONNECTED, picture(CARD), DeviceState.ENDED)
        watch = Watch(source)
        watch.watcher.start()
        assert watch.told() == ["state lost", "state connected", CARD, "state ended"]
        watch.watcher.close()

    def test_a_code_before_a_camera_is_found(self, camera: OpenCvCamera) -> None:
        watch = Watch(camera)
        watch.watcher.start()
        assert watch.heard.get(timeout=DEADLINE_S) == "state connected"
        while (told := watch.heard.get(timeout=DEADLINE_S)).startswith("state "):
            pass
        assert told == CARD
        watch.watcher.close()

    def test_closing_stops_the_thread_and_closes_the_source(self) -> None:
        source = Script()
        watch = Watch(source)
        watch.watcher.start()
        wait_until(lambda: source.reads > 0)
        watch.watcher.close()
        watch.watcher.close()
        assert source.closed
        assert "qr-watcher" not in {thread.name for thread in threading.enumerate()}
        reads = source.reads
        time.sleep(0.05)
        assert source.reads == reads

    def test_a_source_without_frames_is_not_asked_in_a_tight_loop(self) -> None:
        source = Script()
        watch = Watch(source)
        begun = time.monotonic()
        watch.watcher.start()
        time.sleep(0.3)
        watch.watcher.close()
        assert source.reads <= (time.monotonic() - begun) * 200 + 2
