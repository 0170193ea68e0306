"""`motcham trust` as an operator meets it: what it prints, where, and its exit codes."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.trust import trust_app
from reader.errors import TrustError
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create("VN", now=NOW, random_bytes=random.Random(1).randbytes, keys=keys)


@pytest.fixture
def files(tmp_path: Path, issuer: Issuer) -> Path:
    (tmp_path / "root.cer").write_bytes(issuer.csca_der)
    (tmp_path / "list.ml").write_bytes(issuer.master_list([issuer.csca_der], signing_time=NOW))
    (tmp_path / "crl.crl").write_bytes(issuer.crl([1]))
    return tmp_path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path / "home"))
    return CliRunner()


def test_the_german_list_verifies_and_is_counted(run: CliRunner, shared_data: Path) -> None:
    lists = shared_data / "master-lists"
    arguments = ["verify", str(lists / "DE_ML_2026-05-28.ml"), "--anchor", str(lists / "DE_ROOT_CSCA07.cer"), "--json"]
    result = run.invoke(trust_app, arguments)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["verified"] is True
    assert report["certificates"] == 588
    assert len(report["countries"]) == 112
    (vietnam,) = [listed for listed in report["listed"] if listed["country"] == "VN"]
    assert vietnam["subject"].endswith("CN=CSCA ePassport Vietnam")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_list_under_another_root_exits_with_20(run: CliRunner, files: Path, as_json: bool) -> None:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    other = Issuer.create("LA", now=NOW, random_bytes=random.Random(2).randbytes, keys=keys)
    (files / "other.cer").write_bytes(other.csca_der)
    arguments = ["verify", str(files / "list.ml"), "--anchor", str(files / "other.cer")]
    result = run.invoke(trust_app, [*arguments, "--json"] if as_json else arguments)
    assert result.exit_code == 20
    assert "trust.signer_issuer_unknown" in result.stderr
    if as_json:
        assert json.loads(result.stdout)["reason"] == "trust.signer_issuer_unknown"
    else:
        assert result.stdout == ""


def test_a_damaged_list_exits_with_20(run: CliRunner, files: Path) -> None:
    content = (files / "list.ml").read_bytes()
    for damaged, reason in (
        (content[:-1] + bytes([content[-1] ^ 1]), "trust.list_signature"),
        (b"x", "trust.malformed"),
    ):
        (files / "damaged.ml").write_bytes(damaged)
        arguments = ["verify", str(files / "damaged.ml"), "--anchor", str(files / "root.cer"), "--json"]
        result = run.invoke(trust_app, arguments)
        assert result.exit_code == 20
        assert json.loads(result.stdout)["reason"] == reason


def test_import_then_list(run: CliRunner, files: Path) -> None:
    given = [str(files / name) for name in ("crl.crl", "list.ml", "root.cer")]
    imported = run.invoke(trust_app, ["import", *given, "--json"])
    assert imported.exit_code == 0
    assert [file["kind"] for file in json.loads(imported.stdout)["installed"]] == ["csca", "master-list", "crl"]
    listed = json.loads(run.invoke(trust_app, ["list", "--json"]).stdout)
    assert listed["certificates"] == 1
    assert listed["anchors"][0]["origin"].startswith("csca-VN-")
    assert listed["crls"][0]["revoked"] == 1
    assert "CSCA Simulated VN" in run.invoke(trust_app, ["list", "--country", "vn"]).stdout
    assert run.invoke(trust_app, ["list", "--country", "LA"]).stdout == ""


def test_what_is_refused_is_told_on_stderr(run: CliRunner, files: Path) -> None:
    result = run.invoke(trust_app, ["import", str(files / "list.ml")])
    assert result.exit_code == 20
    assert "trust.list_not_verified" in result.stderr
    assert result.stdout == ""


def test_simulated_issuers_are_marked(run: CliRunner, files: Path) -> None:
    assert run.invoke(trust_app, ["import", str(files / "root.cer"), "--simulated"]).exit_code == 0
    assert "(simulated)" in run.invoke(trust_app, ["list"]).stdout


def test_wrong_usage(run: CliRunner, files: Path) -> None:
    assert run.invoke(trust_app, ["verify", str(files / "missing"), "--anchor", str(files / "root.cer")]).exit_code == 2
    assert run.invoke(trust_app, ["verify", str(files / "list.ml")]).exit_code == 2
    (files / "notes.txt").write_text("notes")
    result = run.invoke(trust_app, ["verify", str(files / "list.ml"), "--anchor", str(files / "notes.txt")])
    assert isinstance(result.exception, TrustError)
