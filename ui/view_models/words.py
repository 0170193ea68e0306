"""The words of the window, one TOML file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

WORDS_FOLDER: Final = Path(__file__).resolve().parent.parent / "words"


class Language(StrEnum):
    """In the order of the language switch; the first is the default."""

    VIETNAMESE = "vi"
    ENGLISH = "en"


class Words:
    """One language's words by dotted key."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    @classmethod
    def load(cls, language: Language) -> Words:
        return cls(language, _flatten(tomllib.loads((WORDS_FOLDER / f"{language}.toml").read_text("utf-8"))))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)

    def text(self, key: str, **values: object) -> str:
        """The words of a key with its placeholders filled; values that the words do not name are ignored.

        Raises:
            KeyError: no such key, or a placeholder without its value.
        """
        return self._texts[key].format_map(values)

    def day(self, value: date) -> str:
        """A day as people of this language write it: 31/12/2026, or 31 December 2026."""
        if self.language is Language.VIETNAMESE:
            return f"{value.day:02}/{value.month:02}/{value.year:04}"
        return f"{value.day} {_ENGLISH_MONTHS[value.month - 1]} {value.year}"


# strftime would name the months in the language of the machine's locale.
_ENGLISH_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _flatten(tree: Mapping[str, object], above: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{above}{key}.")
        else:
            flat[above + key] = str(value)
    return flat
