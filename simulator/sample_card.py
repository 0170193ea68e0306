"""A card ready to be put on a reader: a profile, its issuer's signature, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from crypto.key_pair import RandomBytes
from simulator.chip import SimulatedChip
from simulator.citizen_card import ChipKeys, personalise, qr_text
from simulator.faults import Fault
from simulator.issuer import Issuer
from simulator.manners import ChipManners
from simulator.people import Person, sample_people
from simulator.personalisation import Personalisation
from simulator.profiles import Profile
from simulator.vpcd import FIRST_PORT, VirtualCard

_PAYMENT_APPLICATION: Final = bytes.fromhex("A0000000041010")


@dataclass(frozen=True, slots=True)
class SampleCard:
    """A chip, with what is printed on the card around it."""

    personalisation: Personalisation = field(repr=False)
    fault: Fault | None = None
    person: Person | None = field(default=None, repr=False)
    """Its holder; None on a card that is no document, or that was made from a folder."""
    qr_text: str | None = field(default=None, repr=False)

    def chip(self, random_bytes: RandomBytes, manners: ChipManners | None = None) -> SimulatedChip:
        """A chip of this card, powered off."""
        return SimulatedChip(self.personalisation, random_bytes, self.fault, manners)

    def virtual_card(
        self, random_bytes: RandomBytes, *, port: int = FIRST_PORT, manners: ChipManners | None = None
    ) -> VirtualCard:
        """This card for a slot of vpcd, not inserted yet."""
        radio, removal = (self.fault.radio, self.fault.removal) if self.fault else (None, None)
        back_after = removal.back_after if removal else None
        return VirtualCard(self.chip(random_bytes, manners), port=port, radio=radio, back_after=back_after)


def make_card(
    profile: Profile,
    issuer: Issuer,
    keys: ChipKeys,
    random_bytes: RandomBytes,
    *,
    fault: Fault | None = None,
    person: Person | None = None,
    dg2_size: int | None = None,
) -> SampleCard:
    """Make a card.

    Args:
        issuer: signs it; to be a stranger to the reader where the fault says so (`Fault.issuer_known`).
        person: the holder in place of the profile's own.
        dg2_size: as for `personalise`.

    Raises:
        UnknownName: the fault is in something that the card does not have.
    """
    if profile.person is None or profile.model is None or (fault is not None and not fault.is_document):
        return SampleCard(Personalisation({}, application=_PAYMENT_APPLICATION), fault)
    holder = person or sample_people()[profile.person]
    card = SampleCard(
        personalise(holder, issuer, keys, dg2_size=dg2_size), None, holder, qr_text(holder, profile.model)
    )
    return card if fault is None else with_fault(card, fault, random_bytes)


def with_fault(card: SampleCard, fault: Fault, random_bytes: RandomBytes) -> SampleCard:
    """The same card with something wrong; raises UnknownName as `make_card`."""
    return replace(card, personalisation=fault.applied_to(card.personalisation, random_bytes), fault=fault)
