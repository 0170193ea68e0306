"""Opening a chip: PACE where it is on offer, basic access control where it is not (Doc 9303-11 section 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from crypto import tlv
from crypto.ciphers import Suite
from crypto.errors import TlvError
from reader import selection
from reader.access.attempts import Refusals, first_accepted
from reader.access.bac import run_bac
from reader.access.card_access import CardAccess
from reader.access.pace import PaceDialogue
from reader.access.pace_offers import PaceOffer, best_offer, offers
from reader.access.transcript import AccessTranscript, MappingProof
from reader.channel import Channel
from reader.checks import Check, CheckId, inconclusive, not_applicable, passed
from reader.errors import BrokenProtocol, KeyMissing, LinkError, NotADocument, UnexpectedStatus
from reader.keys import AccessKey, AccessMode, MrzKey, Opening
from reader.lds.files import EMRTD_AID
from reader.master_file import read_directory
from reader.model import Access

_DF_NAME: Final = 0x84
# What a chip answers that has the application, but not for us now; with any other refusal EF.DIR decides.
_NOT_NOW: Final = frozenset({0x6982, 0x6985, 0x6F00})
_GIVE_THE_MRZ: Final = "Give --mrz, or --document-number with --birth and --expiry."


@dataclass(frozen=True, slots=True)
class Opened:
    """How the chip was opened. The eMRTD application is selected, and the channel protected."""

    access: Access
    checks: tuple[Check, ...]
    """`access.pace` and `access.bac`."""
    key: AccessKey
    """The one that the chip took; with `Opening.opened_by` the sessions that follow try no other."""
    transcript: AccessTranscript
    mapping_proof: MappingProof | None
    """None but after PACE with chip authentication mapping."""


def open_chip(
    channel: Channel,
    card_access: CardAccess,
    opening: Opening,
    random: Callable[[int], bytes],
    *,
    clock: Callable[[], float],
    fall_back_to_bac: bool = False,
    refused: Refusals | None = None,
) -> Opened:
    """Open the chip with the first of the keys that it takes.

    Where it takes none, those that may have been meant are tried, few and only while the chip does not slow down: see
    `attempts.first_accepted`. PINs and PUKs are tried once, and never when the chip warns that little is left.

    Args:
        channel: plain, the master file selected.
        clock: monotonic seconds, to notice that the chip slows down.
        fall_back_to_bac: whether BAC may be tried when PACE is on offer and fails for another reason than the key.
        refused: keys that the chip refused in earlier sessions; added to.

    Raises:
        KeyRefused: the chip takes none of the keys, or may not be asked; its code tells.
        KeyMissing: the chip opens by BAC only, and there is no MRZ key.
        UnexpectedStatus: it seems so, but EF.CardAccess could not be read; the first time only.
        NotADocument: the card has no eMRTD application; nothing made from the keys was sent to it.
        BrokenProtocol: the chip did not prove that it knows the key.
        LinkError: PACE is asked for and not on offer (code ``link.pace_not_offered``), or it is on offer and failed.
    """
    refused = Refusals() if refused is None else refused
    why_not_pace = not_applicable(CheckId.ACCESS_PACE, "access.not_offered")
    if opening.mode is AccessMode.BAC:
        why_not_pace = not_applicable(CheckId.ACCESS_PACE, "access.not_asked_for")
    else:
        try:
            offered = _offers(card_access, opening.mode)
            opened = _open_by_pace(PaceDialogue(channel, offered, random), opening, clock, refused) if offered else None
        except (UnexpectedStatus, BrokenProtocol) as error:
            if not fall_back_to_bac or opening.mode is AccessMode.PACE:
                raise
            why_not_pace = inconclusive(CheckId.ACCESS_PACE, error.code, error.message)
        else:
            if opened is not None:
                _select_application(channel)
                return opened
    try:
        return _open_by_bac(channel, card_access, opening, random, clock, refused, why_not_pace)
    except UnexpectedStatus as error:
        if opening.mode is not AccessMode.BAC or best_offer(card_access.pace) is None:
            raise
        raise UnexpectedStatus(
            "the chip offers PACE, and did not open by BAC",
            step=error.step,
            status_word=error.status_word,
            remedy="Allow PACE: read with `--access auto`.",
        ) from error


def _offers(card_access: CardAccess, mode: AccessMode) -> tuple[PaceOffer, ...]:
    if card_access.malformed:
        # Whether PACE is on offer cannot be known: as if it were, and failed.
        raise UnexpectedStatus("EF.CardAccess is malformed", code="link.pace_failed")
    offered = offers(card_access.pace)
    if not offered and mode is AccessMode.PACE:
        raise LinkError(
            "the chip offers no PACE that this reader can do",
            code="link.pace_not_offered",
            remedy="Allow basic access control as well: read with `--access auto`.",
        )
    return offered


def _open_by_pace(dialogue: PaceDialogue, opening: Opening, clock: Callable[[], float], refused: Refusals) -> Opened:
    key, run = first_accepted(opening.keys, opening.repairs, dialogue.run, clock, refused, opening.suspicious_fields)
    protocol = run.offer.protocol
    access = Access(
        "PACE", str(protocol.mapping), str(protocol.agreement), protocol.suite.label, key.kind, downgraded=False
    )
    evidence = {"protocol": protocol.oid, "group": run.offer.group.name, "password": key.kind}
    checks = (
        passed(CheckId.ACCESS_PACE, evidence | _repaired(key), "The chip was opened by PACE."),
        not_applicable(CheckId.ACCESS_BAC, "access.pace_used"),
    )
    return Opened(access, checks, key, run.transcript, run.mapping_proof)


def _open_by_bac(
    channel: Channel,
    card_access: CardAccess,
    opening: Opening,
    random: Callable[[int], bytes],
    clock: Callable[[], float],
    refused: Refusals,
    why_not_pace: Check,
) -> Opened:
    _select_application(channel)
    keys = [key for key in opening.keys if isinstance(key, MrzKey)]
    if not keys and card_access.doubtful and not channel.manners.pace_sought:
        # The chip may offer PACE after all: one new session is to show it.
        channel.manners.pace_sought = True
        raise UnexpectedStatus("EF.CardAccess cannot be read, and nothing given opens the chip by BAC")
    if not keys:
        raise KeyMissing("this chip opens with the MRZ's data only", remedy=_GIVE_THE_MRZ)
    key, transcript = first_accepted(
        keys, opening.repairs, lambda key: run_bac(channel, key, random), clock, refused, opening.suspicious_fields
    )
    downgraded = card_access.malformed or best_offer(card_access.pace) is not None
    access = Access("BAC", None, None, Suite.TDES.label, key.kind, downgraded)
    evidence = {"cipher": access.cipher, "password": access.password} | _repaired(key)
    checks = (why_not_pace, passed(CheckId.ACCESS_BAC, evidence, "The chip was opened by BAC."))
    return Opened(access, checks, key, transcript, None)


def _repaired(key: AccessKey) -> dict[str, str]:
    """The names, never the values, of the fields that were mended."""
    if not isinstance(key, MrzKey) or not key.repaired:
        return {}
    return {"repaired": ", ".join(name.replace("_", " ") for name in key.repaired)}


def _select_application(channel: Channel) -> None:
    step = "selecting the eMRTD application"
    response = selection.select(channel, selection.BY_NAME, EMRTD_AID, step)
    if response.sw in _NOT_NOW or (not response.ok and EMRTD_AID in read_directory(channel)):
        raise UnexpectedStatus("the chip refused its application", step=step, status_word=response.sw)
    if not response.ok or _selected_another(response.data):
        raise NotADocument("the card has no eMRTD application", step=step, status_word=response.sw)


def _selected_another(control_information: bytes) -> bool:
    """Whether the card says that it selected something else: some select by any name, and mean their only one."""
    try:
        found = [tlv.first(tlv.parse(template.value), _DF_NAME) for template in tlv.parse(control_information)]
    except TlvError:
        return False
    return any(name is not None and name.value != EMRTD_AID for name in found)
