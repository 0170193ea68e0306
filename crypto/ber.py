"""From the BER that streaming CMS generators write to DER (ITU-T X.690, 8.1.3.6, 8.7.3 and 10.1, 10.2).

EF.SOD of passports of the United States has indefinite lengths (proxmark3 pull request 1145). RFC 5652 allows them:
what is hashed and signed is the content's octets and the DER of the signed attributes, and neither is changed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crypto import tlv
from crypto.errors import DerError, TlvError

_OCTET_STRING: Final = 0x04
_CONSTRUCTED_OCTET_STRING: Final = 0x24
_CONSTRUCTED: Final = 0x20
_INDEFINITE: Final = 0x80
_END_OF_CONTENTS: Final = b"\0\0"
_LONG_TAG: Final = 0x1F
_MAX_HEADER: Final = 9


def is_indefinite(data: bytes) -> bool:
    """Whether an object begins that has a tag of one byte, is constructed and of indefinite length."""
    return (
        len(data) > 1 and bool(data[0] & _CONSTRUCTED) and data[0] & _LONG_TAG != _LONG_TAG and data[1] == _INDEFINITE
    )


def to_der(data: bytes, *, max_depth: int = 32, max_nodes: int = 20_000, max_size: int = 1 << 20) -> bytes:
    """Give the one object in `data` with definite lengths, and OCTET STRINGs in pieces put together.

    Nothing else is put right: whether the result is DER, `der.check` tells.

    Args:
        data: the whole object.
        max_depth: constructed objects within each other.
        max_nodes: objects in total.
        max_size: bytes in total.

    Raises:
        DerError: malformed, a definite length that is not in its shortest form, out of the bounds, or followed by
            anything.
    """
    if len(data) > max_size:
        raise DerError(f"{len(data)} bytes where at most {max_size} are allowed")
    rewriter = _Rewriter(data, max_depth, max_nodes)
    try:
        encoded = rewriter.take(len(data), 0)
    except TlvError as cause:
        raise DerError(cause.message) from cause
    if rewriter.offset != len(data):
        raise DerError(f"{len(data) - rewriter.offset} bytes after the object")
    return encoded


@dataclass(slots=True)
class _Rewriter:
    """Walks through `data` from `offset` on."""

    data: bytes
    max_depth: int
    nodes_left: int
    offset: int = 0

    def take(self, end: int, depth: int) -> bytes:
        """The next object, which ends at `end` at the latest, rewritten."""
        self.nodes_left -= 1
        if self.nodes_left < 0:
            raise DerError("too many objects")
        if depth > self.max_depth:
            raise DerError(f"objects nested deeper than {self.max_depth}")
        first = self.data[self.offset : self.offset + 1]
        if is_indefinite(self.data[self.offset : self.offset + 2]):
            tag, contents_end = first[0], None
            self.offset += 2
        else:
            header = tlv.read_header(self.data[self.offset : min(end, self.offset + _MAX_HEADER)])
            tag, contents_end = header.tag, self.offset + header.total_length
            _require_shortest(header)
            if contents_end > end:
                raise DerError("an object that reaches beyond the one that holds it")
            if not first[0] & _CONSTRUCTED:
                start, self.offset = self.offset, contents_end
                return self.data[start:contents_end]
            self.offset += header.header_length
        children = self._children(end, contents_end, depth)
        if tag != _CONSTRUCTED_OCTET_STRING:
            return tlv.encode(tag, b"".join(children))
        pieces = [tlv.parse_one(child) for child in children]
        if any(piece.tag != _OCTET_STRING for piece in pieces):
            raise DerError("an OCTET STRING of other pieces")
        return tlv.encode(_OCTET_STRING, b"".join(piece.value for piece in pieces))

    def _children(self, end: int, contents_end: int | None, depth: int) -> list[bytes]:
        """All objects up to `contents_end`, or up to the mark that ends the contents."""
        children: list[bytes] = []
        while self.offset != contents_end:
            if contents_end is None and self.data[self.offset : min(end, self.offset + 2)] == _END_OF_CONTENTS:
                self.offset += len(_END_OF_CONTENTS)
                break
            children.append(self.take(end if contents_end is None else contents_end, depth + 1))
        return children


def _require_shortest(header: tlv.Header) -> None:
    tag_size, length_size = ((number.bit_length() + 7) // 8 for number in (header.tag, header.length))
    if header.header_length != tag_size + 1 + (0 if header.length < _INDEFINITE else length_size):
        raise DerError("a length that is not in its shortest form")
