"""Dates of which the day, or the day and the month, may be unknown, as Vietnamese records have them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

_WRITTEN: Final = re.compile(r"(?:([0-9]{2})([/.-]?))?(?:([0-9]{2})([/.-]?))?([0-9]{4})")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date known to the year, the month or the day.

    Raises:
        ValueError: the parts are no date, or a day is given without its month.
    """

    year: int = field(repr=False)
    month: int | None = field(default=None, repr=False)
    day: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs its month")
        date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """The date that is fully known."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def parse(cls, text: str) -> PartialDate | None:
        """Read ``ddMMyyyy``, ``MMyyyy`` or ``yyyy``, with or without one separator of ``/``, ``-``, ``.``.

        Parts written as zeros are unknown. None when the text has another form or is no date.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            return None
        first, first_separator, second, second_separator, year = match.groups()
        if second is None:
            first, second = None, first
        elif first_separator != second_separator:
            return None
        month = int(second or 0) or None
        day = int(first or 0) or None
        try:
            return cls(int(year), month, day)
        except ValueError:
            return None

    @property
    def exact(self) -> date | None:
        """The date, when its day is known."""
        if self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    @property
    def iso(self) -> str:
        """``yyyy-mm-dd``, ``yyyy-mm`` or ``yyyy``."""
        return "-".join(part for part in (f"{self.year:04d}", _two(self.month), _two(self.day)) if part)

    def written(self, separator: str) -> str:
        """Day before month before year, as Vietnamese records write it; the unknown parts are left out."""
        return separator.join(part for part in (_two(self.day), _two(self.month), f"{self.year:04d}") if part)


def _two(number: int | None) -> str:
    return "" if number is None else f"{number:02d}"
