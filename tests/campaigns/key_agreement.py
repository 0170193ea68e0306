"""Single runs of PACE and BAC between our reader and our simulated chip, each made by its number and repeatable.

Both sides are the real ones, down to the APDUs; a run ends with a file read under the agreed keys.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from crypto import pace_cam, tlv
from crypto.iso7816 import CommandApdu
from crypto.protocols import Agreement, NonceMapping
from reader import selection
from reader.access.bac import run_bac
from reader.access.pace import run_pace
from reader.access.pace_offers import PaceOffer
from reader.channel import Channel
from reader.keys import AccessKey, CanKey, MrzKey, PinKey, PukKey
from reader.lds.files import EMRTD_AID
from reader.lds.mrz import Mrz, parse_mrz
from reader.lds.security_infos import PaceInfo
from simulator.chip import SimulatedChip
from simulator.chip_pace import Password
from simulator.pace_variants import PaceVariant, every_variant
from simulator.personalisation import ChipAuthenticationKey, Personalisation
from tests.campaigns.watched_group import Short, WatchedGroup

_SPECIMEN = (
    "P<UTOMOREL<<CAMILLE<<<<<<<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
_CHEAP = frozenset({0, 8, 9})
"""Numbers of the groups in which a key with a leading zero is quickly found."""
_DELIBERATE = 10
"""One run in so many has its leading zero made."""
_COMMON_FILE = 0x1E


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run met on its way.

    Attributes:
        setting: what it ran, for people.
        short: numbers that began with a zero byte, by what they were.
    """

    setting: str
    short: Counter[str]


class Mismatch(Exception):
    """Both sides finished, and do not agree."""


def pace_variant(seed: int, number: int) -> PaceVariant:
    """Each of all variants once, then the cheap ones the more often."""
    order = _shuffled(seed)
    if number < len(order):
        return order[number]
    (chosen,) = random.Random(f"{seed} variant {number}").choices(order, [1 / _cost(variant) for variant in order])
    return chosen


def pace_run(seed: int, number: int) -> Outcome:
    """Run PACE number `number`.

    Raises:
        Mismatch, CryptoError, ReaderError: it failed.
    """
    variant = pace_variant(seed, number)
    source = random.Random(f"{seed} PACE {number}")
    met: Counter[str] = Counter()
    chip_short = terminal_short = Short.NOTHING
    if variant.parameter_id in _CHEAP and source.randrange(_DELIBERATE) == 0:
        chip_short, terminal_short = source.choice(
            [(Short.KEY, Short.NOTHING), (Short.NOTHING, Short.KEY), (Short.SECRET, Short.NOTHING)]
        )
    pads = variant.protocol.agreement is Agreement.DH and source.randrange(3) == 0
    chip_group = WatchedGroup(variant.group, met, chip_short, pads=pads)
    terminal_group = WatchedGroup(variant.group, Counter(), terminal_short)

    static = variant.group.generate_key_pair(source.randbytes)
    cam_keys = (ChipAuthenticationKey(chip_group, static.private, (), variant.parameter_id),)
    is_cam = variant.protocol.mapping is NonceMapping.CAM
    personalisation = replace(
        _document(source),
        pace=(PaceInfo(variant.protocol.oid, 2, variant.parameter_id),),
        pace_groups=MappingProxyType({variant.parameter_id: chip_group}),
        cam_keys=cam_keys if is_cam else (),
    )
    channel = _channel(personalisation, source)
    offer = PaceOffer(variant.protocol, terminal_group, variant.parameter_id, ambiguous=source.random() < 0.5)
    done = run_pace(channel, offer, _key(personalisation, variant.password), source.randbytes)
    if is_cam:
        proof = done.mapping_proof
        if proof is None or not pace_cam.proves_static_key(
            variant.group, proof.data, proof.chip_map_public, static.public
        ):
            raise Mismatch("the chip authentication data do not prove the static key")
    _read(channel, personalisation)
    sent = (done.transcript.terminal_key, done.transcript.chip_key)
    met["integer sent shorter than the field"] += sum(len(key) < len(variant.group.padded(key)) for key in sent)
    return Outcome(variant.name, met)


def bac_run(seed: int, number: int) -> Outcome:
    """Run BAC number `number`.

    Raises:
        Mismatch, CryptoError, ReaderError: it failed.
    """
    source = random.Random(f"{seed} BAC {number}")
    personalisation = _document(source)
    channel = _channel(personalisation, source)
    selection.select(channel, selection.BY_NAME, EMRTD_AID, "campaign")
    key = _key(personalisation, Password.MRZ)
    assert isinstance(key, MrzKey)
    transcript = run_bac(channel, key, source.randbytes)
    _read(channel, personalisation)
    challenges = transcript.chip_challenge, transcript.terminal_challenge
    return Outcome("BAC", Counter({"challenge": sum(challenge[0] == 0 for challenge in challenges)}))


def _read(channel: Channel, personalisation: Personalisation) -> None:
    """Select the application and read its common file under the new keys."""
    if not selection.select(channel, selection.BY_NAME, EMRTD_AID, "campaign").ok:
        raise Mismatch("the application cannot be selected under the new keys")
    content = personalisation.files["EF.COM"]
    found = channel.require(CommandApdu(0x00, 0xB0, 0x80 | _COMMON_FILE, 0, le=len(content)), "campaign")
    if found != content:
        raise Mismatch("another content than the file's")


def _channel(personalisation: Personalisation, source: random.Random) -> Channel:
    return Channel(SimulatedChip(personalisation, source.randbytes), source.choice((256, 4096)))


def _document(source: random.Random) -> Personalisation:
    """A chip with one small file, for which every password and every MRZ is drawn."""
    number = "".join(source.choices(string.ascii_uppercase + string.digits, k=source.randint(5, 13)))
    birth, expiry = (f"{source.randrange(100):02}{source.randint(1, 12):02}{source.randint(1, 28):02}" for _ in "be")
    can, pin, puk = ("".join(source.choices(string.digits, k=length)) for length in (6, 6, 10))
    return Personalisation(
        files=MappingProxyType({"EF.COM": tlv.encode(0x60, source.randbytes(source.randrange(40)))}),
        mrz=replace(_specimen(), document_number=number, birth_yymmdd=birth, expiry_yymmdd=expiry),
        can=can,
        pin=pin,
        puk=puk,
    )


def _key(personalisation: Personalisation, password: Password) -> AccessKey:
    mrz = personalisation.mrz
    assert mrz is not None
    keys: dict[Password, AccessKey] = {
        Password.MRZ: MrzKey(mrz.document_number, mrz.birth_yymmdd, mrz.expiry_yymmdd),
        Password.CAN: CanKey(personalisation.can or ""),
        Password.PIN: PinKey(personalisation.pin or ""),
        Password.PUK: PukKey(personalisation.puk or ""),
    }
    return keys[password]


@cache
def _specimen() -> Mrz:
    return parse_mrz("\n".join(_SPECIMEN))


@cache
def _shuffled(seed: int) -> list[PaceVariant]:
    variants = list(every_variant())
    random.Random(f"{seed} order").shuffle(variants)
    return variants


def _cost(variant: PaceVariant) -> float:
    """About proportional to the time that a run takes."""
    bits, order_bits = variant.group.prime.bit_length(), variant.group.order.bit_length()
    if variant.protocol.agreement is Agreement.ECDH:
        return (bits / 192) ** 2
    return (bits / 1024) ** 2 * order_bits / 160
