"""Fuzzes every parser of what comes from outside: `python -m tests.fuzz.campaign --help`.

Each target runs in a process of its own and goes on where the last campaign in the same state folder stopped. What is
counted and measured, and how, docs/fuzzing.md says.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.state import Finding, State

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_EXECUTIONS = 1_000_000
_LONGEST = 24 * 3600.0
_MAX_RESTARTS = 8
_ARTIFACTS = ("crash-", "timeout-", "oom-", "leak-")


@dataclass(frozen=True)
class Plan:
    """How far every target is to be run: executions in all, or seconds in this campaign, whichever comes first."""

    state: Path
    executions: int = _EXECUTIONS
    seconds: float = _LONGEST
    jobs: int = 2
    hostile: bool = True
    """Whether the inputs of `hostile` are measured too."""


def run(names: Sequence[str], plan: Plan) -> dict[str, State]:
    """Fuzz and measure these targets; gives the state of each."""
    with ThreadPoolExecutor(plan.jobs) as pool:
        return dict(zip(names, pool.map(lambda name: _fuzz(name, plan), names), strict=True))


def _fuzz(name: str, plan: Plan) -> State:
    folder = plan.state / name
    state = State.load(folder)
    for _ in range(_MAX_RESTARTS):
        before = state.executions
        options = [f"--executions={plan.executions}", f"--seconds={plan.seconds}"]
        ended = _start("child", name, folder, options) if before < plan.executions else 0
        state = State.load(folder)
        if ended == 0:
            break
        _find_artifacts(state, ended)
    _start("measure", name, folder, [] if plan.hostile else ["--no-hostile"])
    return State.load(folder)


def _start(module: str, name: str, folder: Path, options: Sequence[str]) -> int:
    """Give the exit code of a process, whose output goes to a file beside the state."""
    command = [sys.executable, "-m", f"tests.fuzz.{module}", name, f"--state={folder}", *options]
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(REPOSITORY)}
    with (folder / f"{module}.log").open("wb") as log:
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode


def _find_artifacts(state: State, ended: int) -> None:
    """Record what took the process down: libFuzzer leaves the input, and it cannot be known whether it will again."""
    known = {finding.file for finding in state.findings}
    left = [path for path in (state.folder / "findings").iterdir() if path.name.startswith(_ARTIFACTS)]
    state.findings += [Finding(path.name.partition("-")[0], path.name) for path in left if path.name not in known]
    if not left:
        state.findings.append(Finding(f"the process ended with {ended}: see child.log", ""))
    state.save()


def table(states: dict[str, State]) -> str:
    """The figures in Markdown."""
    lines = [
        "| target | executions | seconds | inputs kept | slowest input, ms | its peak memory, MB | findings |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, state in states.items():
        kept = len(state.inputs("corpus"))
        lines.append(
            f"| {name} | {state.executions:,} | {state.seconds:.0f} | {kept} | {state.slowest * 1000:.1f} "
            f"| {state.peak:.1f} | {len(state.findings)} |"
        )
    return "\n".join(lines)


def main() -> int:
    # Imported here, because only the command line needs the table of targets.
    from tests.fuzz.targets import targets

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", action="append", choices=targets(), metavar="NAME", help="default: all")
    parser.add_argument("--executions", type=int, default=_EXECUTIONS, help="of each target, in all campaigns together")
    parser.add_argument("--seconds", type=float, default=_LONGEST, help="of each target, in this campaign")
    parser.add_argument("--jobs", type=int, default=2, help="targets at the same time")
    parser.add_argument("--state", type=Path, default=Path(tempfile.gettempdir()) / "motcham-fuzzing")
    parser.add_argument("--no-hostile", action="store_true", help="measure the fuzzer's inputs only, none made up")
    parser.add_argument("--report", action="store_true", help="run nothing, and print the figures so far")
    options = parser.parse_args()
    names = options.target or list(targets())
    if options.report:
        print(table({name: State.load(options.state / name) for name in names}))
        return 0
    plan = Plan(options.state.resolve(), options.executions, options.seconds, options.jobs, not options.no_hostile)
    states = run(names, plan)
    print(table(states))
    for name in names:
        if states[name].findings:
            print(f"\n{(options.state / name / 'measure.log').read_text()}")
    return any(state.findings for state in states.values())


if __name__ == "__main__":
    sys.exit(main())
