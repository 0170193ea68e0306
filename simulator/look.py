"""How an invented person looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulator.drawing import Colour


class Hair(Enum):
    SHORT = "short"
    SIDE_PARTING = "side parting"
    CROP = "crop"
    RECEDING = "receding"
    BUN = "bun"
    BOB = "bob"
    LONG = "long"
    SHOULDER = "shoulder"
    FRINGE = "fringe"


class Clothing(Enum):
    SHIRT = "shirt"
    AO_DAI = "áo dài"
    BLOUSE = "blouse"
    POLO = "polo"
    JACKET = "jacket"
    SCHOOL = "school"


@dataclass(frozen=True, slots=True)
class Look:
    """What a portrait shows. Colours are RGB; `age` is in years when the photo was taken."""

    age: int
    female: bool
    hair: Hair
    hair_colour: Colour
    skin: Colour
    clothing: Clothing
    cloth_colour: Colour
    background: Colour
    glasses: bool = False
    moustache: bool = False
