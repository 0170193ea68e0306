"""Changes one place in nested TLV or DER and keeps the lengths around it right, so that the change gets past them.

A fuzzer that knows bytes only breaks some length with almost every change, and never comes beyond the first gate.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Mutate = Callable[[bytes, int], bytes]
"""Changes bytes in any way; takes them and the most that may come out."""

_BIT_STRING = b"\x03"
_DEPTH = 0.85
"""How often a change goes one object deeper where it can: half of them reach the leaves of an EF.SOD."""


def mutate_tlv(data: bytes, max_size: int, random: Random, mutate: Mutate) -> bytes:
    """Change `data` in one place."""
    return _mutated(data, max_size, random, mutate)[:max_size]


def split(data: bytes) -> list[tuple[bytes, bytes]] | None:
    """Tag bytes and values of the objects that fill `data`; None where it is not made of objects."""
    found: list[tuple[bytes, bytes]] = []
    offset = 0
    while offset < len(data):
        start = offset + 1
        if data[offset] & 0x1F == 0x1F:
            while start < len(data) and data[start] & 0x80:
                start += 1
            start += 1
        if start >= len(data):
            return None
        tag, length = data[offset:start], data[start]
        start += 1
        if length >= 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        offset = start + length
        if offset > len(data):
            return None
        found.append((tag, data[start:offset]))
    return found or None


def join(objects: list[tuple[bytes, bytes]]) -> bytes:
    """The opposite of `split`, lengths in their shortest form."""
    encoded = bytearray()
    for tag, value in objects:
        length = len(value)
        size = length.to_bytes((length.bit_length() + 7) // 8 or 1, "big")
        encoded += tag + (bytes((0x80 | len(size),)) if length >= 0x80 else b"") + size + value
    return bytes(encoded)


def _mutated(data: bytes, room: int, random: Random, mutate: Mutate) -> bytes:
    objects = split(data)
    if objects is None:
        return mutate(data, room)
    index = random.randrange(len(objects))
    tag, value = objects[index]
    prefix = value[:1] if tag == _BIT_STRING else b""
    inner = value[len(prefix) :]
    if random.random() < _DEPTH and split(inner) is not None:
        objects[index] = tag, prefix + _mutated(inner, room, random, mutate)
        return join(objects)
    match random.randrange(8):
        case 0:
            del objects[index]
        case 1:
            objects.insert(random.randrange(len(objects) + 1), objects[index])
        case 2:
            other = random.randrange(len(objects))
            objects[index], objects[other] = objects[other], objects[index]
        case 3:
            objects[index] = bytes((tag[0] ^ 1 << random.randrange(8), *tag[1:])), value
        case 4:
            objects[index] = tag, join([(random.choice(objects)[0], value)])
        case 5:
            objects[index : index + 1] = split(inner) or [(tag, b"")]
        case _:
            objects[index] = tag, mutate(value, room)
    return join(objects)
