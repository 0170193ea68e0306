"""Faults that a simulated card can have, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Final

from crypto.key_pair import RandomBytes, random_below
from reader.lds import card_security
from simulator import chip_keys
from simulator.errors import UnknownName
from simulator.face_file import with_image
from simulator.issuer import Issuer
from simulator.manners import BareErrors, ChipManners, ReadRefusal
from simulator.people import sample_people
from simulator.personalisation import (
    ChipAuthenticationKey,
    EcAuthenticationKey,
    Personalisation,
    RsaAuthenticationKey,
)
from simulator.radio_field import RadioField

Alteration = Callable[[Personalisation, RandomBytes], Personalisation]

_FLIP: Final = re.compile("flip:([A-Za-z0-9./]+):([0-9]{1,6})(?::([0-9A-Fa-f]{2}))?")
_ALL_BITS: Final = 0xFF
_STRANGER: Final = "phuc"
_NO_AA_KEY: Final = "the card has no key for active authentication"


class Emission(Enum):
    """What a chip says in a protocol and a fault may change."""

    BAC_CRYPTOGRAM = "BAC cryptogram"
    PACE_TOKEN = "PACE token"
    CAM_DATA = "chip authentication data of PACE"
    SEALED_CAM_DATA = "the same, sealed; nothing leaves the object out"
    AA_SIGNATURE = "signature of active authentication"


@dataclass(frozen=True, slots=True)
class Removal:
    """The card is pulled away, once, when so much of a file has been read."""

    file: str
    share: float
    """0 to 1 of the file's bytes."""
    back_after: float
    """Seconds until it is put back."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a card is not as it should be. The defaults are a good card's."""

    name: str
    summary: str
    expected: str
    """Verdict or exit code, and the check or the error code behind it."""
    issuer_known: bool = True
    """False: no reader is to be given the issuer's CSCA."""
    is_document: bool = True
    alter: Alteration | None = None
    """Changes what the issuer wrote, after it was signed."""
    tamper: Mapping[Emission, Callable[[bytes], bytes]] = field(default_factory=lambda: MappingProxyType({}))
    manners: Callable[[ChipManners], ChipManners] = lambda manners: manners
    """Changes how the chip behaves outside the protocols."""
    removal: Removal | None = None
    radio: RadioField | None = None

    def applied_to(self, personalisation: Personalisation, random_bytes: RandomBytes) -> Personalisation:
        """The chip with what this fault changes in it; raises UnknownName where it has not what is to be changed."""
        return personalisation if self.alter is None else self.alter(personalisation, random_bytes)

    def said(self, emission: Emission, value: bytes) -> bytes:
        """What the chip says in place of `value`."""
        return self.tamper.get(emission, bytes)(value)


def find_fault(name: str) -> Fault:
    """The fault of this name; ``flip:FILE:OFFSET`` or ``flip:FILE:OFFSET:MASK`` flips the bits of one byte of a file.

    Raises:
        UnknownName: there is none.
    """
    flip = _FLIP.fullmatch(name)
    if flip is not None:
        return _flipped(name, flip[1], int(flip[2]), int(flip[3] or f"{_ALL_BITS:X}", 16))
    fault = named_faults().get(name)
    if fault is None:
        raise UnknownName(f"no fault is called {name}")
    return fault


def named_faults() -> Mapping[str, Fault]:
    """Every fault that has a name of its own."""
    return MappingProxyType({fault.name: fault for fault in _faults()})


def _faults() -> tuple[Fault, ...]:
    return (
        Fault(
            "tampered-portrait",
            "the face in DG2 is another person's",
            "reject: passive.hashes",
            alter=_other_portrait,
        ),
        Fault(
            "tampered-mrz",
            "the first letter of the name in DG1 is another",
            "reject: passive.hashes",
            alter=_other_initial,
        ),
        Fault(
            "tampered-dg13",
            "one byte of DG13 is another",
            "reject: passive.hashes",
            alter=lambda chip, _: _flip(chip, "DG13", -1, 0x01),
        ),
        Fault(
            "tampered-signature",
            "one byte of the signature in EF.SOD is another",
            "reject: passive.signature",
            alter=lambda chip, _: _flip(chip, "EF.SOD", -1, 0x01),
        ),
        Fault(
            "unknown-issuer",
            "signed by an issuer that no trust store holds",
            "review: passive.issuer_not_provisioned",
            issuer_known=False,
        ),
        Fault(
            "pulled-away",
            "taken off the reader in the middle of DG2 and put back five seconds later",
            "as without the fault, once it is back",
            removal=Removal("DG2", 0.5, 5.0),
        ),
        Fault("not-a-document", "a card without the eMRTD application", "exit 33", is_document=False),
        Fault(
            "wrong-aa-key",
            "a clone: another private key behind DG15",
            "reject: chip.active_authentication",
            alter=_other_aa_key,
        ),
        Fault(
            "wrong-ca-key",
            "a clone: another private key behind DG14",
            "reject: chip.chip_authentication",
            alter=_other_ca_keys,
        ),
        Fault(
            "swapped-ca-keys",
            "behind the number of each key in DG14 lies the private key of another",
            "reject: chip.chip_authentication",
            alter=_swapped_ca_keys,
        ),
        Fault(
            "wrong-cam-key",
            "a clone: another private key behind EF.CardSecurity",
            "reject: chip.pace_cam",
            alter=_other_cam_keys,
        ),
        Fault(
            "wrong-cam-data",
            "the number that proves the key of EF.CardSecurity is another",
            "reject: chip.pace_cam",
            alter=_cam_must_be_there,
            tamper=MappingProxyType({Emission.CAM_DATA: _last_bit_flipped}),
        ),
        Fault(
            "torn-cam-data",
            "what proves the key of EF.CardSecurity is cut short and cannot be decrypted",
            "reject: chip.pace_cam",
            alter=_cam_must_be_there,
            tamper=MappingProxyType({Emission.SEALED_CAM_DATA: lambda value: value[:-1]}),
        ),
        Fault(
            "missing-cam-data",
            "PACE with chip authentication mapping ends without its proof",
            "reject: chip.pace_cam",
            alter=_cam_must_be_there,
            tamper=MappingProxyType({Emission.SEALED_CAM_DATA: lambda _: b""}),
        ),
        Fault(
            "stranger-card-security",
            "EF.CardSecurity is signed by another issuer of the same name",
            "reject: chip.pace_cam",
            alter=_card_security_of_a_stranger,
        ),
        Fault(
            "wrong-aa-signature",
            "one bit of the signature over the challenge is another",
            "reject: chip.active_authentication",
            alter=_aa_must_be_there,
            tamper=MappingProxyType({Emission.AA_SIGNATURE: _last_bit_flipped}),
        ),
        Fault(
            "wrong-pace-token",
            "the chip ends PACE with a wrong token",
            "reject: access.pace",
            alter=_pace_must_be_there,
            tamper=MappingProxyType({Emission.PACE_TOKEN: _last_bit_flipped}),
        ),
        Fault(
            "wrong-bac-mac",
            "the chip ends BAC with a wrong MAC",
            "reject: access.bac",
            alter=_bac_must_be_there,
            tamper=MappingProxyType({Emission.BAC_CRYPTOGRAM: _last_bit_flipped}),
        ),
        *_bare_errors(),
        Fault(
            "slow",
            "a slow field: 106 kbit/s and 15 ms a command",
            "as without the fault, in about five seconds",
            radio=RadioField(105_900, 0.015),
        ),
    )


def _bare_errors() -> tuple[Fault, ...]:
    """A chip that refuses large blocks, outside secure messaging: its counter may then stand in several places."""
    kinds = {
        "not-counted": (BareErrors.NOT_COUNTED, "counts nothing"),
        "counted": (BareErrors.COMMAND_COUNTED, "counts the command"),
        "both-counted": (BareErrors.BOTH_COUNTED, "counts command and response"),
        "session-ends": (BareErrors.SESSION_ENDS, "ends the session"),
    }
    return tuple(
        Fault(
            f"bare-errors-{name}",
            f"refuses blocks of more than 200 bytes with a bare 6700 and {what}",
            "as without the fault",
            manners=partial(replace, bare_errors=kind, read_refusal=ReadRefusal(200)),
        )
        for name, (kind, what) in kinds.items()
    )


def _flipped(name: str, file: str, offset: int, mask: int) -> Fault:
    return Fault(
        name,
        f"byte {offset} of {file} is another",
        "reject, unless the file is not signed",
        alter=lambda chip, _: _flip(chip, file, offset, mask),
    )


def _flip(chip: Personalisation, file: str, offset: int, mask: int) -> Personalisation:
    if file not in chip.files:
        raise UnknownName(f"the card has no file {file}")
    raw = bytearray(chip.files[file])
    if not -len(raw) <= offset < len(raw):
        raise UnknownName(f"{file} has {len(raw)} bytes")
    raw[offset] ^= mask
    return chip.with_file(file, bytes(raw))


def _other_initial(chip: Personalisation, _: RandomBytes) -> Personalisation:
    if chip.mrz is None:
        raise UnknownName("the card has no MRZ")
    offset = chip.files["DG1"].rindex(chip.mrz.surname.split()[0].encode("ascii"))
    initial = chip.files["DG1"][offset]
    return _flip(chip, "DG1", offset, initial ^ (ord("A") if initial == ord("Z") else initial + 1))


def _other_portrait(chip: Personalisation, _: RandomBytes) -> Personalisation:
    if "DG2" not in chip.files:
        raise UnknownName("the card has no file DG2")
    return chip.with_file("DG2", with_image(chip.files["DG2"], sample_people()[_STRANGER].look))


def _other_aa_key(chip: Personalisation, random_bytes: RandomBytes) -> Personalisation:
    match chip.aa_key:
        case RsaAuthenticationKey(key=key):
            return replace(chip, aa_key=replace(chip.aa_key, key=chip_keys.generate_rsa_key(8 * key.length)))
        case EcAuthenticationKey(curve=curve):
            return replace(chip, aa_key=replace(chip.aa_key, private=random_below(curve.n, random_bytes)))
    raise UnknownName(_NO_AA_KEY)


def _other_ca_keys(chip: Personalisation, random_bytes: RandomBytes) -> Personalisation:
    if not chip.ca_keys:
        raise UnknownName("the card has no key for chip authentication")
    return replace(chip, ca_keys=tuple(_redrawn(key, random_bytes) for key in chip.ca_keys))


def _cam_must_be_there(chip: Personalisation, _: RandomBytes) -> Personalisation:
    if not chip.cam_keys:
        raise UnknownName("the card has no key for PACE with chip authentication mapping")
    return chip


def _aa_must_be_there(chip: Personalisation, _: RandomBytes) -> Personalisation:
    if chip.aa_key is None:
        raise UnknownName(_NO_AA_KEY)
    return chip


def _pace_must_be_there(chip: Personalisation, _: RandomBytes) -> Personalisation:
    if not chip.pace:
        raise UnknownName("the card does no PACE")
    return chip


def _bac_must_be_there(chip: Personalisation, _: RandomBytes) -> Personalisation:
    if not chip.bac:
        raise UnknownName("the card does no BAC")
    return chip


def _other_cam_keys(chip: Personalisation, random_bytes: RandomBytes) -> Personalisation:
    _cam_must_be_there(chip, random_bytes)
    return replace(chip, cam_keys=tuple(_redrawn(key, random_bytes) for key in chip.cam_keys))


def _redrawn(key: ChipAuthenticationKey, random_bytes: RandomBytes) -> ChipAuthenticationKey:
    return replace(key, private=random_below(key.group.order, random_bytes))


def _swapped_ca_keys(chip: Personalisation, _: RandomBytes) -> Personalisation:
    """Each key computes with the private number of the one before it."""
    if len(chip.ca_keys) < 2 or len({key.group.name for key in chip.ca_keys}) > 1:
        raise UnknownName("the card has not several keys for chip authentication in one group")
    privates = [key.private for key in chip.ca_keys]
    swapped = zip(chip.ca_keys, privates[1:] + privates[:1], strict=True)
    return replace(chip, ca_keys=tuple(replace(key, private=private) for key, private in swapped))


def _card_security_of_a_stranger(chip: Personalisation, random_bytes: RandomBytes) -> Personalisation:
    if "EF.CardSecurity" not in chip.files:
        raise UnknownName("the card has no file EF.CardSecurity")
    found = card_security.parse(chip.files["EF.CardSecurity"])
    signer = found.signed_data.certificates[0]
    # Only the keys are another's: names and dates are those of the issuer.
    stranger = Issuer.create(
        signer.country or "",
        now=signer.not_before + timedelta(days=365),
        random_bytes=random_bytes,
        csca_name=signer.issuer.der,
    )
    return chip.with_file("EF.CardSecurity", stranger.sign_card_security(found.infos))


def _last_bit_flipped(value: bytes) -> bytes:
    return value[:-1] + bytes((value[-1] ^ 1,))
