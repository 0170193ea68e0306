"""DG13 of Vietnamese identity cards: the holder's data with diacritics, as real cards carry it.

    6D SEQUENCE { version INTEGER, encoding OBJECT IDENTIFIER, SET OF SEQUENCE { field INTEGER, value … } }

No specification is public; fields 1 to 16 are known from cards. The parser goes by the fields' numbers, so that
missing, new and reordered fields do no harm; what a field holds does none to the others. Circular 16/2024/TT-BCA has
some fields of the card of 2024 encoded in a way that is not published: they would stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from crypto import tlv
from crypto.errors import TlvError
from reader.errors import LdsError
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import data_group
from reader.lds.names import fold_name
from reader.partial_date import PartialDate
from reader.plain_text import plain_text

_FILE: Final = data_group(13)
_INTEGER: Final = 0x02
_OBJECT_IDENTIFIER: Final = 0x06
_UTF8: Final = 0x0C
_PRINTABLE: Final = 0x13
_SEQUENCE: Final = 0x30
_SET: Final = 0x31

# 1.0.10646.1.0.8: ISO/IEC 10646 in UTF-8. It is written, and not compared when read.
_ENCODING: Final = bytes.fromhex("28D316010008")
_MAX_FIELDS: Final = 64
_MAX_CHARACTERS: Final = 1000
_PARENTS: Final = 13
_SPOUSE: Final = 14
_TEXTS: Final[Mapping[int, tuple[str, int]]] = MappingProxyType(
    {
        1: ("number", _PRINTABLE),
        2: ("name", _UTF8),
        3: ("birth_text", _PRINTABLE),
        4: ("sex_text", _UTF8),
        5: ("nationality", _UTF8),
        6: ("ethnicity", _UTF8),
        7: ("religion", _UTF8),
        8: ("place_of_origin", _UTF8),
        9: ("place_of_residence", _UTF8),
        10: ("personal_features", _UTF8),
        11: ("issue_text", _PRINTABLE),
        12: ("expiry_text", _UTF8),
        _SPOUSE: ("spouse", _UTF8),
        15: ("old_number", _PRINTABLE),
        16: ("reference", _PRINTABLE),
    }
)
_SEXES: Final[Mapping[str, Literal["M", "F"]]] = MappingProxyType({"NAM": "M", "NU": "F"})
_NO_EXPIRY: Final = "KHONG THOI HAN"


@dataclass(frozen=True, slots=True)
class Dg13:
    """The fields by their meaning. None: the field is missing; empty: it is there without a value."""

    number: str | None = field(default=None, repr=False)
    """Twelve digits."""
    name: str | None = field(default=None, repr=False)
    birth_text: str | None = field(default=None, repr=False)
    """dd/MM/yyyy."""
    sex_text: str | None = field(default=None, repr=False)
    """Nam or Nữ."""
    nationality: str | None = field(default=None, repr=False)
    ethnicity: str | None = field(default=None, repr=False)
    """Dân tộc; sensitive by law."""
    religion: str | None = field(default=None, repr=False)
    """Tôn giáo; sensitive by law."""
    place_of_origin: str | None = field(default=None, repr=False)
    """Quê quán."""
    place_of_residence: str | None = field(default=None, repr=False)
    """Nơi thường trú."""
    personal_features: str | None = field(default=None, repr=False)
    """Đặc điểm nhận dạng."""
    issue_text: str | None = field(default=None, repr=False)
    """dd/MM/yyyy."""
    expiry_text: str | None = field(default=None, repr=False)
    """dd/MM/yyyy or Không thời hạn."""
    father: str | None = field(default=None, repr=False)
    mother: str | None = field(default=None, repr=False)
    spouse: str | None = field(default=None, repr=False)
    old_number: str | None = field(default=None, repr=False)
    """The nine digits of the former identity card (CMND)."""
    reference: str | None = field(default=None, repr=False)
    """Sixteen characters whose meaning is not known."""
    unknown: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)
    """Other fields, and known ones that could not be read: number and encoded values."""

    @property
    def birth_date(self) -> date | None:
        return _exact(self.birth_text)

    @property
    def issue_date(self) -> date | None:
        return _exact(self.issue_text)

    @property
    def expiry_date(self) -> date | None:
        """None without expiry too: see `never_expires`."""
        return _exact(self.expiry_text)

    @property
    def never_expires(self) -> bool:
        return self.expiry_text is not None and fold_name(self.expiry_text) == _NO_EXPIRY

    @property
    def sex(self) -> Literal["M", "F"] | None:
        return None if self.sex_text is None else _SEXES.get(fold_name(self.sex_text))


def parse(raw: bytes) -> Dg13:
    """Read the complete file.

    Raises:
        LdsError: the outer structure is another, or a field stands twice.
    """
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        outer = tlv.parse(tlv.require([tlv.parse_one(value)], _SEQUENCE))
        fields = tlv.parse(tlv.require(outer, _SET), max_objects=_MAX_FIELDS)
        found: dict[int, bytes] = {}
        for item in fields:
            number, encoded = _field(item)
            if number in found:
                raise LdsError(f"{_FILE.name}: field {number} stands twice")
            found[number] = encoded
        known: dict[str, str] = {}
        unknown: list[tuple[int, bytes]] = []
        for number, encoded in found.items():
            meaning = _meaning(number, encoded)
            if meaning is None:
                unknown.append((number, encoded))
            else:
                known |= meaning
    return Dg13(**known, unknown=tuple(unknown))


def _field(item: tlv.Tlv) -> tuple[int, bytes]:
    """Give (number, the encoded values after it)."""
    number = tlv.read_header(item.value)
    start, end = number.header_length, number.total_length
    if item.tag != _SEQUENCE or number.tag != _INTEGER or number.length != 1 or end > len(item.value):
        raise LdsError(f"{_FILE.name}: a field has no number")
    return item.value[start], item.value[end:]


def _meaning(number: int, encoded: bytes) -> dict[str, str] | None:
    """The attributes that a field sets; None when its number is not known, or its values cannot be read."""
    if number != _PARENTS and number not in _TEXTS:
        return None
    names = ("father", "mother") if number == _PARENTS else (_TEXTS[number][0],)
    try:
        texts = _texts(tlv.parse(encoded, max_objects=_MAX_FIELDS))
    except (TlvError, ValueError):
        return None
    return dict(zip(names, texts or [""], strict=False)) if len(texts) <= len(names) else None


def _texts(values: Iterable[tlv.Tlv]) -> list[str]:
    """The texts among a field's values, in SEQUENCEs or not; an empty SEQUENCE counts as an empty text.

    Raises:
        ValueError: a value is of another type.
        TlvError: a SEQUENCE is malformed.
    """
    texts: list[str] = []
    for value in values:
        strings = tlv.parse(value.value, max_objects=_MAX_FIELDS) if value.tag == _SEQUENCE else [value]
        texts += [_text(string) for string in strings] or [""]
    return texts


def _text(string: tlv.Tlv) -> str:
    if string.tag not in (_UTF8, _PRINTABLE):
        raise ValueError("a value that is no text")
    text = string.value.decode()
    # Before any other step: to put combining marks into their order takes time in the square of their number.
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f"a text of more than {_MAX_CHARACTERS} characters")
    return plain_text(text)


def _exact(text: str | None) -> date | None:
    parsed = None if text is None else PartialDate.parse(text)
    return None if parsed is None else parsed.exact


def encode(dg13: Dg13, *, parents_together: bool = False) -> bytes:
    """Write the complete file, fields by their numbers.

    Args:
        parents_together: both parents in one SEQUENCE, in place of one SEQUENCE each; cards of both kinds were seen.
    """
    encoded = dict(dg13.unknown)
    for number, (name, tag) in _TEXTS.items():
        text: str | None = getattr(dg13, name)
        if text is not None:
            value = tlv.encode(tag, text.encode()) if text else b""
            encoded[number] = tlv.encode(_SEQUENCE, value) if value and number == _SPOUSE else value
    if dg13.father is not None or dg13.mother is not None:
        parents = [tlv.encode(_UTF8, name.encode()) for name in (dg13.father or "", dg13.mother) if name is not None]
        groups = [b"".join(parents)] if parents_together else parents
        encoded[_PARENTS] = b"".join(tlv.encode(_SEQUENCE, group) for group in groups)
    fields = b"".join(
        tlv.encode(_SEQUENCE, tlv.encode(_INTEGER, bytes((number,))) + encoded[number]) for number in sorted(encoded)
    )
    version = tlv.encode(_INTEGER, b"\1")
    return wrap(
        tlv.encode(_SEQUENCE, version + tlv.encode(_OBJECT_IDENTIFIER, _ENCODING) + tlv.encode(_SET, fields)), _FILE
    )
