"""The one seam between the protocols and a chip."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """Carries one command to the chip and its response back."""

    def transmit(self, command: bytes) -> bytes:
        """Send one encoded command APDU and return the response with its two status bytes.

        Raises:
            CardRemoved: the card left the field.
            ReaderLost: the reader went away.
            LinkTimeout: no answer within the deadline.
            LinkError: any other failure of the link.
        """
        ...
