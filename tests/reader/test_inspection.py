"""Whole documents, from the first command to the verdict, on chips that exist only in software."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto.certificates import Certificate
from crypto.iso7816 import CommandApdu
from firmware_profiles.schema import ReaderProfile
from reader.checks import CheckId, CheckStatus
from reader.errors import CardRemoved, LinkTimeout
from reader.inspection import Inspector
from reader.keys import AccessMode, CanKey, Opening, PresentedIdentity
from reader.lds import com, dg1
from reader.lds.files import data_group
from reader.model import Inspection, LinkStatistics, Verdict
from reader.opening import opening_from_mrz, opening_from_number, opening_from_qr
from reader.policy import Policy
from reader.portrait import PortraitDecoder
from reader.progress import IdentityVerified, Phase, PortraitVerified, Progressed
from reader.read_memory import ReadMemory
from reader.transport import Transport
from reader.trust import Anchor, TrustStore
from simulator.card_folder import load_card_folder
from simulator.chip import SimulatedChip
from simulator.citizen_card import CardModel, ChipKeys, citizen_mrz, personalise, qr_text
from simulator.faults import find_fault
from simulator.file_system import Extract, FileSystem
from simulator.issuer import Issuer
from simulator.manners import ChipManners
from simulator.people import sample_people
from simulator.personalisation import Personalisation
from simulator.status import Refusal, Status
from tests.reader.cases import FAST, NOW, SHORT, Slot


@dataclass(frozen=True)
class Card:
    """A good card, with what its holder shows."""

    personalisation: Personalisation
    issuer: Issuer
    qr: str
    mrz: str

    @property
    def trust(self) -> TrustStore:
        return TrustStore((Anchor(Certificate.parse(self.issuer.csca_der), "simulated", simulated=True),))


@pytest.fixture(scope="module")
def card() -> Card:
    draw = random.Random(9303).randbytes
    issuer = Issuer.create(now=NOW, random_bytes=draw)
    person = sample_people()["mau"]
    made = personalise(person, issuer, ChipKeys.generate(draw), dg2_size=19_967)
    return Card(made, issuer, qr_text(person, CardModel.CCCD_2021), citizen_mrz(person).text)


@pytest.fixture(scope="module")
def portraits() -> Iterator[PortraitDecoder]:
    decoder = PortraitDecoder()
    yield decoder
    decoder.close()


def inspect(
    card: Card,
    opening: Opening | None = None,
    *,
    fault: str | None = None,
    chip: Personalisation | None = None,
    profile: ReaderProfile = FAST,
    limits: ChipManners | None = None,
    trust: TrustStore | None = None,
    policy: Policy | None = None,
    portraits: PortraitDecoder | None = None,
    slot: Slot | None = None,
    seed: int = 1,
    **how: object,
) -> Inspection:
    draw = random.Random(seed).randbytes
    found = find_fault(fault) if fault else None
    personalisation = chip or card.personalisation
    if found is not None:
        personalisation = found.applied_to(personalisation, draw)
    slot = slot or Slot(SimulatedChip(personalisation, draw, found, limits))
    inspector = Inspector(
        card.trust if trust is None else trust, policy or Policy(), profile, draw, time.perf_counter, portraits
    )
    return inspector.inspect(slot.connect, opening or opening_from_qr(card.qr), **{"at": NOW, **how})  # type: ignore[arg-type]


def statuses(inspection: Inspection, status: CheckStatus) -> set[CheckId]:
    return {check.id for check in inspection.checks if check.status is status}


def failures(inspection: Inspection) -> set[CheckId]:
    return statuses(inspection, CheckStatus.FAILED)


PROVEN_BY_A_GOOD_CARD = set(CheckId) - {CheckId.ACCESS_BAC, CheckId.PASSIVE_REVOCATION, CheckId.CHIP_PACE_CAM}


@pytest.mark.parametrize(("profile", "most"), [(FAST, 35), (SHORT, 125)])
def test_a_good_card_is_accepted_with_few_commands(
    card: Card, portraits: PortraitDecoder, profile: ReaderProfile, most: int
) -> None:
    found = inspect(card, profile=profile, portraits=portraits)
    assert (found.verdict, found.reasons, found.failure) == (Verdict.ACCEPT, (), None)
    assert statuses(found, CheckStatus.PASSED) == PROVEN_BY_A_GOOD_CARD
    assert [check.id for check in found.checks] == list(CheckId)
    assert found.document is not None
    assert (found.document.name, found.document.name_latin) == ("Nguyễn Văn Mẫu", "NGUYEN VAN MAU")
    assert found.access is not None
    assert (found.access.protocol, found.access.password, found.access.downgraded) == ("PACE", "CAN", False)
    assert found.portrait is not None
    assert {name: len(raw) for name, raw in found.files.items()} == {
        name: len(raw) for name, raw in card.personalisation.files.items()
    }
    assert found.link.apdus <= most
    assert "Mẫu" not in repr(found)
    assert "099000001" not in repr(found)


def test_bac_on_a_chip_that_offers_pace_is_reviewed(card: Card) -> None:
    found = inspect(card, opening_from_mrz(card.mrz, NOW.date(), mode=AccessMode.BAC), profile=SHORT)
    assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("access.downgrade",))
    assert found.access is not None
    assert found.access.downgraded
    assert failures(found) == {CheckId.ACCESS_DOWNGRADE}
    assert {CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_ACTIVE_AUTHENTICATION, CheckId.PASSIVE_HASHES} <= statuses(
        found, CheckStatus.PASSED
    )


def test_the_number_alone_opens_a_card(card: Card) -> None:
    assert inspect(card, opening_from_number("001099000001")).verdict is Verdict.ACCEPT


def test_the_mrz_key_follows_where_the_chip_has_no_can(card: Card) -> None:
    found = inspect(card, chip=replace(card.personalisation, can=None))
    assert found.verdict is Verdict.ACCEPT
    assert found.access is not None
    assert found.access.password == "MRZ"


def test_a_wrong_key_reads_nothing(card: Card) -> None:
    found = inspect(card, Opening((CanKey("999999"),)))
    assert found.failure is not None
    assert found.failure.code == "access.key_refused"
    assert (found.verdict, found.document, dict(found.files)) == (
        Verdict.NONE,
        None,
        {"EF.CardAccess": card.personalisation.files["EF.CardAccess"]},
    )


@pytest.mark.parametrize("mask", [0x01, 0xFF])
def test_no_byte_of_dg1_can_be_changed(card: Card, mask: int) -> None:
    for offset in range(len(card.personalisation.files["DG1"])):
        found = inspect(card, fault=f"flip:DG1:{offset}:{mask:02X}", groups=(1,))
        assert found.verdict is Verdict.REJECT, offset
        assert failures(found) == {CheckId.PASSIVE_HASHES}, offset
        assert found.document is None


@pytest.mark.parametrize(
    ("file", "count", "guilty"),
    [
        ("DG2", 25, {CheckId.PASSIVE_HASHES}),
        ("DG13", 40, {CheckId.PASSIVE_HASHES}),
        ("DG14", 20, {CheckId.PASSIVE_HASHES}),
        ("DG15", 20, {CheckId.PASSIVE_HASHES}),
        ("EF.SOD", 60, {CheckId.PASSIVE_SOD_STRUCTURE, CheckId.PASSIVE_SIGNATURE, CheckId.PASSIVE_CHAIN}),
    ],
)
def test_no_byte_of_other_files_can_be_changed(card: Card, file: str, count: int, guilty: set[CheckId]) -> None:
    length = len(card.personalisation.files[file])
    for offset in {*range(8), *random.Random(4).sample(range(length), count)}:
        found = inspect(card, fault=f"flip:{file}:{offset}:01")
        assert found.verdict is Verdict.REJECT, offset
        assert failures(found) & guilty, offset
        assert file == "EF.SOD" or failures(found) == guilty, offset


@pytest.mark.parametrize(
    ("fault", "guilty"),
    [
        ("tampered-portrait", CheckId.PASSIVE_HASHES),
        ("tampered-mrz", CheckId.PASSIVE_HASHES),
        ("tampered-dg13", CheckId.PASSIVE_HASHES),
        ("tampered-signature", CheckId.PASSIVE_SIGNATURE),
        ("wrong-aa-key", CheckId.CHIP_ACTIVE_AUTHENTICATION),
        ("wrong-ca-key", CheckId.CHIP_CHIP_AUTHENTICATION),
        ("wrong-pace-token", CheckId.ACCESS_PACE),
    ],
)
def test_a_forgery_fails_the_check_that_it_breaks_and_no_other(card: Card, fault: str, guilty: CheckId) -> None:
    found = inspect(card, fault=fault)
    assert found.verdict is Verdict.REJECT
    assert failures(found) == {guilty}


def test_a_chip_that_breaks_bac(card: Card) -> None:
    found = inspect(card, opening_from_mrz(card.mrz, NOW.date(), mode=AccessMode.BAC), fault="wrong-bac-mac")
    assert found.verdict is Verdict.REJECT
    assert failures(found) == {CheckId.ACCESS_BAC}


def test_a_changed_portrait_is_not_handed_on(card: Card, portraits: PortraitDecoder) -> None:
    events: list[object] = []
    found = inspect(card, fault="tampered-portrait", portraits=portraits, listener=events.append)
    assert found.portrait is None
    assert not any(isinstance(event, PortraitVerified) for event in events)


def test_an_unknown_issuer_hides_nothing_and_is_reviewed(card: Card) -> None:
    found = inspect(card, trust=TrustStore())
    assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("passive.issuer_not_provisioned",))
    assert found.document is not None


def test_an_issuer_of_simulated_cards_counts_on_simulated_readers_only(card: Card) -> None:
    found = inspect(card, profile=SHORT.model_copy(update={"simulated": False}))
    assert found.reasons == ("passive.issuer_not_provisioned",)


def test_an_expired_card_is_reviewed(card: Card) -> None:
    found = inspect(card, at=datetime(2039, 2, 2, tzinfo=UTC))
    assert CheckId.CONTENT_VALIDITY in failures(found)
    assert "content.expired" in found.reasons
    assert found.verdict is Verdict.REVIEW


def test_the_card_of_another_person_than_the_code_is_rejected(card: Card) -> None:
    stranger = PresentedIdentity(personal_number="001099000002", name="Trần Thị Khác", source="qr")
    found = inspect(card, Opening((CanKey("000001"),), presented=stranger))
    assert found.verdict is Verdict.REJECT
    assert found.reasons == ("content.presented_differs",)


def test_events_come_in_order_and_the_bar_never_falls(card: Card) -> None:
    events: list[object] = []
    inspect(card, profile=SHORT, listener=events.append)
    steps = [event for event in events if isinstance(event, Progressed)]
    assert [event.fraction for event in steps] == sorted(event.fraction for event in steps)
    assert (steps[0].fraction, steps[-1].fraction) == (0.0, 1.0)
    phases = list(dict.fromkeys(event.phase for event in steps))
    assert phases == list(Phase)
    kinds = [type(event) for event in events]
    assert kinds.count(IdentityVerified) == kinds.count(PortraitVerified) == 1
    identity = next(event for event in events if isinstance(event, IdentityVerified))
    assert identity.document.name == "Nguyễn Văn Mẫu"
    told_at = kinds.index(IdentityVerified)
    assert all(event.step != "DG2" for event in events[:told_at] if isinstance(event, Progressed))


def test_only_what_was_asked_for_is_read_and_the_keys(card: Card) -> None:
    found = inspect(card, groups=(1,))
    assert {name for name in found.files if name.startswith("DG")} == {"DG1", "DG14", "DG15"}
    assert found.verdict is Verdict.ACCEPT


@pytest.mark.parametrize("groups", [(), (2,), (13,), (3,)])
def test_no_choice_of_groups_hides_that_a_document_expired_or_is_anothers(card: Card, groups: tuple[int, ...]) -> None:
    expired = inspect(card, groups=groups, at=datetime(2039, 2, 2, tzinfo=UTC))
    assert (expired.verdict, expired.reasons) == (Verdict.REVIEW, ("content.expired",))
    stranger = PresentedIdentity(personal_number="001099000002", source="qr")
    found = inspect(card, Opening((CanKey("000001"),), presented=stranger), groups=groups)
    assert (found.verdict, found.reasons) == (Verdict.REJECT, ("content.presented_differs",))


def lifting(at: int) -> Callable[[int, bytes, Transport], bytes]:
    def meddle(index: int, command: bytes, chip: Transport) -> bytes:
        if index == at:
            raise CardRemoved("lifted")
        return chip.transmit(command)

    return meddle


@pytest.mark.parametrize("at", range(1, 23))
def test_a_card_that_is_put_back_goes_on_where_it_was(card: Card, at: int) -> None:
    memory, events = ReadMemory(), list[object]()
    slot = Slot(SimulatedChip(card.personalisation, random.Random(at).randbytes), lifting(at))
    with pytest.raises(CardRemoved):
        inspect(card, slot=slot, memory=memory, listener=events.append)
    found = inspect(card, slot=slot, memory=memory, listener=events.append)
    assert found.verdict is Verdict.ACCEPT
    assert dict(found.files) == dict(card.personalisation.files)
    fractions = [event.fraction for event in events if isinstance(event, Progressed)]
    assert fractions == sorted(fractions)


def test_nothing_is_read_twice(card: Card) -> None:
    memory = ReadMemory()
    slot = Slot(SimulatedChip(card.personalisation, random.Random(5).randbytes), lifting(100))
    with pytest.raises(CardRemoved):
        inspect(card, slot=slot, memory=memory, profile=SHORT)
    partly = len(memory.contents["DG2"])
    assert 0 < partly < 19_967
    before = memory.link
    found = inspect(card, slot=slot, memory=memory, profile=SHORT)
    blocks = -(-(19_967 - partly) // 223)
    # Access, EF.SOD, one command to select DG2 again, the rest of it, and the proofs.
    assert found.link.since(before).apdus == 7 + 7 + 1 + blocks + 4


def test_times_and_counts_are_those_of_the_whole_reading(card: Card) -> None:
    memory = ReadMemory()
    slot = Slot(SimulatedChip(card.personalisation, random.Random(5).randbytes), lifting(100))
    with pytest.raises(CardRemoved):
        inspect(card, slot=slot, memory=memory, profile=SHORT)
    first, spent = memory.link, memory.elapsed_ms
    assert (first.apdus, first.waiting_ms <= spent) == (100, True)
    found = inspect(card, slot=slot, memory=memory, profile=SHORT)
    assert found.link.apdus == slot.commands
    assert found.total_ms > spent
    assert [timing.step for timing in found.timing].count("read.EF.SOD") == 2
    total = LinkStatistics()
    for timing in found.timing:
        total += timing.link
    assert replace(total, waiting_ms=0) == replace(found.link, waiting_ms=0)


def test_another_card_put_in_its_place_starts_from_nothing(card: Card) -> None:
    draw = random.Random(77).randbytes
    second = personalise(sample_people()["mau"], card.issuer, ChipKeys.generate(draw))
    memory = ReadMemory()
    with pytest.raises(CardRemoved):
        inspect(card, slot=Slot(SimulatedChip(card.personalisation, draw), lifting(16)), memory=memory)
    found = inspect(card, chip=second, memory=memory)
    assert found.verdict is Verdict.ACCEPT
    assert dict(found.files) == dict(second.files)


@pytest.mark.parametrize("status", ["6988", "6987", "6882"])
@pytest.mark.parametrize("at", [9, 15, 20])
def test_a_session_that_the_chip_ends_begins_anew(card: Card, status: str, at: int) -> None:
    def meddle(index: int, command: bytes, chip: Transport) -> bytes:
        answer = chip.transmit(command)
        return bytes.fromhex(status) if index == at else answer

    slot = Slot(SimulatedChip(card.personalisation, random.Random(6).randbytes), meddle)
    found = inspect(card, slot=slot)
    assert found.verdict is Verdict.ACCEPT
    assert dict(found.files) == dict(card.personalisation.files)


def test_a_chip_that_only_fails_is_given_up(card: Card) -> None:
    slot = Slot(SimulatedChip(card.personalisation, random.Random(6).randbytes), lambda *_: b"\x6f\x00")
    found = inspect(card, slot=slot)
    assert found.failure is not None
    assert found.failure.code == "link.unexpected_status"
    assert slot.commands < 40


@pytest.mark.parametrize("at", range(8, 20, 3))
def test_a_response_that_was_changed_on_the_way_is_a_broken_protocol(card: Card, at: int) -> None:
    def meddle(index: int, command: bytes, chip: Transport) -> bytes:
        answer = chip.transmit(command)
        return bytes((answer[0], answer[1], answer[2] ^ 1)) + answer[3:] if index == at else answer

    found = inspect(card, slot=Slot(SimulatedChip(card.personalisation, random.Random(6).randbytes), meddle))
    assert found.verdict is Verdict.REJECT
    assert failures(found) == {CheckId.ACCESS_PACE}


def test_plain_data_in_a_protected_session_is_a_broken_protocol(card: Card) -> None:
    def meddle(index: int, command: bytes, chip: Transport) -> bytes:
        answer = chip.transmit(command)
        return card.personalisation.files["DG1"] + b"\x90\x00" if index == 10 else answer

    found = inspect(card, slot=Slot(SimulatedChip(card.personalisation, random.Random(6).randbytes), meddle))
    assert failures(found) == {CheckId.ACCESS_PACE}
    assert found.reasons == ("access.secure_messaging.missing",)


def test_the_time_for_a_reading_ends(card: Card) -> None:
    now = 0.0

    def passing(index: int, command: bytes, chip: Transport) -> bytes:
        nonlocal now
        now += 1.0
        return chip.transmit(command)

    slot = Slot(SimulatedChip(card.personalisation, random.Random(6).randbytes), passing)
    inspector = Inspector(card.trust, Policy(), FAST, random.Random(7).randbytes, lambda: now)
    found = inspector.inspect(slot.connect, opening_from_qr(card.qr), at=NOW, seconds=10.0)
    assert found.failure is not None
    assert found.failure.code == LinkTimeout.code
    assert found.link.apdus == 10
    assert found.link.waiting_ms == 10_000


def test_every_command_belongs_to_a_step(card: Card) -> None:
    found = inspect(card, profile=SHORT)
    links = {timing.step: timing.link for timing in found.timing}
    assert sum(link.apdus for link in links.values()) == found.link.apdus
    assert sum(link.bytes_sent for link in links.values()) == found.link.bytes_sent
    assert sum(link.bytes_received for link in links.values()) == found.link.bytes_received
    assert links["read.DG2"].apdus == -(-19_967 // 223)
    assert links["passive.sod"].apdus == 0
    assert all(timing.link.waiting_ms <= timing.ms for timing in found.timing)


def test_a_chip_without_extended_length_on_a_reader_that_has_it(card: Card) -> None:
    found = inspect(card, limits=ChipManners(extended_length=False))
    assert found.verdict is Verdict.ACCEPT
    assert found.link.apdus <= 125


def test_ef_com_that_conceals_a_data_group(card: Card) -> None:
    listed = com.parse(card.personalisation.files["EF.COM"])
    stripped = com.encode(replace(listed, tags=listed.tags[:-1]))
    found = inspect(card, chip=card.personalisation.with_file("EF.COM", stripped))
    assert found.verdict is Verdict.REJECT
    assert failures(found) == {CheckId.PASSIVE_COMPLETENESS}
    assert CheckId.CHIP_ACTIVE_AUTHENTICATION in statuses(found, CheckStatus.PASSED)


def without(chip: Personalisation, *names: str) -> Personalisation:
    return replace(chip, files={name: raw for name, raw in chip.files.items() if name not in names})


def test_a_signed_group_that_is_missing(card: Card) -> None:
    found = inspect(card, chip=without(card.personalisation, "DG15"))
    assert found.verdict is Verdict.REJECT
    assert failures(found) == {CheckId.PASSIVE_COMPLETENESS}


def test_a_chip_without_ef_com_is_complete_by_ef_sod(card: Card) -> None:
    assert inspect(card, chip=without(card.personalisation, "EF.COM")).verdict is Verdict.ACCEPT


def signed_anew(card: Card, *numbers: int, **contents: bytes) -> Personalisation:
    """A card that never had other data groups than these, nor other `contents`, by name."""
    files = {number: contents.get(f"DG{number}", card.personalisation.files[f"DG{number}"]) for number in numbers}
    sod = card.issuer.sign_sod({number: hashlib.sha256(raw).digest() for number, raw in files.items()})
    listed = com.encode(com.Com(tuple(data_group(number).tag or 0 for number in numbers)))
    kept = without(card.personalisation, *(f"DG{number}" for number in range(1, 17) if number not in numbers))
    changed = replace(kept, files={**kept.files, **contents})
    return changed.with_file("EF.SOD", sod).with_file("EF.COM", listed)


@pytest.mark.parametrize(
    ("numbers", "reasons"),
    [
        ((1, 2, 13), ("chip.no_proof",)),
        ((1, 2, 14), ()),
        ((1, 2, 15), ()),
        ((1, 13, 14, 15), ("content.portrait_missing",)),
        ((2, 13, 14, 15), ("content.mrz_missing",)),
    ],
)
def test_what_an_issuer_left_out(card: Card, numbers: tuple[int, ...], reasons: tuple[str, ...]) -> None:
    found = inspect(card, chip=signed_anew(card, *numbers))
    assert found.verdict is (Verdict.REVIEW if reasons else Verdict.ACCEPT)
    assert found.reasons == reasons


@pytest.mark.parametrize(
    ("file", "raw", "reason"),
    [
        ("DG1", "6100", "content.mrz_malformed"),
        ("DG2", "7500", "document.malformed"),
        ("DG13", "6D023000", "content.dg13_malformed"),
        ("DG14", "6E023000", "chip.key_malformed"),
        ("DG15", "6F023000", "chip.key_malformed"),
    ],
)
def test_what_an_issuer_signed_and_nobody_can_read_is_reviewed(card: Card, file: str, raw: str, reason: str) -> None:
    made = signed_anew(card, 1, 2, 13, 14, 15, **{file: bytes.fromhex(raw)})
    found = inspect(card, chip=made)
    assert found.verdict is Verdict.REVIEW
    assert reason in found.reasons


def test_dg13_of_another_country_is_its_own_affair(card: Card) -> None:
    text = card.personalisation.files["DG1"].replace(b"VNM", b"LAO")
    mrz = dg1.parse(text)
    made = replace(signed_anew(card, 1, 2, 13, 14, 15, DG1=text, DG13=bytes.fromhex("6D023000")), mrz=mrz)
    found = inspect(card, Opening((CanKey("000001"),)), chip=made, trust=TrustStore())
    assert "content.dg13_malformed" not in found.reasons


def test_a_chip_without_short_file_identifiers_proves_itself_too(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    read = FileSystem.read

    def by_selection_only(self: FileSystem, command: CommandApdu, *, opened: bool, limit: int) -> Extract:
        if command.p1 & 0x80:
            raise Refusal(Status.WRONG_PARAMETERS)
        return read(self, command, opened=opened, limit=limit)

    monkeypatch.setattr(FileSystem, "read", by_selection_only)
    found = inspect(card)
    assert (found.verdict, found.reasons) == (Verdict.ACCEPT, ())
    assert statuses(found, CheckStatus.PASSED) >= {CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_ACTIVE_AUTHENTICATION}


@pytest.mark.parametrize("profile", [FAST, SHORT])
def test_a_file_of_more_than_32767_bytes(card: Card, profile: ReaderProfile) -> None:
    large = personalise(
        sample_people()["mau"], card.issuer, ChipKeys.generate(random.Random(8).randbytes), dg2_size=40_000
    )
    found = inspect(card, chip=large, profile=profile)
    assert found.verdict is Verdict.ACCEPT
    assert found.files["DG2"] == large.files["DG2"]


def test_a_chip_that_hides_pace_is_rejected(card: Card) -> None:
    hiding = without(card.personalisation, "EF.CardAccess")
    found = inspect(card, opening_from_mrz(card.mrz, NOW.date()), chip=hiding)
    assert found.verdict is Verdict.REJECT
    assert found.reasons == ("access.downgrade_hidden",)
    assert found.access is not None
    assert found.access.downgraded


def test_bsi_reference_data_set(shared_data: Path, card: Card, portraits: PortraitDecoder) -> None:
    """TR-03105-5: RSASSA-PSS over five hashes, chip authentication with 3DES, and an issuer that is not in the set."""
    specimen = load_card_folder(shared_data / "bsi-tr03105-5")
    assert specimen.mrz is not None
    opening = opening_from_mrz(specimen.mrz.text, NOW.date())
    found = inspect(card, opening, chip=specimen, profile=SHORT, portraits=portraits)
    assert (found.verdict, found.reasons) == (
        Verdict.REVIEW,
        ("passive.issuer_not_provisioned", "content.expired"),
    )
    assert {
        CheckId.ACCESS_BAC,
        CheckId.PASSIVE_SIGNATURE,
        CheckId.PASSIVE_HASHES,
        CheckId.PASSIVE_COMPLETENESS,
        CheckId.CHIP_CHIP_AUTHENTICATION,
        CheckId.CONTENT_PORTRAIT,
    } <= statuses(found, CheckStatus.PASSED)
    assert found.document is not None
    assert found.document.name == "MUSTERMANN ERIKA"


def test_bsi_reference_data_set_with_a_group_that_nobody_signed(shared_data: Path, card: Card) -> None:
    specimen = load_card_folder(shared_data / "bsi-tr03105-5", ["DG15"])
    assert specimen.mrz is not None
    found = inspect(card, opening_from_mrz(specimen.mrz.text, NOW.date()), chip=specimen, profile=SHORT)
    assert found.verdict is Verdict.REJECT
    assert CheckId.PASSIVE_COMPLETENESS in failures(found)
    assert "DG15" not in found.files
