"""From checks to the verdict: the contract's default policy, and one of a desk's own."""

from __future__ import annotations

import pytest

from reader.checks import Check, CheckId, CheckStatus, failed, inconclusive, not_applicable, passed, unavailable
from reader.model import Verdict
from reader.policy import Policy, Rule, decide

PROOF = passed(CheckId.CHIP_ACTIVE_AUTHENTICATION, {"challenge": "00"})


def verdict(*checks: Check, policy: Policy | None = None) -> tuple[Verdict, tuple[str, ...]]:
    return decide((PROOF, *checks), policy or Policy())


@pytest.mark.parametrize("check", [check for check in CheckId if check.split(".")[0] in ("passive", "chip", "access")])
def test_positive_evidence_is_rejected(check: CheckId) -> None:
    assert verdict(failed(check, "x.y")) == (Verdict.REJECT, ("x.y",))


@pytest.mark.parametrize("check", [CheckId.SECURITY_INFOS_CONSISTENCY, CheckId.CONTENT_CONSISTENCY])
def test_contradictions_are_rejected(check: CheckId) -> None:
    assert verdict(failed(check, "x.y")) == (Verdict.REJECT, ("x.y",))


@pytest.mark.parametrize(
    "check",
    [
        failed(CheckId.ACCESS_DOWNGRADE, "access.downgrade"),
        inconclusive(CheckId.PASSIVE_CHAIN, "passive.issuer_not_provisioned"),
        inconclusive(CheckId.PASSIVE_REVOCATION, "passive.crl_too_old"),
        failed(CheckId.CONTENT_VALIDITY, "content.expired"),
        failed(CheckId.CONTENT_PORTRAIT, "portrait.broken"),
        unavailable(CheckId.CONTENT_PORTRAIT, "content.portrait_missing"),
        unavailable(CheckId.CONTENT_VALIDITY, "content.mrz_missing"),
        inconclusive(CheckId.CONTENT_CONSISTENCY, "content.presented_not_confirmed"),
        inconclusive(CheckId.CHIP_CHIP_AUTHENTICATION, "chip.key_malformed"),
    ],
)
def test_what_policy_wants_and_could_not_be_established_is_reviewed(check: Check) -> None:
    assert verdict(check) == (Verdict.REVIEW, (check.reason,))


@pytest.mark.parametrize(
    "check",
    [
        unavailable(CheckId.PASSIVE_REVOCATION, "passive.crl_not_installed"),
        not_applicable(CheckId.ACCESS_BAC, "access.pace_used"),
        not_applicable(CheckId.CONTENT_PORTRAIT, "content.portrait_not_asked_for"),
        inconclusive(CheckId.ACCESS_PACE, "link.unexpected_status"),
        unavailable(CheckId.CHIP_CHIP_AUTHENTICATION, "chip.needs_extended_length"),
        inconclusive(CheckId.CHIP_CHIP_AUTHENTICATION, "chip.unsupported"),
    ],
)
def test_what_lowers_no_verdict(check: Check) -> None:
    assert verdict(check) == (Verdict.ACCEPT, ())


@pytest.mark.parametrize("status", [CheckStatus.NOT_APPLICABLE, CheckStatus.INCONCLUSIVE, CheckStatus.UNAVAILABLE])
def test_a_chip_that_proves_nothing_is_reviewed(status: CheckStatus) -> None:
    checks = [Check(check, status, "chip.x") for check in CheckId if check.startswith("chip.")]
    assert decide(checks, Policy()) == (Verdict.REVIEW, ("chip.no_proof",))
    assert decide([], Policy()) == (Verdict.REVIEW, ("chip.no_proof",))
    assert decide(checks, Policy(without_chip_proof=Verdict.ACCEPT)) == (Verdict.ACCEPT, ())


def test_the_worst_counts_and_every_reason_is_told_once() -> None:
    found = verdict(
        inconclusive(CheckId.PASSIVE_CHAIN, "passive.issuer_not_provisioned"),
        failed(CheckId.PASSIVE_HASHES, "passive.group_changed"),
        failed(CheckId.PASSIVE_COMPLETENESS, "passive.group_changed"),
        failed(CheckId.CONTENT_VALIDITY, "content.expired"),
    )
    assert found == (
        Verdict.REJECT,
        ("passive.issuer_not_provisioned", "passive.group_changed", "content.expired"),
    )


def test_a_policy_is_data() -> None:
    lenient = Rule(check="content.validity", status=CheckStatus.FAILED, verdict=Verdict.ACCEPT)
    policy = Policy(rules=(lenient, *Policy().rules))
    assert Policy.model_validate_json(policy.model_dump_json()) == policy
    assert verdict(failed(CheckId.CONTENT_VALIDITY, "content.expired"), policy=policy) == (Verdict.ACCEPT, ())
