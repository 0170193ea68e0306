"""What an examination of a chip proves about a check-in: the person on the record must be the one whose chip it was.

An examination that a record does not name by its id is a closed book: its id is stored as a digest, and whose chip it
was is sealed with a key made from the id. So nothing of a person stays behind whose visit left no record.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reader.errors import LdsError
from reader.examiner import ExaminationOutcome
from reader.lds.mrz import Mrz, parse_mrz
from reader.lds.names import is_latin, names_agree
from registry.messages import CheckIn

_LONGEST_VISIT: Final = timedelta(hours=1)
"""Between examination and record. A kiosk's clock may be wrong by some of it."""
# The key comes from an id that is never used again, and seals one text.
_NONCE: Final = bytes(12)


class ChipProof(StrEnum):
    """What the registry itself can say of the chip behind a check-in, whatever the kiosk says."""

    PROVEN = "proven"
    """A chip with a private key that the issuer signed for this person answered the registry's own questions."""
    REFUTED = "refuted"
    """The chip could not, or it was another person's, or the examination serves another record."""
    NONE = "none"
    """Nobody asked, or nothing came of it."""


@dataclass(frozen=True, slots=True)
class FinishedExamination:
    """One examination with its judgement, to be kept until a check-in names it.

    Attributes:
        mrz: text of the MRZ in the signed DG1; None unless the chip is genuine.
    """

    examination_id: str = field(repr=False)
    province_code: str
    kiosk_id: str
    examined_at: datetime
    outcome: ExaminationOutcome
    reasons: tuple[str, ...]
    mrz: str | None = field(repr=False)


def digest_of(examination_id: str) -> str:
    """What is stored in the place of an id."""
    return hashlib.sha256(b"examination:" + examination_id.encode()).hexdigest()


def seal_mrz(examination_id: str, mrz: str) -> bytes:
    """Encrypt whose chip it was, for whoever knows the examination's id."""
    return _cipher(examination_id).encrypt(_NONCE, mrz.encode(), None)


def open_mrz(examination_id: str, sealed: bytes) -> Mrz | None:
    """Decrypt what `seal_mrz` made; None for anything else."""
    try:
        return parse_mrz(_cipher(examination_id).decrypt(_NONCE, sealed, None).decode())
    except (InvalidTag, LdsError, UnicodeDecodeError):
        return None


def judge(record: CheckIn, mrz: Mrz, examined_at: datetime) -> ChipProof:
    """Hold a record against the MRZ that a genuine chip was examined for, and against the time."""
    if (record.document_issuer, record.document_number) != (mrz.issuer, mrz.document_number):
        return ChipProof.REFUTED
    # People grow older than a hundred: an MRZ does not know the century, and DG11 does.
    claimed_birth = record.birth_date and f"{record.birth_date:%y%m%d}"
    birth = mrz.birth_yymmdd if mrz.birth_date(record.captured_at.date()) is not None else None
    compared = (
        _equal(record.personal_number, mrz.personal_number),
        _equal(claimed_birth, birth),
        _equal(None if record.sex == "X" else record.sex, None if mrz.sex == "X" else mrz.sex),
        _same_name(record.name, mrz),
    )
    if ChipProof.REFUTED in compared:
        return ChipProof.REFUTED
    if ChipProof.NONE in compared or abs(record.captured_at - examined_at) > _LONGEST_VISIT:
        return ChipProof.NONE
    return ChipProof.PROVEN


def _equal(claimed: object | None, examined: object | None) -> ChipProof:
    """A field that the record leaves out claims nothing; one that the chip leaves out proves nothing."""
    if claimed is None:
        return ChipProof.PROVEN
    if examined is None:
        return ChipProof.NONE
    return ChipProof.PROVEN if claimed == examined else ChipProof.REFUTED


def _same_name(claimed: str, mrz: Mrz) -> ChipProof:
    if names_agree(claimed, mrz.name_latin, truncated=mrz.name_may_be_cut):
        return ChipProof.PROVEN
    # A name in a script of its own cannot be held against Latin letters.
    return ChipProof.REFUTED if is_latin(claimed) else ChipProof.NONE


def _cipher(examination_id: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"examined identity:" + examination_id.encode()).digest())
