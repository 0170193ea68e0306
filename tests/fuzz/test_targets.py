"""Every target reaches its parser's end with its own seeds, and stays within its limits whatever 64 KiB hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.cost import MAX_SIZE, Cost, cost_of
from tests.fuzz.hostile import hostile_inputs
from tests.fuzz.measure import fault, measure, minimal
from tests.fuzz.state import State
from tests.fuzz.targets import Target, targets
from tests.fuzz.tlv_mutator import join, split

NAMES = tuple(targets())


@pytest.mark.parametrize("name", NAMES)
def test_a_target_accepts_its_seeds(name: str) -> None:
    target = targets()[name]
    assert target.seeds
    for seed in target.seeds:
        assert target.attempt(seed)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_inputs_cost_no_more_than_a_second_and_64_megabytes(name: str) -> None:
    target = targets()[name]
    for data in hostile_inputs(target):
        assert len(data) <= MAX_SIZE
        cost = cost_of(target.attempt, data)
        assert cost.is_allowed, (cost, data[:64].hex())


def test_the_seeds_are_the_same_in_every_run() -> None:
    before = {name: target.seeds for name, target in targets().items()}
    targets.cache_clear()
    assert {name: target.seeds for name, target in targets().items()} == before


def test_cost_sees_time_and_memory() -> None:
    cost = cost_of(lambda data: sum(range(3_000_000)) + len(data * 4096), bytes(4096))
    assert cost.seconds > 0.01
    assert 15 < cost.megabytes < 40
    assert cost.is_allowed
    assert not Cost(seconds=1.1).is_allowed
    assert not Cost(megabytes=65).is_allowed


def test_a_defect_is_found_once_and_made_small(tmp_path: Path) -> None:
    def run(data: bytes) -> None:
        if b"\xbe\xef" in data:
            raise RecursionError

    state = State.load(tmp_path / "planted")
    state.keep("corpus", b"good")
    state.keep("corpus", bytes(50) + b"\xbe\xef" + bytes(50))
    state.keep("corpus", bytes(60) + b"\xbe\xef" + bytes(50))
    measure(Target("planted", run, ValueError, (b"good",)), state, hostile=False)
    (finding,) = State.load(tmp_path / "planted").findings
    assert finding.kind.startswith("RecursionError")
    data = (tmp_path / "planted" / "findings" / finding.file).read_bytes()
    assert minimal(run, data, fault(run, data)) == b"\xbe\xef"


def test_objects_are_taken_apart_and_put_together_again() -> None:
    encoded = bytes.fromhex("3003020105 7F4904 86020405 0481") + b"\x80" + bytes(128)
    objects = split(encoded)
    assert objects is not None
    assert [tag.hex() for tag, _ in objects] == ["30", "7f49", "04"]
    assert join(objects) == encoded
    assert split(encoded[:-1]) is None
    assert split(b"") is None
