"""What the chip announced before it was opened, held against what its issuer signed (Doc 9303-11 section 4.2).

EF.CardAccess is not protected: whoever stands between chip and reader can take PACE out of it, or put weaker parameters
in. DG14 carries a signed copy of it (section 9.2.11).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reader.access.card_access import CardAccess
from reader.access.pace_offers import best_offer
from reader.checks import Check, CheckId, failed, inconclusive, not_applicable, passed, unavailable
from reader.keys import AccessMode
from reader.lds.security_infos import (
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
)
from reader.model import Access

DOWNGRADE: Final = "access.downgrade"
"""PACE was on offer and not used, because the caller or the policy wanted it so."""
HIDDEN_DOWNGRADE: Final = "access.downgrade_hidden"
"""The signed DG14 offers PACE, and what could be read before the chip was opened did not: nobody wanted BAC."""


def check_consistency(card_access: CardAccess, signed: SecurityInfos | None) -> Check:
    """Whether EF.CardAccess says what the signed DG14 says.

    Args:
        signed: from a verified DG14; None where there is none.
    """
    check = CheckId.SECURITY_INFOS_CONSISTENCY
    if not card_access.raw:
        return not_applicable(check, "security_infos.no_card_access")
    if card_access.infos is None:
        return inconclusive(check, "security_infos.card_access_malformed", "EF.CardAccess cannot be read.")
    if signed is None:
        return unavailable(check, "security_infos.not_signed", "No verified DG14 holds a copy of EF.CardAccess.")
    copied = {_comparable(info) for info in signed.infos}
    announced = {_comparable(info) for info in card_access.infos.infos}
    added = announced - copied
    removed = {info for info in copied - announced if isinstance(info, PaceInfo | PaceDomainParameterInfo)}
    if added or removed:
        evidence = {"only in EF.CardAccess": _protocols(added), "only in DG14": _protocols(removed)}
        return failed(
            check, "security_infos.mismatch", "EF.CardAccess is not what the issuer signed in DG14.", evidence
        )
    return passed(check, {"protocols": _protocols(announced)}, "DG14 confirms EF.CardAccess.")


def check_downgrade(card_access: CardAccess, access: Access, mode: AccessMode, signed: SecurityInfos | None) -> Check:
    """Whether PACE was on offer and not used.

    Args:
        access: how the chip was opened; its `downgraded` says that EF.CardAccess offered better.
        signed: from a verified DG14; None where there is none.
    """
    check = CheckId.ACCESS_DOWNGRADE
    if access.protocol == "PACE":
        return passed(check, {"used": "PACE"}, "PACE was used.")
    signed_offer = signed is not None and best_offer(signed.infos) is not None
    if access.downgraded or (signed_offer and mode is AccessMode.BAC):
        return failed(check, DOWNGRADE, "PACE was on offer and BAC was used, as asked for or allowed.")
    if signed_offer:
        return failed(check, HIDDEN_DOWNGRADE, "DG14 offers PACE, which EF.CardAccess does not show.")
    if card_access.pace:
        return not_applicable(check, "access.pace_unsupported", "The chip offers no PACE that this reader can do.")
    if signed is None:
        return not_applicable(check, "access.pace_not_offered", "The chip offers no PACE.")
    return passed(check, {"DG14": "no PACE"}, "The chip offers no PACE, and its issuer signed that.")


def _comparable(info: SecurityInfo) -> SecurityInfo:
    # EF.CVCA stands in the application: only DG14 can point to it.
    if isinstance(info, TerminalAuthenticationInfo):
        return TerminalAuthenticationInfo(info.version, None, info.protocol)
    return info


def _protocols(infos: Iterable[SecurityInfo]) -> str:
    return ", ".join(sorted(info.protocol for info in infos)) or "none"
