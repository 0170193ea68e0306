"""A registry of the kiosk's own: a child process on loopback, seeded with invented citizens at its first start."""

from __future__ import annotations

import os
import secrets
import select
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.registry import TOKEN_VARIABLE
from registry.errors import RegistryUnreachable

if TYPE_CHECKING:
    from registry.seed import CitizenRecord


@dataclass(frozen=True, slots=True)
class EmbeddedRegistry:
    """A running registry. Stop it with `stop`."""

    url: str
    token: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End the process; it has five seconds to end by itself."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        # Closes the pipes as well.
        self.process.communicate()


def prepare_database(folder: Path, further: Iterable[CitizenRecord], *, citizens: int = 10_000) -> str:
    """Make and seed the registry's SQLite file in `folder` if it is not there, and return its URL.

    `further` people are added at every start: the sample cards' holders must be known.
    """
    from registry.seed import hospital_clinics, invent_citizens
    from registry.settings import RegistrySettings
    from registry.store import Store

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = f"sqlite:///{folder / 'registry.db'}"
    store = Store(RegistrySettings(url), clock=lambda: datetime.now(UTC), new_id=lambda: secrets.token_hex(16))
    store.create_tables()
    if store.count_citizens() == 0:
        store.add_clinics(hospital_clinics())
        store.add_citizens(invent_citizens(citizens, seed=1, today=datetime.now().astimezone().date()))
    store.add_citizens(record.row() for record in further)
    store.close()
    return url


def start_registry(
    database: str, *, trust: Iterable[Path] = (), port: int = 0, token: str | None = None, timeout: float = 20.0
) -> EmbeddedRegistry:
    """Start the service and wait until it listens.

    Args:
        database: SQLAlchemy URL.
        trust: what chips are examined by, as of `motcham read`; none: the installed store. Whoever runs a registry of
            his own has no real citizens, so that issuers that exist only in software count as well.
        port: 0 takes a free one.
        token: bearer token for its callers; None invents one.
        timeout: seconds to wait.

    Raises:
        RegistryUnreachable: it did not start in time.
    """
    token = token or secrets.token_urlsafe(32)
    command = [sys.executable, "-m", "cli.main", "registry", "serve", "--port", str(port), "--database", database]
    for path in trust:
        command += ["--trust", str(path)]
    process = subprocess.Popen(
        [*command, "--simulated-issuers", "--until-stdin-ends"],
        # Never written to: it ends with this process, however that ends.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, TOKEN_VARIABLE: token},
        # A Ctrl-C in the terminal must not end the registry before the kiosk that still sends to it.
        start_new_session=True,
    )
    assert process.stdout is not None
    deadline = time.monotonic() + timeout
    ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
    url = process.stdout.readline().strip() if ready else ""
    if not url:
        process.kill()
        process.communicate()
        raise RegistryUnreachable("the embedded registry did not start")
    return EmbeddedRegistry(url, token, process)
