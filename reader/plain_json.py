"""Frozen dataclasses to JSON values and back, by their types alone: strict, and bounded by what the types can hold.

Bytes become hexadecimal text, enumerations their values, moments and days ISO 8601, mappings objects. A union of
dataclasses is told apart by its fields. Whatever is missing, unknown or of another kind is an error.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

Writers = Mapping[type, Callable[[Any], str]]
"""How values of other types are written as text."""
Readers = Mapping[Any, Callable[[str], Any]]
"""By the type as it is declared: how it is read from text; raises ValueError."""

_UNIONS: Final = (Union, types.UnionType)


def to_plain(value: Any, writers: Writers) -> Any:
    """What `json.dumps` takes; raises TypeError for values of other types."""
    if type(value) in writers:
        return writers[type(value)](value)
    match value:
        case None | bool() | int():
            return value
        case StrEnum():
            return value.value
        case str():
            return value
        case bytes():
            return value.hex()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): to_plain(item, writers) for key, item in value.items()}
        case tuple():
            return [to_plain(item, writers) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name), writers) for field in fields(value)}
    raise TypeError(f"a {type(value).__name__} has no plain form")


def from_plain(kind: type[T], plain: Any, readers: Readers) -> T:
    """The value of a type that `to_plain` made this of.

    Raises:
        ValueError: it is no such value; the message names the place and no content.
    """
    value: T = _read(kind, plain, readers, "")
    return value


def _read(kind: Any, plain: Any, readers: Readers, where: str) -> Any:
    if kind in readers:
        return _parsed(readers[kind], plain, where)
    origin = get_origin(kind)
    if origin in _UNIONS:
        return _read_union(get_args(kind), plain, readers, where)
    if origin is tuple:
        item, _ = get_args(kind)
        return tuple(_read(item, part, readers, f"{where}[{at}]") for at, part in enumerate(_a(list, plain, where)))
    if origin is not None and issubclass(origin, Mapping):
        key, item = get_args(kind)
        pairs = _a(dict, plain, where).items()
        return MappingProxyType({_from_key(key, k, where): _read(item, v, readers, f"{where}.{k}") for k, v in pairs})
    if is_dataclass(kind):
        return _read_dataclass(kind, plain, readers, where)
    if kind in (bool, int, str):
        return _a(kind, plain, where)
    if kind is bytes:
        return _parsed(_bytes, plain, where)
    if kind in (date, datetime):
        return _parsed(kind.fromisoformat, plain, where)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _parsed(kind, plain, where)
    raise TypeError(f"{kind} has no plain form")


def _read_union(kinds: Sequence[Any], plain: Any, readers: Readers, where: str) -> Any:
    if plain is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) > 1:
        names = set(_a(dict, plain, where))
        others = [kind for kind in others if is_dataclass(kind) and {field.name for field in fields(kind)} == names]
    if len(others) != 1:
        raise ValueError(f"{where or 'the whole'} is none of the kinds that it may be")
    return _read(others[0], plain, readers, where)


def _read_dataclass(kind: Any, plain: Any, readers: Readers, where: str) -> Any:
    given = _a(dict, plain, where)
    hints = _hints(kind)
    names = [field.name for field in fields(kind)]
    if set(names) != set(given):
        odd = sorted(set(names) ^ set(map(str, given)))
        raise ValueError(f"{where or 'the whole'} lacks or has too much: {', '.join(odd[:5])}"[:200])
    values = {name: _read(hints[name], given[name], readers, f"{where}.{name}".lstrip(".")) for name in names}
    try:
        return kind(**values)
    except ValueError as cause:
        raise ValueError(f"{where}: {cause}") from cause


def _parsed(parse: Callable[[str], Any], plain: Any, where: str) -> Any:
    text = _a(str, plain, where)
    try:
        return parse(text)
    except ValueError as cause:
        raise ValueError(f"{where} cannot be read") from cause


def _a(kind: type[T], plain: Any, where: str) -> T:
    # A bool is an int to Python, and none to JSON.
    if not isinstance(plain, kind) or (isinstance(plain, bool) and kind is not bool):
        raise ValueError(f"{where or 'the whole'} is no {kind.__name__}")
    return plain


def _bytes(text: str) -> bytes:
    if not set(text) <= set("0123456789abcdef"):
        raise ValueError("not hexadecimal in small letters")
    return bytes.fromhex(text)


def _from_key(kind: Any, text: str, where: str) -> Any:
    if kind is str:
        return text
    if not (text.isascii() and text.isdecimal() and str(int(text)) == text):
        raise ValueError(f"{where} has a key that is no number")
    return int(text)


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
