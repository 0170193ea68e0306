"""The long loop: so many runs of PACE and as many of BAC, none of which may fail.

    python -m tests.campaigns.key_agreement_runs --runs 10000 --state /tmp/runs.json

With `--state` it takes up where it was stopped. A failed run is named by its number, and that run alone is repeated
with `--seed SEED --only pace --first NUMBER --runs 1`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crypto.errors import CryptoError
from reader.errors import ReaderError
from tests.campaigns.key_agreement import Mismatch, Outcome, bac_run, pace_run

RUNS: dict[str, Callable[[int, int], Outcome]] = {"pace": pace_run, "bac": bac_run}

_SAVED_EVERY = 100


@dataclass
class Tally:
    """How far a campaign is.

    Attributes:
        done: runs, failed ones among them.
        failures: number, setting or exception, and message of each.
        short: numbers that began with a zero byte, by what they were.
        short_runs: runs that met one.
        settings: runs by what they ran.
        seconds: spent.
    """

    done: int = 0
    failures: list[str] = field(default_factory=list)
    short: Counter[str] = field(default_factory=Counter)
    short_runs: int = 0
    settings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @classmethod
    def restore(cls, saved: dict[str, object]) -> Tally:
        tally = cls(**saved)  # type: ignore[arg-type]
        tally.short, tally.settings = Counter(tally.short), Counter(tally.settings)
        return tally

    def note(self, outcome: Outcome) -> None:
        self.settings[outcome.setting] += 1
        self.short += outcome.short
        self.short_runs += bool(outcome.short.total())

    def report(self, kind: str) -> str:
        kinds = ", ".join(f"{what} {count}" for what, count in self.short.most_common())
        return (
            f"{kind}: {self.done} runs of {len(self.settings)} settings, {len(self.failures)} failures, "
            f"{self.short_runs} runs with leading zeros ({kinds or 'none'}), {self.seconds:.0f} s"
        )


def run(kind: str, seed: int, number: int, tally: Tally) -> None:
    """Do one run and note how it ended."""
    started = time.perf_counter()
    try:
        tally.note(RUNS[kind](seed, number))
    except (CryptoError, ReaderError, Mismatch, AssertionError) as error:
        tally.failures.append(f"{kind} {number}: {type(error).__name__}: {error}")
    tally.done += 1
    tally.seconds += time.perf_counter() - started


def campaign(seed: int, runs: int, kinds: list[str], state: Path | None, first: int = 0) -> dict[str, Tally]:
    """Do all runs that are still to be done.

    Args:
        state: kept up to date, and taken up where it is there.
        first: number of the first run.
    """
    tallies = {kind: Tally() for kind in kinds}
    if state is not None and state.is_file():
        saved = json.loads(state.read_text(encoding="utf-8"))
        if (saved["seed"], saved["first"]) != (seed, first):
            raise ValueError(f"{state} is of another campaign")
        tallies |= {kind: Tally.restore(saved["tallies"][kind]) for kind in kinds if kind in saved["tallies"]}
    for kind, tally in tallies.items():
        while tally.done < runs:
            run(kind, seed, first + tally.done, tally)
            if tally.done % _SAVED_EVERY == 0 or tally.done == runs:
                _save(state, seed, first, tallies)
            if tally.done % 1000 == 0:
                print(tally.report(kind), flush=True)
    return tallies


def _save(state: Path | None, seed: int, first: int, tallies: dict[str, Tally]) -> None:
    if state is not None:
        text = json.dumps({"seed": seed, "first": first, "tallies": {kind: vars(tallies[kind]) for kind in tallies}})
        partial = state.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(state)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000, help="of each protocol")
    parser.add_argument("--seed", type=int, default=9303)
    parser.add_argument("--first", type=int, default=0, help="number of the first run")
    parser.add_argument("--only", choices=RUNS)
    parser.add_argument("--state", type=Path)
    arguments = parser.parse_args()
    kinds = [arguments.only] if arguments.only else list(RUNS)
    tallies = campaign(arguments.seed, arguments.runs, kinds, arguments.state, arguments.first)
    for kind, tally in tallies.items():
        print(tally.report(kind))
        for failure in tally.failures:
            print("  FAILED", failure)
    return 1 if any(tally.failures for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
