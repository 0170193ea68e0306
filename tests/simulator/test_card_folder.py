"""Chips made of folders of files: the BSI reference data set as it lies, and folders that cannot serve."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulator.card_folder import load_card_folder
from simulator.errors import UnusableFolder
from simulator.personalisation import Personalisation, RsaAuthenticationKey
from simulator.sample_card import SampleCard


@pytest.fixture
def copy(shared_data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    shutil.copytree(shared_data / "bsi-tr03105-5", folder)
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


def test_the_reference_data_set_as_it_lies(reference_document: Personalisation) -> None:
    sizes = {name: len(raw) for name, raw in reference_document.files.items()}
    assert sizes == {
        "EF.COM": 25, "EF.SOD": 1934, "DG1": 93, "DG2": 15083, "DG3": 32476, "DG4": 13294, "DG14": 334
    }  # fmt: skip
    (ca_key,) = reference_document.ca_keys
    assert ca_key.group.name == "brainpoolP224r1"
    assert ca_key.protocols == ("0.4.0.127.0.7.2.2.3.2.1",)
    assert reference_document.aa_key is None
    assert reference_document.mrz_information == "C11T002JM496081222310314"


def test_a_file_that_is_not_announced_is_added_on_demand(shared_data: Path) -> None:
    chip = load_card_folder(shared_data / "bsi-tr03105-5", ["DG15"])
    assert len(chip.files["DG15"]) == 165
    assert isinstance(chip.aa_key, RsaAuthenticationKey)
    assert chip.aa_key.key.length == 128


def test_a_personalised_card_survives_the_way_through_a_folder(good_card: SampleCard, tmp_path: Path) -> None:
    files = good_card.personalisation.files
    for name, raw in files.items():
        (tmp_path / f"{name}.bin").write_bytes(raw)
    chip = load_card_folder(tmp_path)
    assert chip.files == files
    assert [info.parameter_id for info in chip.pace] == [13]
    assert chip.ca_keys == ()


@pytest.mark.parametrize("missing", ["EF_COM.bin", "EF_SOD.bin", "Datagroup1.bin"])
def test_a_missing_file_is_named(copy: Path, missing: str) -> None:
    (copy / missing).unlink()
    with pytest.raises(UnusableFolder, match="lacks"):
        load_card_folder(copy)


def test_what_is_to_be_added_must_be_there(copy: Path) -> None:
    with pytest.raises(UnusableFolder, match="lacks DG16"):
        load_card_folder(copy, ["DG16"])


def test_a_key_that_belongs_to_nothing(copy: Path) -> None:
    shutil.copy(copy / "DG15_sk.pkcs8", copy / "DG14_sk.pkcs8")
    with pytest.raises(UnusableFolder, match="private key"):
        load_card_folder(copy)


@pytest.mark.parametrize("name", ["EF_COM.bin", "Datagroup1.bin", "Datagroup14.bin", "DG14_sk.pkcs8"])
def test_a_malformed_file_is_no_traceback(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"\x30\x03\x02\x01")
    with pytest.raises(UnusableFolder):
        load_card_folder(copy)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UnusableFolder, match="no folder"):
        load_card_folder(tmp_path / "nothing")
