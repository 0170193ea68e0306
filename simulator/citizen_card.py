"""Vietnam's identity cards, made for invented people: CCCD of 2021 and Căn cước of 2024."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Final

from crypto import groups
from crypto.key_pair import RandomBytes
from reader.citizen_number import CitizenNumber
from reader.lds import card_access, dg1, dg13, dg14, dg15
from reader.lds.dg13 import Dg13
from reader.lds.dg15 import Dg15
from reader.lds.mrz import Mrz, build_citizen_card_mrz, parse_mrz
from reader.lds.security_infos import (
    ID_PK,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
)
from reader.partial_date import PartialDate
from reader.qr.payload import CanCuocQr, CccdQr
from simulator import chip_keys
from simulator.face_file import FaceDesign, face_file
from simulator.issuer import Issuer
from simulator.people import Person
from simulator.personalisation import ChipAuthenticationKey, Personalisation, RsaAuthenticationKey
from simulator.signed_files import signed_files

AA_KEY_BITS: Final = 1024
"""The size in real cards is not known. A signature of 1024 bits fits any short protected response."""

_NO_EXPIRY: Final = "991231"
_CA_ECDH_AES_128: Final = "0.4.0.127.0.7.2.2.3.2.2"
_PACE_ECDH_GM_AES_128: Final = "0.4.0.127.0.7.2.2.4.2.2"
_PK_ECDH: Final = f"{ID_PK}.2"
_BRAINPOOL_P256R1: Final = 13

# What EF.CardAccess of the cards in circulation holds, in its order: 54 bytes.
_PACE: Final = PaceInfo(_PACE_ECDH_GM_AES_128, 2, _BRAINPOOL_P256R1)
_CARD_ACCESS: Final = (TerminalAuthenticationInfo(1), ChipAuthenticationInfo(_CA_ECDH_AES_128, 1, None), _PACE)


class CardModel(Enum):
    CCCD_2021 = "Căn cước công dân"
    CAN_CUOC_2024 = "Căn cước"


@dataclass(frozen=True, slots=True)
class ChipKeys:
    """The chip's own private keys, where they are to be given."""

    aa: RsaAuthenticationKey = field(repr=False)
    ca: ChipAuthenticationKey = field(repr=False)

    @classmethod
    def generate(cls, random_bytes: RandomBytes, aa_bits: int = AA_KEY_BITS) -> ChipKeys:
        """Make both: RSA of `aa_bits` for active, brainpoolP256r1 with AES-128 for chip authentication."""
        ca = chip_keys.generate_ca_key(groups.STANDARDIZED[_BRAINPOOL_P256R1], (_CA_ECDH_AES_128,), random_bytes)
        return cls(RsaAuthenticationKey(chip_keys.generate_rsa_key(aa_bits)), ca)


def personalise(person: Person, issuer: Issuer, keys: ChipKeys, *, dg2_size: int | None = None) -> Personalisation:
    """Make the chip of a person's card, signed by `issuer`.

    Args:
        dg2_size: bytes that DG2 is to have exactly; None: as they come, 15 to 20 kB. Raises SizeUnreachable for fewer.
    """
    mrz = citizen_mrz(person)
    contents: dict[int, bytes] = {
        1: dg1.encode(mrz),
        2: face_file(person.look, FaceDesign(size=dg2_size)),
        13: dg13.encode(_dg13(person)),
        14: dg14.encode(_security_infos(keys.ca)),
        15: dg15.encode(Dg15(chip_keys.rsa_public_key_info(keys.aa.key))),
    }
    files = {
        "EF.CardAccess": card_access.encode(SecurityInfos(_CARD_ACCESS)),
        **signed_files(issuer, contents),
    }
    return Personalisation(
        MappingProxyType(files), mrz=mrz, can=person.can, pace=(_PACE,), ca_keys=(keys.ca,), aa_key=keys.aa
    )


def citizen_mrz(person: Person) -> Mrz:
    """The MRZ on the back of a person's card."""
    text = build_citizen_card_mrz(
        CitizenNumber(person.personal_number),
        birth_yymmdd=f"{person.birth_date:%y%m%d}",
        sex=person.sex,
        expiry_yymmdd=_NO_EXPIRY if person.expires is None else f"{person.expires:%y%m%d}",
        surname=person.family_name,
        given_names=person.other_names,
    )
    return parse_mrz(text)


def qr_text(person: Person, model: CardModel) -> str:
    """The text of the QR code on a person's card."""
    # Cards of 2024 have further fields, which are empty for adults; their order is not published.
    card, extra = (CccdQr, ()) if model is CardModel.CCCD_2021 else (CanCuocQr, ("", "", "", ""))
    return card(
        person.personal_number,
        person.former_number,
        person.name,
        PartialDate.of(person.birth_date),
        person.sex,
        person.residence,
        person.issued,
        extra,
    ).encode()


def _dg13(person: Person) -> Dg13:
    return Dg13(
        number=person.personal_number,
        name=person.name,
        birth_text=_written(person.birth_date),
        sex_text="Nam" if person.sex == "M" else "Nữ",
        nationality="Việt Nam",
        ethnicity=person.ethnicity,
        religion=person.religion,
        place_of_origin=person.origin,
        place_of_residence=person.residence,
        personal_features=person.features,
        issue_text=_written(person.issued),
        expiry_text="Không thời hạn" if person.expires is None else _written(person.expires),
        father=person.father,
        mother=person.mother,
        spouse=person.spouse or "",
        old_number=person.former_number,
        reference=hashlib.sha256(person.id.encode()).hexdigest()[:16].upper(),
    )


def _written(day: date) -> str:
    return PartialDate.of(day).written("/")


def _security_infos(key: ChipAuthenticationKey) -> SecurityInfos:
    public_key = ChipAuthenticationPublicKeyInfo(_PK_ECDH, chip_keys.ca_public_key_info(key), key.key_id)
    return SecurityInfos((*_CARD_ACCESS, public_key))
