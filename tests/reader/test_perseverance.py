"""Whole readings of chips and through readers that do what they should not: read in the end, or given up in bounds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from firmware_profiles.loader import load_profiles
from reader.checks import CheckId, CheckStatus
from reader.errors import CardRemoved, LinkError
from reader.keys import CanKey, Opening
from reader.lds.files import ELEMENTARY_FILES
from reader.manners import ReaderManners
from reader.model import Inspection, Verdict
from reader.read_memory import ReadMemory
from reader.transport import Transport
from simulator.manners import Addressing, BareErrors, ChipManners, ReadRefusal
from tests.reader.cases import FAST, SHORT, Cases, Meddle, Slot, opening_for, read

# Simulated issuers count on simulated readers only.
DECLARED = load_profiles().reader("identiv-utrust-3700f").model_copy(update={"simulated": True})
UNKNOWN = load_profiles().reader("safe-default").model_copy(update={"simulated": True})
PROFILES = {"tested": FAST, "none": SHORT, "declared": DECLARED, "unknown": UNKNOWN}

MANNERS = {
    "good": ChipManners(),
    "short length only": ChipManners(extended_length=False),
    "small buffers": ChipManners(max_command=300, max_response=1000),
    "100 bytes at a time": ChipManners(read_limit=100),
    "in parts": ChipManners(extended_length=False, chained_reads=True),
    "master file by selection": ChipManners(master_file=Addressing.SELECTION),
    "master file by short identifier": ChipManners(master_file=Addressing.SHORT_IDENTIFIER),
    "application by selection": ChipManners(application=Addressing.SELECTION),
    "application by short identifier": ChipManners(application=Addressing.SHORT_IDENTIFIER),
    "no selection of the master file": ChipManners(select_master_file=0x6985),
    "select with P2 00": ChipManners(select_p2=(0x00,)),
    **{
        f"nothing beyond the end, {status:04X}": ChipManners(header_first=status)
        for status in (0x6700, 0x6C00, 0x6B00, 0x6F00, 0x6282)
    },
    **{
        f"blocks of {above} from {offset}, {status:04X}": ChipManners(read_refusal=ReadRefusal(above, status, offset))
        for above, offset, status in (
            (128, 0, 0x6700),
            (200, 0, 0x6C00),
            (1000, 0, 0x6A86),
            (200, 0, 0x6B00),
            (1000, 5000, 0x6700),
            (128, 5000, 0x6282),
            (40, 0, 0x6282),
            (20, 5000, 0x6700),
            (200, 5000, 0x6F00),
            (1000, 5000, 0x6A86),
        )
    },
}


def accepted(cases: Cases, found: Inspection) -> None:
    assert (found.verdict, found.reasons, found.failure) == (Verdict.ACCEPT, (), None)
    assert dict(found.files) == dict(cases.card("cccd").personalisation.files)


def slot_of(cases: Cases, meddle: Meddle | None = None, manners: ChipManners | None = None) -> Slot:
    return Slot(cases.card("cccd").chip(random.Random(7).randbytes, manners), meddle)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("manners", MANNERS.values(), ids=MANNERS)
def test_every_chip_is_read_through_every_reader(cases: Cases, manners: ChipManners, profile: object) -> None:
    slot = slot_of(cases, manners=manners)
    accepted(cases, read(cases, cases.card("cccd"), slot=slot, profile=profile))  # type: ignore[arg-type]
    assert slot.sessions == 1


@pytest.mark.parametrize("profile", [FAST, SHORT], ids=["extended", "short"])
@pytest.mark.parametrize("bare", [errors for errors in BareErrors if errors is not BareErrors.PROTECTED])
@pytest.mark.parametrize("manners", MANNERS.values(), ids=MANNERS)
def test_every_way_to_leave_secure_messaging_for_an_error(
    cases: Cases, manners: ChipManners, bare: BareErrors, profile: object
) -> None:
    """Field failure 13: a few sessions show how the chip counts, and what it does not want to be asked for."""
    slot = slot_of(cases, manners=replace(manners, bare_errors=bare))
    accepted(cases, read(cases, cases.card("cccd"), slot=slot, profile=profile))  # type: ignore[arg-type]
    assert slot.sessions <= 10


@pytest.mark.parametrize(
    ("manners", "profile", "most"),
    [
        ("good", "tested", 22),
        ("good", "none", 114),
        # One command more asks EF.ATR/INFO where the profile's word is not enough.
        ("good", "declared", 41),
        ("short length only", "tested", 116),
        ("in parts", "none", 114),
    ],
)
def test_nothing_is_asked_that_need_not_be(cases: Cases, manners: str, profile: str, most: int) -> None:
    found = read(cases, cases.card("cccd"), slot=slot_of(cases, manners=MANNERS[manners]), profile=PROFILES[profile])
    assert found.link.apdus <= most


def meddle_with(file: str, answer: Callable[[int], bytes | LinkError | None]) -> Meddle:
    """Change the answers to the commands that read a file: `answer` gets their number and says with what, if at all."""
    sfi, current, count = ELEMENTARY_FILES[file].sfi, [0], itertools.count(1)

    def meddle(_: int, command: bytes, chip: Transport) -> bytes:
        ins, p1 = command[1], command[2]
        if ins == 0xB0 and p1 & 0x80:
            current[0] = p1 & 0x1F
        elif ins not in (0xA4, 0xB0) or (ins == 0xA4 and p1 != 0x02):
            # What follows a refused short identifier is the selection of the same file.
            current[0] = 0
        if current[0] == sfi and (changed := answer(next(count))) is not None:
            if isinstance(changed, LinkError):
                raise changed
            return changed
        return chip.transmit(command)

    return meddle


ALWAYS = ("6F00", "6985", "6A86", "6D00", "6400", "6988", "6987")


@pytest.mark.parametrize("answer", [*ALWAYS, "link"])
@pytest.mark.parametrize("file", ["DG2", "DG13"])
@pytest.mark.parametrize("profile", [FAST, SHORT], ids=["extended", "short"])
def test_a_group_that_never_comes_ends_no_reading(cases: Cases, file: str, answer: str, profile: object) -> None:
    said = LinkError("broken") if answer == "link" else bytes.fromhex(answer)
    slot = slot_of(cases, meddle_with(file, lambda _: said))
    found = read(cases, cases.card("cccd"), slot=slot, profile=profile)  # type: ignore[arg-type]
    assert found.failure is None
    assert found.verdict is Verdict.REVIEW
    checks = {check.id: check for check in found.checks}
    completeness = checks[CheckId.PASSIVE_COMPLETENESS]
    assert (completeness.status, completeness.reason) == (CheckStatus.INCONCLUSIVE, "passive.group_unreadable")
    assert completeness.evidence[file] == "unreadable"
    # Nothing passes for it, and all else passes as ever.
    assert file not in checks[CheckId.PASSIVE_HASHES].evidence
    assert checks[CheckId.PASSIVE_HASHES].status is CheckStatus.PASSED
    assert checks[CheckId.CHIP_CHIP_AUTHENTICATION].status is CheckStatus.PASSED
    assert checks[CheckId.CHIP_ACTIVE_AUTHENTICATION].status is CheckStatus.PASSED
    assert file not in found.files
    assert slot.sessions <= 10


@pytest.mark.parametrize("file", ["EF.COM", "DG1", "DG2", "DG13", "DG14", "DG15", "EF.SOD", "EF.CardAccess"])
@pytest.mark.parametrize("answer", [*ALWAYS, "link"])
def test_what_fails_once_is_read_all_the_same(cases: Cases, file: str, answer: str) -> None:
    said = LinkError("broken") if answer == "link" else bytes.fromhex(answer)
    slot = slot_of(cases, meddle_with(file, lambda count: said if count == 1 else None))
    accepted(cases, read(cases, cases.card("cccd"), slot=slot))
    assert slot.sessions <= 3


@pytest.mark.parametrize("file", ["EF.SOD", "DG1"])
@pytest.mark.parametrize("answer", ["6F00", "6988", "6985"])
def test_what_everything_hangs_on_and_never_comes_ends_the_reading_in_bounds(
    cases: Cases, file: str, answer: str
) -> None:
    slot = slot_of(cases, meddle_with(file, lambda _: bytes.fromhex(answer)))
    found = read(cases, cases.card("cccd"), slot=slot)
    assert found.failure is not None
    assert found.failure.code in ("link.unexpected_status", "link.session_lost")
    assert slot.sessions <= 10
    assert slot.commands <= 200


@pytest.mark.parametrize("answer", ["6F00", "6988", "6A82", "6982"])
def test_ef_com_is_not_needed(cases: Cases, answer: str) -> None:
    found = read(cases, cases.card("cccd"), slot=slot_of(cases, meddle_with("EF.COM", lambda _: bytes.fromhex(answer))))
    assert (found.verdict, found.failure) == (Verdict.ACCEPT, None)


def test_the_link_fails_once_at_any_command(cases: Cases) -> None:
    commands = read(cases, cases.card("cccd"), slot=slot_of(cases)).link.apdus
    for index in range(1, commands + 1):

        def meddle(count: int, command: bytes, chip: Transport, index: int = index) -> bytes:
            if count == index:
                raise LinkError("broken")
            return chip.transmit(command)

        slot = slot_of(cases, meddle)
        accepted(cases, read(cases, cases.card("cccd"), slot=slot))
        assert slot.sessions == 2, index


class TestCardAccessThatCannotBeRead:
    """A chip that offers PACE and fails to say so is asked again, before anybody falls back or gives up."""

    def found(self, cases: Cases, failing: int, answer: str, opening: Opening | None = None) -> tuple[Inspection, Slot]:
        said = LinkError("broken") if answer == "link" else bytes.fromhex(answer)
        slot = slot_of(cases, meddle_with("EF.CardAccess", lambda count: said if count <= failing else None))
        return read(cases, cases.card("cccd"), slot=slot, opening=opening), slot

    @pytest.mark.parametrize("answer", ["6F00", "6985", "9000", "6400", "link"])
    @pytest.mark.parametrize("failing", [1, 2, 3, 5])
    def test_for_a_while(self, cases: Cases, failing: int, answer: str) -> None:
        found, slot = self.found(cases, failing, answer)
        assert (found.verdict, found.failure) == (Verdict.ACCEPT, None)
        assert found.access is not None
        assert found.access.protocol == "PACE"
        assert slot.sessions <= 4

    @pytest.mark.parametrize("answer", ["6F00", "6985", "9000", "link"])
    def test_for_ever(self, cases: Cases, answer: str) -> None:
        card_keys = opening_for(cases.card("cccd"))
        found, slot = self.found(cases, 1000, answer, card_keys)
        # The signed DG14 offers PACE: whoever hides it is no better than a forger.
        assert (found.verdict, found.reasons) == (Verdict.REJECT, ("access.downgrade_hidden",))
        assert slot.sessions <= 4

    def test_with_a_key_for_pace_only(self, cases: Cases) -> None:
        can = Opening((CanKey("000001"),))
        found, slot = self.found(cases, 7, "6F00", can)
        assert (found.verdict, found.failure) == (Verdict.ACCEPT, None)
        found, slot = self.found(cases, 1000, "6F00", can)
        assert found.failure is not None
        assert found.failure.code == "access.key_missing"
        assert slot.sessions == 2


class TestAReaderThatBreaksOverLargeResponses:
    """D13 of the fault catalogue, and field failure 28."""

    def breaking(self, most: int, error: Callable[[], LinkError]) -> Meddle:
        def meddle(_: int, command: bytes, chip: Transport) -> bytes:
            response = chip.transmit(command)
            if len(response) > most + 2:
                raise error()
            return response

        return meddle

    @pytest.mark.parametrize("profile", [FAST, DECLARED, UNKNOWN], ids=["tested", "declared", "unknown"])
    @pytest.mark.parametrize("most", [256, 230, 200])
    def test_costs_few_sessions_and_is_remembered(self, cases: Cases, most: int, profile: object) -> None:
        reader = ReaderManners()
        sessions = []
        for _ in range(4):
            slot = slot_of(cases, self.breaking(most, lambda: LinkError("broken")))
            memory = ReadMemory()
            memory.manners.reader = reader
            accepted(cases, read(cases, cases.card("cccd"), slot=slot, profile=profile, memory=memory))  # type: ignore[arg-type]
            sessions.append(slot.sessions)
        assert sessions[0] <= 7
        assert sessions[-1] == 1
        assert reader.largest_block < 256

    def test_a_card_that_seems_lifted_whenever_much_is_asked_for(self, cases: Cases) -> None:
        """A field too weak for long frames resets the chip, which looks like a card that was taken away."""
        slot = slot_of(cases, self.breaking(256, lambda: CardRemoved("reset")))
        memory = ReadMemory()
        for _ in range(12):
            try:
                found = read(cases, cases.card("cccd"), slot=slot, memory=memory)
            except CardRemoved:
                continue
            break
        accepted(cases, found)

    def test_a_reader_without_a_fault_keeps_extended_length_for_good(self, cases: Cases) -> None:
        reader = ReaderManners()
        for at in (5, 9, 12, 15, 20):

            def lifted(count: int, command: bytes, chip: Transport, at: int = at) -> bytes:
                if count == at:
                    raise CardRemoved("lifted")
                return chip.transmit(command)

            slot, memory = slot_of(cases, lifted), ReadMemory()
            memory.manners.reader = reader
            with pytest.raises(CardRemoved):
                read(cases, cases.card("cccd"), slot=slot, memory=memory)
            accepted(cases, read(cases, cases.card("cccd"), slot=slot, memory=memory))
            assert slot.commands <= 45
        assert reader.largest_block == 65_536
