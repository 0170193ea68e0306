"""What the chip announced before it was opened, held against what its issuer signed (Doc 9303-11 section 4.2).

EF.CardAccess is not protected: whoever stands between chip and reader can take PACE out of it, or put weaker parameters
in. DG14 carries a signed copy of it, and so does EF.CardSecurity (section 9.2.11).
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
from reader.static_keys import static_keys

DOWNGRADE: Final = "access.downgrade"
"""PACE was on offer and not used, because the caller or the policy wanted it so."""
HIDDEN_DOWNGRADE: Final = "access.downgrade_hidden"
"""The signed DG14 offers PACE, and what could be read before the chip was opened did not: nobody wanted BAC."""


def check_consistency(
    card_access: CardAccess, dg14: SecurityInfos | None, card_security: SecurityInfos | None = None
) -> Check:
    """Whether EF.CardAccess says what the issuer signed, and whether the signed files agree on the chip's keys.

    Everything in EF.CardAccess must stand in a signed file, and what a signed file says of PACE in EF.CardAccess
    (section 9.2.11).

    Args:
        dg14: from a verified DG14; None where there is none.
        card_security: from an EF.CardSecurity that the document's issuer signed; None where there is none.
    """
    check = CheckId.SECURITY_INFOS_CONSISTENCY
    signed = {name: infos for name, infos in (("DG14", dg14), ("EF.CardSecurity", card_security)) if infos is not None}
    differing = _differing_keys(dg14, card_security)
    if differing:
        detail = "DG14 and EF.CardSecurity hold different keys under the same identifier."
        return failed(check, "security_infos.keys_differ", detail, {"key_ids": ", ".join(map(str, differing))})
    if not card_access.raw:
        return not_applicable(check, "security_infos.no_card_access")
    if card_access.infos is None:
        return inconclusive(check, "security_infos.card_access_malformed", "EF.CardAccess cannot be read.")
    if not signed:
        return unavailable(check, "security_infos.not_signed", "No verified DG14 holds a copy of EF.CardAccess.")
    announced = {_comparable(info) for info in card_access.infos.infos}
    copied = {name: {_comparable(info) for info in infos.infos} for name, infos in signed.items()}
    added = announced.difference(*copied.values())
    removed = {name: _of_pace(infos) - announced for name, infos in copied.items()}
    if added or any(removed.values()):
        evidence = {"only in EF.CardAccess": _protocols(added)}
        evidence |= {f"only in {name}": _protocols(infos) for name, infos in removed.items()}
        detail = f"EF.CardAccess is not what the issuer signed in {' and '.join(signed)}."
        return failed(check, "security_infos.mismatch", detail, evidence)
    return passed(check, {"protocols": _protocols(announced)}, f"EF.CardAccess is as signed in {' and '.join(signed)}.")


def check_downgrade(card_access: CardAccess, access: Access, mode: AccessMode, signed: SecurityInfos | None) -> Check:
    """Whether PACE was on offer and not used.

    Args:
        access: how the chip was opened.
        signed: from a verified DG14; None where there is none.
    """
    check = CheckId.ACCESS_DOWNGRADE
    if access.protocol == "PACE":
        return passed(check, {"used": "PACE"}, "PACE was used.")
    if shows_pace(card_access) or (offers_pace(signed) and mode is AccessMode.BAC):
        return failed(check, DOWNGRADE, "PACE was on offer and BAC was used, as asked for or allowed.")
    if offers_pace(signed):
        return failed(check, HIDDEN_DOWNGRADE, "DG14 offers PACE, which EF.CardAccess does not show.")
    if card_access.pace:
        return not_applicable(check, "access.pace_unsupported", "The chip offers no PACE that this reader can do.")
    if signed is None:
        return not_applicable(check, "access.pace_not_offered", "The chip offers no PACE.")
    return passed(check, {"DG14": "no PACE"}, "The chip offers no PACE, and its issuer signed that.")


def shows_pace(card_access: CardAccess) -> bool:
    """Whether EF.CardAccess offers PACE that we can do, or may do so: what is malformed hides something."""
    return card_access.malformed or best_offer(card_access.pace) is not None


def offers_pace(signed: SecurityInfos | None) -> bool:
    """Whether the issuer signed that the chip has PACE that we can do."""
    return signed is not None and best_offer(signed.infos) is not None


def _differing_keys(dg14: SecurityInfos | None, card_security: SecurityInfos | None) -> list[int]:
    """Identifiers under which the two files hold keys of the same group that differ.

    Keys of different groups may share an identifier by chance: each file numbers its own. The same key is encoded here
    by its curve's parameters and there by their standardised number.
    """
    mine, theirs = (
        {key_id: (group, public) for key_id, group, public in static_keys(infos) if key_id is not None}
        for infos in (dg14, card_security)
    )
    return sorted(
        key_id
        for key_id in mine.keys() & theirs.keys()
        if mine[key_id][0] == theirs[key_id][0] and mine[key_id][1] != theirs[key_id][1]
    )


def _of_pace(infos: Iterable[SecurityInfo]) -> set[SecurityInfo]:
    return {info for info in infos if isinstance(info, PaceInfo | PaceDomainParameterInfo)}


def _comparable(info: SecurityInfo) -> SecurityInfo:
    # EF.CVCA stands in the application: only DG14 can point to it.
    if isinstance(info, TerminalAuthenticationInfo):
        return TerminalAuthenticationInfo(info.version, None, info.protocol)
    return info


def _protocols(infos: Iterable[SecurityInfo]) -> str:
    return ", ".join(sorted(info.protocol for info in infos)) or "none"
