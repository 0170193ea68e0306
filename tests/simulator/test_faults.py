"""Faults change what they say and nothing else."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from reader.lds import dg1
from simulator.citizen_card import CardModel, ChipKeys
from simulator.errors import UnknownName
from simulator.faults import Emission, find_fault, named_faults
from simulator.issuer import Issuer
from simulator.profiles import find_profile, named_profiles
from simulator.sample_card import SampleCard, make_card, with_fault

NOT_ON_A_CITIZENS_CARD = {
    "swapped-ca-keys",
    "wrong-cam-key",
    "wrong-cam-data",
    "torn-cam-data",
    "missing-cam-data",
    "stranger-card-security",
}


def changed_files(card: SampleCard, fault: str) -> set[str]:
    altered = with_fault(card, find_fault(fault), os.urandom).personalisation.files
    return {name for name, raw in card.personalisation.files.items() if altered[name] != raw}


@pytest.mark.parametrize(
    ("fault", "file"),
    [
        ("tampered-portrait", "DG2"),
        ("tampered-mrz", "DG1"),
        ("tampered-dg13", "DG13"),
        ("tampered-signature", "EF.SOD"),
        ("flip:DG15:20", "DG15"),
        ("flip:EF.CardAccess:0:01", "EF.CardAccess"),
    ],
)
def test_tampering_changes_one_file(good_card: SampleCard, fault: str, file: str) -> None:
    assert changed_files(good_card, fault) == {file}


@pytest.mark.parametrize("fault", ["wrong-aa-key", "wrong-ca-key"])
def test_a_clone_has_the_same_files_and_another_key(good_card: SampleCard, fault: str) -> None:
    assert changed_files(good_card, fault) == set()
    clone, chip = with_fault(good_card, find_fault(fault), os.urandom).personalisation, good_card.personalisation
    assert (clone.aa_key != chip.aa_key, clone.ca_keys != chip.ca_keys) == (
        fault == "wrong-aa-key",
        fault == "wrong-ca-key",
    )


def test_a_flip_changes_the_bits_of_its_mask(good_card: SampleCard) -> None:
    for name, mask in (("flip:DG2:1000", 0xFF), ("flip:DG2:1000:04", 0x04)):
        altered = with_fault(good_card, find_fault(name), os.urandom).personalisation.files["DG2"]
        original = good_card.personalisation.files["DG2"]
        assert [(i, a ^ b) for i, (a, b) in enumerate(zip(original, altered, strict=True)) if a != b] == [(1000, mask)]


def test_the_tampered_mrz_is_still_an_mrz(good_card: SampleCard) -> None:
    altered = with_fault(good_card, find_fault("tampered-mrz"), os.urandom).personalisation.files["DG1"]
    assert dg1.parse(altered).surname == "OGUYEN"


@pytest.mark.parametrize("name", ["", "nothing", "flip:DG2", "flip:DG2:-1", "flip:DG2:1:100"])
def test_names_that_no_fault_has(name: str) -> None:
    with pytest.raises(UnknownName):
        find_fault(name)


@pytest.mark.parametrize("name", ["flip:DG9:0", "flip:DG1:95"])
def test_a_flip_outside_the_card(good_card: SampleCard, name: str) -> None:
    with pytest.raises(UnknownName):
        with_fault(good_card, find_fault(name), os.urandom)


@pytest.mark.parametrize(
    ("profile", "fault"),
    [
        ("passport_td3", "wrong-cam-data"),
        ("passport_td3", "torn-cam-data"),
        ("passport_td3", "missing-cam-data"),
        ("passport_bac_only", "wrong-pace-token"),
        ("passport_pace_only", "wrong-bac-mac"),
    ],
)
def test_no_card_is_given_for_a_fault_that_it_cannot_have(
    issuer: Issuer, chip_keys: ChipKeys, profile: str, fault: str
) -> None:
    with pytest.raises(UnknownName):
        make_card(find_profile(profile), issuer, chip_keys, os.urandom, fault=find_fault(fault))


def test_every_named_fault_can_be_had(good_card: SampleCard) -> None:
    for fault in named_faults().values():
        if fault.name not in NOT_ON_A_CITIZENS_CARD:
            assert with_fault(good_card, fault, os.urandom).fault is fault
    assert not find_fault("unknown-issuer").issuer_known
    assert find_fault("wrong-pace-token").said(Emission.PACE_TOKEN, b"\x00\x00") == b"\x00\x01"
    assert find_fault("wrong-pace-token").said(Emission.BAC_CRYPTOGRAM, b"\x00") == b"\x00"


def test_a_card_that_is_no_document_has_no_holder(issuer: Issuer, chip_keys: ChipKeys) -> None:
    card = make_card(find_profile("cccd"), issuer, chip_keys, os.urandom, fault=find_fault("not-a-document"))
    assert (card.person, card.qr_text, dict(card.personalisation.files)) == (None, None, {})


def test_every_profile_can_be_had(issuer: Issuer, chip_keys: ChipKeys) -> None:
    for name, profile in named_profiles().items():
        card = make_card(profile, issuer, chip_keys, os.urandom)
        assert card.issued is (name != "bank-card")
        assert (card.qr_text is not None) is isinstance(profile.document, CardModel)
        assert (card.manners, card.radio) == (profile.manners, profile.radio)
    for wrong in ("cccd-2031", "pace:CAM-DH-AES-128:0:CAN", "pace:IM-ECDH-AES-128:10:MRZ"):
        with pytest.raises(UnknownName):
            find_profile(wrong)
    with pytest.raises(UnknownName, match="nobody"):
        make_card(find_profile("passport_td3"), issuer, chip_keys, os.urandom, person="nobody")


def test_no_signature_is_spoilt_that_is_never_made(good_card: SampleCard) -> None:
    unable = replace(good_card, personalisation=replace(good_card.personalisation, aa_key=None))
    with pytest.raises(UnknownName):
        with_fault(unable, find_fault("wrong-aa-signature"), os.urandom)
