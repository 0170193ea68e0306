"""Reading a document whose card is lifted and put back, and whose reader comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Protocol

from reader.errors import CardRemoved, ReaderLost
from reader.inspection import Inspector
from reader.keys import Opening
from reader.model import Inspection
from reader.progress import ProgressListener
from reader.read_memory import ReadMemory
from reader.transport import Transport

_MAX_RETURNS: Final = 20
_MAX_FRUITLESS_RETURNS: Final = 5


class CardPlace(Protocol):
    """Where a card lies, or is to be laid."""

    def connect(self) -> AbstractContextManager[Transport]:
        """Make a fresh connection to the card, which is reset when the context ends; raises as `Inspector.inspect`."""

    def wait_for_card(self, seconds: float) -> bool:
        """Wait until a card lies there; False when `seconds` passed without one."""


def read_patiently(
    inspector: Inspector,
    place: CardPlace,
    opening: Opening,
    *,
    at: datetime,
    listener: ProgressListener,
    groups: tuple[int, ...] | None = None,
    challenge: bytes | None = None,
    seconds: float = 30.0,
    on_interruption: Callable[[], None] = lambda: None,
) -> Inspection:
    """Inspect the document that lies there. After an interruption the reading goes on where it stopped.

    A card that comes back is read on 20 times, and 5 times in turn when nothing new was read of it.

    Args:
        at, listener, groups, challenge: as for `Inspector.inspect`.
        seconds: for all of it, waiting for the card included.
        on_interruption: called when card or reader are gone, before they are waited for.

    Raises:
        CardRemoved, ReaderLost: they did not come back in time, or went away too often.
    """
    memory = ReadMemory()
    deadline = inspector.clock() + seconds
    returns_left, fruitless_left = _MAX_RETURNS, _MAX_FRUITLESS_RETURNS
    while True:
        known = memory.standing
        try:
            return inspector.inspect(
                place.connect,
                opening,
                at=at,
                groups=groups,
                challenge=challenge,
                listener=listener,
                memory=memory,
                seconds=deadline - inspector.clock(),
            )
        except (CardRemoved, ReaderLost):
            if not returns_left or not fruitless_left:
                raise
            on_interruption()
            if not place.wait_for_card(deadline - inspector.clock()):
                raise
            returns_left -= 1
            fruitless_left = _MAX_FRUITLESS_RETURNS if memory.standing != known else fruitless_left - 1
