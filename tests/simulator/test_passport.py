"""Passports of invented travellers: their files, in every way that issuers write them."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace

import pytest
from PIL import Image

from reader.issuing_states import certificate_countries
from reader.lds import atr_info, card_access, card_security, com, dg1, dg2, dg7, dg11, dg12, dg14, dg15, sod
from reader.lds import dir as ef_dir
from reader.lds.files import EMRTD_AID
from reader.lds.mrz import MrzFormat
from reader.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, PaceInfo
from simulator.citizen_card import ChipKeys
from simulator.issuer import Issuer
from simulator.passport import PassportDesign, PassportKeys, personalise
from simulator.personalisation import Personalisation
from simulator.profiles import find_profile, named_profiles
from simulator.sample_card import make_card
from simulator.travellers import STATE, sample_travellers

TRAVELLERS = sample_travellers()


@pytest.fixture(scope="module")
def issuer(issuer: Issuer) -> Issuer:
    return Issuer.create("UT", now=issuer.now, random_bytes=os.urandom, keys=issuer.keys)


def design_of(profile: str) -> PassportDesign:
    design = find_profile(profile).document
    assert isinstance(design, PassportDesign)
    return design


def made(issuer: Issuer, design: PassportDesign, traveller: str = "morel") -> Personalisation:
    return personalise(TRAVELLERS[traveller], issuer, design, PassportKeys.generate(design, os.urandom))


@pytest.fixture(scope="module")
def passport(issuer: Issuer) -> Personalisation:
    return made(issuer, design_of("passport_td3"))


def test_the_files_of_a_passport(passport: Personalisation) -> None:
    files = passport.files
    groups = (1, 2, 7, 11, 12, 14, 15)
    assert com.parse(files["EF.COM"]).data_groups == groups
    assert set(files) == {
        "EF.ATR/INFO", "EF.CardAccess", "EF.COM", "EF.DIR", "EF.SOD", *(f"DG{number}" for number in groups)
    }  # fmt: skip
    assert ef_dir.parse(files["EF.DIR"]) == (EMRTD_AID,)
    assert atr_info.parse(files["EF.ATR/INFO"]).extended_length
    assert card_access.parse(files["EF.CardAccess"]).of(PaceInfo) == passport.pace
    assert set(card_access.parse(files["EF.CardAccess"]).infos) < set(dg14.parse(files["DG14"]).infos)


def test_the_issuer_of_the_holders_state_signed_it(passport: Personalisation, issuer: Issuer) -> None:
    parsed = sod.parse(passport.files["EF.SOD"])
    signer = parsed.signed_data.verify_signer()
    assert signer.fault is None
    assert signer.certificate is not None
    assert {signer.certificate.country} == certificate_countries(dg1.parse(passport.files["DG1"]).issuer)
    assert parsed.security_object.versions is not None
    for number, digest in parsed.security_object.hashes.items():
        assert hashlib.sha256(passport.files[f"DG{number}"]).digest() == digest
    assert issuer.country == "UT"


def test_what_it_says_of_its_holder(passport: Personalisation) -> None:
    files = passport.files
    mrz = dg1.parse(files["DG1"])
    assert mrz.lines == (
        "P<UTOMOREL<AASTROEM<<ZOE<ELODIE<<<<<<<<<<<<<",
        "UT00000018UTO8609177F3203075860917F00101<<08",
    )
    person, document = dg11.parse(files["DG11"]), dg12.parse(files["DG12"])
    assert person.name is not None
    assert (person.name.written, person.profession) == ("Morel-Åström Zoë Élodie", "Bridge engineer")
    assert document.issuing_authority == "Registrar General, Utopia"
    (signature,) = dg7.parse(files["DG7"])
    with Image.open(io.BytesIO(signature.image)) as picture:
        assert picture.size == (360, 120)


@pytest.mark.parametrize(
    ("traveller", "size"),
    [
        (name, size)
        for name, holder in TRAVELLERS.items()
        for size in MrzFormat
        # Doc 9303-4 has no long numbers.
        if size is not MrzFormat.TD3 or len(holder.document_number) <= 9
    ],
)
def test_every_mrz_has_right_check_digits(traveller: str, size: MrzFormat) -> None:
    holder = TRAVELLERS[traveller]
    mrz = holder.mrz(size)
    assert all(mrz.check_digits_ok.values())
    assert (mrz.document_number, mrz.issuer, mrz.nationality) == (holder.document_number, STATE, STATE)


def test_travellers_are_invented_and_redacted() -> None:
    for traveller in TRAVELLERS.values():
        for secret in (traveller.surname, traveller.document_number, traveller.pin, traveller.address[0]):
            assert secret not in repr(traveller)
    for values in ("document_number", "can", "pin", "puk", "personal_number"):
        assert len({getattr(traveller, values) for traveller in TRAVELLERS.values()}) == len(TRAVELLERS)


@pytest.mark.parametrize(
    ("profile", "image_format", "record", "picture"),
    [
        ("jpeg2000", "jp2", "iso19794-5", "JPEG2000"),
        ("j2k_codestream", "j2k", "iso19794-5", "JPEG2000"),
        ("iso39794", "jp2", "iso39794-5", "JPEG2000"),
        ("passport_td3", "jpeg", "iso19794-5", "JPEG"),
    ],
)
def test_the_face_in_every_format(issuer: Issuer, profile: str, image_format: str, record: str, picture: str) -> None:
    face = dg2.parse(made(issuer, design_of(profile)).files["DG2"])
    assert (face.image_format, face.record, face.announced_rightly) == (image_format, record, True)
    assert 15_000 <= len(face.image) <= 20_000
    with Image.open(io.BytesIO(face.image)) as shown:
        shown.load()
        assert (shown.format, shown.size) == (picture, (face.width, face.height))


def test_a_face_of_120_kb_is_a_picture_of_that_size(issuer: Issuer) -> None:
    raw = made(issuer, design_of("dg2_120kb")).files["DG2"]
    assert len(raw) == 120 * 1024
    face = dg2.parse(raw)
    with Image.open(io.BytesIO(face.image)) as shown:
        assert shown.size == (826, 1062) == (face.width, face.height)
        buffer = io.BytesIO()
        shown.save(buffer, "JPEG", quality="keep")
    assert len(buffer.getvalue()) > 100_000


def test_pace_with_chip_authentication_mapping_brings_ef_card_security(issuer: Issuer) -> None:
    chip = made(issuer, design_of("passport_cam"))
    signed = card_security.parse(chip.files["EF.CardSecurity"])
    assert signed.signed_data.verify_signer().fault is None
    assert signed.infos.of(PaceInfo) == chip.pace
    # One key serves both.
    assert signed.infos.of(ChipAuthenticationPublicKeyInfo) == dg14.parse(chip.files["DG14"]).of(
        ChipAuthenticationPublicKeyInfo
    )


def test_first_generations_have_less(issuer: Issuer) -> None:
    old = made(issuer, design_of("passport_bac_only"), "okoro")
    assert {"EF.CardAccess", "EF.ATR/INFO", "DG14"}.isdisjoint(old.files)
    assert dg15.parse(old.files["DG15"]).public_key
    unannounced = dg14.parse(made(issuer, design_of("passport_ca_unannounced")).files["DG14"])
    assert unannounced.of(ChipAuthenticationInfo) == ()
    assert len(unannounced.of(ChipAuthenticationPublicKeyInfo)) == 1


def test_a_long_number_runs_on_in_the_optional_data(issuer: Issuer) -> None:
    chip = made(issuer, design_of("passport_bac_long_number"), "lindqvist")
    assert dg1.parse(chip.files["DG1"]).document_number == "UT0000003ABC"
    assert chip.mrz_information == "UT0000003ABC" + "5" + "9912050" + "3501313"


def test_every_passport_gives_its_holder_and_its_size(issuer: Issuer, chip_keys: ChipKeys) -> None:
    card = make_card(find_profile("passport_td3"), issuer, chip_keys, os.urandom, person="okoro", dg2_size=60_000)
    assert dg1.parse(card.personalisation.files["DG1"]).surname == "OKORO"
    assert len(card.personalisation.files["DG2"]) == 60_000
    for profile in named_profiles().values():
        assert profile.country == ("UT" if isinstance(profile.document, PassportDesign) else "VN")


def test_a_group_that_nobody_makes_up(issuer: Issuer) -> None:
    with pytest.raises(ValueError, match="DG5"):
        made(issuer, replace(design_of("passport_td3"), further_groups=(5,)))
