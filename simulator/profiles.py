"""Kinds of simulated cards, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.citizen_card import CardModel
from simulator.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Profile:
    """What is put on the reader."""

    name: str
    summary: str
    expected: str
    """Verdict or exit code, with the reason."""
    person: str | None
    """Id of the invented holder; None: not an identity document."""
    model: CardModel | None


def find_profile(name: str) -> Profile:
    """The profile of this name; raises UnknownName."""
    profile = named_profiles().get(name)
    if profile is None:
        raise UnknownName(f"no profile is called {name}")
    return profile


def named_profiles() -> Mapping[str, Profile]:
    """Every profile by its name."""
    return MappingProxyType({profile.name: profile for profile in _profiles()})


def _profiles() -> tuple[Profile, ...]:
    cccd, can_cuoc = CardModel.CCCD_2021, CardModel.CAN_CUOC_2024
    return (
        Profile("cccd", "a good card of 2021", "accept", "mau", cccd),
        Profile("cccd-no-expiry", "a good card of an old lady, without expiry", "accept", "lan", cccd),
        Profile("cccd-expired-insurance", "a good card; its holder's insurance has ended", "accept", "hoa", cccd),
        Profile("cccd-expired", "a card that has expired", "review: content.validity", "khoa", cccd),
        Profile("cccd-long-name", "a name that the MRZ has to cut", "accept", "thao", cccd),
        Profile("can_cuoc_2024", "a good card of 2024", "accept", "yen", can_cuoc),
        Profile("bank-card", "not an identity document", "exit 33", None, None),
    )
