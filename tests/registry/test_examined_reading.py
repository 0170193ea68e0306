"""A whole reading that the registry examines: simulated card, real inspector, real kiosk parts, real HTTP."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from crypto.certificates import Certificate
from firmware_profiles.loader import load_profiles
from kiosk.check_in import compose_check_in
from kiosk.chip_examiner import RegistryExaminer
from kiosk.outbox import Slot
from kiosk.settings import Place
from kiosk.visit.effects import Record
from kiosk.visit.states import Desk
from reader.checks import CheckId, CheckStatus
from reader.examiner import ChipExaminer, ExaminationOutcome
from reader.inspection import Inspector
from reader.model import Inspection, Verdict
from reader.opening import opening_from_number
from reader.policy import Policy
from reader.transport import Transport
from reader.trust import Anchor, TrustStore
from registry.app import create_app
from registry.chip_proof import ChipProof
from registry.client import RegistryClient, body_of
from registry.examinations import ChipExaminations
from registry.store import Store
from simulator.chip import SimulatedChip
from simulator.citizen_card import ChipKeys, personalise
from simulator.faults import find_fault
from simulator.issuer import Issuer
from simulator.manners import Addressing, BareErrors, ChipManners
from simulator.people import sample_people
from simulator.personalisation import Personalisation
from tests.registry.chips import NOW

PLACE = Place(kiosk_id="K7", province_code="001")
KEY = "0190c7f4-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Slotted:
    """A card in a reader; `meddle` may change what comes back."""

    chip: SimulatedChip
    meddle: Callable[[bytes, bytes], bytes]

    def connect(self) -> AbstractContextManager[Transport]:
        self.chip.reset()
        return nullcontext(self)

    def transmit(self, command: bytes) -> bytes:
        return self.meddle(command, self.chip.transmit(command))


def faithfully(_command: bytes, response: bytes) -> bytes:
    return response


@dataclass(frozen=True)
class Stage:
    card: Personalisation
    trust: TrustStore
    store: Store
    examiner: ChipExaminer

    def read(
        self,
        fault: str | None = None,
        *,
        manners: ChipManners | None = None,
        meddle: Callable[[bytes, bytes], bytes] = faithfully,
        examiner: ChipExaminer | None = None,
    ) -> Inspection:
        found = None if fault is None else find_fault(fault)
        made = self.card if found is None else found.applied_to(self.card, secrets.token_bytes)
        inspector = Inspector(
            self.trust,
            Policy(),
            load_profiles().reader("virtual-pcd"),
            secrets.token_bytes,
            time.perf_counter,
            None,
            examiner or self.examiner,
        )
        slot = Slotted(SimulatedChip(made, secrets.token_bytes, found, manners), meddle)
        return inspector.inspect(slot.connect, opening_from_number("001099000001"), at=NOW)

    def check_in(self, inspection: Inspection) -> ChipProof:
        """As the kiosk records a visit, whatever the verdict."""
        assert inspection.document is not None
        examined = inspection.examination
        record = Record(
            1,
            inspection.document,
            Verdict.ACCEPT,
            (),
            None,
            None,
            examination_id=None if examined is None else examined.examination_id,
        )
        slot = Slot(KEY, 1, 1, NOW)
        composed = compose_check_in(record, slot, Desk.RESIDENCE, PLACE, "0190c7f4")
        self.store.check_in(KEY, body_of(composed))
        return self.store.chip_proof("001", KEY)


@contextmanager
def examining(url: str) -> Iterator[RegistryExaminer]:
    faults: list[BaseException] = []
    with RegistryClient(url) as client:
        examiner = RegistryExaminer(client, PLACE, 10.0, faults.append)
        examiner.worker.start()
        yield examiner
        examiner.worker.stop()
    assert not faults


@pytest.fixture(scope="module")
def issued() -> tuple[Personalisation, TrustStore]:
    draw = random.Random(9303).randbytes
    issuer = Issuer.create(now=NOW, random_bytes=draw)
    trust = TrustStore((Anchor(Certificate.parse(issuer.csca_der), "simulated", simulated=True),))
    return personalise(sample_people()["mau"], issuer, ChipKeys.generate(draw)), trust


@pytest.fixture
def stage(
    issued: tuple[Personalisation, TrustStore], empty_store: Store, serve: Callable[[FastAPI], str]
) -> Iterator[Stage]:
    card, trust = issued
    examinations = ChipExaminations(
        empty_store,
        trust,
        clock=lambda: NOW,
        monotonic=time.monotonic,
        random=secrets.token_bytes,
        include_simulated=True,
    )
    with examining(serve(create_app(empty_store, examinations=examinations))) as examiner:
        yield Stage(card, trust, empty_store, examiner)


def test_an_honest_kiosk_with_a_good_card_is_believed(stage: Stage) -> None:
    found = stage.read()
    assert found.verdict is Verdict.ACCEPT
    assert found.examination is not None
    assert found.examination.outcome is ExaminationOutcome.GENUINE
    assert stage.check_in(found) is ChipProof.PROVEN


@pytest.mark.parametrize("fault", ["wrong-aa-key", "wrong-ca-key"])
def test_a_clone_is_refuted_by_both(stage: Stage, fault: str) -> None:
    found = stage.read(fault)
    assert found.verdict is Verdict.REJECT
    assert stage.check_in(found) is not ChipProof.PROVEN


@pytest.mark.parametrize(
    "manners",
    [
        ChipManners(extended_length=False),
        ChipManners(application=Addressing.SELECTION),
        ChipManners(application=Addressing.SELECTION, bare_errors=BareErrors.SESSION_ENDS),
        ChipManners(read_limit=16),
    ],
    ids=["short length", "no short identifiers", "and bare refusals", "small reads"],
)
def test_a_chip_with_manners_of_its_own_is_proved_all_the_same(stage: Stage, manners: ChipManners) -> None:
    """A protected refusal has the right MAC, and where the refusal is bare, the signature is still there."""
    found = stage.read(manners=manners)
    assert found.verdict is Verdict.ACCEPT
    assert stage.check_in(found) is ChipProof.PROVEN


def test_what_the_registry_refutes_no_kiosk_accepts(stage: Stage) -> None:
    """The last response is spoilt on its way to the registry: here a fault of the link, it could be the chip's."""

    def spoil(command: bytes, response: bytes) -> bytes:
        is_examiners = command.startswith(bytes.fromhex("0CB08100")) and len(response) > 100
        seen.append(is_examiners)
        return bytes((*response[:-3], response[-3] ^ 1, *response[-2:])) if is_examiners and sum(seen) > 1 else response

    seen: list[bool] = []
    found = stage.read(meddle=spoil)
    assert sum(seen) == 2, "DG1 is read once by the kiosk and once for the registry"
    assert found.verdict is Verdict.REJECT
    check = found.check(CheckId.CHIP_CHIP_AUTHENTICATION)
    assert check is not None
    assert (check.status, check.reason) == (CheckStatus.FAILED, "chip.examiner_refuted")
    assert stage.check_in(found) is ChipProof.REFUTED


def test_a_kiosk_with_an_old_registry_reads_as_before(stage: Stage, serve: Callable[[FastAPI], str]) -> None:
    with examining(serve(create_app(stage.store))) as examiner:
        found = stage.read(examiner=examiner)
    assert (found.verdict, found.examination) == (Verdict.ACCEPT, None)
    assert stage.check_in(found) is ChipProof.NONE


def test_a_kiosk_whose_registry_is_gone_reads_as_before(stage: Stage) -> None:
    with examining("http://127.0.0.1:9") as examiner:
        found = stage.read(examiner=examiner)
    assert (found.verdict, found.examination) == (Verdict.ACCEPT, None)


def test_the_registrys_own_trust_decides(
    stage: Stage, serve: Callable[[FastAPI], str], issued: tuple[Personalisation, TrustStore]
) -> None:
    """A kiosk that trusts an issuer of its own choice proves nothing to a registry that does not."""
    doubtful = ChipExaminations(
        stage.store, TrustStore(), clock=lambda: datetime.now(UTC), monotonic=time.monotonic, random=secrets.token_bytes
    )
    with examining(serve(create_app(stage.store, examinations=doubtful))) as examiner:
        found = stage.read(examiner=examiner)
    assert found.verdict is Verdict.ACCEPT
    assert found.examination is not None
    assert found.examination.outcome is ExaminationOutcome.INCONCLUSIVE
    assert stage.check_in(found) is ChipProof.NONE
