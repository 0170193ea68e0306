"""What a campaign has done so far to one target, in a folder: `state.json`, `corpus`, `findings` and `costly`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

_FILE = "state.json"
_FOLDERS = ("corpus", "findings", "costly")


@dataclass(frozen=True)
class Finding:
    """What went wrong, by its place, and the name of the file in `findings` that shows it."""

    kind: str
    file: str


@dataclass
class State:
    """The figures of one target.

    Attributes:
        executions: of all runs together.
        seconds: that they took.
        growth: MiB by which a fuzzing process grew at most, the fuzzer's own memory included.
        slowest: processor seconds of the costliest input without the fuzzer's instruments, see `cost`.
        peak: MiB that the costliest input took at its peak.
    """

    folder: Path
    executions: int = 0
    seconds: float = 0.0
    growth: float = 0.0
    slowest: float = 0.0
    peak: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path) -> State:
        """Read the state, or begin one in a new folder."""
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        file = folder / _FILE
        if not file.exists():
            return cls(folder)
        stored = json.loads(file.read_text())
        findings = [Finding(**finding) for finding in stored.pop("findings")]
        return cls(folder, **stored, findings=findings)

    def save(self) -> None:
        stored = asdict(self)
        del stored["folder"]
        written = self.folder / "state.json.new"
        written.write_text(json.dumps(stored, indent=1))
        written.replace(self.folder / _FILE)

    def keep(self, folder: str, data: bytes) -> str:
        """Put an input into one of the folders; gives its name."""
        name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        (self.folder / folder / name).write_bytes(data)
        return name

    def inputs(self, folder: str) -> list[bytes]:
        """The inputs in a folder, the longest first."""
        return sorted((path.read_bytes() for path in (self.folder / folder).iterdir()), key=len, reverse=True)
