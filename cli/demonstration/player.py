"""Plays a person at a kiosk: shows codes, lays cards down, touches the screen, and watches what it says."""

from __future__ import annotations

import io
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from PIL import Image

from kiosk.conductor import Conductor
from kiosk.visit.events import CodeScanned, VisitEvent
from kiosk.visit.states import VisitState
from reader.qr import decode
from simulator.qr_picture import qr_png
from simulator.sample_card import SampleCard
from simulator.vpcd import VirtualCard

S = TypeVar("S", bound=VisitState)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the screen showed, and when: seconds since the scene began."""

    at: float
    state: VisitState = field(repr=False)


class NotSeen(Exception):
    """The screen that a scene waits for did not come in time; `seen` names the one that was there instead."""

    def __init__(self, wanted: str, seen: str) -> None:
        self.wanted = wanted
        self.seen = seen
        super().__init__(f"waited for {wanted}, saw {seen}")


def codes_seen(text: str) -> list[str]:
    """What the camera reads of a QR code with this text: it is drawn, and decoded as a frame would be."""
    with Image.open(io.BytesIO(qr_png(text))) as picture:
        return [code.text for code in decode(np.asarray(picture.convert("L")))]


class Player:
    """One scene's person. Close it when the scene is over: the card is taken off the reader.

    Args:
        conductor: the kiosk, started.
        clock: monotonic seconds.
    """

    def __init__(self, conductor: Conductor, clock: Callable[[], float] = time.monotonic) -> None:
        self._conductor = conductor
        self._clock = clock
        self._began = clock()
        self._changed = threading.Condition()
        self._moments: list[Moment] = []
        self._looked = 0
        self._card: VirtualCard | None = None
        self._unsubscribe = conductor.subscribe(self._see)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Everything that the screen showed so far."""
        with self._changed:
            return tuple(self._moments)

    def wait_for(self, kind: type[S], suits: Callable[[S], bool] = lambda _: True, seconds: float = 20.0) -> S:
        """The first screen of this kind that suits, from the one that was waited for last on; raises NotSeen.

        A screen that has passed meanwhile counts: how busy the machine is must not decide how a scene ends.
        """
        deadline = self._clock() + seconds
        with self._changed:
            while True:
                for place in range(self._looked, len(self._moments)):
                    state = self._moments[place].state
                    if isinstance(state, kind) and suits(state):
                        self._looked = place
                        return state
                left = deadline - self._clock()
                if left <= 0 or not self._changed.wait(left):
                    raise NotSeen(kind.__name__, type(self._moments[-1].state).__name__)

    def show_code(self, text: str) -> None:
        """Hold a QR code before the camera."""
        for read in codes_seen(text):
            self._conductor.post(CodeScanned(read))

    def place(self, card: SampleCard) -> None:
        """Lay a card on the reader. Raises SlotUnavailable when the virtual reader is not there."""
        self._card = card.virtual_card(secrets.token_bytes)
        self._card.insert()

    def take(self) -> None:
        """Take the card off the reader, if one lies there."""
        if self._card is not None:
            self._card.remove()
            self._card = None

    def touch(self, *events: VisitEvent) -> None:
        """Press what is on the screen."""
        for event in events:
            self._conductor.post(event)

    def close(self) -> None:
        self.take()
        self._unsubscribe()

    def _see(self, state: VisitState) -> None:
        with self._changed:
            self._moments.append(Moment(self._clock() - self._began, state))
            self._changed.notify_all()
