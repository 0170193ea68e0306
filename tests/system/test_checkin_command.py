"""`motcham checkin` on the real PC/SC service, with a registry of its own: from the card to the registry's books."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli.checkin import checkin
from kiosk.clock import SystemClock
from kiosk.outbox import Outbox, RecordInfo
from registry.chip_proof import ChipProof
from registry.seed import hospital_clinics
from registry.settings import RegistrySettings
from registry.store import Store
from registry.tables import Citizen
from simulator.citizen_card import CardModel, ChipKeys, personalise, qr_text
from simulator.faults import find_fault
from simulator.issuer import Issuer
from simulator.pcscd import ensure_pcscd
from simulator.people import Person, sample_people
from simulator.sample_card import SampleCard, with_fault

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
]

NOWHERE = ("--registry", "http://127.0.0.1:9")
draw = random.Random(3).randbytes


@dataclass(frozen=True)
class World:
    card: SampleCard
    holder: Person
    qr: str
    csca: Path
    home: Path

    def check_in(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        app = typer.Typer()
        app.command()(checkin)
        result = CliRunner().invoke(app, ["--json", "--wait", "5", "--trust", str(self.csca), *arguments])
        report: dict[str, Any] = json.loads(result.stdout)
        return result.exit_code, report

    def records(self) -> tuple[RecordInfo, ...]:
        with Outbox.open(self.home / "outbox.db", self.home / "vault.key", clock=SystemClock()) as outbox:
            outbox.trail.verify()
            return outbox.records()

    def retry(self) -> None:
        """As `motcham outbox retry`: do not wait for the pause that the failed attempt set."""
        with Outbox.open(self.home / "outbox.db", self.home / "vault.key", clock=SystemClock()) as outbox:
            outbox.retry()

    def checked_in(self) -> int:
        store = _store(self.home)
        try:
            return store.count_check_ins()
        finally:
            store.close()

    def proven(self) -> int:
        """Check-ins whose chips the registry itself found genuine."""
        store = _store(self.home)
        try:
            return store.count_chip_proofs()[ChipProof.PROVEN]
        finally:
            store.close()


def _store(home: Path) -> Store:
    (home / "registry").mkdir(exist_ok=True)
    settings = RegistrySettings(f"sqlite:///{home / 'registry' / 'registry.db'}")
    return Store(settings, clock=lambda: datetime.now(UTC), new_id=lambda: secrets.token_hex(16))


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleCard, Person, Path]:
    issuer = Issuer.create(now=datetime.now(UTC), random_bytes=random.Random(1).randbytes)
    person = sample_people()["mau"]
    made = personalise(person, issuer, ChipKeys.generate(random.Random(2).randbytes))
    csca = tmp_path_factory.mktemp("trust") / "csca.cer"
    csca.write_bytes(issuer.csca_der)
    return SampleCard(made, None, person, qr_text(person, CardModel.CCCD_2021)), person, csca


@pytest.fixture
def world(
    issued: tuple[SampleCard, Person, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pcsc_lock: None
) -> Iterator[World]:
    """A home with a registry that knows the card's holder, and the PC/SC service."""
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))
    card, holder, csca = issued
    store = _store(tmp_path)
    store.create_tables()
    store.add_clinics(hospital_clinics())
    store.add_citizens(
        [
            Citizen(
                personal_number=holder.personal_number,
                name=holder.name,
                birth_date=holder.birth_date,
                sex=holder.sex,
                address="",
                insurance_number=holder.insurance.card_number,
                insured_from=holder.insurance.valid_from,
                insured_until=holder.insurance.valid_until,
            )
        ]
    )
    store.close()
    assert card.qr_text is not None
    with ensure_pcscd():
        yield World(card, holder, card.qr_text, csca, tmp_path)


def test_an_insured_person_is_in_the_registrys_books(world: World) -> None:
    with world.card.virtual_card(draw):
        code, report = world.check_in("--qr", world.qr, "--clinic", "eyes")
    assert (code, report["verdict"], report["ticket"]["number"]) == (0, "accept", "D001")
    assert report["ticket"]["confirmed"] is True
    assert report["ticket"]["insurance"]["standing"] == "valid"
    assert report["ticket"]["lines"]["vi"][0] == "Số của quý khách: D001"
    assert world.holder.name not in json.dumps(report, ensure_ascii=False), "tickets get lost"
    assert (world.checked_in(), world.proven()) == (1, 1)
    assert [record.state for record in world.records()] == ["purged"]


def test_without_network_the_visit_is_recorded_and_the_next_one_takes_it_along(world: World) -> None:
    with world.card.virtual_card(draw):
        code, report = world.check_in("--qr", world.qr, *NOWHERE)
        assert (code, report["ticket"]["number"], report["ticket"]["confirmed"]) == (0, "K1-001", False)
        assert report["ticket"]["insurance"]["standing"] == "unconfirmed"
        assert [record.state for record in world.records()] == ["sealed"]
        world.retry()
        assert world.check_in("--qr", world.qr)[0] == 0
    assert (world.checked_in(), world.proven()) == (2, 1)


def test_a_card_that_is_lifted_and_put_back_is_checked_in(world: World) -> None:
    lifted = with_fault(world.card, find_fault("pulled-away"), draw)
    with lifted.virtual_card(draw):
        code, report = world.check_in("--qr", world.qr, "--desk", "residence", "--timeout", "20")
    assert (code, report["ticket"]["number"], report["ticket"]["clinic"]) == (0, "K1-001", None)
    assert (world.checked_in(), world.proven()) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "arguments", "expected"),
    [
        ("flip:DG2:5000", (), (20, "reject")),
        (None, ("--id-number", "001099999999"), (30, "none")),
    ],
    ids=["tampered portrait", "wrong number"],
)
def test_whoever_cannot_be_confirmed_gets_no_ticket(
    world: World, fault: str | None, arguments: tuple[str, ...], expected: tuple[int, str]
) -> None:
    card = world.card if fault is None else with_fault(world.card, find_fault(fault), draw)
    with card.virtual_card(draw):
        code, report = world.check_in(*(arguments or ("--qr", world.qr)))
    assert (code, report["verdict"]) == expected
    assert report["ticket"] is None
    assert ("error" in report) == (code == 30)
    assert world.records() == ()
    assert world.checked_in() == 0


def test_nobody_comes(world: World) -> None:
    code, report = world.check_in("--qr", world.qr, "--wait", "0.5", *NOWHERE)
    assert (code, report["error"]["code"]) == (32, "link.no_card")
