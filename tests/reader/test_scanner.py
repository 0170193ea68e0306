"""Serial scanners: lines cut anywhere, text intact, and a port that is pulled out and put back (a real pty pair)."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_profiles.loader import load_profiles
from firmware_profiles.schema import LineFraming, ScannerProfile
from reader.device_link import Backoff, DeviceState
from reader.errors import DeviceError
from reader.scanner import LineAssembler, SerialScanner

CARD = "001099000001||Nguyễn Thị Thuỳ Dương|01021999|Nữ|Số 9 Ngõ Đặng Trần Côn, Hà Nội|01012022"
DECOMPOSED = "Nguye\u0302\u0303n Va\u0306n Ma\u0302\u0303u|D\u0323a\u0300"
DEADLINE_S = 10.0


def outcome(line: str | DeviceError) -> str:
    return line if isinstance(line, str) else f"fault {line.code}"


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(place % (len(stream) + 1) for place in cuts)})
    return [stream[begin:end] for begin, end in itertools.pairwise(places)]


line_text = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    lines=st.lists(st.tuples(line_text, st.sampled_from(["\r", "\n", "\r\n"])), max_size=8),
    cuts=st.lists(st.integers(0, 500), max_size=30),
)
def test_lines_survive_any_cut(lines: list[tuple[str, str]], cuts: list[int]) -> None:
    assembler = LineAssembler(max_bytes=100)
    stream = "".join(text + end for text, end in lines).encode()
    got = [line for chunk in cut(stream, cuts) for line in assembler.feed(chunk)]
    assert got == [text for text, _ in lines]
    assert assembler.abandon() is None


@given(stream=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=30))
def test_any_bytes_give_the_same_lines_however_they_are_cut(stream: bytes, cuts: list[int]) -> None:
    whole, pieces = LineAssembler(max_bytes=16), LineAssembler(max_bytes=16)
    expected = [outcome(line) for line in whole.feed(stream)]
    assert [outcome(line) for chunk in cut(stream, cuts) for line in pieces.feed(chunk)] == expected
    assert (pieces.abandon() is None) == (whole.abandon() is None)


def test_a_line_that_is_too_long_is_one_fault_and_takes_no_memory() -> None:
    assembler = LineAssembler(max_bytes=16)
    assert [assembler.feed(b"x" * 10) for _ in range(100)] == [[]] * 100
    assert [outcome(line) for line in assembler.feed(b"x\nnext\n" + b"y" * 16 + b"\r")] == [
        "fault scanner.line_too_long",
        "next",
        "y" * 16,
    ]


def test_bytes_that_are_not_utf8_are_a_fault_and_the_next_line_is_read() -> None:
    faulty = "Nguyễn".encode("cp1258", errors="replace") + b"\x80"
    assert [outcome(line) for line in LineAssembler(100).feed(faulty + b"\r\n" + CARD.encode()[:90] + b"\n")] == [
        "fault scanner.not_utf8",
        CARD.encode()[:90].decode(),
    ]


def test_an_unfinished_line_is_forgotten() -> None:
    assembler = LineAssembler(100)
    assert assembler.feed(b"half a li") == []
    fault = assembler.abandon()
    assert fault is not None
    assert fault.code == "scanner.line_incomplete"
    assert assembler.feed(b"whole\n") == ["whole"]


class Cable:
    """A socat pty pair: `port` is the computer's end, and `send` writes into the scanner's end."""

    def __init__(self, folder: Path) -> None:
        self.port = folder / "scanner"
        self._far_end = folder / "far-end"
        self._socat: subprocess.Popen[bytes] | None = None

    def plug(self) -> None:
        ends = [f"pty,raw,echo=0,link={end}" for end in (self.port, self._far_end)]
        self._socat = subprocess.Popen(["socat", *ends])
        deadline = time.monotonic() + DEADLINE_S
        while not (self.port.exists() and self._far_end.exists()):
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def unplug(self) -> None:
        if self._socat is not None:
            self._socat.terminate()
            self._socat.wait(DEADLINE_S)
            self._socat = None

    def send(self, data: bytes) -> None:
        far_end = os.open(self._far_end, os.O_WRONLY | os.O_NOCTTY)
        try:
            assert os.write(far_end, data) == len(data)
        finally:
            os.close(far_end)


class Desk:
    """A running scanner, and what it told."""

    def __init__(self, port: Path, profile: ScannerProfile) -> None:
        self.heard: queue.Queue[str] = queue.Queue()
        self.scanner = SerialScanner(
            str(port),
            profile,
            self.heard.put,
            on_state=lambda state: self.heard.put(f"state {state}"),
            on_fault=lambda fault: self.heard.put(f"fault {fault.code}"),
            backoff=Backoff(first_s=0.01, longest_s=0.05),
        )

    def hears(self, *expected: str) -> None:
        assert [self.heard.get(timeout=DEADLINE_S) for _ in expected] == list(expected)


@pytest.fixture
def profile() -> ScannerProfile:
    return load_profiles().scanner("gm65-lines")


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    if shutil.which("socat") is None:
        pytest.skip("socat is not installed")
    cable = Cable(tmp_path)
    yield cable
    cable.unplug()


@pytest.fixture
def desk(cable: Cable, profile: ScannerProfile) -> Iterator[Desk]:
    desk = Desk(cable.port, profile)
    with contextlib.closing(desk.scanner):
        desk.scanner.start()
        yield desk


CONNECTED, LOST, ENDED = (f"state {each}" for each in (DeviceState.CONNECTED, DeviceState.LOST, DeviceState.ENDED))


def test_vietnamese_text_arrives_intact(cable: Cable, desk: Desk) -> None:
    desk.hears(LOST)
    cable.plug()
    desk.hears(CONNECTED)
    cable.send(CARD.encode() + b"\r\n")
    desk.hears(CARD)
    stream = f"{DECOMPOSED}\r{CARD}\n".encode()
    for index in range(len(stream)):
        cable.send(stream[index : index + 1])
    desk.hears(DECOMPOSED, CARD)
    cable.send(f"one\r\ntwo\rthree\n{CARD}\r\n".encode())
    desk.hears("one", "two", "three", CARD)


def test_a_line_that_breaks_off_does_not_run_into_the_next(cable: Cable, desk: Desk) -> None:
    desk.hears(LOST)
    cable.plug()
    desk.hears(CONNECTED)
    cable.send(CARD.encode()[:40])
    desk.hears("fault scanner.line_incomplete")
    cable.send(b"\xff\n" + CARD.encode() + b"\n")
    desk.hears("fault scanner.not_utf8", CARD)


def test_unplugging_and_plugging_again_is_survived(cable: Cable, desk: Desk) -> None:
    descriptors = Path("/proc/self/fd")
    desk.hears(LOST)
    open_before = len(list(descriptors.iterdir()))
    for turn in range(15):
        cable.plug()
        desk.hears(CONNECTED)
        cable.send(f"{turn} {CARD}\n".encode())
        desk.hears(f"{turn} {CARD}")
        if turn % 3 == 0:
            cable.send(b"torn of")
            cable.unplug()
            told = desk.heard.get(timeout=DEADLINE_S)
            # The kernel may drop what was under way.
            if told != LOST:
                assert told == "fault scanner.line_incomplete"
                desk.hears(LOST)
        else:
            cable.unplug()
            desk.hears(LOST)
    assert len(list(descriptors.iterdir())) == open_before


@pytest.mark.parametrize("plugged", [True, False])
def test_closing_ends_the_thread_at_once(cable: Cable, profile: ScannerProfile, plugged: bool) -> None:
    if plugged:
        cable.plug()
    slow = profile.model_copy(update={"framing": LineFraming(kind="lines", max_bytes=100, idle_ms=60_000)})
    desk = Desk(cable.port, slow)
    desk.scanner.start()
    desk.hears(CONNECTED if plugged else LOST)
    begun = time.monotonic()
    desk.scanner.close()
    desk.scanner.close()
    assert time.monotonic() - begun < 2
    assert "scanner" not in {thread.name for thread in threading.enumerate()}
    desk.hears(ENDED)
