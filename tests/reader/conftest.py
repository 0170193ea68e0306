"""What the tests of the reader share."""

from __future__ import annotations

import tomllib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reader.portrait import PortraitDecoder
from reader.transport import Transport
from tests.reader.cases import Cases


class ScriptedChip:
    """Expects given commands in their order, to the byte, and answers each as written down."""

    def __init__(self, exchanges: Iterable[tuple[str, str]]) -> None:
        self._exchanges = deque((bytes.fromhex(command), bytes.fromhex(response)) for command, response in exchanges)

    def transmit(self, command: bytes) -> bytes:
        expected, response = self._exchanges.popleft()
        assert command.hex() == expected.hex()
        return response

    @property
    def finished(self) -> bool:
        return not self._exchanges


@pytest.fixture(scope="session")
def doc9303_11(repository: Path) -> dict[str, Any]:
    """The worked examples of Doc 9303-11, by appendix; hexadecimal text where they are bytes."""
    return tomllib.loads((repository / "tests/crypto/vectors/doc9303_11.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def cases() -> Cases:
    """Sample cards of every kind, each made once."""
    return Cases()


@pytest.fixture(scope="session")
def decoder() -> Iterator[PortraitDecoder]:
    with closing(PortraitDecoder()) as portraits:
        yield portraits


@pytest.fixture
def scripted() -> Callable[..., ScriptedChip]:
    return ScriptedChip


@pytest.fixture
def random_from() -> Callable[..., Callable[[int], bytes]]:
    """Make a random source that gives written-down values in turn, and checks that it is asked for as many bytes."""

    def make(*values: str) -> Callable[[int], bytes]:
        waiting = deque(bytes.fromhex(value) for value in values)

        def draw(count: int) -> bytes:
            value = waiting.popleft()
            assert len(value) == count
            return value

        return draw

    return make


__all__ = ["ScriptedChip", "Transport"]
