"""What is read, and when."""

from __future__ import annotations

import pytest

from reader.reading_plan import greeting_after, groups_to_look_for, groups_to_read

ALL = frozenset(range(1, 17))


@pytest.mark.parametrize(
    ("requested", "signed", "plan"),
    [
        (None, ALL, (1, 13, 11, 14, 15, 2, 12, 16, 5, 7, 6, 8, 9, 10)),
        (None, {1, 2, 13, 14, 15}, (1, 13, 14, 15, 2)),
        (None, {1, 2, 3, 4}, (1, 2)),
        ((2, 13), ALL, (1, 13, 14, 15, 2)),
        ((), ALL, (1, 14, 15)),
        ((3, 4), ALL, (1, 14, 15)),
        ((2,), {2}, (2,)),
    ],
)
def test_the_person_first_then_the_keys_then_the_face(
    requested: tuple[int, ...] | None, signed: set[int], plan: tuple[int, ...]
) -> None:
    assert groups_to_read(requested, signed) == plan


@pytest.mark.parametrize(
    ("requested", "signed", "looked_for"),
    [(None, {1, 2}, (13, 14, 15)), (None, ALL, ()), ((3, 11), {1, 14}, (3, 11, 13, 15))],
)
def test_what_nobody_signed_must_not_be_there(
    requested: tuple[int, ...] | None, signed: set[int], looked_for: tuple[int, ...]
) -> None:
    assert groups_to_look_for(requested, signed) == looked_for


@pytest.mark.parametrize(
    ("plan", "greeting"), [((1, 13, 11, 2), (13,)), ((1, 11, 2), (1, 11)), ((1, 2), (1,)), ((2,), ())]
)
def test_a_name_is_greeted_as_soon_as_it_is_known(plan: tuple[int, ...], greeting: tuple[int, ...]) -> None:
    assert greeting_after(plan) == greeting
