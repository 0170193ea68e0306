"""Kinds of simulated cards, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from crypto import curves
from crypto.active_authentication import Trailer
from crypto.ciphers import Suite
from crypto.protocols import Agreement
from reader.lds.atr_info import AtrInfo
from reader.lds.mrz import MrzFormat
from reader.lds.security_infos import ID_CA, ID_PACE
from simulator.chip_keys import KeyForm
from simulator.chip_pace import Password
from simulator.citizen_card import CardModel
from simulator.errors import UnknownName
from simulator.face_file import FaceDesign
from simulator.manners import ChipManners, ReadRefusal
from simulator.pace_variants import PaceVariant, protocol_name
from simulator.passport import (
    BRAINPOOL_P256R1,
    CA_DH_3DES,
    CA_DH_AES_256,
    CA_ECDH_3DES,
    CA_ECDH_AES_128,
    CA_ECDH_AES_256,
    ChipAuthenticationDesign,
    EcdsaDesign,
    PassportDesign,
    RsaDesign,
    pace_info,
)
from simulator.radio_field import RadioField

PACE_PATTERN: Final = "pace:"
"""Before the name of a `PaceVariant`: a passport that opens by this PACE and nothing else."""

_VIETNAM: Final = "VN"
_UTOPIA: Final = "UT"
_GM_ECDH_3DES: Final = f"{ID_PACE}.2.1"
_GM_DH_AES_128: Final = f"{ID_PACE}.1.2"
_IM_ECDH_AES_128: Final = f"{ID_PACE}.4.2"
_GM_ECDH_AES_256: Final = f"{ID_PACE}.2.4"
_CAM_ECDH_AES_128: Final = f"{ID_PACE}.6.2"
_RFC5114_2048_256: Final = 2
_SECP256R1: Final = 12
_BRAINPOOL_P384R1: Final = 16
_SMALL_BUFFER: Final = 1000
_ACCEPT: Final = "accept"


@dataclass(frozen=True, slots=True)
class Profile:
    """What is put on the reader."""

    name: str
    summary: str
    expected: str
    """Verdict or exit code, with the reason."""
    person: str | None
    """Id of the invented holder; None: not an identity document."""
    document: CardModel | PassportDesign | None
    manners: ChipManners = field(default_factory=ChipManners)
    radio: RadioField | None = None

    @property
    def country(self) -> str:
        """The country in its issuer's certificates."""
        return _UTOPIA if isinstance(self.document, PassportDesign) else _VIETNAM


def find_profile(name: str) -> Profile:
    """The profile of this name; ``pace:`` and the name of a PACE such as ``CAM-ECDH-AES-256:16:CAN`` is one too.

    Raises:
        UnknownName: there is none.
    """
    if name.startswith(PACE_PATTERN):
        return _variant(PaceVariant.parse(name.removeprefix(PACE_PATTERN)))
    profile = named_profiles().get(name)
    if profile is None:
        raise UnknownName(f"no profile is called {name}")
    return profile


def named_profiles() -> Mapping[str, Profile]:
    """Every profile that has a name of its own."""
    found = (*_citizen_cards(), *_passports(), *_pace_passports(), *_genuineness(), *_manners(), *_faces())
    return MappingProxyType({profile.name: profile for profile in found})


def _citizen_cards() -> tuple[Profile, ...]:
    cccd, can_cuoc = CardModel.CCCD_2021, CardModel.CAN_CUOC_2024
    return (
        Profile("cccd", "a good card of 2021", _ACCEPT, "mau", cccd),
        Profile("cccd-no-expiry", "a good card of an old lady, without expiry", _ACCEPT, "lan", cccd),
        Profile("cccd-expired-insurance", "a good card; its holder's insurance has ended", _ACCEPT, "hoa", cccd),
        Profile("cccd-expired", "a card that has expired", "review: content.validity", "khoa", cccd),
        Profile("cccd-long-name", "a name that the MRZ has to cut", _ACCEPT, "thao", cccd),
        Profile("can_cuoc_2024", "a good card of 2024", _ACCEPT, "yen", can_cuoc),
        Profile("bank-card", "not an identity document", "exit 33", None, None),
        Profile(
            "slow_field",
            "a card of 2021 through 423.8 kbit/s with 5 ms a command",
            _ACCEPT,
            "mau",
            cccd,
            radio=RadioField(423_800, 0.005),
        ),
    )


def _passports() -> tuple[Profile, ...]:
    rsa = RsaDesign(2048, Trailer.BC)
    return (
        Profile("passport_td3", "a passport with BAC and PACE", _ACCEPT, "morel", PassportDesign()),
        Profile(
            "passport_pace_only",
            "a passport without BAC",
            _ACCEPT,
            "okoro",
            PassportDesign(bac=False),
        ),
        Profile(
            "passport_bac_only",
            "a passport of the first years: BAC, active authentication by RSA, no DG14",
            _ACCEPT,
            "okoro",
            PassportDesign(pace=(), chip_authentication=(), active_authentication=rsa, atr_info=None),
        ),
        Profile(
            "passport_bac_long_number",
            "a passport card (TD1) with BAC, whose number runs on in the optional data",
            _ACCEPT,
            "lindqvist",
            PassportDesign(MrzFormat.TD1, pace=(), chip_authentication=(), active_authentication=rsa),
        ),
        Profile("id_card_td2", "an identity card of size TD2", _ACCEPT, "morel", PassportDesign(MrzFormat.TD2)),
        Profile(
            "id_card_pin",
            "an identity card that opens by CAN, PIN and PUK",
            _ACCEPT,
            "okoro",
            PassportDesign(MrzFormat.TD1, bac=False, passwords=frozenset({Password.CAN, Password.PIN, Password.PUK})),
        ),
    )


def _pace_passports() -> tuple[Profile, ...]:
    def opened_by(name: str, summary: str, *infos: tuple[str, int]) -> Profile:
        design = PassportDesign(bac=False, pace=tuple(pace_info(*info) for info in infos))
        return Profile(name, summary, _ACCEPT, "morel", design)

    return (
        opened_by("passport_im", "PACE with integrated mapping, brainpoolP256r1", (_IM_ECDH_AES_128, BRAINPOOL_P256R1)),
        opened_by("passport_dh", "PACE with Diffie-Hellman, 2048 bits", (_GM_DH_AES_128, _RFC5114_2048_256)),
        opened_by(
            "passport_cam",
            "PACE with chip authentication mapping, brainpoolP256r1",
            (_CAM_ECDH_AES_128, BRAINPOOL_P256R1),
        ),
        opened_by("passport_3des", "PACE with 3DES, secp256r1", (_GM_ECDH_3DES, _SECP256R1)),
        opened_by(
            "passport_many_pace",
            "several protocols, two of them on two groups, and one that nobody knows",
            ("0.4.0.127.0.7.2.2.4.9.9", BRAINPOOL_P256R1),
            (_GM_ECDH_3DES, BRAINPOOL_P256R1),
            (_GM_ECDH_AES_256, BRAINPOOL_P256R1),
            (_GM_ECDH_AES_256, _BRAINPOOL_P384R1),
            (_IM_ECDH_AES_128, BRAINPOOL_P256R1),
            (_IM_ECDH_AES_128, _SECP256R1),
        ),
        Profile(
            "passport_own_parameters",
            "PACE on domain parameters that EF.CardAccess writes out",
            _ACCEPT,
            "morel",
            PassportDesign(
                bac=False, pace=(pace_info(_GM_ECDH_AES_256, 33),), own_parameters=((33, _BRAINPOOL_P384R1),)
            ),
        ),
    )


def _genuineness() -> tuple[Profile, ...]:
    def with_keys(
        name: str, summary: str, *keys: ChipAuthenticationDesign, aa: RsaDesign | EcdsaDesign | None = None
    ) -> Profile:
        design = PassportDesign(chip_authentication=keys, active_authentication=aa)
        return Profile(name, summary, _ACCEPT, "morel", design)

    key = ChipAuthenticationDesign
    return (
        with_keys(
            "passport_ca_dh",
            "chip authentication by Diffie-Hellman with AES-256",
            key(_RFC5114_2048_256, (CA_DH_AES_256,)),
        ),
        with_keys(
            "passport_ca_dh_3des",
            "the same with 3DES, the key in the form of PKCS #3",
            key(_RFC5114_2048_256, (CA_DH_3DES,), form=KeyForm.EXPLICIT),
        ),
        with_keys(
            "passport_ca_unannounced",
            "a key for chip authentication without ChipAuthenticationInfo: 3DES is meant",
            key(BRAINPOOL_P256R1, (CA_ECDH_3DES,), form=KeyForm.EXPLICIT, announced=False),
        ),
        with_keys(
            "passport_two_ca_keys",
            "two keys for chip authentication on one curve",
            key(BRAINPOOL_P256R1, (CA_ECDH_AES_128,), 1),
            key(BRAINPOOL_P256R1, (CA_ECDH_AES_256,), 2, KeyForm.STANDARDIZED),
        ),
        with_keys("passport_aa_der", "active authentication by ECDSA in DER", aa=EcdsaDesign(der=True)),
        with_keys(
            "passport_aa_p384",
            "active authentication by ECDSA on secp384r1 with SHA-384",
            aa=EcdsaDesign(curves.SECP384R1, "sha384", form=KeyForm.EXPLICIT),
        ),
        with_keys(
            "passport_aa_rsa_4096",
            "active authentication by RSA with 4096 bits and SHA-512",
            aa=RsaDesign(4096, Trailer.SHA512),
        ),
    )


def _manners() -> tuple[Profile, ...]:
    told = AtrInfo(_SMALL_BUFFER, _SMALL_BUFFER + 2, bytes.fromhex("8001C0"))
    return (
        Profile(
            "short_length_only",
            "a passport without extended length",
            _ACCEPT,
            "morel",
            PassportDesign(atr_info=None),
            ChipManners(extended_length=False),
        ),
        Profile(
            "atr_info_limits",
            f"EF.ATR/INFO tells of {_SMALL_BUFFER} bytes, and blocks of more are refused",
            _ACCEPT,
            "morel",
            PassportDesign(atr_info=told),
            ChipManners(max_command=_SMALL_BUFFER, max_response=_SMALL_BUFFER, read_refusal=ReadRefusal(_SMALL_BUFFER)),
        ),
    )


def _faces() -> tuple[Profile, ...]:
    def with_face(name: str, summary: str, face: FaceDesign) -> Profile:
        return Profile(name, summary, _ACCEPT, "morel", PassportDesign(face=face))

    return (
        with_face("dg2_120kb", "a picture of 826 × 1062 pixels: DG2 has 120 KB", FaceDesign(size=120 * 1024)),
        with_face("jpeg2000", "the face as a JP2 file", FaceDesign("jp2")),
        with_face("j2k_codestream", "the face as a bare JPEG 2000 codestream", FaceDesign("j2k")),
        with_face("iso39794", "the face in a record of ISO/IEC 39794-5", FaceDesign("jp2", "iso39794-5")),
    )


def _variant(variant: PaceVariant) -> Profile:
    design = PassportDesign(
        bac=False,
        pace=(pace_info(variant.protocol.oid, variant.parameter_id),),
        passwords=frozenset({variant.password}),
        chip_authentication=(_like(variant),),
    )
    summary = f"{protocol_name(variant.protocol)} on {variant.group.name}, opened with the {variant.password.name}"
    return Profile(PACE_PATTERN + variant.name, summary, _ACCEPT, "morel", design)


def _like(variant: PaceVariant) -> ChipAuthenticationDesign:
    """Chip authentication with the same group and cipher."""
    agreement = 1 if variant.protocol.agreement is Agreement.DH else 2
    cipher = list(Suite).index(variant.protocol.suite) + 1
    return ChipAuthenticationDesign(variant.parameter_id, (f"{ID_CA}.{agreement}.{cipher}",))
