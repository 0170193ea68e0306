"""A card ready to be put on a reader: a profile, its issuer's signature, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from crypto.key_pair import RandomBytes
from simulator import passport
from simulator.chip import SimulatedChip
from simulator.citizen_card import CardModel, ChipKeys, personalise, qr_text
from simulator.errors import UnknownName
from simulator.faults import Fault
from simulator.issuer import Issuer
from simulator.manners import ChipManners
from simulator.passport import PassportDesign, PassportKeys
from simulator.people import Person, sample_people
from simulator.personalisation import Personalisation
from simulator.profiles import Profile
from simulator.radio_field import RadioField
from simulator.travellers import sample_travellers
from simulator.vpcd import FIRST_PORT, VirtualCard

_Holder = TypeVar("_Holder")

_PAYMENT_APPLICATION: Final = bytes.fromhex("A0000000041010")


@dataclass(frozen=True, slots=True)
class SampleCard:
    """A chip, with what is printed on the card around it."""

    personalisation: Personalisation = field(repr=False)
    fault: Fault | None = None
    person: Person | None = field(default=None, repr=False)
    """Holder of a citizen's card; None on any other card, and on one that was made from a folder."""
    qr_text: str | None = field(default=None, repr=False)
    manners: ChipManners = field(default_factory=ChipManners)
    radio: RadioField | None = None
    issued: bool = False
    """An issuer signed it, whose CSCA a reader may be given."""

    def chip(self, random_bytes: RandomBytes, manners: ChipManners | None = None) -> SimulatedChip:
        """A chip of this card, powered off; `manners` in place of its own."""
        return SimulatedChip(self.personalisation, random_bytes, self.fault, manners or self.manners)

    def virtual_card(
        self,
        random_bytes: RandomBytes,
        *,
        port: int = FIRST_PORT,
        manners: ChipManners | None = None,
        radio: RadioField | None = None,
    ) -> VirtualCard:
        """This card for a slot of vpcd, not inserted yet; `manners` and `radio` in place of its own."""
        fault = self.fault
        chosen = radio or (fault and fault.radio) or self.radio
        back_after = fault.removal.back_after if fault and fault.removal else None
        return VirtualCard(self.chip(random_bytes, manners), port=port, radio=chosen, back_after=back_after)


def make_card(
    profile: Profile,
    issuer: Issuer,
    keys: ChipKeys,
    random_bytes: RandomBytes,
    *,
    fault: Fault | None = None,
    person: str | None = None,
    dg2_size: int | None = None,
) -> SampleCard:
    """Make a card.

    Args:
        issuer: signs it, and is of the profile's `country`; to be a stranger to the reader where the fault says so
            (`Fault.issuer_known`).
        keys: of a citizen's card; a passport draws its own.
        person: id of the holder in place of the profile's own.
        dg2_size: bytes that DG2 is to have exactly.

    Raises:
        UnknownName: nobody has that id, or the fault is in something that the card does not have.
        SizeUnreachable: DG2 cannot have that size.
    """
    match profile.document:
        case CardModel() as model if fault is None or fault.is_document:
            holder = _found(sample_people(), person or profile.person)
            made = personalise(holder, issuer, keys, dg2_size=dg2_size)
            card = SampleCard(made, None, holder, qr_text(holder, model), profile.manners, profile.radio, issued=True)
        case PassportDesign() as design if fault is None or fault.is_document:
            if dg2_size is not None:
                design = replace(design, face=replace(design.face, size=dg2_size))
            traveller = _found(sample_travellers(), person or profile.person)
            made = passport.personalise(traveller, issuer, design, PassportKeys.generate(design, random_bytes))
            card = SampleCard(made, manners=profile.manners, radio=profile.radio, issued=True)
        case _:
            return SampleCard(Personalisation({}, application=_PAYMENT_APPLICATION), fault)
    return card if fault is None else with_fault(card, fault, random_bytes)


def with_fault(card: SampleCard, fault: Fault, random_bytes: RandomBytes) -> SampleCard:
    """The same card with something wrong; raises UnknownName as `make_card`."""
    return replace(card, personalisation=fault.applied_to(card.personalisation, random_bytes), fault=fault)


def _found(people: Mapping[str, _Holder], wanted: str | None) -> _Holder:
    holder = people.get(wanted or "")
    if holder is None:
        raise UnknownName(f"no invented holder of such a document has the id {wanted}")
    return holder
