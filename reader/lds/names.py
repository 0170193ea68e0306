"""Names between their written form and the MRZ's 26 letters (Doc 9303-3, 4.6 and 6)."""

from __future__ import annotations

import unicodedata
from typing import Final

# Doc 9303-3, 6 A: Latin letters that are not their base letter plus a mark that can be dropped. Where the table leaves
# a choice, the form in use by the issuers of such names is taken.
_TRANSLITERATION: Final = str.maketrans(
    {
        "Đ": "D", "Ð": "D", "Ä": "AE", "Å": "AA", "Æ": "AE", "Ö": "OE", "Ø": "OE", "Œ": "OE", "Ü": "UE", "ẞ": "SS",
        "Þ": "TH", "Ħ": "H", "Ĳ": "IJ", "Ł": "L", "Ŋ": "N", "Ŧ": "T",
    }
)  # fmt: skip
# Spaces, hyphens and the comma; all other punctuation leaves no gap.
_SEPARATING_CATEGORIES: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Pd"})


def fold_name(text: str) -> str:
    """A name in the letters A to Z and single spaces, as an MRZ would have it.

    Vietnamese and other marks are removed (``Nguyễn`` → ``NGUYEN``), ``Đ`` becomes ``D``, letters with a
    transliteration of their own follow Doc 9303-3, spaces, hyphens and commas separate words, all else is left out.
    """
    composed = unicodedata.normalize("NFC", text).upper().translate(_TRANSLITERATION)
    letters: list[str] = []
    for character in unicodedata.normalize("NFKD", composed):
        if "A" <= character <= "Z":
            letters.append(character)
        elif character == "," or unicodedata.category(character) in _SEPARATING_CATEGORIES:
            letters.append(" ")
    return " ".join("".join(letters).split())


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

    With `truncated` each word of the MRZ may be the beginning of its counterpart and later words may be missing.
    """
    written, printed = fold_name(full).split(), fold_name(latin).split()
    if not truncated:
        return written == printed
    return 0 < len(printed) <= len(written) and all(
        word.startswith(start) for word, start in zip(written, printed, strict=False)
    )
