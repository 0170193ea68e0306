"""What an inspection tells while it runs. Every event is a value; the listener decides what to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from reader.model import Document


class Phase(StrEnum):
    """What the person is told about, in order."""

    OPENING = "opening"
    VERIFYING = "verifying"
    PHOTO = "photo"
    PROVING = "proving"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progressed:
    """`fraction` of the whole read is done: 0.0 to 1.0, never falling within one inspection, resumed ones included."""

    phase: Phase
    step: str
    fraction: float


@dataclass(frozen=True, slots=True)
class IdentityVerified:
    """DG1 (and DG13 where there is one) stands verified: the person can be greeted by name."""

    document: Document = field(repr=False)


@dataclass(frozen=True, slots=True)
class PortraitVerified:
    """The face image as stored in DG2, its hash verified; not decoded yet."""

    image: bytes = field(repr=False)


ProgressEvent = Progressed | IdentityVerified | PortraitVerified
ProgressListener = Callable[[ProgressEvent], None]
