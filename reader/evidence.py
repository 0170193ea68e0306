"""What an inspection leaves behind for others to judge again: raw files and the public side of all protocols, no keys.

It is written as JSON, `motcham.evidence/2`; `docs/evidence.md` says what it proves and what it does not. Personal data
throughout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from crypto.dh_group import DhGroup
from crypto.ec_group import EcGroup
from crypto.groups import STANDARDIZED, Group
from reader.checks import Check
from reader.errors import EvidenceError
from reader.lds.files import ELEMENTARY_FILES
from reader.model import Access, Failure, Inspection, Verdict
from reader.passive import GroupPresence
from reader.plain_json import Readers, Writers, from_plain, to_plain
from reader.transcript import Transcript

SCHEMA: Final = "motcham.evidence/2"
MAX_SIZE: Final = 16 << 20
"""Bytes of a file of evidence: far more than all groups of a document at their largest."""

_MAX_DIGITS: Final = 20
_MAX_WORDS: Final = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """One inspection as it was witnessed.

    Attributes:
        at: aware moment that validity was judged at.
        files: raw content by name ("DG1", "EF.SOD", …), as hashed.
        verdict, reasons, checks: as they were found then.
    """

    at: datetime
    access: Access | None
    files: Mapping[str, bytes] = field(repr=False)
    transcript: Transcript = field(repr=False)
    failure: Failure | None
    verdict: Verdict
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]


def evidence_of(inspection: Inspection, at: datetime) -> Evidence:
    """The evidence behind an inspection.

    Args:
        at: the moment that it judged validity at.
    """
    return Evidence(
        at,
        inspection.access,
        inspection.files,
        inspection.transcript or Transcript(),
        inspection.failure,
        inspection.verdict,
        inspection.reasons,
        inspection.checks,
    )


def encode(evidence: Evidence) -> bytes:
    """The file of evidence, as UTF-8 JSON."""
    plain = {"schema": SCHEMA, **to_plain(evidence, _WRITERS)}
    return json.dumps(plain, ensure_ascii=False, indent=1).encode("utf-8")


def decode(raw: bytes) -> Evidence:
    """Read a file of evidence.

    Raises:
        EvidenceError: larger than 16 MiB, no JSON, of another schema, or not exactly what the schema has.
    """
    if len(raw) > MAX_SIZE:
        raise EvidenceError(f"the file has more than {MAX_SIZE >> 20} MiB")
    try:
        plain = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number, parse_int=_integer
        )
        if not isinstance(plain, dict) or plain.pop("schema", None) != SCHEMA:
            raise ValueError(f"it is not of the schema {SCHEMA}")
        evidence = from_plain(Evidence, plain, _READERS)
        _require_sound(evidence)
    except RecursionError as cause:
        raise EvidenceError("the file is nested too deeply") from cause
    except (UnicodeDecodeError, json.JSONDecodeError) as cause:
        # Their own words quote what they stumbled over.
        raise EvidenceError("the file is no evidence that can be read: it is no JSON, or cut short") from cause
    except ValueError as cause:
        raise EvidenceError(f"the file is no evidence that can be read: {str(cause)[:_MAX_WORDS]}") from cause
    return evidence


def _require_sound(evidence: Evidence) -> None:
    if evidence.at.tzinfo is None:
        raise ValueError("the moment has no time zone")
    for name, raw in evidence.files.items():
        if name not in ELEMENTARY_FILES:
            raise ValueError("it holds a file that no document has")
        if len(raw) > ELEMENTARY_FILES[name].max_size:
            raise ValueError(f"{name} is larger than it may be")
    for number, presence in evidence.transcript.presence.items():
        if presence is GroupPresence.READ and f"DG{number}" not in evidence.files:
            raise ValueError(f"it says that DG{number} was read and does not hold it")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError("it holds a number that is too long")
    return int(text)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _group(name: str) -> Group:
    for group in STANDARDIZED.values():
        if group.name == name:
            return group
    raise ValueError("unknown domain parameters")


_WRITERS: Final[Writers] = MappingProxyType(dict.fromkeys((EcGroup, DhGroup), lambda group: group.name))
_READERS: Final[Readers] = MappingProxyType({Group: _group})
