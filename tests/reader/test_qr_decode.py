"""QR codes out of pictures: every Vietnamese letter survives, hard pictures are found, nothing is guessed."""

from __future__ import annotations

import random
import subprocess
import sys
import unicodedata
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

import reader.qr
from reader.errors import DeviceError
from reader.qr.decoder import MAX_PIXELS, QrDecoder
from reader.qr.engines import Engine, Grey, QrCode, installed_engines

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = [unicodedata.normalize("NFC", base + tone) for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for tone in TONES] + list(
    "đĐ"
)
CARD = "001099000001|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 Đường Thuỷ Nghĩa, Đống Đa, Hà Nội|01012022"


def draw(content: str | bytes, scale: int = 4, level: str = "M") -> Grey:
    # Bytes, as cards have them: the drawer would write a text in Latin-1 where that holds all its letters.
    payload = content.encode() if isinstance(content, str) else content
    barcode = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    return np.array(barcode.to_image(scale=scale), dtype=np.uint8)


def on_a_desk(code: Grey, turn: float = 0.0) -> tuple[Grey, NDArray[np.float64]]:
    """The code on an uneven background of 640 × 480, turned by `turn` degrees; with its corners, clockwise."""
    height, width = code.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    matrix[:, 2] += (320 - width / 2, 240 - height / 2)
    desk = np.tile(np.linspace(90, 200, 640, dtype=np.uint8), (480, 1))
    inside = cv2.warpAffine(np.full_like(code, 255), matrix, (640, 480))
    scene = np.where(inside > 127, cv2.warpAffine(code, matrix, (640, 480)), desk).astype(np.uint8)
    quiet = 16  # four modules of four pixels
    square = [(quiet, quiet), (width - quiet, quiet), (width - quiet, height - quiet), (quiet, height - quiet)]
    return scene, np.array([matrix @ (x, y, 1) for x, y in square])


def random_payloads(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    payloads = []
    for _ in range(count):
        words = [
            "".join(chance.choices([*LETTERS, *"bcdghklmnpqrstvxBCDGHKLMNPQRSTVX"], k=chance.randint(1, 6)))
            for _ in range(chance.randint(3, 10))
        ]
        name = " ".join(words)
        if chance.random() < 0.25:
            name = unicodedata.normalize("NFD", name)
        payloads.append(f"{chance.randrange(10**12):012d}||{name}|Nữ|")
    return payloads


@pytest.fixture(scope="module")
def zbar() -> Engine:
    engines = installed_engines()
    assert len(engines) == 2, "both engines are installed by script/setup"
    return engines[1]


def test_every_vietnamese_letter_survives() -> None:
    assert len(LETTERS) == 24 * 6 + 2
    for letter in LETTERS:
        composed = f"{letter}|{letter}{letter} x"
        for text in (composed, unicodedata.normalize("NFD", composed)):
            assert [code.text for code in reader.qr.decode(draw(text))] == [text]


def test_random_vietnamese_payloads_survive() -> None:
    for text in random_payloads(400, seed=20261122):
        assert [code.text for code in reader.qr.decode(draw(text, scale=3))] == [text]


def test_random_vietnamese_payloads_survive_the_second_engine(zbar: Engine) -> None:
    for text in random_payloads(150, seed=7):
        assert [code.text for code in zbar(draw(text, scale=3))] == [text]


@pytest.mark.parametrize("turn", [0, 30, 90, 180, 260])
@pytest.mark.parametrize("engine", [0, 1])
def test_text_and_corners(engine: int, turn: float) -> None:
    scene, corners = on_a_desk(draw(CARD), turn)
    [code] = QrDecoder((installed_engines()[engine],)).decode(scene)
    assert code.text == CARD
    assert code.corners.shape == (4, 2)
    assert np.abs(code.corners - corners).max() < 6


def test_colour_and_grey_pictures_are_read_alike() -> None:
    scene, _ = on_a_desk(draw(CARD))
    colour = cv2.cvtColor(scene, cv2.COLOR_GRAY2BGR)
    # Blue paper: its blue channel alone holds no code, its other channels do.
    colour[:, :, 0] = 255
    [code] = reader.qr.decode(np.asarray(colour, dtype=np.uint8))
    assert code.text == CARD


def test_several_codes_are_all_found() -> None:
    left, right = draw(CARD), draw("another")
    tall = np.full((left.shape[0], right.shape[1]), 255, dtype=np.uint8)
    tall[: right.shape[0]] = right
    assert {code.text for code in reader.qr.decode(np.hstack([left, tall]))} == {CARD, "another"}


def small(code: Grey) -> Grey:
    """Less than two pixels a module, slightly out of focus."""
    shrunk = cv2.resize(code, None, fx=0.17, fy=0.17, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(shrunk, (0, 0), 0.5), dtype=np.uint8)


def shaded_and_blurred(code: Grey) -> Grey:
    """Two and a half pixels a module, out of focus, the light falling off steeply, a noisy sensor."""
    shrunk = cv2.GaussianBlur(cv2.resize(code, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA), (0, 0), 1.3)
    lit = shrunk * np.linspace(1.0, 0.2, shrunk.shape[1]) * 0.8 + 15
    noise = np.random.default_rng(1).normal(0, 3, shrunk.shape)
    return np.clip(lit + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("harm", [small, shaded_and_blurred])
def test_hard_pictures_are_found_by_a_retry(harm: Callable[[Grey], Grey]) -> None:
    picture = harm(draw(CARD, scale=8))
    assert installed_engines()[0](picture) == []
    assert [code.text for code in reader.qr.decode(picture)] == [CARD]


def test_frames_of_a_stream_share_the_slow_ways() -> None:
    asked: list[tuple[str, tuple[int, ...]]] = []

    def engine(name: str) -> Engine:
        def read(picture: Grey) -> list[QrCode]:
            asked.append((name, picture.shape))
            return []

        return read

    decoder = QrDecoder((engine("first"), engine("second")))
    empty = np.zeros((10, 20), dtype=np.uint8)
    quick = [("first", (10, 20)), ("first", (20, 40))]
    expected = {0: [*quick, ("first", (20, 40))], 1: [*quick, ("second", (10, 20))]}
    for turn in range(4):
        asked.clear()
        assert decoder.decode(empty, turn) == []
        assert asked == expected[turn % 2]
    asked.clear()
    assert decoder.decode(empty) == []
    assert asked == [*quick, ("first", (20, 40)), ("second", (10, 20))]


def test_the_second_engine_stands_in_for_a_missing_first(zbar: Engine) -> None:
    scene, _ = on_a_desk(draw(CARD), 15)
    assert [code.text for code in QrDecoder((zbar,)).decode(scene)] == [CARD]


def test_without_an_engine_the_fault_is_named() -> None:
    with pytest.raises(DeviceError) as caught:
        QrDecoder(())
    assert caught.value.code == "qr.no_engine"


@pytest.mark.parametrize("engine", [0, 1])
def test_bytes_that_are_not_utf8_are_no_text(engine: int) -> None:
    assert QrDecoder((installed_engines()[engine],)).decode(draw("Nguyễn".encode("utf-16-le") + b"\xff")) == []


def test_empty_and_noisy_pictures_hold_nothing() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (480, 640), dtype=np.uint8)
    for picture in (np.zeros((1, 1), dtype=np.uint8), np.full((480, 640, 3), 200, dtype=np.uint8), noise):
        assert reader.qr.decode(picture) == []


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 5), dtype=np.uint8),
        np.zeros((5, 5), dtype=np.float32),
        np.zeros((5, 5, 4), dtype=np.uint8),
        np.zeros(5, dtype=np.uint8),
        np.broadcast_to(np.uint8(0), (1, MAX_PIXELS + 1)),
    ],
)
def test_what_is_not_a_picture_is_refused(image: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="a picture"):
        reader.qr.decode(image)


def test_payload_text_stays_out_of_the_repr() -> None:
    [code] = reader.qr.decode(draw(CARD))
    assert "Nguyễn" not in repr(code)
    assert "001099000001" not in repr(code)


def test_the_payload_grammar_needs_no_camera_library() -> None:
    check = "import sys, reader.qr.payload; sys.exit(bool({'cv2', 'numpy', 'zxingcpp', 'pyzbar'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
