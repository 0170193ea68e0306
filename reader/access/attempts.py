"""Key after key on one chip: how many, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from reader.errors import KeyMissing, KeyRefused
from reader.keys import AccessKey, PinKey, PukKey
from reader.mrz_repair import MAX_REPAIRS

_MAX_ATTEMPTS: Final = 6
"""Keys tried on one chip: a kiosk is no machine for guessing."""
# A refusal that takes so long, or so many times as long as the first and noticeably so, comes from a chip that defends
# itself against guessing: from there on each attempt would take longer, and the holder's next one as well.
_PATIENCE_S: Final = 2.0
_NOTICED_S: Final = 0.5
_GROWTH: Final = 3
_GIVEN_UP: Final = "trying what may have been meant, given up since the chip counts or slows down"

K = TypeVar("K", bound=AccessKey)
R = TypeVar("R")


@dataclass(slots=True)
class Refusals:
    """What a chip refused, to be kept when a session ends: no key is tried on it twice, and guesses stay few.

    There are chips that hear of no other key before they are reset.
    """

    keys: set[AccessKey] = field(default_factory=set, repr=False)
    """Not to be tried again."""
    errors: list[KeyRefused] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """That the refusals took of keys that were really tried."""

    def note(self, key: AccessKey, refusal: KeyRefused, seconds: float) -> None:
        """A key was refused, in so many seconds."""
        self.errors.append(refusal)
        if _was_tried(refusal):
            self.seconds.append(seconds)
        # Of a PIN it need not be sure that it was tried.
        if _was_tried(refusal) or isinstance(key, PinKey | PukKey):
            self.keys.add(key)

    def for_any_card(self) -> Refusals:
        """What holds also where another card may have been put in the place of the first: PINs are tried once."""
        counted: set[AccessKey] = {key for key in self.keys if isinstance(key, PinKey | PukKey)}
        return Refusals(counted, [*self.errors] if counted else [])


def first_accepted(
    keys: Sequence[K],
    guesses: Sequence[K],
    run: Callable[[K], R],
    clock: Callable[[], float],
    refused: Refusals,
    suspicious_fields: tuple[str, ...] = (),
) -> tuple[K, R]:
    """Run with the keys that were presented, then with guesses, until the chip takes one.

    Guesses end where the chip slows down or counts. Never are two attempts under way at a time.

    Args:
        run: raises KeyRefused where the chip does not take the key.
        clock: monotonic seconds.
        refused: in earlier sessions with the chip; added to.
        suspicious_fields: for the error.

    Raises:
        KeyRefused: the last refusal of a key that was really tried; `suspicious_fields` tells where to look.
        KeyMissing: there was no key.
    """
    presented = keys[:_MAX_ATTEMPTS]
    step: str | None = None
    left = min(MAX_REPAIRS, _MAX_ATTEMPTS - len(presented))
    for place, key in enumerate([*presented, *guesses[:left]]):
        if key in refused.keys:
            continue
        guessing = place >= len(presented)
        if guessing and not _bears_guesses(refused):
            step = _GIVEN_UP
            break
        started = clock()
        try:
            return key, run(key)
        except KeyRefused as refusal:
            refused.note(key, refusal, clock() - started)
    if not refused.errors:
        raise KeyMissing("nothing was given that could open the chip")
    last = next(filter(_was_tried, reversed(refused.errors)), refused.errors[-1])
    raise _blaming(last, step or last.step, suspicious_fields) from last


def _was_tried(refusal: KeyRefused) -> bool:
    """Whether the chip saw the key: finer codes say that it did not come to that."""
    return refusal.code == KeyRefused.code


def _bears_guesses(refused: Refusals) -> bool:
    if not refused.seconds or any(refusal.tries_left is not None for refusal in refused.errors):
        return False
    first, last = refused.seconds[0], refused.seconds[-1]
    return last <= _PATIENCE_S and not (last > _NOTICED_S and last > _GROWTH * first)


def _blaming(refusal: KeyRefused, step: str | None, fields: tuple[str, ...]) -> KeyRefused:
    remedy = refusal.remedy
    if fields and _was_tried(refusal):
        remedy = f"Check the {' and the '.join(name.replace('_', ' ') for name in fields)}, then try again."
    return KeyRefused(
        refusal.message,
        code=refusal.code,
        step=step,
        status_word=refusal.status_word,
        suspicious_fields=fields,
        tries_left=refusal.tries_left,
        remedy=remedy,
    )
