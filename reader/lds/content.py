"""What every file of the LDS has in common: one outermost object of a known tag and a bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from crypto import tlv
from crypto.errors import DerError, TlvError
from reader.errors import LdsError
from reader.lds.files import ElementaryFile

_PADDING: Final = b"\0\xff"


@contextmanager
def reading(file: ElementaryFile) -> Iterator[None]:
    """Turn what the TLV and DER layers find wrong into an LdsError that names the file."""
    try:
        yield
    except (TlvError, DerError) as cause:
        raise LdsError(f"{file.name}: {cause.message}") from cause


def unwrap(raw: bytes, file: ElementaryFile) -> bytes:
    """The value of the file's outermost object.

    Raises:
        LdsError: the file is too large, has another tag, or is not filled exactly by its object.
    """
    if len(raw) > file.max_size:
        raise LdsError(f"{file.name}: {len(raw)} bytes where at most {file.max_size} are allowed")
    with reading(file):
        found = tlv.parse_one(raw)
    if found.tag != file.tag:
        raise LdsError(f"{file.name}: the tag {found.tag:X} in place of its own")
    return found.value


def objects(raw: bytes, file: ElementaryFile, *, max_objects: int = 64) -> list[tlv.Tlv]:
    """The objects of a file that has no outermost one, side by side; padding with 00 or FF after them is left out.

    Raises:
        LdsError: the file is too large, an object is malformed, or there are more than `max_objects`.
    """
    if len(raw) > file.max_size:
        raise LdsError(f"{file.name}: {len(raw)} bytes where at most {file.max_size} are allowed")
    found: list[tlv.Tlv] = []
    offset = 0
    with reading(file):
        # Files of the master file are often written larger than what stands in them.
        while offset < len(raw) and (raw[offset] not in _PADDING or raw[offset:].strip(_PADDING)):
            if len(found) == max_objects:
                raise LdsError(f"{file.name}: more than {max_objects} objects side by side")
            header = tlv.read_header(raw, offset)
            start, offset = offset + header.header_length, offset + header.total_length
            if offset > len(raw):
                raise LdsError(f"{file.name}: the object {header.tag:X} is cut short")
            found.append(tlv.Tlv(header.tag, raw[start:offset]))
    return found


def wrap(value: bytes, file: ElementaryFile) -> bytes:
    """The complete file around the value of its outermost object; raises ValueError for a file without a tag."""
    if file.tag is None:
        raise ValueError(f"{file.name} is no single object")
    return tlv.encode(file.tag, value)
