"""Typing faults in an MRZ: O for 0 and I for 1, fillers left out, a check digit taken for part of the document number.

People and cameras mistake these, and the chip then refuses the key. What the check digits settle is mended at once, and
what they leave open becomes a few other keys. An MRZ whose check digits are right is never guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import Final

from crypto.mrz_key import check_digit
from reader.errors import LdsError
from reader.keys import MrzKey
from reader.lds.mrz import ISSUER, LAYOUTS, Layout, Mrz, MrzFormat, parse_mrz

MAX_REPAIRS: Final = 3
"""Keys guessed at for one card: each is an attempt on its chip, and a kiosk is no machine for guessing."""
KEY_FIELDS: Final = ("document_number", "birth_date", "expiry_date")
"""What the key is made of, by the names of `Mrz.check_digits_ok`."""

_DIGIT_MEANT: Final = str.maketrans("OQDILZASGTB", "00011245678")
_LETTER_MEANT: Final = str.maketrans("0124568", "OIZASGB")
_LIKELY_LETTERS: Final = {"O": "0", "I": "1"}
_LIKELY_DIGITS: Final = {"0": "O", "1": "I"}
# Worth a thought only where a check digit confirms it; and two at once only of letters, of which numbers have few.
_RARE_LETTERS: Final = _LIKELY_LETTERS | {"Q": "0", "D": "0", "L": "1", "Z": "2", "S": "5", "G": "6", "B": "8"}
_RARE: Final = _RARE_LETTERS | {"2": "Z", "5": "S", "6": "G", "8": "B"}
_PRINCIPAL_DIGITS: Final = 9
_MOST_MISSING_FILLERS: Final = 8
_LONGEST_TEXT: Final = 400
_LOOK_ALIKES: Final = str.maketrans({"«": "<<", "≪": "<<", "‹": "<", "〈": "<", "＜": "<"})
_DATE: Final = re.compile("[0-9]{2}(0[1-9]|1[0-2]|<<)(0[1-9]|[12][0-9]|3[01]|<<)|<<<<<<")


def as_digits(text: str) -> str:
    """The digits that were meant where only digits can stand: ``O`` is 0, ``I`` is 1, and so on."""
    return text.translate(_DIGIT_MEANT)


def is_date(yymmdd: str) -> bool:
    """Whether this can stand in an MRZ as a date, unknown parts being fillers."""
    return _DATE.fullmatch(yymmdd) is not None


def repaired_keys(key: MrzKey, number_digit: str | None = None) -> tuple[MrzKey, ...]:
    """Other keys that may have been meant, likeliest first, at most `MAX_REPAIRS`, each once and none the given one.

    Args:
        key: its characters are those of an MRZ, its dates are digits and fillers.
        number_digit: check digit of the document number where the text had one; only what agrees with it is given.
    """
    number, names = key.document_number, (*key.repaired, "document_number")
    known = number_digit if number_digit is not None and number_digit.isdigit() else None
    found = (meant for meant in _numbers(number, known) if known in (None, _number_digit(meant)))
    others = dict.fromkeys(meant for meant in found if meant.rstrip("<") != number.rstrip("<"))
    repaired = tuple(name for name in KEY_FIELDS if name in names)
    return tuple(replace(key, document_number=meant, repaired=repaired) for meant in islice(others, MAX_REPAIRS))


@dataclass(frozen=True, slots=True)
class TypedMrz:
    """An MRZ as a person or a camera gave it, read as far as it can be."""

    mrz: Mrz
    mended: tuple[str, ...]
    """The key's fields that are not as they were given; empty also where only fillers at a line's end were missing."""
    intact: bool
    """The text was an MRZ as it stood: its fields without check digits can be believed as well."""

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """The key's fields that do not agree with their check digits."""
        agree = self.mrz.check_digits_ok
        return tuple(name for name in KEY_FIELDS if not agree[name])


def read_typed(text: str) -> TypedMrz:
    """Read an MRZ that may have faults: spaces, small letters, missing or surplus fillers, digits and letters mixed up.

    Raises:
        LdsError: not even with these mended is it an MRZ, one of whose dates or numbers its check digit confirms.
    """
    lines = _normalised(text)
    try:
        typed = TypedMrz(parse_mrz("\n".join(lines)), (), intact=True)
    except LdsError:
        typed = None
    if typed is not None and not typed.unconfirmed and _credible(typed.mrz):
        return typed
    readings = [reading for reading in _mended(lines) if _credible(reading.mrz)]
    if readings:
        return min(readings, key=lambda reading: len(reading.unconfirmed))
    if typed is None or not typed.mrz.document_number:
        raise LdsError("the text is no machine readable zone")
    return typed


def _numbers(number: str, known_digit: str | None) -> Iterator[str]:
    """Document numbers that may have been meant, likeliest first; may repeat."""
    without_digit = _without_check_digit(number)
    too_long = len(number) > _PRINCIPAL_DIGITS
    if too_long:
        yield from without_digit
    yield _exchanged(number, _places(number, _LIKELY_LETTERS), _LIKELY_LETTERS)
    yield from _each(number, _LIKELY_LETTERS, 1)
    if not too_long:
        yield from without_digit
    if known_digit is None:
        # Nothing tells a digit from a letter but what stands beside it.
        for place in _places(number, _LIKELY_DIGITS):
            beside = number[max(0, place - 1) : place] + number[place + 1 : place + 2]
            if any(character.isalpha() for character in beside):
                yield _exchanged(number, (place,), _LIKELY_DIGITS)
        return
    yield from _each(number, _LIKELY_DIGITS, 1)
    yield from _each(number, _RARE, 1)
    yield from _each(number, _RARE_LETTERS, 2)


def _each(number: str, exchange: dict[str, str], count: int) -> Iterator[str]:
    for places in combinations(_places(number, exchange), count):
        yield _exchanged(number, places, exchange)


def _places(number: str, exchange: dict[str, str]) -> tuple[int, ...]:
    return tuple(place for place, character in enumerate(number) if character in exchange)


def _exchanged(number: str, places: Iterable[int], exchange: dict[str, str]) -> str:
    characters = list(number)
    for place in places:
        characters[place] = exchange[characters[place]]
    return "".join(characters)


def _without_check_digit(number: str) -> list[str]:
    """The number where its own check digit was typed after it.

    In a long one the filler in the tenth place stands for the check digit (Doc 9303-5, 4.2.2, note j) and goes as well.
    """
    shorter, digit = number[:-1], number[-1:]
    forms = [shorter.rstrip("<")]
    if shorter[_PRINCIPAL_DIGITS : _PRINCIPAL_DIGITS + 1] == "<":
        forms.insert(0, shorter[:_PRINCIPAL_DIGITS] + shorter[_PRINCIPAL_DIGITS + 1 :])
    return [form for form in forms if form and _number_digit(form) == digit]


def _number_digit(number: str) -> str:
    return check_digit(number.ljust(_PRINCIPAL_DIGITS, "<"))


def _normalised(text: str) -> list[str]:
    if len(text) > _LONGEST_TEXT:
        raise LdsError("a text that is too long for a machine readable zone")
    # Before the compatibility forms, which would make other characters of these.
    plain = unicodedata.normalize("NFKC", text.translate(_LOOK_ALIKES)).upper()
    return [line for line in ("".join(line.split()) for line in plain.splitlines()) if line]


def _mended(lines: list[str]) -> Iterator[TypedMrz]:
    """Every way to read the lines, the plainest first."""
    size = _size(lines)
    if size is None:
        return
    layout = LAYOUTS[size]
    if len(lines) == 1:
        joined = lines[0].ljust(layout.length, "<")
        lines = [joined[start : start + layout.width] for start in range(0, len(joined), layout.width)]
    row, column = divmod(layout.document_number.stop, layout.width)
    for missing in range(min(_MOST_MISSING_FILLERS, max(0, layout.width - len(lines[row]))) + 1):
        line = lines[row]
        shifted = line[: column - missing] + "<" * missing + line[column - missing :]
        try:
            text = "".join(
                _fitted(line, layout, number) for number, line in enumerate([*lines[:row], shifted, *lines[row + 1 :]])
            )
            right = _right_kinds(text, layout)
            places = zip(KEY_FIELDS[1:], (layout.birth, layout.expiry), strict=True)
            mended = tuple(name for name, place in places if text[place] != right[place])
            yield TypedMrz(parse_mrz(right), (*KEY_FIELDS[: bool(missing)], *mended), intact=False)
        except LdsError:
            continue


def _size(lines: list[str]) -> MrzFormat | None:
    longest, passport = max(map(len, lines), default=0), lines[:1] and lines[0].startswith("P")
    match len(lines):
        case 3:
            return MrzFormat.TD1
        case 2:
            return MrzFormat.TD3 if longest > LAYOUTS[MrzFormat.TD2].width or passport else MrzFormat.TD2
        case 1 if passport:
            return MrzFormat.TD3
        case 1:
            return MrzFormat.TD1 if longest > LAYOUTS[MrzFormat.TD2].length else MrzFormat.TD2
    return None


def _fitted(line: str, layout: Layout, row: int) -> str:
    """Give a line its width by adding or taking fillers behind the key's fields, before a check digit that ends it."""
    after = max(
        (
            stop % layout.width + 1
            for stop in (layout.document_number.stop, layout.expiry.stop)
            if stop // layout.width == row
        ),
        default=0,
    )
    missing = layout.width - len(line)
    last = line.rfind("<") + 1
    if missing > 0:
        at = last if last > after and line[-1].isdigit() else len(line)
        return line[:at] + "<" * missing + line[at:]
    if missing < 0:
        at = line.find("<" * -missing, after)
        if at < 0:
            raise LdsError("a line of the MRZ is too long")
        return line[:at] + line[at - missing :]
    return line


def _right_kinds(text: str, layout: Layout) -> str:
    """Digits where only digits stand, letters where only letters do."""
    characters = list(text)
    number_digit, composite = layout.document_number.stop, layout.composite
    for place in (
        slice(layout.birth.start, layout.birth.stop + 1),
        slice(layout.expiry.start, layout.expiry.stop + 1),
        slice(number_digit, number_digit + 1),
        slice(composite, composite + 1),
    ):
        characters[place] = as_digits(text[place])
    for place in (slice(0, 1), ISSUER, layout.nationality, layout.names):
        characters[place] = text[place].translate(_LETTER_MEANT)
    return "".join(characters)


def _credible(mrz: Mrz) -> bool:
    """Whether a check digit confirms at least one field, and nothing that a key needs is missing."""
    agree = mrz.check_digits_ok
    values = (mrz.document_number, mrz.birth_yymmdd.strip("<"), mrz.expiry_yymmdd.strip("<"))
    confirmed = any(value and agree[name] for name, value in zip(KEY_FIELDS, values, strict=True))
    return bool(mrz.document_number) and confirmed and is_date(mrz.birth_yymmdd) and is_date(mrz.expiry_yymmdd)
