"""Issuers, whom the registry trusts, and a registry without anybody in it."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto.certificates import Certificate
from reader.trust import Anchor, TrustStore
from registry.settings import RegistrySettings
from registry.store import Store
from simulator.issuer import Issuer
from tests.registry.chips import NOW, Cards


@pytest.fixture(scope="session")
def cards() -> Cards:
    return Cards(Issuer.create(now=NOW, random_bytes=random.Random(9303).randbytes))


@pytest.fixture(scope="session")
def strangers() -> Cards:
    """Cards of an issuer that the registry does not know."""
    return Cards(Issuer.create(now=NOW, random_bytes=random.Random(9304).randbytes))


@pytest.fixture(scope="session")
def trust(cards: Cards) -> TrustStore:
    return TrustStore((Anchor(Certificate.parse(cards.issuer.csca_der), "test"),))


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    settings = RegistrySettings(f"sqlite:///{tmp_path / 'registry.db'}")
    made = Store(settings, clock=lambda: NOW, new_id=lambda: secrets.token_hex(16))
    made.create_tables()
    yield made
    made.close()
