"""Invented holders of passports and identity cards of Utopia, the state that Doc 9303 issues its specimens in.

None of them exists, and neither do their towns; issuing state and nationality are the specimens' UTO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from reader.lds.mrz import Mrz, MrzFormat, build_mrz, parse_mrz
from simulator.drawing import Colour
from simulator.look import Clothing, Hair, Look

STATE: Final = "UTO"
"""Issuing state and nationality, as the MRZ writes them."""

_FAIR: Final[Colour] = (244, 210, 182)
_LIGHT: Final[Colour] = (232, 190, 156)
_DARK: Final[Colour] = (142, 96, 66)


@dataclass(frozen=True, slots=True)
class Traveller:
    """Everything that a passport says of its holder."""

    id: str
    """Stable, for programs."""
    document_number: str = field(repr=False)
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Literal["M", "F"]
    place_of_birth: str = field(repr=False)
    address: tuple[str, ...] = field(repr=False)
    telephone: str = field(repr=False)
    profession: str = field(repr=False)
    personal_number: str = field(repr=False)
    issued: date
    expires: date
    look: Look = field(repr=False)
    can: str = field(repr=False)
    """The card access number: six digits."""
    pin: str = field(repr=False)
    puk: str = field(repr=False)
    """Ten digits."""

    @property
    def full_name(self) -> str:
        """Given names first."""
        return f"{self.given_names} {self.surname}"

    def mrz(self, mrz_format: MrzFormat) -> Mrz:
        """The machine readable zone of a passport (TD3) or an identity card (TD1, TD2)."""
        text = build_mrz(
            mrz_format,
            document_type="P" if mrz_format is MrzFormat.TD3 else "I",
            issuer=STATE,
            document_number=self.document_number,
            birth_yymmdd=f"{self.birth_date:%y%m%d}",
            sex=self.sex,
            expiry_yymmdd=f"{self.expires:%y%m%d}",
            nationality=STATE,
            surname=self.surname,
            given_names=self.given_names,
            optional_data=self.personal_number if mrz_format is MrzFormat.TD3 else "",
        )
        return parse_mrz(text)


def sample_travellers() -> Mapping[str, Traveller]:
    """The invented travellers by id."""
    return MappingProxyType({traveller.id: traveller for traveller in _travellers()})


def _travellers() -> tuple[Traveller, ...]:
    return (
        Traveller(
            id="morel",
            document_number="UT0000001",
            surname="Morel-Åström",
            given_names="Zoë Élodie",
            birth_date=date(1986, 9, 17),
            sex="F",
            place_of_birth="Hautlieu",
            address=("Rue des Tilleuls 7", "Hautlieu", "Utopia"),
            telephone="+999 555 0101",
            profession="Bridge engineer",
            personal_number="860917F00101",
            issued=date(2022, 3, 8),
            expires=date(2032, 3, 7),
            look=Look(35, True, Hair.BOB, (92, 58, 38), _FAIR, Clothing.JACKET, (58, 74, 96), (226, 230, 234)),
            can="700101",
            pin="419273",
            puk="5550100101",
        ),
        Traveller(
            id="okoro",
            document_number="UT0000002",
            surname="Okoro",
            given_names="Samuel Tobias",
            birth_date=date(1972, 1, 30),
            sex="M",
            place_of_birth="Sankt Emmeran",
            address=("Am Weiher 12", "Sankt Emmeran", "Utopia"),
            telephone="+999 555 0102",
            profession="Teacher",
            personal_number="720130M00102",
            issued=date(2024, 6, 19),
            expires=date(2034, 6, 18),
            look=Look(52, False, Hair.CROP, (40, 36, 36), _DARK, Clothing.SHIRT, (214, 222, 230), (232, 232, 228)),
            can="700102",
            pin="650318",
            puk="5550100102",
        ),
        Traveller(
            # Doc 9303-6, 4.2.2: the number of an identity card may run on in the optional data.
            id="lindqvist",
            document_number="UT0000003ABC",
            surname="Lindqvist",
            given_names="Oskar",
            birth_date=date(1999, 12, 5),
            sex="M",
            place_of_birth="Björkvik",
            address=("Hamngatan 3", "Björkvik", "Utopia"),
            telephone="+999 555 0103",
            profession="Student",
            personal_number="991205M00103",
            issued=date(2025, 2, 1),
            expires=date(2035, 1, 31),
            look=Look(
                25, False, Hair.SIDE_PARTING, (150, 112, 70), _LIGHT, Clothing.POLO, (84, 120, 92), (224, 232, 236)
            ),
            can="700103",
            pin="287104",
            puk="5550100103",
        ),
    )
