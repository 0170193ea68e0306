"""Inputs of up to 64 KiB made to be expensive: deep, wide, long, and with lengths that promise much."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz.cost import MAX_SIZE
from tests.fuzz.targets import Target
from tests.fuzz.tlv_mutator import join, split

_FILLS = (
    b"\0",
    b"\xff",
    b"\x81",
    b"0",
    b"9",
    b"A",
    b"<",
    b"|",
    b" ",
    "｜".encode(),
    "Ợ".encode(),
    "ﷺ".encode(),
    b"\x30\x80",
    b"\x30\0",
    b"\x31\0",
    b"\x04\0",
    b"\x02\1\1",
    b"\x0c\1a",
    b"\x5f\x1f\0",
    b"\x84\xff\xff\xff\xff",
    b"\x7f\x61\x84\xff\xff\xff\xff",
    b"[",
    b'{"a":',
    b'"a",',
)
_LEAF_FILLS = (b"\0", b"\xff", b"\x81", b"7", b"A", "\u0315".encode() * 16000 + "\u0300".encode() * 16000)
"""The last one: marks that a normalisation has to bring into another order."""
_MAX_PLACES = 16
_MAX_SEEDS = 2


def hostile_inputs(target: Target) -> Iterator[bytes]:
    """The same for all targets, and such as grow out of a target's valid inputs to the most that its parser takes."""
    yield b""
    yield from target.hostile
    for fill in _FILLS:
        yield _filled(fill, MAX_SIZE)
        for seed in target.seeds[:2]:
            yield seed[:1] + _filled(fill, target.largest - 1)
            yield seed + _filled(fill, target.largest - len(seed))
    for tag in {0x30, 0x31, 0xA0, 0x7F, *(seed[0] for seed in target.seeds)}:
        yield _nested(tag, target.largest)
    for seed in target.seeds[:_MAX_SEEDS]:
        if target.nested:
            yield from _grown(seed, target.largest)
        else:
            yield _filled(seed, target.largest)


def _filled(pattern: bytes, size: int) -> bytes:
    return (pattern * (size // len(pattern) + 1))[:size]


def _nested(tag: int, largest: int) -> bytes:
    """One object within the other, each with the right length, down to the last byte."""
    head = bytes((tag, 0x01)) if tag & 0x1F == 0x1F else bytes((tag,))
    headers: list[bytes] = []
    size = 0
    while True:
        length = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
        header = head + (bytes((0x80 | len(length),)) if size >= 0x80 else b"") + length
        if size + len(header) > largest:
            return b"".join(reversed(headers))
        headers.append(header)
        size += len(header)


def _grown(seed: bytes, largest: int) -> Iterator[bytes]:
    """A valid file in which one value is long, or one object stands as often as there is room for."""
    places = list(_places(seed, ()))
    step = len(places) // _MAX_PLACES + 1
    for path in places[::step]:
        tag, value = _object(seed, path)
        room = largest - len(seed) - 8 * len(path)
        if split(value) is None:
            for fill in _LEAF_FILLS:
                yield _replaced(seed, path, _filled(fill, room), 1)
        yield _replaced(seed, path, value, max(1, room // len(join([(tag, value)]))))


def _places(data: bytes, path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every object by its way from the outermost ones: the position at each level."""
    for index, (_, value) in enumerate(split(data) or ()):
        yield (*path, index)
        yield from _places(value, (*path, index))


def _object(data: bytes, path: tuple[int, ...]) -> tuple[bytes, bytes]:
    found = (split(data) or [])[path[0]]
    return _object(found[1], path[1:]) if len(path) > 1 else found


def _replaced(data: bytes, path: tuple[int, ...], value: bytes, times: int) -> bytes:
    objects = split(data) or []
    index = path[0]
    tag, held = objects[index]
    if len(path) > 1:
        objects[index] = tag, _replaced(held, path[1:], value, times)
    else:
        objects[index : index + 1] = [(tag, value)] * times
    return join(objects)
