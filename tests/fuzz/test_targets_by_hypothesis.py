"""Any bytes, and valid files with places changed: a target accepts them or raises an error of the trees."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.measure import fault
from tests.fuzz.targets import targets
from tests.fuzz.tlv_mutator import mutate_tlv

NAMES = tuple(targets())


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=300))
def test_any_bytes(name: str, data: bytes) -> None:
    target = targets()[name]
    assert fault(target.attempt, data) is None
    assert fault(target.attempt, target.seeds[0][:1] + data) is None


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_several_changed_bytes(name: str, data: st.DataObject) -> None:
    target = targets()[name]
    changed = bytearray(data.draw(st.sampled_from(target.seeds)))
    places = st.dictionaries(st.integers(0, len(changed) - 1), st.integers(0, 255), min_size=1, max_size=8)
    for position, value in data.draw(places).items():
        changed[position] = value
    assert fault(target.attempt, bytes(changed)) is None


@pytest.mark.parametrize("name", [name for name in NAMES if targets()[name].nested])
@settings(max_examples=60)
@given(data=st.data())
def test_changed_objects_within_right_lengths(name: str, data: st.DataObject) -> None:
    target = targets()[name]
    changed = data.draw(st.sampled_from(target.seeds))
    for seed in data.draw(st.lists(st.integers(0, 2**32), min_size=1, max_size=4)):
        changed = mutate_tlv(changed, len(changed) + 64, Random(seed), lambda value, _: value[:-1] + b"\0\xff")
    assert fault(target.attempt, changed) is None
