"""The registry that a kiosk starts for itself: it lives as long as the kiosk does, and no longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from cli.embedded_registry import prepare_database, start_registry
from registry.client import RegistryClient

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
