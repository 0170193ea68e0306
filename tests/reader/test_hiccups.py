"""A genuine card that refuses one command by mistake is not rejected for it; a chip that refuses again is."""

from __future__ import annotations

import pytest

from firmware_profiles.schema import ReaderProfile
from reader.checks import CheckId, CheckStatus
from reader.model import Verdict
from reader.transport import Transport
from tests.reader.cases import FAST, SHORT, Cases, Meddle, Slot, read

COMMANDS = {FAST.id: 22, SHORT.id: 108}
STATUSES = (0x6F00, 0x6700, 0x6D00, 0x6982, 0x6988, 0x6A82, 0x6300)
INTERNAL_AUTHENTICATE, MANAGE_SECURITY_ENVIRONMENT = 0x88, 0x22


def refuse(at: int, status: int, *, carried_out: bool) -> Meddle:
    """Answer one command with a bare status word, before or after the chip did what it says."""

    def meddle(number: int, command: bytes, chip: Transport) -> bytes:
        if number != at:
            return chip.transmit(command)
        if carried_out:
            chip.transmit(command)
        return status.to_bytes(2, "big")

    return meddle


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("status", STATUSES, ids=hex)
def test_one_bare_status_word_rejects_nobody(cases: Cases, status: int, carried_out: bool) -> None:
    card = cases.card("cccd")
    for at in range(1, COMMANDS[FAST.id] + 1):
        found = read(cases, card, meddle=refuse(at, status, carried_out=carried_out))
        assert found.failure is not None or (found.verdict, found.reasons) == (Verdict.ACCEPT, ()), at


@pytest.mark.parametrize("profile", [FAST, SHORT], ids=["extended", "short"])
@pytest.mark.parametrize("status", [0x6F00, 0x6982])
def test_nor_does_one_where_the_chip_is_to_prove_itself(cases: Cases, profile: ReaderProfile, status: int) -> None:
    card, last = cases.card("cccd"), COMMANDS[profile.id]
    for at in range(last - 3, last + 1):
        found = read(cases, card, meddle=refuse(at, status, carried_out=False), profile=profile)
        assert (found.verdict, found.reasons, found.failure) == (Verdict.ACCEPT, (), None), at


@pytest.mark.parametrize(
    ("ins", "guilty"),
    [
        (INTERNAL_AUTHENTICATE, CheckId.CHIP_ACTIVE_AUTHENTICATION),
        (MANAGE_SECURITY_ENVIRONMENT, CheckId.CHIP_CHIP_AUTHENTICATION),
    ],
)
def test_a_chip_that_refuses_again_is_a_copy(cases: Cases, ins: int, guilty: CheckId) -> None:
    def meddle(number: int, command: bytes, chip: Transport) -> bytes:
        return b"\x6d\x00" if command[:2] == bytes((0x0C, ins)) else chip.transmit(command)

    slot = Slot(cases.card("cccd").chip(lambda count: bytes(range(1, count + 1))), meddle)
    found = read(cases, cases.card("cccd"), slot=slot)
    assert found.verdict is Verdict.REJECT
    assert [check.id for check in found.checks if check.status is CheckStatus.FAILED] == [guilty]
    assert slot.sessions == 2
