"""Which data groups are read, and in which order.

The person first, who is greeted by name; then the keys that prove the chip, so that an examiner can be asked while the
face comes, which is nine tenths of the bytes; then the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

ORDER: Final = (1, 13, 11, 14, 15, 2, 12, 16, 5, 7, 6, 8, 9, 10)
"""DG3 and DG4 need extended access control: they are never read."""
KEY_GROUPS: Final = (14, 15)
BEFORE_THE_FACE: Final = frozenset({1, 11, 13, 14, 15})

_ALWAYS: Final = frozenset({1, 14, 15})
"""Read whatever was asked for: on DG1 hang issuing state, validity and whose document it is, on the others the chip."""
_LOOKED_FOR: Final = frozenset({13, 14, 15})
"""Groups that a forger would add, since what they say counts: keys, and the data of Vietnamese cards."""


def groups_to_read(requested: Iterable[int] | None, signed: Collection[int]) -> tuple[int, ...]:
    """The data groups to read, in their order: what was asked for and what the verdict needs, as far as it is signed.

    Args:
        requested: None: all.
        signed: those that EF.SOD has hashes of.
    """
    wanted = set(ORDER if requested is None else requested) | _ALWAYS
    return tuple(number for number in ORDER if number in wanted and number in signed)


def groups_to_look_for(requested: Iterable[int] | None, signed: Collection[int]) -> tuple[int, ...]:
    """Data groups that must not be on the chip, since nobody signed them."""
    return tuple(sorted({*_LOOKED_FOR, *(requested or ())} - set(signed)))


def greeting_after(plan: Iterable[int]) -> tuple[int, ...]:
    """After which groups a person can be greeted.

    After DG13 where it is read: only there do Vietnamese names have their diacritics. Elsewhere at once, by the MRZ's
    name, and once more when DG11 has the full one.
    """
    read = set(plan)
    if 13 in read:
        return (13,)
    return tuple(number for number in (1, 11) if number in read)
