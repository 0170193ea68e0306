"""The whole kiosk on the real PC/SC service and a registry process, while one of them is killed."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.demonstration.player import Player
from cli.demonstration.stage import Stage, prepared
from kiosk.assembly import Extras, assembled
from kiosk.conductor import Conductor
from kiosk.settings import TimeLimits
from kiosk.visit.events import ClinicChosen, CodeScanned, Continued
from kiosk.visit.states import (
    AskingForKey,
    ChoosingClinic,
    HereYouAre,
    InsuranceStanding,
    OutOfService,
    Reading,
    Rest,
    TicketIssued,
)
from registry.client import RegistryClient
from registry.settings import RegistrySettings
from registry.store import Store
from simulator.pcscd import is_running

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may start and stop the service"),
]


@dataclass(frozen=True)
class Kiosk:
    stage: Stage
    conductor: Conductor
    player: Player

    def greet(self) -> HereYouAre:
        return self.player.wait_for(HereYouAre, lambda here: here.insurance is not None and _answered(here))

    def check_ins(self) -> int:
        settings = RegistrySettings(self.stage.registry.database)
        with closing(Store(settings, clock=lambda: datetime.now(UTC), new_id=lambda: secrets.token_hex(16))) as store:
            return store.count_check_ins()


def _answered(here: HereYouAre) -> bool:
    return here.insurance is not None and here.insurance.standing is not InsuranceStanding.ASKING


@pytest.fixture
def kiosk(pcsc_lock: None, tmp_path: Path) -> Iterator[Kiosk]:
    if is_running():
        pytest.skip("the PC/SC service of this machine is not this test's to stop")
    with prepared(lambda note: None, tmp_path) as stage:
        access = stage.registry.running
        settings = stage.settings(limits=TimeLimits(ticket_without_card=0.3, farewell=0.3))
        with (
            RegistryClient(access.url, token=access.token) as client,
            assembled(settings, client, stage.trust, Extras(code_devices=False)) as conductor,
        ):
            conductor.start()
            with closing(Player(conductor)) as player:
                player.wait_for(Rest)
                yield Kiosk(stage, conductor, player)
    working = {thread.name for thread in threading.enumerate()}
    assert not working & {"visit", "store", "sender", "inspection", "network", "card watcher"}, "every thread ends"


def test_a_service_that_dies_in_mid_read_is_out_of_service_until_it_is_back(kiosk: Kiosk) -> None:
    player, card = kiosk.player, kiosk.stage.card("cccd", "slow")
    code = card.qr_text or ""
    player.show_code(code)
    player.place(card)
    player.wait_for(Reading, lambda reading: reading.fraction > 0.2)
    kiosk.stage.service.stop()
    player.wait_for(OutOfService, seconds=5)
    kiosk.stage.service.start()
    player.wait_for(AskingForKey)
    kiosk.conductor.post(CodeScanned(code))
    kiosk.greet()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_registry_that_dies_in_mid_visit_gets_the_record_once_when_it_is_back(
    kiosk: Kiosk, end: signal.Signals
) -> None:
    player, card = kiosk.player, kiosk.stage.card("cccd")
    player.show_code(card.qr_text or "")
    player.place(card)
    kiosk.greet()
    player.touch(Continued())
    clinic = player.wait_for(ChoosingClinic).clinics[0]
    registry = kiosk.stage.registry
    registry.running.process.send_signal(end)
    registry.running.process.wait(10)
    player.touch(ClinicChosen(clinic.id))
    issued = player.wait_for(TicketIssued)
    assert (issued.ticket.number, issued.ticket.confirmed) == ("K1-001", False)
    assert kiosk.check_ins() == 0
    registry.restore()
    deadline = time.monotonic() + 30
    while kiosk.check_ins() == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2.5)
    assert kiosk.check_ins() == 1, "and not once more by the attempts that follow"
