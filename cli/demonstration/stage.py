"""Everything that a demonstration needs around the kiosk: PC/SC service, issuer, trust, registry, cards."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AnyHttpUrl, SecretStr

from cli.demonstration.session import Session, announced
from cli.embedded_registry import EmbeddedRegistry, prepare_database, start_registry
from cli.simulate import citizen_records
from kiosk.settings import Devices, RegistryAccess, Settings, data_folder
from reader.trust import TrustStore
from reader.trust_folder import TrustFolder
from registry.seed import CitizenRecord
from simulator import faults
from simulator.citizen_card import ChipKeys
from simulator.issuer import Issuer
from simulator.pcscd import ensure_pcscd
from simulator.profiles import find_profile
from simulator.sample_card import SampleCard, make_card
from simulator.simulated_trust import trusted_issuer

SIMULATED = frozenset({"camera", "printer", "trust"})
"""What the demonstration stands in for; the reader says of itself that it is simulated."""


@dataclass(slots=True)
class SwitchableRegistry:
    """The demonstration's registry, which can be cut off and come back under the same address."""

    database: str
    trust: Path
    running: EmbeddedRegistry

    @property
    def reachable(self) -> bool:
        return self.running.process.poll() is None

    def cut(self) -> None:
        """Stop answering."""
        self.running.stop()

    def restore(self) -> None:
        """Answer again, at the same address and with the same token."""
        if not self.reachable:
            port = int(self.running.url.rpartition(":")[2])
            self.running = start_registry(self.database, trust=(self.trust,), port=port, token=self.running.token)


class SwitchableService:
    """The PC/SC service of the demonstration, which can be stopped and started again where it is its own."""

    def __init__(self) -> None:
        """Raises SimulatorError when there is no service and none can be started."""
        self._running = ExitStack()
        self.own = self._running.enter_context(ensure_pcscd())
        """Whether it was started for this: the machine's own service is never stopped."""

    def stop(self) -> None:
        self._running.close()

    def start(self) -> None:
        self._running.enter_context(ensure_pcscd())


@dataclass(frozen=True, slots=True)
class Stage:
    """A demonstration that is ready to play.

    Attributes:
        home: its data folder.
    """

    home: Path
    issuer: Issuer = field(repr=False)
    stranger: Issuer = field(repr=False)
    keys: ChipKeys = field(repr=False)
    trust: TrustStore = field(repr=False)
    registry: SwitchableRegistry
    service: SwitchableService

    def settings(self, **given: Any) -> Settings:
        """A kiosk's settings on this stage; `given` are further settings."""
        running = self.registry.running
        access = RegistryAccess(url=AnyHttpUrl(running.url), token=SecretStr(running.token))
        return Settings(data=self.home, registry=access, devices=Devices(reader="Virtual PCD"), **given)

    def card(self, profile: str, fault: str | None = None) -> SampleCard:
        """A card of this stage's issuer, or of a stranger where the fault says so."""
        wrong = None if fault is None else faults.find_fault(fault)
        issuer = self.issuer if wrong is None or wrong.issuer_known else self.stranger
        return make_card(find_profile(profile), issuer, self.keys, secrets.token_bytes, fault=wrong)


@contextmanager
def prepared(note: Callable[[str], None], folder: Path | None = None) -> Iterator[Stage]:
    """Set the stage, and clear it afterwards.

    Args:
        note: told in a few words what is being done.
        folder: the user's data folder; the demonstration keeps its own records in `demo` below it.

    Raises:
        SimulatorError: the PC/SC service or the virtual reader is not there.
        RegistryError: the registry does not start.
    """
    base = folder or data_folder()
    home = base / "demo"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        service = SwitchableService()
        stack.callback(service.stop)
        note("making an issuer and cards")
        now = datetime.now(UTC)
        issuer = Issuer.create(now=now, random_bytes=secrets.token_bytes)
        stranger = Issuer.create(now=now, random_bytes=secrets.token_bytes)
        stack.enter_context(trusted_issuer(home / "trust", issuer.csca_der))
        note("starting the registry")
        people = [CitizenRecord.model_validate(record) for record in citizen_records()]
        database = prepare_database(home / "registry", people)
        registry = SwitchableRegistry(database, home / "trust", start_registry(database, trust=(home / "trust",)))
        stack.callback(lambda: registry.cut())
        stack.enter_context(announced(Session(home, registry.running.url, SIMULATED), base))
        trust = TrustFolder(home / "trust").load(now)
        keys = ChipKeys.generate(secrets.token_bytes)
        yield Stage(home, issuer, stranger, keys, trust, registry, service)
