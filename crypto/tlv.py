"""BER-TLV data objects (ISO/IEC 7816-4 section 6.3) with definite lengths of at most four bytes, strictly bounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from crypto.errors import TlvError

_MAX_TAG_LENGTH = 4
_CUT = "an object header that is cut short"


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object; `tag` holds all its tag bytes, such as 0x7F49."""

    tag: int
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Header:
    """Tag and length of an object, and how many bytes the two take together."""

    tag: int
    length: int
    header_length: int

    @property
    def total_length(self) -> int:
        """Bytes of the whole object."""
        return self.header_length + self.length


def encode(tag: int, value: bytes) -> bytes:
    """Write one object with its length in the shortest form."""
    length = len(value)
    size = length.to_bytes((length.bit_length() + 7) // 8 or 1, "big")
    if length >= 0x80:
        size = bytes((0x80 | len(size),)) + size
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + size + value


def read_header(data: bytes, offset: int = 0) -> Header:
    """Read tag and length at `offset`; the value may be incomplete or missing, as in the first block of a file.

    Raises:
        TlvError: the header is cut short, the tag is 00 or longer than four bytes, or the length is indefinite or
            longer than four bytes.
    """
    try:
        tag = data[offset]
        position = offset + 1
        if tag == 0:
            raise TlvError("an object with the tag 00")
        if tag & 0x1F == 0x1F:
            while True:
                if position - offset == _MAX_TAG_LENGTH:
                    raise TlvError(f"a tag of more than {_MAX_TAG_LENGTH} bytes")
                byte = data[position]
                tag = tag << 8 | byte
                position += 1
                if byte < 0x80:
                    break
        length = data[position]
        position += 1
        if length >= 0x80:
            count = length & 0x7F
            if not 0 < count <= 4:
                raise TlvError("an indefinite length" if count == 0 else f"a length of {count} bytes")
            length = int.from_bytes(data[position : position + count], "big")
            position += count
            if position > len(data):
                raise TlvError(_CUT)
    except IndexError:
        raise TlvError(_CUT) from None
    return Header(tag, length, position - offset)


def parse(data: bytes, *, max_objects: int = 1024) -> list[Tlv]:
    """Split the whole of `data` into the objects that stand in it side by side.

    Raises:
        TlvError: an object is cut short or malformed, or there are more than `max_objects`.
    """
    objects: list[Tlv] = []
    offset = 0
    while offset < len(data):
        if len(objects) == max_objects:
            raise TlvError(f"more than {max_objects} objects side by side")
        header = read_header(data, offset)
        start = offset + header.header_length
        offset = start + header.length
        if offset > len(data):
            raise TlvError(f"the object {header.tag:X} is cut short")
        objects.append(Tlv(header.tag, data[start:offset]))
    return objects


def parse_one(data: bytes) -> Tlv:
    """Read the one object that `data` consists of.

    Raises:
        TlvError: malformed, cut short, or followed by anything.
    """
    header = read_header(data)
    if header.total_length != len(data):
        raise TlvError(f"the object {header.tag:X} does not fill its {len(data)} bytes exactly")
    return Tlv(header.tag, data[header.header_length :])


def first(objects: Iterable[Tlv], tag: int) -> Tlv | None:
    """Give the first object with this tag, if there is one."""
    return next((item for item in objects if item.tag == tag), None)


def require(objects: Iterable[Tlv], tag: int) -> bytes:
    """Give the value of the first object with this tag.

    Raises:
        TlvError: there is none.
    """
    found = first(objects, tag)
    if found is None:
        raise TlvError(f"the object {tag:X} is missing")
    return found.value
