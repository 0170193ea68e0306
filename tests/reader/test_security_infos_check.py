"""EF.CardAccess against the signed DG14: the only thing that shows that PACE was hidden or changed."""

from __future__ import annotations

import pytest

from crypto.groups import STANDARDIZED
from reader.access.card_access import CardAccess
from reader.checks import CheckStatus
from reader.keys import AccessMode
from reader.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
)
from reader.model import Access
from reader.security_infos_check import check_consistency, check_downgrade
from simulator.chip_keys import KeyForm, ca_public_key_info
from simulator.personalisation import ChipAuthenticationKey

PACE = PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)
WEAKER = PaceInfo("0.4.0.127.0.7.2.2.4.2.1", 2, 13)
# Integrated mapping over secp224r1, which has no point encoding.
UNUSABLE = PaceInfo("0.4.0.127.0.7.2.2.4.4.2", 2, 10)
CA = ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.2", 1, None)
KEY = ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", b"\x30\x00", None)
TA = TerminalAuthenticationInfo(1)
TA_WITH_FILE = TerminalAuthenticationInfo(1, b"\x30\x04\x04\x02\x01\x1c")

BY_PACE = Access("PACE", "GM", "ECDH", "AES-128", "CAN", downgraded=False)
BY_BAC = Access("BAC", None, None, "3DES", "MRZ", downgraded=False)
DOWNGRADED = Access("BAC", None, None, "3DES", "MRZ", downgraded=True)


def announced(*infos: SecurityInfo) -> CardAccess:
    return CardAccess(b"\x31", SecurityInfos(infos))


def signed(*infos: SecurityInfo) -> SecurityInfos:
    return SecurityInfos(infos)


@pytest.mark.parametrize(
    ("card_access", "dg14", "status"),
    [
        (announced(TA, CA, PACE), signed(CA, KEY, PACE, TA), CheckStatus.PASSED),
        (announced(TA, PACE), signed(PACE, TA_WITH_FILE), CheckStatus.PASSED),
        (announced(CA), signed(CA, KEY, PACE), CheckStatus.FAILED),
        (announced(CA, WEAKER), signed(CA, KEY, PACE), CheckStatus.FAILED),
        (announced(PACE, WEAKER), signed(PACE), CheckStatus.FAILED),
        (announced(PACE, CA), signed(PACE), CheckStatus.FAILED),
        (announced(PACE), None, CheckStatus.UNAVAILABLE),
        (CardAccess(), signed(PACE), CheckStatus.NOT_APPLICABLE),
        (CardAccess(b"garbage"), signed(PACE), CheckStatus.INCONCLUSIVE),
    ],
)
def test_consistency(card_access: CardAccess, dg14: SecurityInfos | None, status: CheckStatus) -> None:
    assert check_consistency(card_access, dg14).status is status


def static(parameter_id: int, private: int, key_id: int | None, form: KeyForm) -> ChipAuthenticationPublicKeyInfo:
    key = ChipAuthenticationKey(STANDARDIZED[parameter_id], private, (), key_id)
    return ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", ca_public_key_info(key, form), key_id)


CAM = PaceInfo("0.4.0.127.0.7.2.2.4.6.2", 2, 13)
STATIC = static(13, 4711, 13, KeyForm.STANDARDIZED)


@pytest.mark.parametrize(
    ("card_access", "dg14", "card_security", "status", "reason"),
    [
        (announced(CAM), None, signed(CAM, STATIC), CheckStatus.PASSED, None),
        (announced(CAM), signed(CAM), signed(CAM, STATIC), CheckStatus.PASSED, None),
        (announced(CAM, PACE), signed(CAM, PACE), signed(CAM, PACE), CheckStatus.PASSED, None),
        # What EF.CardAccess says may stand in one of the two; what either says of PACE must be in EF.CardAccess.
        (announced(CAM, TA), signed(CAM), signed(CAM, TA), CheckStatus.PASSED, None),
        (announced(CAM), signed(CAM), signed(CAM, PACE), CheckStatus.FAILED, "security_infos.mismatch"),
        (announced(CAM), signed(CAM, PACE), signed(CAM), CheckStatus.FAILED, "security_infos.mismatch"),
        (announced(CAM, WEAKER), signed(CAM), signed(CAM), CheckStatus.FAILED, "security_infos.mismatch"),
        (
            announced(CAM),
            signed(CAM, static(13, 4711, 13, KeyForm.EXPLICIT)),
            signed(CAM, STATIC),
            CheckStatus.PASSED,
            None,
        ),
        (
            announced(CAM),
            signed(CAM, static(13, 42, 13, KeyForm.USUAL)),
            signed(CAM, STATIC),
            CheckStatus.FAILED,
            "security_infos.keys_differ",
        ),
        (
            announced(CAM),
            signed(CAM, static(13, 42, 1, KeyForm.USUAL), static(12, 42, 13, KeyForm.USUAL)),
            signed(CAM, STATIC),
            CheckStatus.PASSED,
            None,
        ),
    ],
)
def test_consistency_with_ef_card_security(
    card_access: CardAccess,
    dg14: SecurityInfos | None,
    card_security: SecurityInfos,
    status: CheckStatus,
    reason: str | None,
) -> None:
    check = check_consistency(card_access, dg14, card_security)
    assert (check.status, check.reason) == (status, reason)


@pytest.mark.parametrize(
    ("card_access", "access", "mode", "dg14", "status", "reason"),
    [
        (announced(PACE), BY_PACE, AccessMode.AUTO, signed(PACE), CheckStatus.PASSED, None),
        (announced(PACE), DOWNGRADED, AccessMode.BAC, signed(PACE), CheckStatus.FAILED, "access.downgrade"),
        (announced(PACE), DOWNGRADED, AccessMode.AUTO, None, CheckStatus.FAILED, "access.downgrade"),
        (CardAccess(), BY_BAC, AccessMode.BAC, signed(PACE), CheckStatus.FAILED, "access.downgrade"),
        (CardAccess(), BY_BAC, AccessMode.AUTO, signed(PACE), CheckStatus.FAILED, "access.downgrade_hidden"),
        (announced(CA), BY_BAC, AccessMode.AUTO, signed(CA, PACE), CheckStatus.FAILED, "access.downgrade_hidden"),
        (CardAccess(), BY_BAC, AccessMode.AUTO, signed(CA), CheckStatus.PASSED, None),
        (CardAccess(), BY_BAC, AccessMode.AUTO, None, CheckStatus.NOT_APPLICABLE, "access.pace_not_offered"),
        (
            announced(UNUSABLE),
            BY_BAC,
            AccessMode.AUTO,
            signed(UNUSABLE),
            CheckStatus.NOT_APPLICABLE,
            "access.pace_unsupported",
        ),
    ],
)
def test_downgrade(
    card_access: CardAccess,
    access: Access,
    mode: AccessMode,
    dg14: SecurityInfos | None,
    status: CheckStatus,
    reason: str | None,
) -> None:
    check = check_downgrade(card_access, access, mode, dg14)
    assert (check.status, check.reason) == (status, reason)
