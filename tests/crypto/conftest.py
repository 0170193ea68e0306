"""What the tests of the cryptographic core share."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def doc9303_11() -> dict[str, Any]:
    """The worked examples of Doc 9303-11, by appendix; hexadecimal text where they are bytes."""
    return tomllib.loads((Path(__file__).parent / "vectors" / "doc9303_11.toml").read_text(encoding="utf-8"))
