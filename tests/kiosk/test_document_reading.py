from __future__ import annotations

import threading

import pytest

from kiosk.document_reading import CancellableTransport
from reader.errors import LinkError


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
