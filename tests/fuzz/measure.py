"""Measures what a target's costliest inputs cost without the fuzzer's instruments, and makes findings small.

A process of its own, since instruments slow the code down and the fuzzer's memory hides that of the code.
"""

from __future__ import annotations

import argparse
import itertools
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.cost import cost_of
from tests.fuzz.hostile import hostile_inputs
from tests.fuzz.state import Finding, State
from tests.fuzz.targets import Target, targets

_LONGEST_MEASURED = 32
_MINIMISING_SECONDS = 10.0
_PRINTED = 512
_HERE = Path(__file__).parent


def kind_of(error: BaseException) -> str:
    """Names the place where an exception came from: the same place is the same finding."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent != _HERE]
    places = " < ".join(f"{Path(frame.filename).stem}.{frame.name}:{frame.lineno}" for frame in frames[:-4:-1])
    return f"{type(error).__name__} at {places}"


def fault(run: Callable[[bytes], object], data: bytes) -> str | None:
    """What goes wrong with this input, by its kind; None where nothing does."""
    try:
        run(data)
    except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
        return kind_of(error)
    return None


def minimal(run: Callable[[bytes], object], data: bytes, kind: str | None) -> bytes:
    """The shortest input found in some seconds, by leaving parts out, that goes wrong in the same way."""
    deadline = time.monotonic() + _MINIMISING_SECONDS
    size = len(data) // 2
    while size and kind is not None:
        position = 0
        while position < len(data) and time.monotonic() < deadline:
            shorter = data[:position] + data[position + size :]
            if fault(run, shorter) == kind:
                data = shorter
            else:
                position += size
        size //= 2
    return data


def measure(target: Target, state: State, *, hostile: bool = True) -> None:
    """Write the costs into the state; an input beyond the limits, or that fails here, becomes a finding."""
    known = {finding.kind for finding in state.findings}
    found = itertools.chain(state.inputs("costly"), state.inputs("corpus")[:_LONGEST_MEASURED])
    for data in itertools.chain(found, hostile_inputs(target) if hostile else ()):
        try:
            cost = cost_of(target.attempt, data)
        except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
            kind = kind_of(error)
        else:
            kind = None if cost.is_allowed else "takes too much time or memory"
            state.slowest = max(state.slowest, cost.seconds)
            state.peak = max(state.peak, cost.megabytes)
        if kind is not None and kind not in known:
            known.add(kind)
            state.findings.append(Finding(kind, state.keep("findings", data)))
    state.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=targets())
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--no-hostile", action="store_true", help="leave out the inputs of `hostile`")
    options = parser.parse_args()
    target, state = targets()[options.target], State.load(options.state)
    measure(target, state, hostile=not options.no_hostile)
    for finding in state.findings:
        print(f"{target.name}: {finding.kind}")
        if finding.file:
            data = (options.state / "findings" / finding.file).read_bytes()
            data = minimal(target.attempt, data, fault(target.attempt, data))
            print(f"  {data[:_PRINTED].hex()}{' …' if len(data) > _PRINTED else ''} ({len(data)} bytes)")


if __name__ == "__main__":
    main()
