"""The registry that a kiosk talks to: the one in its settings, or one of its own that runs as long as it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.settings import Settings
    from registry.client import RegistryClient


@contextmanager
def registry_of(settings: Settings, url: str | None = None, trust: Sequence[Path] = ()) -> Iterator[RegistryClient]:
    """A client of the registry.

    Args:
        url: replaces the settings' registry; None and none in the settings starts an embedded one.
        trust: what an embedded one examines chips by; none: the settings' trust folder.

    Raises:
        RegistryUnreachable: the embedded registry did not start.
    """
    from cli.embedded_registry import prepare_database, start_registry
    from cli.simulate import citizen_records
    from registry.client import RegistryClient
    from registry.seed import CitizenRecord

    access = settings.registry
    address = url or (None if access.url is None else str(access.url))
    if address is not None:
        token = None if access.token is None else access.token.get_secret_value()
        with RegistryClient(address, token=token, timeout=access.timeout_seconds) as client:
            yield client
        return
    # Whoever has no registry has no real citizens either: the holders of the sample cards are to be known.
    people = [CitizenRecord.model_validate(record) for record in citizen_records()]
    own = (settings.trust_folder,) if settings.trust_folder.is_dir() else ()
    embedded = start_registry(prepare_database(settings.data / "registry", people), trust=trust or own)
    try:
        with RegistryClient(embedded.url, token=embedded.token, timeout=access.timeout_seconds) as client:
            yield client
    finally:
        embedded.stop()
