"""The data elements of DG11, DG12 and DG16: how each kind is read and written (Doc 9303-10, 4.7.11, 4.7.12, 4.7.16).

A value that is not what its tag calls for does no harm to the others: it is kept as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from crypto import tlv
from crypto.errors import TlvError
from reader.errors import LdsError
from reader.lds.content import reading
from reader.lds.files import ElementaryFile
from reader.lds.images import StoredImage
from reader.lds.person_name import PersonName
from reader.partial_date import PartialDate
from reader.plain_text import plain_text

RawDetails = tuple[tuple[int, bytes], ...]
"""Tag and value of objects that nobody knows, and of known ones whose value could not be read."""

_TAG_LIST: Final = 0x5C
_TEMPLATE: Final = 0xA0
_COUNT: Final = 0x02
_LONG_TAG: Final = 0x5F
_MAX_HEADER: Final = 9
_MAX_OBJECTS: Final = 128
_MAX_CHARACTERS: Final = 4096
_MAX_PARTS: Final = 64
_LINE_BREAKS: Final = re.compile("[\r\n]+")
_PART_SEPARATORS: Final = re.compile("[<\r\n]+")
# Doc 9303-4: what is not known of a date is X where people read it, and the filler in an MRZ.
_UNKNOWN_DIGITS: Final = str.maketrans("<Xx ", "0000")


@dataclass(frozen=True, slots=True)
class Detail:
    """One kind of data element.

    Attributes:
        attribute: of the class that holds it.
        read: raises ValueError when the value cannot be read.
        repeated: it stands several times, in a template A0 with its count, and `attribute` is a tuple.
    """

    attribute: str
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    repeated: bool = False


def parse_details(
    value: bytes, file: ElementaryFile, details: Mapping[int, Detail]
) -> tuple[dict[str, Any], RawDetails]:
    """Give (attribute → value, what is kept as it stands) of the objects in `value`.

    The objects that are there count: neither the tag list nor the count of a template is believed. Chinese passports
    leave the template A0 out, Belarusian cards list its tag in place of its contents' (gmrtd, document/dg11_test.go).

    Raises:
        LdsError: an object is malformed, or there are more than 128.
    """
    found: dict[str, Any] = {}
    kept: list[tuple[int, bytes]] = []
    for item in _objects(value, file):
        detail = details.get(item.tag)
        if detail is None or (detail.attribute in found and not detail.repeated):
            kept.append((item.tag, item.value))
            continue
        try:
            read = detail.read(item.value)
        except ValueError:
            kept.append((item.tag, item.value))
            continue
        found[detail.attribute] = (*found.get(detail.attribute, ()), read) if detail.repeated else read
    return found, tuple(kept)


def encode_details(holder: object, details: Mapping[int, Detail], kept: RawDetails, *, tag_list: bool = True) -> bytes:
    """Write the objects of a class's attributes, those that are None or empty tuples left out, and those kept."""
    tags: list[int] = []
    objects: list[bytes] = []
    for tag, detail in details.items():
        value = getattr(holder, detail.attribute)
        if value is None or value == ():
            continue
        tags.append(tag)
        if detail.repeated:
            template = tlv.encode(_COUNT, bytes((len(value),)))
            template += b"".join(tlv.encode(tag, detail.write(one)) for one in value)
            objects.append(tlv.encode(_TEMPLATE, template))
        else:
            objects.append(tlv.encode(tag, detail.write(value)))
    objects += [tlv.encode(tag, value) for tag, value in kept]
    if tag_list:
        objects.insert(0, tlv.encode(_TAG_LIST, b"".join(tag.to_bytes(2, "big") for tag in tags)))
    return b"".join(objects)


def _objects(value: bytes, file: ElementaryFile) -> list[tlv.Tlv]:
    """The data elements, those in templates too, without tag lists and counts."""
    found: list[tlv.Tlv] = []
    with reading(file):
        for item in _split(value):
            if item.tag == _TEMPLATE:
                found += [element for element in _split(item.value) if element.tag != _COUNT]
            elif item.tag != _TAG_LIST:
                found.append(item)
    if len(found) > _MAX_OBJECTS:
        raise LdsError(f"{file.name}: more than {_MAX_OBJECTS} data elements")
    return found


def _split(data: bytes) -> Iterator[tlv.Tlv]:
    """As `tlv.parse`, but a tag that begins with 5F has two bytes, whatever the second one is.

    Belgian passports hold a time under 5F85 in DG12 (proxmark3 pull request 1125), which BER reads as a tag of three
    bytes and a length that is none.
    """
    offset = 0
    for _ in range(_MAX_OBJECTS):
        if offset == len(data):
            return
        tag = int.from_bytes(data[offset : offset + 2], "big")
        two_bytes = tag >> 8 == _LONG_TAG
        window = data[offset : offset + _MAX_HEADER]
        header = tlv.read_header(window[:1] + bytes((tag & 0x7F,)) + window[2:] if two_bytes else window)
        start, offset = offset + header.header_length, offset + header.total_length
        if offset > len(data):
            raise TlvError(f"the object {header.tag:X} is cut short")
        yield tlv.Tlv(tag if two_bytes else header.tag, data[start:offset])
    if offset < len(data):
        raise TlvError(f"more than {_MAX_OBJECTS} objects side by side")


def text(attribute: str) -> Detail:
    """Text; fillers and line breaks in it are spaces."""
    return Detail(attribute, lambda value: _plain(_LINE_BREAKS.sub(" ", _decoded(value)).replace("<", " ")), str.encode)


def number(attribute: str) -> Detail:
    """Digits and letters, without the fillers around them."""
    return Detail(attribute, lambda value: _plain(_decoded(value)).strip("< "), str.encode)


def parts(attribute: str) -> Detail:
    """Several texts with fillers between them, such as the lines of an address; a tuple without empty ones."""
    return Detail(attribute, _parts, lambda values: "<".join(values).encode())


def name(attribute: str, *, repeated: bool = False) -> Detail:
    """A name in full."""
    return Detail(
        attribute,
        lambda value: PersonName.parse(_plain(_decoded(value))),
        lambda value: value.encoded.encode(),
        repeated,
    )


def day(attribute: str) -> Detail:
    """A date, as CCYYMMDD."""
    return Detail(attribute, _day, lambda date: f"{date.year:04d}{date.month or 0:02d}{date.day or 0:02d}".encode())


def moment(attribute: str) -> Detail:
    """Date and time without a time zone, as CCYYMMDDhhmmss."""
    return Detail(attribute, _moment, lambda time: time.strftime("%Y%m%d%H%M%S").rjust(14, "0").encode())


def image(attribute: str) -> Detail:
    """An image, whatever its format."""
    return Detail(attribute, StoredImage, lambda stored: stored.image)


def _decoded(value: bytes) -> str:
    """Text in UTF-8, as LDS 1.7 and 1.8 have it; no other encoding is guessed at: raises ValueError."""
    decoded = value.decode()
    if len(decoded) > _MAX_CHARACTERS:
        raise ValueError("a text that is too long")
    return decoded


def _plain(decoded: str) -> str:
    return " ".join(plain_text(decoded).split())


def _parts(value: bytes) -> tuple[str, ...]:
    found = tuple(filter(None, map(_plain, _PART_SEPARATORS.split(_decoded(value)))))
    if len(found) > _MAX_PARTS:
        raise ValueError("a text in too many parts")
    return found


def _digits(value: bytes, count: int) -> str:
    """So many digits, as text or as two in a byte (BCD).

    BCD is in passports of Malaysia and Spain (dmrtd pull request 40), Taiwan (gmrtd) and Belgium or France (JMRTD), for
    times of Bosnia (JMRTD).
    """
    written = value.hex() if len(value) * 2 == count else value.decode("ascii").translate(_UNKNOWN_DIGITS)
    if len(written) != count or not written.isdigit():
        raise ValueError("not the digits of a date")
    return written


def _day(value: bytes) -> PartialDate:
    written = _digits(value, 8)
    return PartialDate(int(written[:4]), int(written[4:6]) or None, int(written[6:]) or None)


def _moment(value: bytes) -> datetime:
    written = _digits(value, 14)
    return datetime.fromisoformat(f"{written[:8]}T{written[8:]}")
