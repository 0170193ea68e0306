"""A trace of what goes over the link: headers, lengths, status words and times, and never a byte of the data."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from crypto.errors import ApduError
from crypto.iso7816 import CommandApdu
from reader.errors import LinkError
from reader.transport import Transport

_HEADER_LENGTH: Final = 4


class LoggedTransport:
    """Writes one line a command and one a response.

    A header tells which file is read from which offset; the data of every command and response is left out, since it
    may hold keys, passwords and personal data.
    """

    def __init__(self, transport: Transport, write: Callable[[str], object]) -> None:
        self._transport = transport
        self._write = write

    def transmit(self, command: bytes) -> bytes:
        """As `Transport.transmit`."""
        self._write(f"> {_command(command)}\n")
        started = time.perf_counter()
        try:
            response = self._transport.transmit(command)
        except LinkError as error:
            self._write(f"! {error.code} {_ms(started)}\n")
            raise
        self._write(f"< {response[-2:].hex().upper()} data={len(response) - 2} {_ms(started)}\n")
        return response


def _command(raw: bytes) -> str:
    header = raw[:_HEADER_LENGTH].hex().upper()
    try:
        command = CommandApdu.decode(raw)
    except ApduError:
        return f"{header} bytes={len(raw)}"
    return f"{header} data={len(command.data)} le={'none' if command.le is None else command.le}"


def _ms(started: float) -> str:
    return f"{1000 * (time.perf_counter() - started):.1f} ms"
