"""Trust in an issuer that exists only in software, for as long as its card lies in a virtual reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = "simulated"
"""Below the trust store. Readers count what lies there only where they are simulated themselves."""


@contextmanager
def trusted_issuer(store: Path, csca: bytes) -> Iterator[Path]:
    """Inside, the DER certificate of the simulated CSCA lies in the trust store; gives its path.

    Raises OSError where the store cannot be written.
    """
    folder = store / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"csca-{hashlib.sha256(csca).hexdigest()}.cer"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_bytes(csca)
    unfinished.replace(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
