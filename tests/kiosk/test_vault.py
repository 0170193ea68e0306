from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import KeyLost, KeyUnusable, SealBroken
from kiosk.vault import Place, Vault

HERE = Place("outbox", "0190a1b2-0000-7000-8000-000000000001")


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.open(tmp_path_factory.mktemp("vault") / "vault.key", may_create=True)


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "below" / "vault.key"
    first = Vault.open(file, may_create=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(file.parent) == ["vault.key"]
    sealed = first.seal(b"record", HERE)
    again = Vault.open(file, may_create=False)
    assert again.unseal(sealed, HERE) == b"record"
    assert (again.key_id, again.pseudonym("x")) == (first.key_id, first.pseudonym("x"))


def test_a_missing_key_is_never_replaced_while_records_exist(tmp_path: Path) -> None:
    with pytest.raises(KeyLost):
        Vault.open(tmp_path / "vault.key", may_create=False)
    assert not (tmp_path / "vault.key").exists()


@pytest.mark.parametrize("content", [b"", b"MCV1", b"MCV2" + bytes(64), b"MCV1" + bytes(65)])
def test_a_damaged_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "vault.key"
    file.touch(mode=0o600)
    file.write_bytes(content)
    with pytest.raises(KeyUnusable):
        Vault.open(file, may_create=True)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vault.key"
    Vault.open(file, may_create=True)
    file.chmod(0o640)
    with pytest.raises(KeyUnusable):
        Vault.open(file, may_create=True)


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_in_its_place_only(vault: Vault, plain: bytes) -> None:
    sealed = vault.seal(plain, HERE)
    assert vault.unseal(sealed, HERE) == plain
    assert len(plain) < 8 or plain not in sealed
    for elsewhere in (Place("audit", HERE.record_id), Place("outbox", "other"), Place("outbox", HERE.record_id, 2)):
        with pytest.raises(SealBroken):
            vault.unseal(sealed, elsewhere)


def test_every_changed_or_missing_byte_is_noticed(vault: Vault) -> None:
    sealed = vault.seal(b"Nguyen Thi Lan", HERE)
    for position in range(len(sealed)):
        with pytest.raises(SealBroken):
            vault.unseal(sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :], HERE)
        with pytest.raises(SealBroken):
            vault.unseal(sealed[:position], HERE)


def test_neither_keys_nor_people_are_shown(vault: Vault) -> None:
    assert "_sealing_key" not in repr(vault)
    assert vault.pseudonym("VNM:001190000001") != vault.pseudonym("VNM:001190000002")
    assert "001190000001" not in vault.pseudonym("VNM:001190000001")
