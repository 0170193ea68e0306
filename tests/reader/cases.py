"""Sample cards and the way to read them, for tests that need whole documents of many kinds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crypto.certificates import Certificate
from firmware_profiles.loader import load_profiles
from firmware_profiles.schema import ReaderProfile
from reader.examiner import ChipExaminer
from reader.inspection import Inspector
from reader.keys import CanKey, Opening
from reader.model import Inspection, PortraitSource
from reader.opening import opening_from_mrz, opening_from_qr
from reader.policy import Policy
from reader.transport import Transport
from reader.trust import Anchor, TrustStore
from simulator.chip import SimulatedChip
from simulator.citizen_card import ChipKeys
from simulator.faults import find_fault
from simulator.issuer import Issuer
from simulator.profiles import find_profile
from simulator.sample_card import SampleCard, make_card

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAST = load_profiles().reader("virtual-pcd")
SHORT = ReaderProfile.model_validate(
    {
        "kind": "reader",
        "id": "short",
        "vendor": "test",
        "model": "short length only",
        "simulated": True,
        "apdu": {"max_response": 256, "extended": "no"},
        "read_sizes": [256, 223, 192, 160, 128],
        "confidence": "H",
        "sources": ["these tests"],
    }
)

Meddle = Callable[[int, bytes, Transport], bytes]
"""Number of the command from 1 on, the command, the chip: gives the response."""


class Slot:
    """A card in a reader: each connection begins with a reset, and what comes between may be seen or spoilt."""

    def __init__(self, chip: SimulatedChip, meddle: Meddle | None = None) -> None:
        self.chip = chip
        self.commands = 0
        self.sessions = 0
        self._meddle = meddle

    def connect(self) -> AbstractContextManager[Transport]:
        self.sessions += 1
        self.chip.reset()
        return nullcontext(self)

    def transmit(self, command: bytes) -> bytes:
        self.commands += 1
        if self._meddle is None:
            return self.chip.transmit(command)
        return self._meddle(self.commands, command, self.chip)


@dataclass
class Cases:
    """Makes each card once; all issuers are known but where a fault says otherwise."""

    issuers: dict[str, Issuer] = field(default_factory=dict)
    made: dict[tuple[str, str | None], SampleCard] = field(default_factory=dict)

    def issuer(self, country: str) -> Issuer:
        if country not in self.issuers:
            draw = random.Random(country).randbytes
            self.issuers[country] = Issuer.create(now=NOW, random_bytes=draw, country=country)
        return self.issuers[country]

    def card(self, profile: str, fault: str | None = None) -> SampleCard:
        key = profile, fault
        if key not in self.made:
            found = find_profile(profile)
            draw = random.Random(f"{profile} {fault}").randbytes
            issuer, keys = self.issuer(found.country), ChipKeys.generate(draw)
            self.made[key] = make_card(found, issuer, keys, draw, fault=find_fault(fault) if fault else None)
        return self.made[key]

    @property
    def trust(self) -> TrustStore:
        return TrustStore(
            tuple(
                Anchor(Certificate.parse(self.issuer(country).csca_der), "simulated", simulated=True)
                for country in ("VN", "UT")
            )
        )


def opening_for(card: SampleCard) -> Opening:
    """What its holder would show."""
    chip = card.personalisation
    if card.qr_text is not None:
        return opening_from_qr(card.qr_text)
    if chip.mrz is not None:
        return opening_from_mrz(chip.mrz.text, NOW.date())
    return Opening((CanKey(chip.can or "000000"),))


def read(
    cases: Cases,
    card: SampleCard,
    *,
    opening: Opening | None = None,
    profile: ReaderProfile = FAST,
    trust: TrustStore | None = None,
    portraits: PortraitSource | None = None,
    examiner: ChipExaminer | None = None,
    meddle: Meddle | None = None,
    slot: Slot | None = None,
    seed: int = 1,
    **how: Any,
) -> Inspection:
    """Read a card in software; `how` goes to `Inspector.inspect`."""
    draw = random.Random(seed).randbytes
    slot = slot or Slot(card.chip(draw), meddle)
    known = cases.trust if card.fault is None or card.fault.issuer_known else TrustStore()
    by = Inspector(known if trust is None else trust, Policy(), profile, draw, time.perf_counter, portraits, examiner)
    return by.inspect(slot.connect, opening or opening_for(card), **{"at": NOW, **how})
