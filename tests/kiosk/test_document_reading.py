"""The kiosk's way to a document: given up when nobody waits for it, and wiser with each reader."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from firmware_profiles.loader import Profiles, load_profiles
from kiosk.document_reading import CancellableTransport, PcscReading, ReadingTools
from reader.errors import LinkError
from reader.model import Verdict
from reader.pcsc import PcscService
from reader.policy import Policy
from reader.transport import Transport
from tests.reader.cases import NOW, Cases, opening_for


class Echo:
    def transmit(self, command: bytes) -> bytes:
        return command


def test_a_reading_that_was_given_up_sends_nothing_more() -> None:
    cancelled = threading.Event()
    transport = CancellableTransport(Echo(), cancelled)
    assert transport.transmit(b"\x00\xb0") == b"\x00\xb0"
    cancelled.set()
    with pytest.raises(LinkError) as caught:
        transport.transmit(b"\x00\xb0")
    assert caught.value.code == "link.cancelled"


class BreakingService:
    """One reader with a card on it that cannot carry long responses, and another of the same kind that can."""

    def __init__(self, cases: Cases) -> None:
        self.cases = cases
        self.connections = 0

    @contextmanager
    def connect(self, reader: str, **_: Any) -> Iterator[Transport]:
        self.connections += 1
        chip = self.cases.card("cccd").chip(random.Random(self.connections).randbytes)

        class Link:
            def transmit(self, command: bytes) -> bytes:
                response = chip.transmit(command)
                if "bad" in reader and len(response) > 258:
                    raise LinkError("broken")
                return response

        yield Link()


def test_what_a_reader_cannot_carry_is_found_out_once_and_held_against_no_other() -> None:
    cases = Cases()
    profiles = load_profiles()
    untested = profiles.reader("safe-default").model_copy(update={"simulated": True})
    service = BreakingService(cases)
    tools = ReadingTools(
        cast(PcscService, service), Profiles((untested,), ()), cases.trust, Policy(), None, lambda: NOW
    )
    needed: dict[str, list[int]] = {"a bad reader": [], "a good reader": []}
    for reader, connections in needed.items():
        for _ in range(4):
            before = service.connections
            reading = PcscReading(tools, opening_for(cases.card("cccd")))
            found = reading.read(reader, lambda _: None, threading.Event())
            assert (found.verdict, found.failure) == (Verdict.ACCEPT, None)
            connections.append(service.connections - before)
    assert needed["a bad reader"][0] > 1
    assert needed["a bad reader"][-1] == 1
    assert needed["a good reader"] == [1, 1, 1, 1]
