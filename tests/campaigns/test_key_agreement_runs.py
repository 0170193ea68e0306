"""A short piece of the long loop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.pace_variants import every_variant
from tests.campaigns.key_agreement import pace_variant
from tests.campaigns.key_agreement_runs import RUNS, Tally, campaign, run

PAST_THE_DEAR_ONES = len(every_variant())


def test_no_run_fails() -> None:
    tallies = campaign(1, 120, ["pace", "bac"], None, PAST_THE_DEAR_ONES)
    for tally in tallies.values():
        assert (tally.done, tally.failures) == (120, [])
    assert tallies["pace"].short_runs > 0
    assert len(tallies["pace"].settings) > 40


def test_every_variant_has_its_turn() -> None:
    assert {pace_variant(1, number) for number in range(PAST_THE_DEAR_ONES)} == set(every_variant())


def test_a_campaign_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    campaign(2, 3, ["bac"], state)
    assert json.loads(state.read_text())["tallies"]["bac"]["done"] == 3
    resumed, straight = (campaign(2, 6, ["bac"], path)["bac"] for path in (state, None))
    assert (resumed.done, resumed.short, resumed.settings) == (6, straight.short, straight.settings)
    with pytest.raises(ValueError, match="another campaign"):
        campaign(3, 6, ["bac"], state)


def test_a_run_that_fails_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_seed: int, _number: int) -> None:
        raise AssertionError("no good")

    monkeypatch.setitem(RUNS, "pace", fails)
    tally = Tally()
    run("pace", 1, 7, tally)
    assert (tally.done, tally.failures) == (1, ["pace 7: AssertionError: no good"])
