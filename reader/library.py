"""The reader as a library: one call waits for a document on a PC/SC reader, reads it and verifies it.

`docs/library.md` shows how. Everything below is open as well: `Inspector` reads over any `Transport`, `verify_evidence`
judges again what was recorded, and every module of `reader.lds` reads and writes one file of the LDS.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from firmware_profiles.loader import load_profiles
from reader.examiner import ChipExaminer
from reader.inspection import Inspector
from reader.keys import Opening
from reader.model import Inspection
from reader.patient_reading import read_patiently
from reader.pcsc import PcscPlace, PcscService, takes_documents
from reader.policy import Policy
from reader.portrait import PortraitDecoder
from reader.progress import ProgressListener
from reader.transport import Transport
from reader.trust import TrustStore


def _nothing(*_: object) -> None:
    """Nobody listens."""


def read_card(
    opening: Opening,
    trust: TrustStore,
    *,
    policy: Policy | None = None,
    at: datetime | None = None,
    reader: str = "",
    groups: tuple[int, ...] | None = None,
    challenge: bytes | None = None,
    examiner: ChipExaminer | None = None,
    listener: ProgressListener = _nothing,
    on_interruption: Callable[[], None] = _nothing,
    around: Callable[[Transport], Transport] | None = None,
    wait: float = 15.0,
    seconds: float = 30.0,
) -> Inspection:
    """Wait for a document, open it, read it and verify it (Doc 9303-10 and -11, and -12 for its certificates).

    Args:
        opening: what a person presented: see `reader.opening`.
        trust: the issuers to believe: see `reader.trust.load`.
        policy: what it takes to be accepted; None: the default of the outside contract.
        at: aware moment that validity is judged at, in the time zone whose day counts; None: now, in this machine's.
        reader: part of a PC/SC reader's name, whatever its case; empty for the first with a card.
        groups, challenge: as of `Inspector.inspect`.
        examiner: somebody away from here who asks the chip himself; see `reader.examiner`.
        listener: called as things become known, from the calling thread.
        on_interruption: called when the card was lifted, before it is waited for.
        around: goes around each connection to the card, for a trace.
        wait: seconds for the card to come.
        seconds: for the reading, with all that a card that is lifted takes.

    Returns:
        the inspection: a verdict made of checks; or no verdict, and the failure that tells why.

    Raises:
        NothingToRead: no PC/SC service, no reader, or no card in time.
        CardRemoved, ReaderLost: card or reader went away and did not come back in time, or too often.
        ValueError: the challenge has not eight bytes.
    """
    moment = datetime.now(UTC).astimezone() if at is None else at
    wanted = reader.casefold()
    with closing(PcscService()) as service, closing(PortraitDecoder()) as portraits:
        portraits.warm()
        name = service.wait_for_card(lambda found: wanted in found.casefold() and takes_documents(found), wait)
        profile = load_profiles().for_reader(name, sys.platform)
        return read_patiently(
            Inspector(trust, policy or Policy(), profile, secrets.token_bytes, time.perf_counter, portraits, examiner),
            PcscPlace(service, name, profile.timing, around),
            opening,
            at=moment,
            listener=listener,
            groups=groups,
            challenge=challenge,
            seconds=seconds,
            on_interruption=on_interruption,
        )
