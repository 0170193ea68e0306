"""A simulated issuer is trusted for as long as its card lies in the reader, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from reader.trust_folder import TrustFolder
from simulator.issuer import Issuer
from simulator.simulated_trust import trusted_issuer


def test_trust_comes_and_goes(tmp_path: Path, issuer: Issuer) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with trusted_issuer(tmp_path, issuer.csca_der) as path:
        assert path.read_bytes() == issuer.csca_der
        store = TrustFolder(tmp_path).load(now)
        assert [found.raw for found in store.certificates(include_simulated=True)] == [issuer.csca_der]
        assert store.certificates(include_simulated=False) == ()
    assert list(path.parent.iterdir()) == []
