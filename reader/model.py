"""What an inspection finds: plain frozen values, personal data redacted in their repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from reader.checks import Check, CheckId
from reader.document_content import DocumentContent

if TYPE_CHECKING:
    from reader.examiner import ExaminationResult
    from reader.transcript import Transcript


class Verdict(StrEnum):
    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Document:
    """The verified identity. Fields come from DG1 and, where the issuer gives one, DG13 or DG11."""

    type: str
    issuer: str
    number: str = field(repr=False)
    personal_number: str | None = field(repr=False)
    name: str = field(repr=False)
    """With diacritics where the chip has them, else as in the MRZ."""
    name_latin: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: str = field(repr=False)
    """"M", "F" or "X"."""
    nationality: str
    expiry_date: date | None = field(repr=False)
    """None: the document does not expire."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A decoded face image: `rgb` holds height × width × 3 bytes."""

    format: str
    """"jpeg", "jp2" or "j2k"."""
    width: int
    height: int
    rgb: bytes = field(repr=False)


class PortraitSource(Protocol):
    """Decodes face images within bounds."""

    def decode(self, image: bytes) -> Portrait:
        """The image in RGB; raises PortraitError."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """How the chip was opened."""

    protocol: str
    """"PACE" or "BAC"."""
    mapping: str | None
    agreement: str | None
    cipher: str
    password: str
    """"CAN" or "MRZ"."""
    downgraded: bool


@dataclass(frozen=True, slots=True)
class LinkStatistics:
    """Counted at the transport: APDUs and bytes in both directions, headers and status words included."""

    apdus: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    waiting_ms: float = 0.0
    """Time spent waiting for the card; the rest of the total is the program's own."""

    def __add__(self, other: LinkStatistics) -> LinkStatistics:
        """What was counted in both."""
        return LinkStatistics(
            self.apdus + other.apdus,
            self.bytes_sent + other.bytes_sent,
            self.bytes_received + other.bytes_received,
            self.waiting_ms + other.waiting_ms,
        )

    def since(self, earlier: LinkStatistics) -> LinkStatistics:
        """What was counted after `earlier`."""
        return LinkStatistics(
            self.apdus - earlier.apdus,
            self.bytes_sent - earlier.bytes_sent,
            self.bytes_received - earlier.bytes_received,
            self.waiting_ms - earlier.waiting_ms,
        )


@dataclass(frozen=True, slots=True)
class StepTiming:
    step: str
    ms: float
    link: LinkStatistics = LinkStatistics()
    """What went over the link in this step."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no verdict could be reached: a stable code, a message, a remedy."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """One document, opened, read and verified as far as it went.

    `document`, `portrait`, `content` and the bytes of `files` are personal data.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    access: Access | None
    document: Document | None
    files: Mapping[str, bytes] = field(repr=False)
    """Raw content by name ("DG1", "EF.SOD", …), as hashed."""
    portrait: Portrait | None
    timing: tuple[StepTiming, ...]
    total_ms: float
    link: LinkStatistics
    failure: Failure | None = None
    content: DocumentContent = field(default_factory=DocumentContent)
    transcript: Transcript | None = field(default=None, repr=False)
    """How it went, without keys; None where it did not begin."""

    @property
    def examination(self) -> ExaminationResult | None:
        """What the chip's examiner found; None: there was none, or he could not be reached."""
        return None if self.transcript is None else self.transcript.examination

    def check(self, check: CheckId) -> Check | None:
        """The check with this id, or None when it was not reached."""
        return next((found for found in self.checks if found.id is check), None)
