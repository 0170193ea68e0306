"""How many sessions one reading may take: as many as bring something new, and a bounded number of others."""

from __future__ import annotations

from typing import Final

from reader.errors import LinkError, LinkTimeout, ReadingTimeout
from reader.read_memory import ReadMemory

_MAX_SESSIONS: Final = 16
_MAX_FRUITLESS: Final = 3
_WORTH_ANOTHER: Final = frozenset(
    {"link.failed", "link.unexpected_status", "link.session_lost", "link.malformed_response"}
)


class SessionBudget:
    """Tells, whenever a session with the card ended early, whether to begin another.

    A session is fruitful when it brought bytes of a file, or something about chip and reader that lets the next one ask
    otherwise: a smaller block, another rule for bare errors, a file that is not asked for any more.
    """

    def __init__(self, memory: ReadMemory) -> None:
        self._memory = memory
        self._left = _MAX_SESSIONS
        self._fruitless_left = _MAX_FRUITLESS
        self._known = self._memory.standing

    @property
    def is_last(self) -> bool:
        """Whether there will be no other session after this one, unless it brings something new."""
        return min(self._left, self._fruitless_left) <= 1

    def allows_another(self, error: LinkError) -> bool:
        """Whether it is worth while after a session that ended with this error."""
        standing = self._memory.standing
        fruitful, self._known = standing != self._known, standing
        self._left -= 1
        self._fruitless_left = _MAX_FRUITLESS if fruitful else self._fruitless_left - 1
        if self._left <= 0 or self._fruitless_left <= 0 or isinstance(error, ReadingTimeout):
            return False
        return error.code in _WORTH_ANOTHER or (fruitful and isinstance(error, LinkTimeout))
