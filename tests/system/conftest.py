"""Tests that use what exists once per machine: the PC/SC service and its virtual readers."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def pcsc_lock() -> Iterator[None]:
    """Hold the machine's PC/SC service and both virtual slots for one test."""
    with (Path(tempfile.gettempdir()) / "motcham-pcsc.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
