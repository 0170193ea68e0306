"""What chip and reader turned out to like, so that no session has to find it out again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MOST: Final = 65_536
"""Data bytes of the longest response that there is (ISO/IEC 7816-4 section 5.2)."""
SHORT_RESPONSE: Final = 256
"""Data bytes of a response that a short Le can ask for."""

_BREAKS_THAT_SHOW_IT: Final = 2
_NEXT_RULE: Final = (2, 0, 1)
"""By the rule that failed: most chips count the command only, fewer nothing, the fewest both."""


@dataclass(slots=True)
class ReaderManners:
    """What goes through one reader. Outlives the visit: the next document need not find it out again."""

    carried: int = 0
    """Data bytes of the longest response that came through."""
    largest_block: int = MOST
    """Bytes that one READ BINARY may ask for: over more the link broke, more than once."""
    breaks: int = 0
    """How often the link broke over more than ever came through, since a response last was longer than a short one."""


@dataclass(slots=True)
class ReadingManners:
    """What one chip on one reader turned out to like; kept when a session ends."""

    reader: ReaderManners = field(default_factory=ReaderManners)
    max_command: int | None = None
    """Bytes of a whole command with extended length; the chip said that it takes no more."""
    max_response: int = MOST
    """Data bytes of one response: 256 once the chip refused extended length, or what it said that it gives."""
    largest_block: int = MOST
    """Bytes of data that one READ BINARY may ask for."""
    select_form: int = 0
    """Which of the forms of SELECT the chip takes: see `reader.selection`."""
    short_identifiers: bool | None = None
    """Whether the chip knows short file identifiers; None: not known yet."""
    master_file_short_identifiers: bool | None = None
    """The same of the files of the master file."""
    master_file_form: int = 0
    """Which of the ways to select the master file the chip takes: see `reader.master_file`."""
    header_first: bool = False
    """Whether the chip refuses to be asked for more than the file holds."""
    refusal_steps: int = 1
    """How the chip counts bare errors: see `crypto.secure_messaging.TerminalChannel`."""
    rules_left: int = 5
    """How often another way of counting may yet be tried."""
    card_access_broke: bool = False
    """Whether the link broke over EF.CardAccess once."""
    pace_sought: bool = False
    """Whether a session was begun anew because nothing but PACE could open the chip, and EF.CardAccess was refused."""
    atr_info_asked: bool = False
    """Whether EF.ATR/INFO was asked for; what it said stands above."""
    denial_doubted: bool = False
    """Whether a denial was taken for the end of a session once. It is not again."""

    @property
    def extended_length(self) -> bool:
        """Whether the chip may be spoken to with extended length."""
        return self.max_response > SHORT_RESPONSE

    @property
    def limits(self) -> tuple[int, int, bool]:
        """What is noted of the size of blocks, to be set again where it turns out to have been something else."""
        return self.max_response, self.largest_block, self.header_first

    @limits.setter
    def limits(self, noted: tuple[int, int, bool]) -> None:
        self.max_response, self.largest_block, self.header_first = noted

    def use_short_length(self) -> None:
        """Use extended length no more: the chip refused it."""
        self.max_response = min(self.max_response, SHORT_RESPONSE)

    def use_next_rule(self) -> None:
        """The chip counts bare errors in another way than was thought; or it ends its session with each of them."""
        if self.rules_left:
            self.rules_left -= 1
            self.refusal_steps = _NEXT_RULE[self.refusal_steps]

    def note_carried(self, size: int) -> None:
        """A response with so many data bytes came through."""
        self.reader.carried = max(self.reader.carried, size)
        if size > SHORT_RESPONSE:
            self.reader.breaks = 0

    def note_break(self, wanted: int, smaller: int, *, sure: bool) -> None:
        """The link broke over a block; if none so large ever came through, reader or chip may not bear it.

        Args:
            smaller: the next smaller size.
            sure: whether once is enough for this chip. A card that is lifted breaks the link as well.
        """
        if wanted <= self.reader.carried:
            return
        self.reader.breaks += 1
        again = self.reader.breaks >= _BREAKS_THAT_SHOW_IT
        if sure or again:
            self.largest_block = min(self.largest_block, smaller)
        if again:
            self.reader.largest_block = min(self.reader.largest_block, smaller)
