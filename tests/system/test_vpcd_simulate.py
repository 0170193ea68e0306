"""`motcham simulate` in one process and `motcham read` in another, as two terminals would run them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reader.pcsc import PcscService
from simulator.pcscd import ensure_pcscd, is_running
from simulator.vpcd import FIRST_PORT, VirtualCard

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
]

SECOND_PORT = FIRST_PORT + 1
COMMAND = (sys.executable, "-c", "from cli.main import run; run()")


class SilentChip:
    """Says success to everything."""

    def transmit(self, command: bytes) -> bytes:
        return b"\x90\x00"

    def prepare(self) -> None:
        pass

    def reset(self) -> None:
        pass


class Terminals:
    def __init__(self, home: Path, repository: Path) -> None:
        self.environment = {**os.environ, "MOTCHAM_HOME": str(home)}
        self.repository = repository

    @contextmanager
    def simulate(self, *arguments: str) -> Iterator[dict[str, Any]]:
        process = subprocess.Popen(
            [*COMMAND, "simulate", "--json", *arguments],
            stdout=subprocess.PIPE,
            env=self.environment,
            cwd=self.repository,
        )
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
            process.stdout.close()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            cwd=self.repository,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def read(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        done = self.run("read", "--json", "--wait", "5", *arguments)
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def terminals(pcsc_lock: None, tmp_path: Path, repository: Path) -> Iterator[Terminals]:
    with ensure_pcscd():
        yield Terminals(tmp_path, repository)


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["status"] for check in report["checks"]}


def test_no_command_waits_for_the_network_stack(pcsc_lock: None) -> None:
    service = PcscService()
    with ensure_pcscd(), VirtualCard(SilentChip()):
        reader = service.wait_for_card(lambda name: name == "Virtual PCD 00 00", 5)
        with service.connect(reader) as card:
            waits = []
            for _ in range(50):
                started = time.perf_counter()
                card.transmit(bytes.fromhex("0084000008"))
                waits.append(time.perf_counter() - started)
    service.close()
    # Without immediate acknowledgements every command takes 40 ms; with them well below one, save on a busy machine.
    assert statistics.median(waits) < 0.01


def test_a_private_service_ends_when_it_is_not_needed(pcsc_lock: None) -> None:
    if is_running():
        with ensure_pcscd() as started:
            assert not started
        pytest.skip("a PC/SC service runs already")
    with ensure_pcscd() as started:
        assert started
        assert is_running()
        with ensure_pcscd() as again:
            assert not again
    assert not is_running()


def test_a_good_card_in_two_terminals(terminals: Terminals) -> None:
    with terminals.simulate("--profile", "cccd") as card:
        assert Path(card["trust"]).is_file()
        code, report = terminals.read("--qr", card["qr"])
        assert (code, report["verdict"], report["reasons"]) == (0, "accept", [])
        assert report["access"] == {
            "protocol": "PACE", "mapping": "GM", "agreement": "ECDH", "cipher": "AES-128", "password": "CAN",
            "downgraded": False,
        }  # fmt: skip
        assert report["document"]["name"] == "Nguyễn Văn Mẫu"
        assert set(statuses(report).values()) <= {"passed", "not_applicable", "unavailable"}
        code, report = terminals.read("--access", "bac", "--mrz", card["mrz"])
        assert (code, report["verdict"], report["reasons"]) == (10, "review", ["access.downgrade"])
    assert not Path(card["trust"]).exists()


def test_a_card_without_expiry_in_the_second_slot(terminals: Terminals) -> None:
    with terminals.simulate("--profile", "cccd-no-expiry", "--port", str(SECOND_PORT)) as card:
        code, report = terminals.read("--qr", card["qr"], "--reader", card["reader"])
    assert (code, report["document"]["expiry_date"], report["document"]["name"]) == (0, None, "Trần Thị Lan")


@pytest.mark.parametrize("profile", ["passport_td3", "pace:IM-ECDH-AES-256:16:MRZ"])
def test_a_passport_through_a_slow_field(terminals: Terminals, profile: str) -> None:
    with terminals.simulate("--profile", profile, "--field", "848:2", "--person", "okoro") as card:
        code, report = terminals.read("--mrz", card["mrz"])
    assert (code, report["verdict"], report["reasons"]) == (0, "accept", [])
    assert report["access"]["protocol"] == "PACE"
    assert card["qr"] is None


def test_a_card_that_opens_by_pin_and_puk_tells_them(terminals: Terminals) -> None:
    with terminals.simulate("--profile", "id_card_pin") as card:
        assert (len(card["can"]), len(card["pin"]), len(card["puk"]), card["mrz"]) == (6, 6, 10, None)


def test_a_card_that_is_no_document(terminals: Terminals) -> None:
    with terminals.simulate("--profile", "bank-card") as card:
        assert (card["qr"], card["mrz"], card["trust"]) == (None, None, None)
        assert terminals.read("--can", "000001")[0] == 33


def test_an_issuer_that_nobody_knows(terminals: Terminals) -> None:
    with terminals.simulate("--fault", "unknown-issuer") as card:
        assert card["trust"] is None
        code, report = terminals.read("--can", card["can"])
    assert (code, report["reasons"]) == (10, ["passive.issuer_not_provisioned"])


@pytest.mark.parametrize(("added", "code"), [((), 10), (("--add", "DG15"), 20)])
def test_the_reference_data_set(terminals: Terminals, shared_data: Path, added: tuple[str, ...], code: int) -> None:
    """BSI TR-03105-5: nobody has its CSCA, and its EF.SOD does not sign DG15."""
    with terminals.simulate("--files", str(shared_data / "bsi-tr03105-5"), *added) as card:
        exit_code, report = terminals.read("--mrz", card["mrz"], "--groups", "1,2,14")
    assert exit_code == code
    found = statuses(report)
    for check in ("passive.hashes", "passive.signature", "chip.chip_authentication", "access.bac"):
        assert found[check] == "passed"
    assert "passive.issuer_not_provisioned" in report["reasons"]
    assert found["passive.completeness"] == ("failed" if added else "passed")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--profile", "cccd-2031"), 2, "simulator.unknown_name"),
        (("--fault", "flip:DG9:0"), 2, "simulator.unknown_name"),
        (("--person", "nobody"), 2, "simulator.unknown_name"),
        (("--profile", "pace:CAM-DH-AES-128:0:CAN"), 2, "simulator.unknown_name"),
        (("--profile", "passport_td3", "--person", "mau"), 2, "simulator.unknown_name"),
        (("--field", "fast"), 2, "simulator.unusable_field"),
        (("--files", "/nonexistent"), 2, "simulator.unusable_folder"),
        (("--port", "1"), 32, "simulator.no_slot"),
    ],
)
def test_what_cannot_be_simulated_is_told(
    terminals: Terminals, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = terminals.run("simulate", "card", *arguments)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_two_cards_do_not_fit_into_one_slot(terminals: Terminals) -> None:
    with terminals.simulate():
        done = terminals.run("simulate", "card")
    assert (done.returncode, done.stdout) == (32, "")
    assert "simulator.slot_occupied" in done.stderr


def test_the_list_names_everything(terminals: Terminals) -> None:
    listed = json.loads(terminals.run("simulate", "list", "--json").stdout)
    assert "cccd" in [profile["name"] for profile in listed["profiles"]]
    assert "tampered-portrait" in [fault["name"] for fault in listed["faults"]]
    assert len(listed["people"]) >= 12
