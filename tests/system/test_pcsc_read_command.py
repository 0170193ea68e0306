"""`motcham read` on the real PC/SC service: exit codes, JSON, files, and what a person sees."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

from cli.read import read
from cli.verify import verify
from simulator.citizen_card import CardModel, ChipKeys, citizen_mrz, personalise, qr_text
from simulator.faults import find_fault
from simulator.issuer import Issuer
from simulator.pcscd import ensure_pcscd
from simulator.people import sample_people
from simulator.personalisation import Personalisation
from simulator.sample_card import SampleCard, with_fault

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = "2026-11-22"


@dataclass(frozen=True)
class World:
    """A card, its issuer's certificate in a file, and the command."""

    card: SampleCard
    qr: str
    mrz: str
    csca: Path

    def read(self, *arguments: str, trust: bool = True) -> Result:
        app = typer.Typer()
        app.command()(read)
        trusted = ("--trust", str(self.csca)) if trust else ()
        return CliRunner().invoke(app, ["--at", DAY, "--wait", "5", *trusted, *arguments])

    def read_json(self, *arguments: str, trust: bool = True) -> tuple[int, dict[str, Any]]:
        result = self.read("--json", *arguments, trust=trust)
        report: dict[str, Any] = json.loads(result.stdout)
        return result.exit_code, report


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    issuer = Issuer.create(now=NOW, random_bytes=random.Random(1).randbytes)
    person = sample_people()["mau"]
    made = personalise(person, issuer, ChipKeys.generate(random.Random(2).randbytes))
    csca = tmp_path_factory.mktemp("trust") / "csca.cer"
    csca.write_bytes(issuer.csca_der)
    qr = qr_text(person, CardModel.CCCD_2021)
    return World(SampleCard(made, None, person, qr), qr, citizen_mrz(person).text, csca)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))


@pytest.fixture
def pcsc(pcsc_lock: None) -> Iterator[None]:
    with ensure_pcscd():
        yield


draw = random.Random(3).randbytes


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["status"] for check in report["checks"]}


def test_a_good_card(pcsc: None, world: World, tmp_path: Path) -> None:
    photo, evidence, trace = (tmp_path / name for name in ("face.png", "evidence.json", "apdu.log"))
    files = ("--photo", str(photo), "--evidence", str(evidence), "--apdu-log", str(trace))
    with world.card.virtual_card(draw):
        code, report = world.read_json("--qr", world.qr, *files)
    assert (code, report["verdict"], report["reasons"]) == (0, "accept", [])
    assert report["access"]["password"] == "CAN"
    assert report["document"]["name"] == "Nguyễn Văn Mẫu"
    assert report["link"]["apdus"] <= 35
    assert "error" not in report
    with Image.open(photo) as image:
        assert image.size == (report["portrait"]["width"], report["portrait"]["height"])
    kept = json.loads(evidence.read_text(encoding="utf-8"))
    assert bytes.fromhex(kept["files"]["DG1"]) == world.card.personalisation.files["DG1"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (photo, evidence, trace)} == {0o600}
    lines = trace.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 * report["link"]["apdus"]
    assert max(map(len, lines)) < 60


@pytest.mark.parametrize("fault", [None, "wrong-ca-key", "tampered-portrait"])
def test_its_evidence_is_judged_alike(pcsc: None, world: World, tmp_path: Path, fault: str | None) -> None:
    card = world.card if fault is None else with_fault(world.card, find_fault(fault), draw)
    evidence = tmp_path / "evidence.json"
    with card.virtual_card(draw):
        code, report = world.read_json("--qr", world.qr, "--evidence", str(evidence))
    app = typer.Typer()
    app.command()(verify)
    result = CliRunner().invoke(app, [str(evidence), "--trust", str(world.csca), "--json"])
    again: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code, statuses(again)) == (code, statuses(report))
    assert [again[key] for key in ("verdict", "reasons", "access", "document", "data_groups", "portrait")] == [
        report[key] for key in ("verdict", "reasons", "access", "document", "data_groups", "portrait")
    ]


def test_a_person_sees_the_verdict_and_why(pcsc: None, world: World) -> None:
    with world.card.virtual_card(draw):
        result = world.read("--mrz", world.mrz, "--access", "bac")
    assert result.exit_code == 10
    assert result.stdout.startswith("REVIEW access.downgrade")
    assert "Nguyễn Văn Mẫu" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "trust", "code", "reasons"),
    [
        (["--id-number", "001099000001"], True, 0, []),
        (["--can", "000001", "--groups", "1,13"], True, 0, []),
        (["--can", "000001"], False, 10, ["passive.issuer_not_provisioned"]),
        (["--document-number", "099000001", "--birth", "990201", "--expiry", "390201"], True, 0, []),
    ],
)
def test_ways_to_open_a_card(
    pcsc: None, world: World, arguments: list[str], trust: bool, code: int, reasons: list[str]
) -> None:
    with world.card.virtual_card(draw):
        found, report = world.read_json(*arguments, trust=trust)
    assert (found, report["reasons"]) == (code, reasons)


@pytest.mark.parametrize(
    ("fault", "guilty"),
    [
        ("tampered-portrait", "passive.hashes"),
        ("tampered-signature", "passive.signature"),
        ("wrong-aa-key", "chip.active_authentication"),
        ("wrong-ca-key", "chip.chip_authentication"),
        ("wrong-pace-token", "access.pace"),
        ("flip:DG1:40", "passive.hashes"),
    ],
)
def test_forgeries(pcsc: None, world: World, fault: str, guilty: str) -> None:
    with with_fault(world.card, find_fault(fault), draw).virtual_card(draw):
        code, report = world.read_json("--qr", world.qr)
    assert (code, report["verdict"]) == (20, "reject")
    assert [check for check, status in statuses(report).items() if status == "failed"] == [guilty]


def test_a_wrong_number(pcsc: None, world: World) -> None:
    with world.card.virtual_card(draw):
        code, report = world.read_json("--id-number", "001099000009")
    assert (code, report["verdict"], report["error"]["code"]) == (30, "none", "access.key_refused")
    assert report["document"] is None


def test_a_card_that_is_put_back_and_one_that_is_not(pcsc: None, world: World) -> None:
    pulled = with_fault(world.card, find_fault("pulled-away"), draw)
    with pulled.virtual_card(draw):
        result = world.read("--qr", world.qr)
    assert result.exit_code == 0
    assert "Put it back" in result.stderr
    with pulled.virtual_card(draw):
        code, report = world.read_json("--qr", world.qr, "--timeout", "2")
    assert (code, report["error"]["code"]) == (31, "link.card_removed")


def test_nothing_to_read(pcsc: None, world: World) -> None:
    code, report = world.read_json("--can", "000001", "--wait", "0.3")
    assert (code, report["error"]["code"]) == (32, "link.no_card")
    code, report = world.read_json("--can", "000001", "--wait", "0.3", "--reader", "no such reader")
    assert (code, report["error"]["code"]) == (32, "link.no_reader")


def test_a_bank_card(pcsc: None, world: World) -> None:
    bank_card = SampleCard(Personalisation({}, application=bytes.fromhex("A0000000041010")))
    with bank_card.virtual_card(draw):
        code, report = world.read_json("--qr", world.qr)
    assert (code, report["error"]["code"]) == (33, "document.not_supported")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--can", "12x"],
        ["--qr", "https://example.org"],
        ["--id-number", "1"],
        ["--can", "123456", "--id-number", "001099000001"],
        ["--can", "123456", "--access", "eac"],
        ["--can", "123456", "--groups", "1,17"],
        ["--can", "123456", "--photo", "face.bmp"],
        ["--document-number", "099000001", "--birth", "1999"],
    ],
)
def test_wrong_usage(world: World, arguments: list[str]) -> None:
    assert world.read(*arguments).exit_code == 2
