"""Passports and identity cards of Utopia, made for invented travellers in whatever way an issuer may have chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from types import MappingProxyType
from typing import Final

from crypto import curves, groups
from crypto.active_authentication import Trailer
from crypto.ec import Curve
from crypto.groups import Group
from crypto.key_pair import RandomBytes, random_below
from crypto.protocols import Agreement
from reader.lds import atr_info, card_access, dg1, dg7, dg11, dg12, dg14, dg15
from reader.lds import dir as ef_dir
from reader.lds.atr_info import AtrInfo
from reader.lds.dg11 import Dg11
from reader.lds.dg12 import Dg12
from reader.lds.dg15 import Dg15
from reader.lds.files import EMRTD_AID
from reader.lds.images import StoredImage
from reader.lds.mrz import MrzFormat
from reader.lds.person_name import PersonName
from reader.lds.security_infos import (
    ID_CA,
    ID_PACE,
    ID_PK,
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
)
from reader.lds.sod import LdsVersions
from reader.partial_date import PartialDate
from simulator import chip_keys, handwriting
from simulator.chip_keys import KeyForm
from simulator.chip_pace import Password
from simulator.face_file import FaceDesign, face_file
from simulator.issuer import Issuer
from simulator.personalisation import (
    ActiveAuthenticationKey,
    ChipAuthenticationKey,
    EcAuthenticationKey,
    Personalisation,
    RsaAuthenticationKey,
)
from simulator.signed_files import signed_files
from simulator.travellers import Traveller

BRAINPOOL_P256R1: Final = 13
GM_ECDH_AES_128: Final = f"{ID_PACE}.2.2"
CA_DH_3DES: Final = f"{ID_CA}.1.1"
CA_DH_AES_256: Final = f"{ID_CA}.1.4"
CA_ECDH_3DES: Final = f"{ID_CA}.2.1"
CA_ECDH_AES_128: Final = f"{ID_CA}.2.2"
CA_ECDH_AES_256: Final = f"{ID_CA}.2.4"

_CAM: Final = f"{ID_PACE}.6."
_LDS: Final = LdsVersions("0108", "040000")
_PACE_VERSION: Final = 2
_CA_VERSION: Final = 1
_AA_VERSION: Final = 1
_PK_OF: Final = MappingProxyType({Agreement.DH: f"{ID_PK}.1", Agreement.ECDH: f"{ID_PK}.2"})
_PACE_MECHANISM: Final = MappingProxyType({Agreement.DH: 1, Agreement.ECDH: 2})
_ECDSA_PLAIN: Final = MappingProxyType(
    {
        name: f"0.4.0.127.0.7.1.1.4.1.{arc}"
        for arc, name in enumerate(("sha1", "sha224", "sha256", "sha384", "sha512"), start=1)
    }
)
_AUTHORITY: Final = "Registrar General, Utopia"
_PERSONALISED_AT: Final = time(9, 30)
_USUAL_FACE: Final = FaceDesign()
_USUAL_ATR_INFO: Final = AtrInfo(4096, 4098, bytes.fromhex("8001C0"))
"""The buffers of a chip with its usual manners; command chaining and extended length."""


def pace_info(protocol: str, parameter_id: int) -> PaceInfo:
    """What EF.CardAccess says of one PACE protocol."""
    return PaceInfo(protocol, _PACE_VERSION, parameter_id)


@dataclass(frozen=True, slots=True)
class ChipAuthenticationDesign:
    """One static key of the chip.

    Attributes:
        parameter_id: standardized domain parameters.
        form: how DG14 writes its public half.
        announced: False leaves the ChipAuthenticationInfo out of DG14, as the first issuers did.
    """

    parameter_id: int
    protocols: tuple[str, ...]
    key_id: int | None = None
    form: KeyForm = KeyForm.USUAL
    announced: bool = True


@dataclass(frozen=True, slots=True)
class RsaDesign:
    """Active authentication by RSA."""

    bits: int = 1024
    trailer: Trailer = Trailer.SHA256


@dataclass(frozen=True, slots=True)
class EcdsaDesign:
    """Active authentication by ECDSA; `announced` as for chip authentication."""

    curve: Curve = curves.SECP256R1
    hash_name: str = "sha256"
    der: bool = False
    form: KeyForm = KeyForm.USUAL
    announced: bool = True


@dataclass(frozen=True, slots=True)
class PassportDesign:
    """What an issuer decided about a kind of document.

    Attributes:
        own_parameters: domain parameters that the issuer numbers by itself, from 32 on, though they are standardized
            ones: their standardized number by that.
        passwords: those that PACE takes. The MRZ opens BAC in any case.
        further_groups: data groups besides DG1, DG14 and DG15, which follow from the rest.
        atr_info: content of EF.ATR/INFO; None: there is none.
    """

    mrz_format: MrzFormat = MrzFormat.TD3
    bac: bool = True
    pace: tuple[PaceInfo, ...] = (PaceInfo(GM_ECDH_AES_128, _PACE_VERSION, BRAINPOOL_P256R1),)
    own_parameters: tuple[tuple[int, int], ...] = ()
    passwords: frozenset[Password] = frozenset({Password.MRZ, Password.CAN})
    chip_authentication: tuple[ChipAuthenticationDesign, ...] = (
        ChipAuthenticationDesign(BRAINPOOL_P256R1, (CA_ECDH_AES_128,)),
    )
    active_authentication: RsaDesign | EcdsaDesign | None = EcdsaDesign()
    further_groups: tuple[int, ...] = (2, 7, 11, 12)
    face: FaceDesign = _USUAL_FACE
    atr_info: AtrInfo | None = _USUAL_ATR_INFO

    @property
    def pace_groups(self) -> Mapping[int, Group]:
        """Domain parameters by the number that the chip knows them by."""
        own = {number: groups.STANDARDIZED[known] for number, known in self.own_parameters}
        return MappingProxyType({**groups.STANDARDIZED, **own})

    @property
    def card_access(self) -> tuple[SecurityInfo, ...]:
        """What EF.CardAccess says."""
        own = (
            PaceDomainParameterInfo(
                f"{ID_PACE}.{_PACE_MECHANISM[group.agreement]}",
                chip_keys.domain_parameters(group, KeyForm.EXPLICIT),
                number,
            )
            for number, known in self.own_parameters
            for group in (groups.STANDARDIZED[known],)
        )
        return (*self.pace, *own)


@dataclass(frozen=True, slots=True)
class PassportKeys:
    """The private keys of one chip."""

    ca: tuple[ChipAuthenticationKey, ...] = field(repr=False)
    cam: tuple[ChipAuthenticationKey, ...] = field(repr=False)
    aa: ActiveAuthenticationKey | None = field(repr=False)

    @classmethod
    def generate(cls, design: PassportDesign, random_bytes: RandomBytes) -> PassportKeys:
        """Draw all that the design asks for. RSA keys come from the operating system's random source."""
        ca = tuple(
            chip_keys.generate_ca_key(
                groups.STANDARDIZED[wanted.parameter_id], wanted.protocols, random_bytes, wanted.key_id
            )
            for wanted in design.chip_authentication
        )
        return cls(ca, _cam_keys(design, ca, random_bytes), _aa_key(design.active_authentication, random_bytes))


def personalise(traveller: Traveller, issuer: Issuer, design: PassportDesign, keys: PassportKeys) -> Personalisation:
    """Make the chip of a traveller's document, signed by `issuer`; raises SizeUnreachable as `face_file` does."""
    mrz = traveller.mrz(design.mrz_format)
    contents: dict[int, bytes] = {1: dg1.encode(mrz)}
    for number in design.further_groups:
        contents[number] = _group(number, traveller, design)
    if design.pace or keys.ca or isinstance(keys.aa, EcAuthenticationKey):
        contents[14] = dg14.encode(_signed_infos(design, keys))
    if keys.aa is not None:
        contents[15] = dg15.encode(Dg15(_aa_public_key(design, keys.aa)))
    files = {
        "EF.DIR": ef_dir.encode((EMRTD_AID,)),
        **signed_files(issuer, dict(sorted(contents.items())), _LDS),
    }
    if design.atr_info is not None:
        files["EF.ATR/INFO"] = atr_info.encode(design.atr_info)
    if design.pace:
        files["EF.CardAccess"] = card_access.encode(SecurityInfos(design.card_access))
    if keys.cam:
        static = tuple(_public_key(key, KeyForm.USUAL) for key in keys.cam)
        files["EF.CardSecurity"] = issuer.sign_card_security(SecurityInfos((*design.card_access, *static)))
    has = design.passwords
    return Personalisation(
        MappingProxyType(files),
        mrz=mrz if design.bac or Password.MRZ in has else None,
        can=traveller.can if Password.CAN in has else None,
        pin=traveller.pin if Password.PIN in has else None,
        puk=traveller.puk if Password.PUK in has else None,
        bac=design.bac,
        pace=design.pace,
        pace_groups=design.pace_groups,
        ca_keys=keys.ca,
        cam_keys=keys.cam,
        aa_key=keys.aa,
    )


def _cam_keys(
    design: PassportDesign, ca: tuple[ChipAuthenticationKey, ...], random_bytes: RandomBytes
) -> tuple[ChipAuthenticationKey, ...]:
    """For each group of PACE-CAM the chip's key on it: one for chip authentication serves both."""
    wanted = dict.fromkeys(
        info.parameter_id for info in design.pace if info.parameter_id is not None and info.protocol.startswith(_CAM)
    )
    found = []
    for number in wanted:
        group = design.pace_groups[number]
        shared = next((key for key in ca if key.group == group), None)
        found.append(shared or chip_keys.generate_ca_key(group, (), random_bytes))
    return tuple(found)


def _aa_key(design: RsaDesign | EcdsaDesign | None, random_bytes: RandomBytes) -> ActiveAuthenticationKey | None:
    match design:
        case RsaDesign(bits, trailer):
            return RsaAuthenticationKey(chip_keys.generate_rsa_key(bits), trailer)
        case EcdsaDesign(curve, hash_name, der):
            return EcAuthenticationKey(curve, random_below(curve.n, random_bytes), hash_name, der)
    return None


def _aa_public_key(design: PassportDesign, key: ActiveAuthenticationKey) -> bytes:
    if isinstance(key, RsaAuthenticationKey):
        return chip_keys.rsa_public_key_info(key.key)
    form = design.active_authentication.form if isinstance(design.active_authentication, EcdsaDesign) else KeyForm.USUAL
    return chip_keys.ec_public_key_info(key, form)


def _signed_infos(design: PassportDesign, keys: PassportKeys) -> SecurityInfos:
    """What DG14 says: EF.CardAccess once more, and the keys."""
    infos: list[SecurityInfo] = [*design.card_access]
    for key, wanted in zip(keys.ca, design.chip_authentication, strict=True):
        if wanted.announced:
            infos += [ChipAuthenticationInfo(oid, _CA_VERSION, key.key_id) for oid in key.protocols]
        infos.append(_public_key(key, wanted.form))
    aa = design.active_authentication
    if isinstance(aa, EcdsaDesign) and aa.announced:
        infos.append(ActiveAuthenticationInfo(_AA_VERSION, _ECDSA_PLAIN[aa.hash_name]))
    return SecurityInfos(tuple(infos))


def _public_key(key: ChipAuthenticationKey, form: KeyForm) -> ChipAuthenticationPublicKeyInfo:
    encoded = chip_keys.ca_public_key_info(key, form)
    return ChipAuthenticationPublicKeyInfo(_PK_OF[key.group.agreement], encoded, key.key_id)


def _group(number: int, traveller: Traveller, design: PassportDesign) -> bytes:
    match number:
        case 2:
            return face_file(traveller.look, design.face)
        case 7:
            return dg7.encode((StoredImage(handwriting.signature_jpeg(traveller.full_name)),))
        case 11:
            return dg11.encode(_personal_details(traveller))
        case 12:
            return dg12.encode(_document_details(traveller))
    raise ValueError(f"no content is made up for DG{number}")


def _personal_details(traveller: Traveller) -> Dg11:
    return Dg11(
        name=PersonName(traveller.surname, traveller.given_names),
        personal_number=traveller.personal_number,
        birth_date=PartialDate.of(traveller.birth_date),
        place_of_birth=(traveller.place_of_birth, "Utopia"),
        address=traveller.address,
        telephone=traveller.telephone,
        profession=traveller.profession,
    )


def _document_details(traveller: Traveller) -> Dg12:
    return Dg12(
        issuing_authority=_AUTHORITY,
        issue_date=PartialDate.of(traveller.issued),
        personalised_at=datetime.combine(traveller.issued, _PERSONALISED_AT),
    )
