"""Keeps the interpreter alive under PySide6 6.12.0."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_RESERVE: Final = 1 << 40
"""More than a kiosk uses in a lifetime, and far from the end of the counter."""


def reserve_references() -> None:
    """Make sure that True, False and None never lose their last reference. Safe to repeat.

    Every `Signal.emit` of PySide6 6.12.0 gives back True without counting a reference for it; None loses some fifty a
    visit. Before Python 3.12, which does not count these at all, that ends the process ("bool_dealloc",
    "none_dealloc") after 14,000 emits: a day's visits.
    """
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 12):
        return
    for lasting in (True, False, None):
        if sys.getrefcount(lasting) < _RESERVE // 2:
            # No interface of Python adds many references at once; the counter is the first field of every object.
            ctypes.c_ssize_t.from_address(id(lasting)).value += _RESERVE
