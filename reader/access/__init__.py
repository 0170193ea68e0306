"""Opening a chip: PACE where it is on offer, basic access control where it is not (Doc 9303-11 section 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from crypto.ciphers import Suite
from crypto.iso7816 import CommandApdu
from reader.access.bac import run_bac
from reader.access.card_access import CardAccess
from reader.access.pace import PaceOffer, best_offer, run_pace
from reader.channel import Channel
from reader.checks import Check, CheckId, inconclusive, not_applicable, passed
from reader.errors import BrokenProtocol, KeyMissing, KeyRefused, LinkError, NotADocument, UnexpectedStatus
from reader.keys import AccessKey, AccessMode, CanKey, MrzKey, Opening
from reader.lds.files import EMRTD_AID
from reader.model import Access

_MAX_ATTEMPTS: Final = 6
"""Keys tried on one chip: a kiosk is no machine for guessing."""
_SELECT_APPLICATION: Final = CommandApdu(0x00, 0xA4, 0x04, 0x0C, EMRTD_AID)
# What a chip answers that has the application, but not for us now; any other refusal means that it has none.
_NOT_NOW: Final = frozenset({0x6982, 0x6985, 0x6F00})

K = TypeVar("K", bound=AccessKey)


@dataclass(frozen=True, slots=True)
class Opened:
    """How the chip was opened. The eMRTD application is selected, and the channel protected."""

    access: Access
    checks: tuple[Check, ...]
    """`access.pace` and `access.bac`."""


def open_chip(
    channel: Channel,
    card_access: CardAccess,
    opening: Opening,
    random: Callable[[int], bytes],
    *,
    fall_back_to_bac: bool = False,
) -> Opened:
    """Open the chip with the first of the keys that it takes.

    Args:
        channel: plain, the master file selected.
        fall_back_to_bac: whether BAC may be tried when PACE is on offer and fails for another reason than the key.

    Raises:
        KeyRefused: the chip takes none of the keys.
        KeyMissing: the chip opens by BAC only, and there is no MRZ key.
        NotADocument: the card has no eMRTD application; nothing made from the keys was sent to it.
        BrokenProtocol: the chip did not prove that it knows the key.
        LinkError: PACE is asked for and not on offer (code ``link.pace_not_offered``), or it is on offer and failed.
    """
    why_not_pace = not_applicable(CheckId.ACCESS_PACE, "access.not_offered")
    if opening.mode is AccessMode.BAC:
        why_not_pace = not_applicable(CheckId.ACCESS_PACE, "access.not_asked_for")
    else:
        try:
            offer = _offer(card_access, opening.mode)
            if offer is not None:
                return _open_by_pace(channel, offer, opening.keys, random)
        except (UnexpectedStatus, BrokenProtocol) as error:
            if not fall_back_to_bac or opening.mode is AccessMode.PACE:
                raise
            why_not_pace = inconclusive(CheckId.ACCESS_PACE, error.code, error.message)
    return _open_by_bac(channel, card_access, opening.keys, random, why_not_pace)


def _offer(card_access: CardAccess, mode: AccessMode) -> PaceOffer | None:
    if card_access.malformed:
        # Whether PACE is on offer cannot be known: as if it were, and failed.
        raise UnexpectedStatus("EF.CardAccess is malformed", code="link.pace_failed")
    offer = best_offer(card_access.pace)
    if offer is None and mode is AccessMode.PACE:
        raise LinkError("the chip offers no PACE that this reader can do", code="link.pace_not_offered")
    return offer


def _open_by_pace(
    channel: Channel, offer: PaceOffer, keys: Iterable[AccessKey], random: Callable[[int], bytes]
) -> Opened:
    key = _first_accepted(keys, lambda key: run_pace(channel, offer, key, random))
    _select_application(channel)
    protocol = offer.protocol
    password = "CAN" if isinstance(key, CanKey) else "MRZ"
    access = Access(
        "PACE", str(protocol.mapping), str(protocol.agreement), protocol.suite.label, password, downgraded=False
    )
    evidence = {"protocol": protocol.oid, "curve": offer.curve.name, "password": password}
    return Opened(
        access,
        (
            passed(CheckId.ACCESS_PACE, evidence, "The chip was opened by PACE."),
            not_applicable(CheckId.ACCESS_BAC, "access.pace_used"),
        ),
    )


def _open_by_bac(
    channel: Channel,
    card_access: CardAccess,
    keys: Iterable[AccessKey],
    random: Callable[[int], bytes],
    why_not_pace: Check,
) -> Opened:
    _select_application(channel)
    mrz_keys = [key for key in keys if isinstance(key, MrzKey)]
    if not mrz_keys:
        raise KeyMissing("this chip opens with the MRZ's data only")
    _first_accepted(mrz_keys, lambda key: run_bac(channel, key, random))
    downgraded = card_access.malformed or best_offer(card_access.pace) is not None
    access = Access("BAC", None, None, Suite.TDES.label, "MRZ", downgraded)
    evidence = {"cipher": access.cipher, "password": access.password}
    return Opened(access, (why_not_pace, passed(CheckId.ACCESS_BAC, evidence, "The chip was opened by BAC.")))


def _first_accepted(keys: Iterable[K], run: Callable[[K], None]) -> K:
    refusal: KeyRefused | None = None
    for key in list(keys)[:_MAX_ATTEMPTS]:
        try:
            run(key)
        except KeyRefused as error:
            refusal = error
        else:
            return key
    raise refusal or KeyMissing("nothing was given that could open the chip")


def _select_application(channel: Channel) -> None:
    step = "selecting the eMRTD application"
    response = channel.send(_SELECT_APPLICATION, step)
    if response.ok:
        return
    if response.sw in _NOT_NOW:
        raise UnexpectedStatus("the chip refused its application", step=step, status_word=response.sw)
    raise NotADocument("the card has no eMRTD application", step=step, status_word=response.sw)
