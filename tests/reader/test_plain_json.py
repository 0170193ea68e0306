"""Dataclasses to JSON and back, by their types alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.plain_json import from_plain, to_plain


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Leaf:
    number: int
    note: str | None


@dataclass(frozen=True, slots=True)
class Twig:
    raw: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    colour: Colour
    day: date | None
    moment: datetime
    kind: Leaf | Twig | None
    leaves: tuple[Leaf, ...]
    by_number: Mapping[int, bytes]
    alive: bool


LEAVES = st.builds(Leaf, st.integers(), st.none() | st.text())
TREES = st.builds(
    Tree,
    st.sampled_from(Colour),
    st.none() | st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | LEAVES | st.builds(Twig, st.binary()),
    st.lists(LEAVES, max_size=3).map(tuple),
    st.dictionaries(st.integers(0, 300), st.binary(max_size=9), max_size=3),
    st.booleans(),
)


@given(TREES)
def test_what_is_written_is_read_again(tree: Tree) -> None:
    assert from_plain(Tree, json.loads(json.dumps(to_plain(tree, {}))), {}) == tree


PLAIN: dict[str, Any] = {
    "colour": "red",
    "day": None,
    "moment": "2026-11-22T12:00:00+00:00",
    "kind": {"raw": "00ff"},
    "leaves": [{"number": 1, "note": None}],
    "by_number": {"2": "aa"},
    "alive": True,
}


def test_the_form() -> None:
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    tree = Tree(Colour.RED, None, moment, Twig(b"\0\xff"), (Leaf(1, None),), {2: b"\xaa"}, True)
    assert to_plain(tree, {}) == PLAIN
    assert from_plain(Tree, PLAIN, {}) == tree


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"colour": "green"}, "colour"),
        ({"day": "22.11.2026"}, "day"),
        ({"kind": {"raw": "00", "number": 1}}, "kind"),
        ({"kind": 7}, "kind"),
        ({"leaves": [{"number": 1.0, "note": None}]}, r"leaves\[0\].number"),
        ({"leaves": [{"number": 1}]}, r"leaves\[0\]"),
        ({"leaves": {}}, "leaves"),
        ({"by_number": {"-1": "aa"}}, "by_number"),
        ({"by_number": {"2": "AA"}}, "by_number.2"),
        ({"alive": 1}, "alive"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_of_another_kind_is_refused_by_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ValueError, match=where):
        from_plain(Tree, {**PLAIN, **change}, {})


def test_a_type_of_ones_own_is_written_as_it_is_told() -> None:
    @dataclass(frozen=True)
    class Complex:
        value: complex

    assert to_plain(Complex(1j), {complex: str}) == {"value": "1j"}
    assert from_plain(complex, "1j", {complex: complex}) == 1j
    with pytest.raises(TypeError):
        to_plain(Complex(1j), {})
    with pytest.raises(TypeError):
        from_plain(complex, "1j", {})
