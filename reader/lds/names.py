"""Names between their written form and the MRZ's 26 letters (Doc 9303-3, 4.6 and 6)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Doc 9303-3, 6 A: Latin letters that are not their base letter plus a mark that can be dropped. Where the table leaves
# a choice, the form in use by the issuers of such names is taken.
_TRANSLITERATION: Final = str.maketrans(
    {
        "Đ": "D", "Ð": "D", "Ä": "AE", "Å": "AA", "Æ": "AE", "Ö": "OE", "Ø": "OE", "Œ": "OE", "Ü": "UE", "ẞ": "SS",
        "Þ": "TH", "Ħ": "H", "Ĳ": "IJ", "Ł": "L", "Ŋ": "N", "Ŧ": "T",
    }
)  # fmt: skip
# What other issuers choose where the table leaves a choice.
_OTHER_TRANSLITERATIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"Ä": ("A",), "Å": ("A",), "Ñ": ("NXX",), "Ö": ("O",), "Ø": ("O",), "Ü": ("U", "UXX")}
)
# Spaces, hyphens and the comma; all other punctuation leaves no gap.
_SEPARATING_CATEGORIES: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Pd"})

_Word = list[tuple[str, ...]]
"""Letter by letter, how an MRZ may write it; first the usual way."""


def fold_name(text: str) -> str:
    """A name in the letters A to Z and single spaces, as an MRZ would have it.

    Vietnamese and other marks are removed (``Nguyễn`` → ``NGUYEN``), ``Đ`` becomes ``D``, letters with a
    transliteration of their own follow Doc 9303-3, spaces, hyphens and commas separate words, all else is left out.
    """
    return " ".join("".join(spellings[0] for spellings in word) for word in _words(text))


def is_latin(text: str) -> bool:
    """Whether every letter of a name has its like in an MRZ, so that the two can be compared."""
    letters = (character for character in text if unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lo"))
    return all(fold_name(letter) for letter in letters)


def _words(text: str) -> list[_Word]:
    words: list[_Word] = [[]]
    for character in unicodedata.normalize("NFC", text).upper():
        others = _OTHER_TRANSLITERATIONS.get(character)
        usual = unicodedata.normalize("NFKD", character.translate(_TRANSLITERATION))
        if others is not None:
            words[-1].append(("".join(letter for letter in usual if "A" <= letter <= "Z"), *others))
            continue
        for part in usual:
            if "A" <= part <= "Z":
                words[-1].append((part,))
            elif part == "," or unicodedata.category(part) in _SEPARATING_CATEGORIES:
                words.append([])
    return [word for word in words if word]


def name_field(surname: str, given_names: str, width: int) -> str:
    """The MRZ's name field of `width` characters, folded and filled.

    A name that does not fit is cut so that a letter stands in the last place, which is the sign of a cut, and at least
    one letter of the given names stays (Doc 9303-4, -5 and -6, 4.2.3).
    """
    primary = fold_name(surname).replace(" ", "<")
    secondary = fold_name(given_names).replace(" ", "<")
    if secondary:
        primary = primary[: width - len("<<") - 1].rstrip("<")
    full = f"{primary}<<{secondary}" if secondary else primary
    if len(full) <= width:
        return full.ljust(width, "<")
    cut = full[:width]
    while cut.endswith("<"):
        kept = cut.rstrip("<")
        cut = (kept[:-1] + full[len(kept) :])[:width]
    return cut


def names_agree(full: str, latin: str, *, truncated: bool = False) -> bool:
    """Whether the written name and the MRZ's name are the same person's, word by word.

    Every transliteration that Doc 9303-3 leaves to the issuer is taken. With `truncated` each word of the MRZ may be
    the beginning of its counterpart and later words may be missing.
    """
    written, printed = _words(full), fold_name(latin).split()
    if len(written) != len(printed) and not (truncated and 0 < len(printed) < len(written)):
        return False
    return all(_spells(word, text, truncated) for word, text in zip(written, printed, strict=False))


def names_overlap(full: str, latin: str, *, truncated: bool = False) -> bool:
    """Whether one of the two names has every word of the other, in whatever order; see `names_agree`.

    For names of which nobody prescribes how complete they are and which part comes first.
    """
    written, printed = _words(full), fold_name(latin).split()
    if len(written) < len(printed):
        return all(any(_spells(word, text, truncated) for text in printed) for word in written)
    return all(any(_spells(word, text, truncated) for word in written) for text in printed)


def _spells(word: _Word, text: str, truncated: bool) -> bool:
    """Whether `text` is a way to write `word`, or with `truncated` the beginning of one."""
    reached = {0}
    for spellings in word:
        if truncated and any(spelling.startswith(text[place:]) for place in reached for spelling in spellings):
            return True
        reached = {
            place + len(spelling) for place in reached for spelling in spellings if text.startswith(spelling, place)
        }
    return len(text) in reached
