"""Checks: what a verdict is made of. The ids and statuses are those of the outside contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class CheckId(StrEnum):
    """What a check says; see the contract's table."""

    ACCESS_BAC = "access.bac"
    ACCESS_PACE = "access.pace"
    ACCESS_DOWNGRADE = "access.downgrade"
    PASSIVE_SOD_STRUCTURE = "passive.sod_structure"
    PASSIVE_SIGNATURE = "passive.signature"
    PASSIVE_CHAIN = "passive.chain"
    PASSIVE_REVOCATION = "passive.revocation"
    PASSIVE_HASHES = "passive.hashes"
    PASSIVE_COMPLETENESS = "passive.completeness"
    SECURITY_INFOS_CONSISTENCY = "security_infos.consistency"
    CHIP_ACTIVE_AUTHENTICATION = "chip.active_authentication"
    CHIP_CHIP_AUTHENTICATION = "chip.chip_authentication"
    CHIP_PACE_CAM = "chip.pace_cam"
    CONTENT_MRZ = "content.mrz"
    CONTENT_VALIDITY = "content.validity"
    CONTENT_CONSISTENCY = "content.consistency"
    CONTENT_PORTRAIT = "content.portrait"


class CheckStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    UNAVAILABLE = "unavailable"


_NO_EVIDENCE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Check:
    """One question about the document and its answer.

    Made by the functions below, one a status. `reason` is a stable dotted code; `detail` is a sentence without personal
    data; `evidence` maps a name to what was seen (digests, algorithms, serial numbers), never to personal data.
    """

    id: CheckId
    status: CheckStatus
    reason: str | None = None
    detail: str = ""
    evidence: Mapping[str, str] = field(default_factory=lambda: _NO_EVIDENCE)

    def __post_init__(self) -> None:
        if self.status is CheckStatus.PASSED and not self.evidence:
            raise ValueError(f"{self.id} cannot pass without evidence")
        if self.status in (CheckStatus.FAILED, CheckStatus.INCONCLUSIVE) and not self.reason:
            raise ValueError(f"{self.id} needs the reason why it is {self.status}")


def passed(check: CheckId, evidence: Mapping[str, str], detail: str = "") -> Check:
    """The only way to a `passed`: with evidence (raises ValueError when it is empty)."""
    return Check(check, CheckStatus.PASSED, None, detail, MappingProxyType(dict(evidence)))


def failed(check: CheckId, reason: str, detail: str = "", evidence: Mapping[str, str] = _NO_EVIDENCE) -> Check:
    """Positive evidence that something is wrong."""
    return Check(check, CheckStatus.FAILED, reason, detail, MappingProxyType(dict(evidence)))


def inconclusive(check: CheckId, reason: str, detail: str = "", evidence: Mapping[str, str] = _NO_EVIDENCE) -> Check:
    """The question was asked and could not be answered, for example because the issuer is not provisioned."""
    return Check(check, CheckStatus.INCONCLUSIVE, reason, detail, MappingProxyType(dict(evidence)))


def not_applicable(check: CheckId, reason: str, detail: str = "") -> Check:
    """The question does not arise for this document."""
    return Check(check, CheckStatus.NOT_APPLICABLE, reason, detail)


def unavailable(check: CheckId, reason: str, detail: str = "") -> Check:
    """The question could not be asked: means are missing here."""
    return Check(check, CheckStatus.UNAVAILABLE, reason, detail)
