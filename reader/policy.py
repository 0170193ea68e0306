"""From checks to a verdict. What weighs how much is data, so that a desk may decide otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from pydantic import BaseModel, ConfigDict

from reader.checks import Check, CheckId, CheckStatus
from reader.model import Verdict

_CHIP_PROOFS: Final = frozenset(
    {CheckId.CHIP_ACTIVE_AUTHENTICATION, CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_PACE_CAM}
)
_SEVERITY: Final = (Verdict.ACCEPT, Verdict.REVIEW, Verdict.REJECT)
NO_CHIP_PROOF: Final = "chip.no_proof"


class Rule(BaseModel):
    """What a check in a certain status means for the verdict."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    """A check's id, or a pattern such as ``passive.*``."""
    status: CheckStatus
    reason: str = "*"
    """The check's reason, or a pattern."""
    verdict: Verdict

    def applies_to(self, check: Check) -> bool:
        return (
            check.status is self.status
            and fnmatchcase(check.id, self.check)
            and fnmatchcase(check.reason or "", self.reason)
        )


def _rule(check: str, status: CheckStatus, verdict: Verdict, reason: str = "*") -> Rule:
    return Rule(check=check, status=status, reason=reason, verdict=verdict)


DEFAULT_RULES: Final = (
    _rule("access.downgrade", CheckStatus.FAILED, Verdict.REVIEW, "access.downgrade"),
    _rule("access.*", CheckStatus.FAILED, Verdict.REJECT),
    _rule("passive.*", CheckStatus.FAILED, Verdict.REJECT),
    _rule("passive.*", CheckStatus.INCONCLUSIVE, Verdict.REVIEW),
    _rule("security_infos.*", CheckStatus.FAILED, Verdict.REJECT),
    _rule("chip.*", CheckStatus.FAILED, Verdict.REJECT),
    _rule("chip.*", CheckStatus.INCONCLUSIVE, Verdict.REVIEW, "chip.key_malformed"),
    _rule("content.consistency", CheckStatus.FAILED, Verdict.REJECT),
    _rule("content.*", CheckStatus.FAILED, Verdict.REVIEW),
    _rule("content.*", CheckStatus.INCONCLUSIVE, Verdict.REVIEW),
    _rule("content.*", CheckStatus.UNAVAILABLE, Verdict.REVIEW, "content.*_missing"),
)
"""The contract's default. A check that no rule matches does not lower the verdict."""


class Policy(BaseModel):
    """What it takes to be accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...] = DEFAULT_RULES
    """The first rule that applies to a check decides what the check means."""
    without_chip_proof: Verdict = Verdict.REVIEW
    """For a chip that did not prove to be genuine, because it has no way to, or none that could be used."""
    fall_back_to_bac: bool = False
    """Whether BAC may be tried where PACE is on offer and fails."""
    max_crl_age_days: int = 90
    """Doc 9303-12, 4.3: an issuer publishes a new CRL at least that often."""


def decide(checks: Iterable[Check], policy: Policy) -> tuple[Verdict, tuple[str, ...]]:
    """The worst that any check means, and the reasons of all that lowered the verdict, in the order of the checks."""
    verdict, reasons = Verdict.ACCEPT, []
    proofs = []
    for check in checks:
        rule = next((rule for rule in policy.rules if rule.applies_to(check)), None)
        if rule is not None and rule.verdict is not Verdict.ACCEPT:
            verdict = _worse(verdict, rule.verdict)
            reasons.append(check.reason or str(check.id))
        if check.id in _CHIP_PROOFS:
            proofs.append(check)
    proven = any(check.status in (CheckStatus.PASSED, CheckStatus.FAILED) for check in proofs)
    # Where something was forged, that the chip proved nothing is a consequence and no reason of its own.
    if not proven and verdict is not Verdict.REJECT and policy.without_chip_proof is not Verdict.ACCEPT:
        verdict = _worse(verdict, policy.without_chip_proof)
        reasons.append(NO_CHIP_PROOF)
    return verdict, tuple(dict.fromkeys(reasons))


def _worse(first: Verdict, second: Verdict) -> Verdict:
    return max(first, second, key=_SEVERITY.index)
