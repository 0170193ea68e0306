"""Runs one target under atheris until it has had its executions or its time. `campaign` starts it and reads its state.

Findings do not stop it: each new kind is kept with its input. Only what takes the process itself down ends it early.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import sys
import time
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["asn1crypto", "crypto", "reader"]):
    from tests.fuzz.measure import kind_of
    from tests.fuzz.state import Finding, State
    from tests.fuzz.targets import Target, targets
    from tests.fuzz.tlv_mutator import mutate_tlv

_MAX_FINDINGS = 32
_SLOWEST_KEPT = 16
_RISE = 256
"""Kibibytes that the process must grow during one execution for its input to be kept and measured."""
_MAX_RISES = 64
_SECONDS_BETWEEN_SAVES = 5.0
_LOOKS_AT_CLOCK = 64
_BYTES_ONLY = 0.3
"""How often nested inputs are changed without regard to their structure."""
_HANG_SECONDS = 30
_RSS_LIMIT_MB = 1024


class _Session:
    """One run of the process; adds what it does to the state left by those before."""

    def __init__(self, target: Target, state: State, executions: int, seconds: float) -> None:
        self._target = target
        self._state = state
        self._goal = executions
        self._started = self._saved = time.monotonic()
        self._seconds_before = state.seconds
        self._deadline = self._started + seconds
        self._peak = self._first_peak = _peak()
        self._growth_before = state.growth
        self._kinds = {finding.kind for finding in state.findings}
        self._slowest: list[tuple[float, bytes]] = []
        self._slow = 0.0
        self._rises = 0

    def execute(self, data: bytes) -> None:
        started = time.thread_time()
        try:
            self._target.attempt(data)
        except Exception as error:  # noqa: BLE001 - whatever else is raised is what we are looking for
            self._find(error, data)
        seconds = time.thread_time() - started
        if seconds > self._slow:
            self._keep_slow(seconds, data)
        peak = _peak()
        if peak > self._peak:
            self._keep_large(peak, data)
        self._state.executions += 1
        if self._state.executions >= self._goal:
            self._finish()
        if self._state.executions % _LOOKS_AT_CLOCK == 0:
            now = time.monotonic()
            if now >= self._deadline:
                self._finish()
            if now - self._saved > _SECONDS_BETWEEN_SAVES:
                self._save(now)

    def _find(self, error: Exception, data: bytes) -> None:
        kind = kind_of(error)
        if kind in self._kinds or len(self._kinds) >= _MAX_FINDINGS:
            return
        self._kinds.add(kind)
        self._state.findings.append(Finding(kind, self._state.keep("findings", data)))
        self._save(time.monotonic())

    def _keep_slow(self, seconds: float, data: bytes) -> None:
        self._slowest = sorted([*self._slowest, (seconds, data)], reverse=True)[:_SLOWEST_KEPT]
        if len(self._slowest) == _SLOWEST_KEPT:
            self._slow = self._slowest[-1][0]

    def _keep_large(self, peak: int, data: bytes) -> None:
        if peak - self._peak >= _RISE and self._rises < _MAX_RISES:
            self._rises += 1
            self._state.keep("costly", data)
        self._peak = peak

    def _save(self, now: float) -> None:
        self._saved = now
        self._state.seconds = self._seconds_before + now - self._started
        self._state.growth = max(self._growth_before, (self._peak - self._first_peak) / 1024)
        self._state.save()

    def _finish(self) -> None:
        for _, data in self._slowest:
            self._state.keep("costly", data)
        self._save(time.monotonic())
        sys.stdout.flush()
        # libFuzzer knows no way to stop when the target says so.
        os._exit(0)


def _peak() -> int:
    """Kibibytes of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _dictionary(target: Target, folder: Path) -> Path:
    lines = ("".join(f"\\x{byte:02x}" for byte in token) for token in target.tokens)
    path = folder / "dictionary"
    path.write_text("".join(f'"{line}"\n' for line in lines))
    return path


def _mutator(data: bytes, max_size: int, seed: int) -> bytes:
    random = Random(seed)
    if random.random() < _BYTES_ONLY:
        return atheris.Mutate(data, max_size)
    return mutate_tlv(data, max_size, random, atheris.Mutate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=targets())
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--executions", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    target = targets()[options.target]
    state = State.load(options.state)
    corpus = options.state / "corpus"
    for seed in target.seeds:
        (corpus / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    session = _Session(target, state, options.executions, options.seconds)
    arguments = [
        "fuzz",
        f"-seed={options.seed + state.executions}",
        "-max_len=65536",
        f"-timeout={_HANG_SECONDS}",
        f"-rss_limit_mb={_RSS_LIMIT_MB}",
        f"-artifact_prefix={options.state}/findings/",
        str(corpus),
    ]
    if target.tokens:
        # libFuzzer takes no empty dictionary.
        arguments.insert(1, f"-dict={_dictionary(target, options.state)}")
    if target.nested:
        atheris.Setup(arguments, session.execute, custom_mutator=_mutator)
    else:
        atheris.Setup(arguments, session.execute)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
