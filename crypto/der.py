"""A gate for strict DER (ITU-T X.690) before a lenient parser sees the bytes.

asn1crypto takes indefinite and padded lengths and recurses as deep as its input says; a signed file must not.
"""

from __future__ import annotations

from crypto.errors import DerError

_EOC = 0
_PRIMITIVE_ONLY = frozenset({1, 2, 3, 4, 5, 6, 9, 10, 12, 13, *range(18, 31)})
_CONSTRUCTED_ONLY = frozenset({8, 11, 16, 17})
_OBJECT_IDENTIFIER = 6
_MAX_IDENTIFIER_SIZE = 64


def check(data: bytes, *, max_depth: int = 32, max_nodes: int = 20_000, max_size: int = 1 << 20) -> None:
    """Refuse what is not exactly one DER object within the bounds.

    Checked: definite lengths in their shortest form, tags in their shortest form, contents that fill their object
    exactly, primitive and constructed form as DER wants it for universal types, object identifiers of at most 64 bytes
    (asn1crypto takes time in the square of their length), no trailing bytes. Not checked: the contents of primitive
    types and the order of a SET OF, which issued documents break without harm.

    Args:
        data: the whole object.
        max_depth: constructed objects within each other.
        max_nodes: objects in total.
        max_size: bytes in total.

    Raises:
        DerError: at the first offence.
    """
    if len(data) > max_size:
        raise DerError(f"{len(data)} bytes where at most {max_size} are allowed")
    ends = [len(data)]
    offset = nodes = 0
    while True:
        constructed, start, length = _header(data, offset, ends[-1])
        nodes += 1
        if nodes > max_nodes:
            raise DerError(f"more than {max_nodes} objects")
        offset = start
        if constructed:
            if len(ends) > max_depth:
                raise DerError(f"objects nested deeper than {max_depth}")
            ends.append(start + length)
        else:
            offset += length
        while len(ends) > 1 and offset == ends[-1]:
            ends.pop()
        if len(ends) == 1:
            break
    if offset != len(data):
        raise DerError(f"{len(data) - offset} bytes after the object")


def _header(data: bytes, offset: int, end: int) -> tuple[bool, int, int]:
    """Read the identifier and length at `offset`; give (is constructed, offset of the contents, their length)."""
    try:
        first = data[offset]
        start = offset + 1
        number = first & 0x1F
        if number == 0x1F:
            start, number = _long_tag(data, start)
        length = data[start]
        start += 1
        if length >= 0x80:
            count = length & 0x7F
            if count == 0:
                raise DerError("an indefinite length")
            if count > 4:
                raise DerError(f"a length of {count} bytes")
            length = int.from_bytes(data[start : start + count], "big")
            start += count
            if length < 0x80 or length >> 8 * (count - 1) == 0:
                raise DerError("a length that is not in its shortest form")
    except IndexError:
        raise DerError("an object header that is cut short") from None
    if start + length > end:
        raise DerError("an object that reaches beyond the one that holds it")
    constructed = bool(first & 0x20)
    if first < 0x40:
        if number == _EOC:
            raise DerError("an end-of-contents mark")
        if number in (_PRIMITIVE_ONLY if constructed else _CONSTRUCTED_ONLY):
            raise DerError(f"universal type {number} in the wrong form")
        if number == _OBJECT_IDENTIFIER and length > _MAX_IDENTIFIER_SIZE:
            raise DerError(f"an object identifier of {length} bytes")
    return constructed, start, length


def _long_tag(data: bytes, start: int) -> tuple[int, int]:
    """Read a tag number of 31 or more; give (offset after it, number)."""
    if data[start] == 0x80:
        raise DerError("a tag that is not in its shortest form")
    number = 0
    for position in range(start, start + 4):
        number = number << 7 | data[position] & 0x7F
        if data[position] < 0x80:
            if number < 0x1F:
                raise DerError("a tag that is not in its shortest form")
            return position + 1, number
    raise DerError("a tag of more than four bytes")
