"""The registry that a kiosk starts for itself: it lives as long as the kiosk does, and no longer."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.embedded_registry import prepare_database, start_registry
from reader.lds import dg1, dg15
from reader.lds.dg15 import Dg15
from registry.client import RegistryClient
from registry.messages import ExaminationRequest
from simulator import chip_keys
from simulator.citizen_card import citizen_mrz
from simulator.issuer import Issuer
from simulator.people import sample_people

_KIOSK = """
import sys, time
from cli.embedded_registry import start_registry
print(start_registry(sys.argv[1]).url, flush=True)
time.sleep(60)
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    return prepare_database(tmp_path / "registry", (), citizens=3)


def test_it_ends_with_a_kiosk_that_is_killed(database: str) -> None:
    with subprocess.Popen([sys.executable, "-c", _KIOSK, database], stdout=subprocess.PIPE, text=True) as kiosk:
        assert kiosk.stdout is not None
        with RegistryClient(kiosk.stdout.readline().strip()) as client:
            assert client.ready()
            os.kill(kiosk.pid, signal.SIGKILL)
            deadline = time.monotonic() + 10
            while client.ready():
                assert time.monotonic() < deadline, "the registry outlives its kiosk"
                time.sleep(0.05)


def test_it_comes_back_under_the_same_address_and_leaves_nothing_open(database: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        first = start_registry(database)
        with RegistryClient(first.url, token=first.token) as client:
            assert client.clinics()
            first.stop()
            assert not client.ready()
            first.stop()
            second = start_registry(database, port=int(first.url.rpartition(":")[2]), token=first.token)
            try:
                assert client.clinics()
            finally:
                second.stop()
    for ended in (first, second):
        assert ended.process.stdin is not None
        assert ended.process.stdout is not None
        assert ended.process.stdin.closed
        assert ended.process.stdout.closed


def test_it_examines_chips_by_the_trust_of_its_kiosk(database: str, tmp_path: Path) -> None:
    """Issuers that exist only in software count here, since its citizens are invented as well."""
    issuer = Issuer.create(now=datetime.now(UTC), random_bytes=secrets.token_bytes)
    simulated = tmp_path / "trust" / "simulated"
    simulated.mkdir(parents=True)
    (simulated / "csca.cer").write_bytes(issuer.csca_der)
    groups = {
        1: dg1.encode(citizen_mrz(sample_people()["mau"])),
        15: dg15.encode(Dg15(chip_keys.rsa_public_key_info(chip_keys.generate_rsa_key(1024)))),
    }
    sod = issuer.sign_sod({number: hashlib.sha256(content).digest() for number, content in groups.items()})
    request = ExaminationRequest(kiosk_id="K1", province_code="001", sod=sod, dg1=groups[1], dg15=groups[15])
    for trust, asks in ((tmp_path / "trust", True), (tmp_path, False)):
        embedded = start_registry(database, trust=(trust,))
        try:
            with RegistryClient(embedded.url, token=embedded.token) as client:
                assert (client.begin_examination(request, 5.0).challenge is not None) is asks
        finally:
            embedded.stop()
