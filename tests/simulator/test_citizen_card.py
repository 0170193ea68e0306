"""A personalised card: its files, byte for byte where cards in circulation are known to have them so."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from reader.lds import card_access, com, dg1, dg2, dg13, dg14, sod
from reader.lds.security_infos import ChipAuthenticationPublicKeyInfo
from reader.qr import payload
from reader.qr.payload import CanCuocQr, CccdQr
from simulator.citizen_card import CardModel, ChipKeys, citizen_mrz, personalise, qr_text
from simulator.issuer import Issuer
from simulator.people import sample_people
from simulator.sample_card import SampleCard

# Decoded from cards in circulation; the same constant stands in several applications.
CARD_ACCESS = (
    "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
)


def test_the_files_of_a_card(good_card: SampleCard) -> None:
    files = good_card.personalisation.files
    assert set(files) == {"EF.CardAccess", "EF.COM", "EF.SOD", "DG1", "DG2", "DG13", "DG14", "DG15"}
    assert files["EF.CardAccess"].hex() == CARD_ACCESS
    assert com.parse(files["EF.COM"]).data_groups == (1, 2, 13, 14, 15)
    assert len(files["DG1"]) == 95
    assert len(files["EF.SOD"]) <= 2000
    assert dg2.parse(files["DG2"]).image_format == "jpeg"


def test_the_mrz_as_the_contract_shows_it(good_card: SampleCard) -> None:
    assert dg1.parse(good_card.personalisation.files["DG1"]).lines == (
        "IDVNM0990000017001099000001<<8",
        "9902015M3902013VNM<<<<<<<<<<<6",
        "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<",
    )


def test_the_issuer_signed_every_data_group(good_card: SampleCard, issuer: Issuer) -> None:
    files = good_card.personalisation.files
    parsed = sod.parse(files["EF.SOD"])
    signed = parsed.security_object.hashes
    assert signed == {number: hashlib.sha256(files[f"DG{number}"]).digest() for number in (1, 2, 13, 14, 15)}
    result = parsed.signed_data.verify_signer()
    assert result.fault is None
    assert [found.raw for found in parsed.signed_data.certificates] == [issuer.document_signer_der]


def test_dg13_holds_all_sixteen_fields_in_vietnamese(issuer: Issuer, chip_keys: ChipKeys) -> None:
    fields = dg13.parse(personalise(sample_people()["lan"], issuer, chip_keys).files["DG13"])
    assert (fields.name, fields.sex, fields.birth_date) == ("Trần Thị Lan", "F", date(1951, 5, 14))
    assert fields.never_expires
    assert fields.expiry_text == "Không thời hạn"
    assert None not in [getattr(fields, name) for name in dg13.Dg13.__dataclass_fields__]
    assert fields.unknown == ()


def test_the_signed_security_infos_say_what_ef_card_access_says(good_card: SampleCard) -> None:
    files = good_card.personalisation.files
    free = card_access.parse(files["EF.CardAccess"]).infos
    signed = dg14.parse(files["DG14"])
    assert set(free) < set(signed.infos)
    assert len(signed.of(ChipAuthenticationPublicKeyInfo)) == 1


@pytest.mark.parametrize("size", [19_967, 18_500 + 3_000])
def test_dg2_of_an_exact_size(issuer: Issuer, chip_keys: ChipKeys, size: int) -> None:
    assert len(personalise(sample_people()["mau"], issuer, chip_keys, dg2_size=size).files["DG2"]) == size


def test_the_reading_of_the_keys_is_given_to_the_chip(good_card: SampleCard) -> None:
    chip = good_card.personalisation
    assert chip.can == "000001"
    assert chip.mrz_information == "099000001799020153902013"


@pytest.mark.parametrize(
    ("person", "model", "kind", "bars"),
    [("mau", CardModel.CCCD_2021, CccdQr, 6), ("yen", CardModel.CAN_CUOC_2024, CanCuocQr, 10)],
)
def test_the_qr_code_of_both_cards(person: str, model: CardModel, kind: type, bars: int) -> None:
    holder = sample_people()[person]
    text = qr_text(holder, model)
    assert text.count("|") == bars
    read = payload.parse(text)
    assert isinstance(read, CccdQr | CanCuocQr)
    assert type(read) is kind
    assert (read.number, read.name, read.birth_date) == (holder.personal_number, holder.name, holder.birth_date)


def test_a_card_without_expiry_and_a_name_that_is_cut() -> None:
    assert citizen_mrz(sample_people()["lan"]).never_expires
    long = citizen_mrz(sample_people()["thao"])
    assert long.name_may_be_cut
    assert all(long.check_digits_ok.values())
