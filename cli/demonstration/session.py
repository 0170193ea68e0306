"""How a running demonstration tells other commands that it stands in for devices, and where its records lie."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Session:
    """One running demonstration.

    Attributes:
        data: its data folder; never that of a kiosk in its place.
        registry: address of its registry.
        simulated: the devices that it stands in for.
    """

    data: Path
    registry: str
    simulated: frozenset[str]


@contextmanager
def announced(session: Session, folder: Path) -> Iterator[None]:
    """Say for the time of the block that the demonstration runs; `folder` is the user's data folder."""
    file = folder / _FILE
    said = {
        "pid": os.getpid(),
        "data": str(session.data),
        "registry": session.registry,
        "simulated": sorted(session.simulated),
    }
    file.write_text(json.dumps(said), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def running_session(folder: Path) -> Session | None:
    """The demonstration that runs right now over this user's data folder."""
    try:
        said = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        os.kill(int(said["pid"]), 0)
        return Session(Path(said["data"]), str(said["registry"]), frozenset(map(str, said["simulated"])))
    except (OSError, ValueError, KeyError, TypeError):
        # No demonstration, one that died, or a file that is none of ours.
        return None
