"""Questions to the registry, on a thread of their own, so that the chip is read meanwhile and no screen waits."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.entitlement import Registry, ask_insurance, menu_of
from kiosk.visit.effects import LookUpInsurance
from kiosk.visit.events import InsuranceAnswered, VisitEvent
from kiosk.visit.states import InsuranceStanding
from kiosk.worker import OnFault, Worker
from registry.errors import RegistryError
from registry.messages import ClinicInfo

_log = logging.getLogger("motcham.kiosk")


class LookUps:
    """Asks about people and clinics.

    Args:
        post: takes the answers.
        keep: told the clinics when they have changed, to be remembered for days without network.
    """

    def __init__(
        self,
        registry: Registry,
        post: Callable[[VisitEvent], None],
        keep: Callable[[tuple[ClinicInfo, ...]], None],
        on_fault: OnFault,
    ) -> None:
        self._registry = registry
        self._post = post
        self._keep = keep
        self._clinics: tuple[ClinicInfo, ...] = ()
        self.worker = Worker("network", on_fault)

    def remember(self, clinics: tuple[ClinicInfo, ...]) -> None:
        """Take what was kept from earlier, unless the registry has already said something newer."""
        self.worker.submit(lambda: self._recall(clinics))

    def ask(self, effect: LookUpInsurance) -> None:
        """Have a person's insurance answered, with the clinics that can be chosen."""
        self.worker.submit(lambda: self._ask(effect))

    def load_clinics(self) -> None:
        """Have the clinics learnt while nobody waits for them."""
        self.worker.submit(self._load)

    def _recall(self, clinics: tuple[ClinicInfo, ...]) -> None:
        self._clinics = self._clinics or clinics

    def _ask(self, effect: LookUpInsurance) -> None:
        insurance = ask_insurance(self._registry, effect.document)
        if insurance.standing is not InsuranceStanding.UNCONFIRMED:
            self._load()
        self._post(InsuranceAnswered(insurance, menu_of(self._clinics), effect.job))

    def _load(self) -> None:
        try:
            clinics = self._registry.clinics()
        except RegistryError as error:
            _log.info("clinics not loaded: %s", error.code)
            return
        changed = _lasting(clinics) != _lasting(self._clinics)
        self._clinics = clinics
        if changed:
            self._keep(clinics)


def _lasting(clinics: tuple[ClinicInfo, ...]) -> tuple[ClinicInfo, ...]:
    """The clinics without what changes with every patient."""
    return tuple(info.model_copy(update={"given_today": 0}) for info in clinics)
