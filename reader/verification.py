"""The verdict of a recorded inspection, recomputed from its evidence without the card.

All that can be computed from the files and the public protocol data is, by the same `reader.judgement` that the reader
judged by. What only the owner of the session's keys can tell is taken over as the reader witnessed it, and says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from reader.checks import CheckId
from reader.chip import as_witnessed
from reader.errors import PortraitError
from reader.evidence import Evidence
from reader.evidence_soundness import require_sound
from reader.judgement import Course, Judgement, Standards
from reader.model import Inspection, Portrait, PortraitSource
from reader.policy import Policy
from reader.reading_plan import ORDER
from reader.transcript import Stage
from reader.trust import TrustStore

_OPENING: Final = frozenset({CheckId.ACCESS_PACE, CheckId.ACCESS_BAC})
_WITNESSED: Final = _OPENING | {CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_PACE_CAM}
"""Who has not run PACE or chip authentication himself could have made up both sides of them."""


def verify_evidence(
    evidence: Evidence, trust: TrustStore, policy: Policy, portraits: PortraitSource | None, at: datetime | None = None
) -> Inspection:
    """Judge again what another reader saw.

    Args:
        trust: whom to believe; not what the reader believed then.
        portraits: None: the face image is verified and not decoded.
        at: aware moment that validity is judged at; None: the evidence's own.

    Returns:
        an inspection without times and link statistics, with the failure that the reading ended with, if it did.

    Raises:
        EvidenceError: its parts cannot be of one reading.
    """
    transcript = evidence.transcript
    judgement = Judgement(Standards(trust, policy, at or evidence.at, transcript.simulated))
    if transcript.reached.includes(Stage.SIGNED):
        judgement.take_sod(evidence.files.get("EF.SOD"))
        judgement.take_com(evidence.files.get("EF.COM"))
    for number in ORDER:
        raw = evidence.files.get(f"DG{number}")
        if raw is not None:
            judgement.take_group(number, raw)
    if evidence.failure is None:
        require_sound(evidence, judgement.signed, judgement.content)
    opened = tuple(check for check in evidence.checks if check.id in _OPENING)
    asked = transcript.requested is None or 2 in transcript.requested
    face = judgement.content.face if asked and transcript.reached.includes(Stage.DONE) else None
    portrait = None if face is None else _decoded(face.image, portraits)
    found = judgement.inspection(
        Course(evidence.files, evidence.access, opened, transcript, portrait), evidence.failure
    )
    marked = (as_witnessed(check) if check.id in _WITNESSED else check for check in found.checks)
    return replace(found, checks=tuple(marked))


def _decoded(image: bytes, portraits: PortraitSource | None) -> Portrait | PortraitError | None:
    if portraits is None:
        return None
    try:
        return portraits.decode(image)
    except PortraitError as error:
        return error
