"""A software card in the virtual reader of vpcd (vsmartcard), seen by PC/SC like any other card.

The card is the TCP client. Every message, either way, is a length of two bytes, big-endian, and the payload: a control
of one byte from the reader, or an APDU.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from enum import IntEnum
from typing import Final, Protocol

from reader.errors import CardRemoved
from simulator.errors import SlotUnavailable
from simulator.radio_field import RadioField

FIRST_PORT: Final = 35963
"""``Virtual PCD 00 00``; the second slot listens one port above."""

CONTACTLESS_ATR: Final = bytes.fromhex("3B8880010000000000000000") + b"\x09"
"""PC/SC part 3, 3.1.3.2.3: ISO/IEC 14443 type B without application data, protocols T=0 and T=1."""

_CONNECT_TIMEOUT: Final = 5.0
_RETRY_AFTER: Final = 0.2
_POLL: Final = 0.05
_COARSE: Final = 0.001
"""Seconds before a response is due from which on the clock is watched: a sleep of Linux ends up to 0.3 ms late."""

_log = logging.getLogger(__name__)


class Chip(Protocol):
    """What lies in the reader."""

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU.

        Raises:
            CardRemoved: the card is pulled away now, before it answers.
        """
        ...

    def prepare(self) -> None:
        """Compute what the next command will need, while the last response is on its way."""
        ...

    def reset(self) -> None:
        """The power was cut, or the reader asked for a reset: forget every session."""
        ...


class _Control(IntEnum):
    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    GET_ATR = 4


class VirtualCard:
    """One card and one slot. Also a context manager: inserted inside, removed after.

    Args:
        chip: answers the commands, in a thread of this card.
        port: of the slot.
        radio: slows the link down to a real one's pace; None: as fast as it goes.
        back_after: seconds after which a card that its chip pulled away is put back; None: never.
        patience: seconds for the reader to listen, and then to take the card.

    A card stays in its slot through a restart of the PC/SC service.
    """

    def __init__(
        self,
        chip: Chip,
        *,
        host: str = "127.0.0.1",
        port: int = FIRST_PORT,
        atr: bytes = CONTACTLESS_ATR,
        radio: RadioField | None = None,
        back_after: float | None = None,
        patience: float = 5.0,
    ) -> None:
        self._chip = chip
        self._address = (host, port)
        self._atr = atr
        self._radio = radio
        self._back_after = back_after
        self._patience = patience
        self._stop = threading.Event()
        self._seen = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: socket.socket | None = None

    @property
    def inserted(self) -> bool:
        """Whether the card lies in the slot now."""
        return self._connection is not None

    def insert(self) -> None:
        """Put the card in; returns when the reader sees it. Nothing happens where it is in already.

        Raises:
            SlotUnavailable: nothing listens on the port, or another card lies in the slot.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop.clear()
        self._seen.clear()
        connection = self._first_connection()
        self._thread = threading.Thread(target=self._live, args=(connection,), name="virtual card", daemon=True)
        self._thread.start()
        if not self._seen.wait(self._patience):
            self.remove()
            raise SlotUnavailable(
                f"the virtual reader on port {self._address[1]} does not take the card: another one lies in it",
                code="simulator.slot_occupied",
                remedy="End the other `motcham simulate` or `motcham demo`, or take the other slot with --port.",
            )

    def remove(self) -> None:
        """Take the card away, also in mid-command; returns when it is out."""
        self._stop.set()
        connection = self._connection
        if connection is not None:
            _hang_up(connection)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> VirtualCard:
        self.insert()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _first_connection(self) -> socket.socket:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return self._connect()
            except OSError as error:
                # A service that has just started does not listen at once.
                if time.monotonic() > deadline:
                    raise SlotUnavailable(f"no virtual reader listens on port {self._address[1]}") from error
            time.sleep(_POLL)

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(self._address, _CONNECT_TIMEOUT)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        return connection

    def _live(self, connection: socket.socket | None) -> None:
        while connection is not None:
            pause = _RETRY_AFTER
            with connection:
                try:
                    self._serve(connection)
                except CardRemoved:
                    _hang_up(connection)
                    if self._back_after is None:
                        self._stop.set()
                    else:
                        pause = self._back_after
                except OSError as error:
                    _log.debug("the slot closed: %s", error)
                finally:
                    self._connection = None
            self._chip.reset()
            connection = self._connect_again(pause)

    def _connect_again(self, pause: float) -> socket.socket | None:
        while not self._stop.wait(pause):
            try:
                return self._connect()
            except OSError as error:
                _log.debug("the slot is not there: %s", error)
                pause = _RETRY_AFTER
        return None

    def _serve(self, connection: socket.socket) -> None:
        """Answer until the slot closes the connection."""
        while not self._stop.is_set():
            message = _receive(connection, int.from_bytes(_receive(connection, 2), "big"))
            self._seen.set()
            if len(message) != 1:
                _send(connection, self._answer(message))
            elif message[0] == _Control.GET_ATR:
                _send(connection, self._atr)
            else:
                self._chip.reset()

    def _answer(self, command: bytes) -> bytes:
        started = time.monotonic()
        response = self._chip.transmit(command)
        if self._radio is not None:
            # What the chip prepares for the next command is counted inside this one's time.
            self._chip.prepare()
            self._wait_until(started + self._radio.seconds(len(command) + len(response)))
        return response

    def _wait_until(self, due: float) -> None:
        """Return at this moment of the monotonic clock, to some microseconds."""
        if (coarse := due - time.monotonic() - _COARSE) > 0:
            self._stop.wait(coarse)
        while time.monotonic() < due and not self._stop.is_set():
            time.sleep(0)


def _receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes; raises OSError at the end of the connection."""
    data = b""
    while len(data) < size:
        # vpcd sends length and payload apart: unless each is acknowledged at once, Nagle's algorithm and the delayed
        # acknowledgement cost 40 ms a command. Linux switches the option off again by itself.
        if hasattr(socket, "TCP_QUICKACK"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError("the slot ended the connection")
        data += part
    return data


def _send(connection: socket.socket, payload: bytes) -> None:
    connection.sendall(len(payload).to_bytes(2, "big") + payload)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        _log.debug("the slot was closed already: %s", error)
