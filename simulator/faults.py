"""Faults that a simulated card can have, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from crypto import ec
from reader.lds import dg2
from reader.lds.dg2 import Dg2
from simulator import chip_keys, face, face_painter
from simulator.errors import UnknownName
from simulator.people import sample_people
from simulator.personalisation import Personalisation
from simulator.radio_field import RadioField

RandomBytes = Callable[[int], bytes]
Alteration = Callable[[Personalisation, RandomBytes], Personalisation]

_FLIP: Final = re.compile("flip:([A-Za-z0-9./]+):([0-9]{1,6})(?::([0-9A-Fa-f]{2}))?")
_ALL_BITS: Final = 0xFF
_STRANGER: Final = "phuc"


class Emission(Enum):
    """What a chip says in a protocol and a fault may change."""

    BAC_CRYPTOGRAM = "BAC cryptogram"
    PACE_TOKEN = "PACE token"


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
            alter=_other_ca_key,
        ),
        Fault(
            "wrong-pace-token",
            "the chip ends PACE with a wrong token",
            "reject: access.pace",
            tamper=MappingProxyType({Emission.PACE_TOKEN: _last_bit_flipped}),
        ),
        Fault(
            "wrong-bac-mac",
            "the chip ends BAC with a wrong MAC",
            "reject: access.bac",
            tamper=MappingProxyType({Emission.BAC_CRYPTOGRAM: _last_bit_flipped}),
        ),
        Fault(
            "slow",
            "a slow field: 106 kbit/s and 15 ms a command",
            "as without the fault, in about five seconds",
            radio=RadioField(105_900, 0.015),
        ),
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
    image = face.portrait_jpeg(sample_people()[_STRANGER].look)
    return chip.with_file("DG2", dg2.encode(Dg2(image, "jpeg", face_painter.WIDTH, face_painter.HEIGHT)))


def _other_aa_key(chip: Personalisation, _: RandomBytes) -> Personalisation:
    if chip.aa_key is None:
        raise UnknownName("the card has no key for active authentication")
    return replace(chip, aa_key=chip_keys.generate_rsa_key(8 * chip.aa_key.length))


def _other_ca_key(chip: Personalisation, random_bytes: RandomBytes) -> Personalisation:
    if chip.ca_key is None:
        raise UnknownName("the card has no key for chip authentication")
    private = ec.random_scalar(chip.ca_key.curve, random_bytes)
    return replace(chip, ca_key=replace(chip.ca_key, private=private))


def _last_bit_flipped(value: bytes) -> bytes:
    return value[:-1] + bytes((value[-1] ^ 1,))
