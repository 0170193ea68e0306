"""The states of a visit. Each is one screen; each is a frozen value that holds all that its screen shows.

    OutOfService ⇄ Rest → AskingForKey | AskingForCard → Reading ⇄ CardLifted
    Reading → HereYouAre → ChoosingClinic → Recording → TicketIssued → Farewell → Rest
    any → Problem → Rest          any with a person in it → StillThere → back, or Farewell

Personal fields are redacted in the repr: a state may be logged, its person may not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from reader.checks import Check
from reader.model import Document, Verdict
from reader.progress import Phase


class Desk(StrEnum):
    """The kind of service that the kiosk stands for."""

    INSURANCE = "insurance"
    RESIDENCE = "residence"
    COUNTER = "counter"


class OutOfServiceReason(StrEnum):
    """Why nobody can be served. The values are the stable codes shown to staff."""

    NO_SERVICE = "link.no_service"
    NO_READER = "link.no_reader"
    READER_LOST = "link.reader_lost"
    STORE_UNUSABLE = "store.unusable"


class ProblemKind(StrEnum):
    """Side roads that end a visit at this machine, each with words of its own."""

    WRONG_KEY = "wrong_key"
    """The QR code does not belong to the card: scan again, or type the number."""
    WRONG_NUMBER = "wrong_number"
    """The number that was typed does not open the card: type it again, or show the QR code."""
    NOT_A_DOCUMENT = "not_a_document"
    """A bank card, a transport card, an older identity card without a chip we know."""
    UNKNOWN_CODE = "unknown_code"
    """A QR code that is not an identity card's."""
    READING_FAILED = "reading_failed"
    """The card or the reader failed and the bounded retries are over."""
    CANNOT_CONFIRM = "cannot_confirm"
    """Verdict reject, or review at a desk that serves accepted documents only: staff will help."""
    NOT_RECORDED = "not_recorded"
    """The visit could not be stored: nobody may believe to be checked in."""


class InsuranceStanding(StrEnum):
    """What the registry says of the person's health insurance."""

    ASKING = "asking"
    VALID = "valid"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    MISMATCH = "mismatch"
    """The registry's data differ from the card's; staff compare."""
    UNCONFIRMED = "unconfirmed"
    """The registry cannot be reached: recorded now, looked up again later."""


@dataclass(frozen=True, slots=True)
class Insurance:
    standing: InsuranceStanding
    card_number: str | None = field(default=None, repr=False)
    valid_from: date | None = None
    valid_until: date | None = None
    differences: tuple[str, ...] = ()
    """Names of the fields in which registry and card differ, never their values."""


@dataclass(frozen=True, slots=True)
class Face:
    """A decoded portrait: `rgb` is height × width × 3 bytes."""

    width: int
    height: int
    rgb: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Clinic:
    """Where a patient can go. Names are the facility's own, per language."""

    id: str
    name_vi: str
    name_en: str
    room: str
    floor_vi: str
    floor_en: str
    waiting: int | None = None
    """People before this one, where the registry knows."""


@dataclass(frozen=True, slots=True)
class Ticket:
    number: str
    """As printed: "A012", or "K1-007" when issued without the registry."""
    clinic: Clinic | None
    """None at desks without clinics."""
    issued_at: datetime
    receipt: str | None = field(default=None, repr=False)
    """The registry's receipt id; None while the record waits to be sent."""
    confirmed: bool = False
    """False: recorded at the kiosk, to be sent when the network is back."""


@dataclass(frozen=True, slots=True)
class OutOfService:
    reason: OutOfServiceReason


@dataclass(frozen=True, slots=True)
class Rest:
    """Nobody is here."""


@dataclass(frozen=True, slots=True)
class AskingForKey:
    """A card lies on the reader and nothing that opens it is known: show its QR code, or type its 12 digits."""

    typed: str = field(default="", repr=False)
    """Digits typed so far."""
    rejected: bool = False
    """The number typed last cannot be a citizen's number."""


@dataclass(frozen=True, slots=True)
class AskingForCard:
    """A QR code was read; the card is still to be laid down."""


@dataclass(frozen=True, slots=True)
class Reading:
    phase: Phase
    step: str
    fraction: float
    """0.0 to 1.0, never falling within one visit."""
    document: Document | None = field(default=None, repr=False)
    """As soon as DG1 stands verified."""


@dataclass(frozen=True, slots=True)
class CardLifted:
    """The card left in mid-read; put back, the reading goes on where it stopped."""

    fraction: float
    seconds_left: int
    document: Document | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HereYouAre:
    """The person, the verdict, and what the registry says."""

    document: Document = field(repr=False)
    verdict: Verdict
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    face: Face | None = field(repr=False)
    insurance: Insurance | None
    """None at desks that do not ask for it."""


@dataclass(frozen=True, slots=True)
class ChoosingClinic:
    document: Document = field(repr=False)
    insurance: Insurance | None
    clinics: tuple[Clinic, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """The record is being stored: nothing is confirmed yet."""

    document: Document = field(repr=False)
    clinic: Clinic | None


@dataclass(frozen=True, slots=True)
class TicketIssued:
    document: Document = field(repr=False)
    insurance: Insurance | None
    ticket: Ticket
    card_present: bool = True


@dataclass(frozen=True, slots=True)
class Farewell:
    """All personal data is gone from the screen; `card_present` asks to take the card."""

    card_present: bool


@dataclass(frozen=True, slots=True)
class Problem:
    kind: ProblemKind
    code: str
    """Stable, small at the bottom, for staff: `access.key_refused`, `passive.hashes`, …"""
    card_present: bool


@dataclass(frozen=True, slots=True)
class StillThere:
    """The person has not moved: the screen clears in `seconds_left` unless somebody touches it."""

    seconds_left: int
    beneath: VisitState = field(repr=False)


VisitState = (
    OutOfService
    | Rest
    | AskingForKey
    | AskingForCard
    | Reading
    | CardLifted
    | HereYouAre
    | ChoosingClinic
    | Recording
    | TicketIssued
    | Farewell
    | Problem
    | StillThere
)
