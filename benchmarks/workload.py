"""What is read in the measurements: one card, the ways to read it, and the two links to it."""

from __future__ import annotations

import multiprocessing
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.synchronize import Event
from typing import Final

from crypto.certificates import Certificate
from firmware_profiles.loader import load_profiles
from firmware_profiles.schema import SHORT_RESPONSE, ApduLimits, ReaderProfile
from reader.inspection import Connect
from reader.keys import AccessMode, Opening
from reader.model import Verdict
from reader.opening import opening_from_mrz, opening_from_qr
from reader.pcsc import PcscService, takes_documents
from reader.transport import Transport
from reader.trust import Anchor, TrustStore
from simulator.citizen_card import ChipKeys, citizen_mrz
from simulator.issuer import Issuer
from simulator.pcscd import ensure_pcscd
from simulator.profiles import find_profile
from simulator.radio_field import RadioField
from simulator.sample_card import SampleCard, make_card
from simulator.vpcd import VirtualCard

DG2_BYTES: Final = 19_967
"""As in the published figures for other readers."""
MAX_SOD_BYTES: Final = 2_000

_SHORT_SIZES: Final = (231, 223, 192, 160, 128)
"""The first two are what a short response holds under 3DES and under AES secure messaging."""
_PATIENCE: Final = 10.0
"""Seconds for the card to be put in, and to be seen."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read the card."""

    access: AccessMode
    extended: bool
    max_apdus: int | None = None
    """What the whole read may need; None: no limit is set."""

    @property
    def name(self) -> str:
        return f"{self.access.upper()} {'extended' if self.extended else 'short'}"

    @property
    def expected(self) -> Verdict:
        """BAC on a card that offers PACE is a downgrade, which the verdict tells."""
        return Verdict.REVIEW if self.access is AccessMode.BAC else Verdict.ACCEPT

    @property
    def profile(self) -> ReaderProfile:
        """The virtual reader's profile, held to short length where this way is short."""
        profile = load_profiles().reader("virtual-pcd")
        if self.extended:
            return profile
        short = ApduLimits(max_response=SHORT_RESPONSE, extended="no")
        return profile.model_copy(update={"apdu": short, "read_sizes": _SHORT_SIZES})


WAYS: Final = (
    Way(AccessMode.PACE, extended=False, max_apdus=125),
    Way(AccessMode.PACE, extended=True, max_apdus=35),
    Way(AccessMode.BAC, extended=False),
    Way(AccessMode.BAC, extended=True),
)


@dataclass(frozen=True, slots=True)
class MeasuredCard:
    """The card, with what the reader must know to accept it."""

    sample: SampleCard = field(repr=False)
    csca: bytes = field(repr=False)

    @classmethod
    def make(cls, now: datetime) -> MeasuredCard:
        """A card of 2021 of an invented person; its AA signature of 1024 bits fits a short response."""
        issuer = Issuer.create(now=now, random_bytes=secrets.token_bytes)
        keys = ChipKeys.generate(secrets.token_bytes)
        sample = make_card(find_profile("cccd"), issuer, keys, secrets.token_bytes, dg2_size=DG2_BYTES)
        return cls(sample, issuer.csca_der)

    @property
    def file_sizes(self) -> dict[str, int]:
        return {name: len(content) for name, content in self.sample.personalisation.files.items()}

    @property
    def trust(self) -> TrustStore:
        return TrustStore((Anchor(Certificate.parse(self.csca), "simulated", simulated=True),))

    def opening(self, way: Way, now: datetime) -> Opening:
        """By the QR code's CAN for PACE, by the MRZ for BAC."""
        person, qr = self.sample.person, self.sample.qr_text
        assert person is not None, "the card is a person's"
        assert qr is not None, "so there is a QR code on it"
        if way.access is AccessMode.BAC:
            return opening_from_mrz(citizen_mrz(person).text, now.date(), mode=way.access)
        return opening_from_qr(qr, mode=way.access)


@contextmanager
def over_pcsc(card: MeasuredCard, radio: RadioField | None = None) -> Iterator[Connect]:
    """The card in vpcd's virtual reader; starts pcscd where it does not run.

    The card lives in a process of its own: what it computes must not take time from the reader.

    Raises:
        SimulatorError, NothingToRead: there is no PC/SC service, or its virtual reader does not take the card.
    """
    with ensure_pcscd(), _in_the_slot(card.sample, radio), closing(PcscService()) as service:
        name = service.wait_for_card(takes_documents, _PATIENCE)
        yield lambda: service.connect(name)


@contextmanager
def in_process(card: MeasuredCard) -> Iterator[Connect]:
    """The chip called as a function: no PC/SC, no sockets, no other process."""
    chip = card.sample.chip(secrets.token_bytes)

    @contextmanager
    def connect() -> Iterator[Transport]:
        chip.reset()
        yield chip

    yield connect


@contextmanager
def _in_the_slot(sample: SampleCard, radio: RadioField | None) -> Iterator[None]:
    # Forked, because a card is made of keys and closures that no other process could be sent.
    context = multiprocessing.get_context("fork")
    done = context.Event()
    process = context.Process(target=_lie_in_the_slot, args=(sample, radio, done), daemon=True)
    process.start()
    try:
        yield
    finally:
        done.set()
        process.join()


def _lie_in_the_slot(sample: SampleCard, radio: RadioField | None, done: Event) -> None:
    with VirtualCard(sample.chip(secrets.token_bytes), radio=radio, patience=_PATIENCE):
        done.wait()
