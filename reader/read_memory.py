"""What was read of a chip before its card was taken away, so that nothing is read twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from reader.access.attempts import Refusals
from reader.examination import Examination
from reader.keys import AccessKey
from reader.manners import ReadingManners
from reader.model import LinkStatistics, StepTiming


@dataclass(slots=True)
class ReadMemory:
    """Belongs to one visit. Personal data: forget it with the visit.

    The files count only while EF.SOD stays the same to the byte: another card starts from nothing.
    """

    manners: ReadingManners = field(default_factory=ReadingManners)
    key: AccessKey | None = field(default=None, repr=False)
    """The one that opened the chip: no session after that begins with a wrong one."""
    refused_keys: Refusals = field(default_factory=Refusals)
    """Those that did not."""
    fraction: float = 0.0
    """How far the reading was; never goes back."""
    sod: bytes = field(default=b"", repr=False)
    contents: dict[str, bytearray] = field(default_factory=dict, repr=False)
    """By file name, from the first byte on, as far as it was read."""
    complete: set[str] = field(default_factory=set)
    """Names of the files that need not be read again."""
    refused: dict[str, int] = field(default_factory=dict)
    """Status words with which the chip said of files that it has none or gives none. It is not asked again."""
    failures: Counter[str] = field(default_factory=Counter)
    """How often the reading of a file failed otherwise, by its name."""
    refusal_doubted: bool = False
    """Whether a session was begun anew since the chip refused what it must not. It is not again."""

    @property
    def standing(self) -> tuple[Any, ...]:
        """Differs from what it was before when anything was read, or found out, that lets the next try do better."""
        read = sum(map(len, self.contents.values()))
        learnt = replace(self.manners, reader=replace(self.manners.reader, breaks=0))
        return astuple(learnt), read, len(self.refused_keys.keys), len(self.refused), self.failures.total()

    examination: Examination | None = None
    """By the chip's examiner, where there is one."""
    timing: list[StepTiming] = field(default_factory=list)
    """Of every step so far."""
    link: LinkStatistics = field(default_factory=LinkStatistics)
    """Of everything that went over the link so far."""
    elapsed_ms: float = 0.0
    """Spent on the reading so far; without the time that the card was away."""

    def begin_with(self, sod: bytes) -> None:
        """Keep what is there when it is of the same card, else forget it."""
        if sod != self.sod:
            self.contents.clear()
            self.complete.clear()
            self.refused.clear()
            self.failures.clear()
            self.sod = sod
