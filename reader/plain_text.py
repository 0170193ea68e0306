"""Text from outside, made safe to compare and to show as plain text."""

from __future__ import annotations

import unicodedata
from typing import Final

_DROPPED: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def plain_text(text: str) -> str:
    """The text in NFC, on one line, without controls, zero-width and direction characters, without outer spaces.

    Every kind of space becomes U+0020. Applying it twice changes nothing.
    """
    kept = (
        " " if category == "Zs" else character
        for character, category in ((character, unicodedata.category(character)) for character in text)
        if category not in _DROPPED
    )
    return unicodedata.normalize("NFC", "".join(kept)).strip(" ")
