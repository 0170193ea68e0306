"""Whole documents that prove themselves in every way, that cannot, or that only pretend to."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import pytest

from crypto import chip_authentication
from crypto.errors import CryptoError
from crypto.iso7816 import CommandApdu
from crypto.protocols import parse_ca_oid
from crypto.secure_messaging import SessionKeys, TerminalChannel
from reader import inspection as inspection_module
from reader.channel import Channel
from reader.checks import CheckId, CheckStatus
from reader.chip import choose_key
from reader.errors import CardRemoved
from reader.examination import Examination
from reader.examiner import AgreementTask, ChipAnswers, ChipTask, ExaminationOutcome
from reader.keys import AccessMode
from reader.lds import card_access, card_security, com, dg14
from reader.lds.com import Com
from reader.lds.files import data_group
from reader.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfos
from reader.model import Inspection, Verdict
from reader.opening import opening_from_mrz
from reader.passive import GroupPresence
from reader.portrait import PortraitDecoder
from reader.progress import IdentityVerified, PortraitVerified, Progressed
from reader.read_memory import ReadMemory
from reader.transport import Transport
from simulator.issuer import Issuer
from simulator.personalisation import Personalisation
from simulator.sample_card import SampleCard
from tests.reader.cases import NOW, SHORT, Cases, Slot, opening_for, read

CAM, CA, AA = CheckId.CHIP_PACE_CAM, CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_ACTIVE_AUTHENTICATION
PASSED, ABSENT = CheckStatus.PASSED, CheckStatus.NOT_APPLICABLE


def status(found: Inspection, check: CheckId) -> CheckStatus | None:
    result = found.check(check)
    return None if result is None else result.status


def reason(found: Inspection, check: CheckId) -> str | None:
    result = found.check(check)
    return None if result is None else result.reason


@pytest.mark.parametrize(
    ("profile", "proofs"),
    [
        ("cccd", (ABSENT, PASSED, PASSED)),
        ("passport_cam", (PASSED, PASSED, PASSED)),
        ("passport_bac_only", (ABSENT, ABSENT, PASSED)),
        ("passport_ca_dh", (ABSENT, PASSED, ABSENT)),
        ("passport_ca_dh_3des", (ABSENT, PASSED, ABSENT)),
        ("passport_ca_unannounced", (ABSENT, PASSED, ABSENT)),
        ("passport_two_ca_keys", (ABSENT, PASSED, ABSENT)),
        ("passport_aa_der", (ABSENT, ABSENT, PASSED)),
        ("passport_aa_p384", (ABSENT, ABSENT, PASSED)),
        ("passport_aa_rsa_4096", (ABSENT, ABSENT, PASSED)),
    ],
)
def test_every_proof(cases: Cases, profile: str, proofs: tuple[CheckStatus, ...]) -> None:
    found = read(cases, cases.card(profile))
    assert found.verdict is Verdict.ACCEPT
    assert tuple(status(found, check) for check in (CAM, CA, AA)) == proofs


def test_a_long_signature_comes_in_pieces_without_extended_length(cases: Cases) -> None:
    found = read(cases, cases.card("passport_aa_rsa_4096"), profile=SHORT)
    assert (found.verdict, status(found, AA)) == (Verdict.ACCEPT, PASSED)


def test_a_long_key_that_reader_and_chip_cannot_exchange_accuses_nobody(cases: Cases) -> None:
    def unchained(_: int, command: bytes, chip: Transport) -> bytes:
        return b"\x68\x84" if command[0] == 0x1C else chip.transmit(command)

    assert read(cases, cases.card("passport_ca_dh"), profile=SHORT).verdict is Verdict.ACCEPT, "in pieces"
    found = read(cases, cases.card("passport_ca_dh"), profile=SHORT, meddle=unchained)
    assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("chip.no_proof",))
    assert (status(found, CA), reason(found, CA)) == (CheckStatus.UNAVAILABLE, "chip.needs_extended_length")


@pytest.mark.parametrize(
    ("profile", "fault", "guilty"),
    [
        ("passport_cam", "wrong-cam-key", CAM),
        ("passport_cam", "wrong-cam-data", CAM),
        ("passport_cam", "torn-cam-data", CAM),
        ("passport_cam", "missing-cam-data", CAM),
        ("passport_cam", "stranger-card-security", CAM),
        ("passport_two_ca_keys", "swapped-ca-keys", CA),
        ("passport_ca_dh", "wrong-ca-key", CA),
        ("passport_ca_unannounced", "wrong-ca-key", CA),
        ("passport_aa_p384", "wrong-aa-key", AA),
        ("passport_aa_rsa_4096", "wrong-aa-signature", AA),
    ],
)
def test_every_clone(cases: Cases, profile: str, fault: str, guilty: CheckId) -> None:
    found = read(cases, cases.card(profile, fault))
    assert found.verdict is Verdict.REJECT
    assert [check.id for check in found.checks if check.status is CheckStatus.FAILED] == [guilty]


def changed(card: SampleCard, personalisation: Personalisation) -> SampleCard:
    return replace(card, personalisation=personalisation)


def without(card: SampleCard, *names: str) -> SampleCard:
    files = {name: raw for name, raw in card.personalisation.files.items() if name not in names}
    return changed(card, replace(card.personalisation, files=MappingProxyType(files)))


def signed_anew(cases: Cases, card: SampleCard, groups: Mapping[int, bytes]) -> SampleCard:
    """A card of Utopia with these data groups in place of its own; None on the chip where the content is empty."""
    chip = card.personalisation
    kept = {name: raw for name, raw in chip.files.items() if not name.startswith("DG")}
    hashes = {number: hashlib.sha256(raw).digest() for number, raw in groups.items()}
    files = {
        **kept,
        **{f"DG{number}": raw for number, raw in groups.items() if raw},
        "EF.COM": com.encode(Com(tuple(data_group(number).tag or 0 for number in groups))),
        "EF.SOD": cases.issuer("UT").sign_sod(hashes),
    }
    return changed(card, replace(chip, files=MappingProxyType(files)))


def groups_of(card: SampleCard, *numbers: int) -> dict[int, bytes]:
    return {number: card.personalisation.files[f"DG{number}"] for number in numbers}


class TestMapping:
    def test_counts_as_the_only_proof(self, cases: Cases) -> None:
        card = cases.card("passport_cam")
        copy_of_card_access = dg14.encode(SecurityInfos(card.personalisation.pace))
        alone = signed_anew(cases, card, {**groups_of(card, 1, 2), 14: copy_of_card_access})
        found = read(cases, alone)
        assert (found.verdict, found.reasons) == (Verdict.ACCEPT, ())
        assert (status(found, CAM), status(found, CA), status(found, AA)) == (PASSED, ABSENT, ABSENT)
        assert status(found, CheckId.SECURITY_INFOS_CONSISTENCY) is PASSED

    def test_of_one_chip_proves_no_files_of_another(self, cases: Cases) -> None:
        """Whoever gets the key out of a single chip could else lend it to every document that can be copied."""
        card = cases.card("passport_cam")
        copied = signed_anew(cases, card, groups_of(card, 1, 2))
        found = read(cases, copied)
        assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("chip.no_proof",))
        assert reason(found, CAM) == "chip.pace_cam_not_bound"

    def test_takes_the_key_from_dg14_where_ef_card_security_is_not_given(self, cases: Cases) -> None:
        found = read(cases, without(cases.card("passport_cam"), "EF.CardSecurity"))
        assert (found.verdict, status(found, CAM)) == (Verdict.ACCEPT, PASSED)
        proof = found.check(CAM)
        assert proof is not None
        assert proof.evidence["key_from"] == "DG14"

    def test_is_open_where_no_file_has_the_key(self, cases: Cases) -> None:
        card = cases.card("passport_cam")
        bare = without(signed_anew(cases, card, groups_of(card, 1, 2)), "EF.CardSecurity")
        found = read(cases, bare)
        assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("chip.no_proof",))
        assert reason(found, CAM) == "chip.card_security_missing"

    def test_of_an_issuer_that_is_not_provisioned_is_open(self, cases: Cases) -> None:
        found = read(cases, cases.card("passport_cam"), trust=type(cases.trust)())
        assert (status(found, CAM), reason(found, CAM)) == (
            CheckStatus.INCONCLUSIVE,
            "passive.issuer_not_provisioned",
        )

    def test_by_a_stranger_proves_nothing(self, cases: Cases) -> None:
        card = cases.card("passport_cam")
        infos = card_security.parse(card.personalisation.files["EF.CardSecurity"]).infos
        stranger = Issuer.create("UT", now=NOW, random_bytes=random.Random(77).randbytes)
        foreign = card.personalisation.with_file("EF.CardSecurity", stranger.sign_card_security(infos))
        card = changed(card, foreign)
        found = read(cases, signed_anew(cases, card, groups_of(card, 1, 2)))
        assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("chip.no_proof",))
        assert reason(found, CAM) == "passive.issuer_not_provisioned"
        assert status(found, CheckId.SECURITY_INFOS_CONSISTENCY) is CheckStatus.UNAVAILABLE
        assert read(cases, card).verdict is Verdict.ACCEPT, "chip and active authentication prove it all the same"

    def test_no_byte_of_ef_card_security_can_be_changed(self, cases: Cases) -> None:
        card = cases.card("passport_cam")
        raw = card.personalisation.files["EF.CardSecurity"]
        for offset in random.Random(5).sample(range(4, len(raw)), 25):
            spoilt = raw[:offset] + bytes((raw[offset] ^ 1,)) + raw[offset + 1 :]
            found = read(cases, changed(card, card.personalisation.with_file("EF.CardSecurity", spoilt)))
            assert found.verdict is Verdict.REJECT, offset
            assert status(found, CAM) is CheckStatus.FAILED, offset

    def test_of_another_country_is_refused(self, cases: Cases) -> None:
        card = cases.card("passport_cam")
        infos = SecurityInfos(card_access.parse(card.personalisation.files["EF.CardAccess"]).infos)
        foreign = cases.issuer("VN").sign_card_security(infos)
        found = read(cases, changed(card, card.personalisation.with_file("EF.CardSecurity", foreign)))
        assert (found.verdict, reason(found, CAM)) == (Verdict.REJECT, "passive.country_mismatch")


def test_a_guessed_protocol_that_is_refused_accuses_nobody(cases: Cases) -> None:
    """The issuer named no protocol: that the chip does not know the one that we guess proves nothing."""
    card = cases.card("passport_ca_unannounced")
    (key,) = card.personalisation.ca_keys
    other = replace(key, protocols=("0.4.0.127.0.7.2.2.3.2.4",))
    found = read(cases, changed(card, replace(card.personalisation, ca_keys=(other,))))
    assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("chip.no_proof",))
    assert (status(found, CA), reason(found, CA)) == (CheckStatus.INCONCLUSIVE, "chip.inferred_protocol_refused")


def test_the_next_key_is_asked_for_where_the_chip_does_not_know_the_first(cases: Cases) -> None:
    card = cases.card("passport_two_ca_keys")
    first, second = card.personalisation.ca_keys
    infos = dg14.parse(card.personalisation.files["DG14"])
    best = choose_key(infos)
    lost, kept = (first, second) if best.public == first.public else (second, first)
    assert lost.public == best.public
    found = read(cases, changed(card, replace(card.personalisation, ca_keys=(kept,))))
    assert (found.verdict, status(found, CA)) == (Verdict.ACCEPT, PASSED)
    check = found.check(CA)
    assert check is not None
    assert "6A88" in check.evidence["refused_before"]


def test_a_chip_that_refuses_every_key_that_was_signed_is_a_clone(cases: Cases) -> None:
    card = cases.card("passport_two_ca_keys")
    found = read(cases, changed(card, replace(card.personalisation, ca_keys=())))
    assert (found.verdict, found.reasons) == (Verdict.REJECT, ("chip.refused",))


def test_chip_authentication_of_version_2_is_none_of_ours(cases: Cases) -> None:
    card = cases.card("passport_ca_dh")
    infos = dg14.parse(card.personalisation.files["DG14"]).infos
    later = tuple(replace(info, version=2) if isinstance(info, ChipAuthenticationInfo) else info for info in infos)
    made = signed_anew(cases, card, {**groups_of(card, 1, 2), 14: dg14.encode(SecurityInfos(later))})
    found = read(cases, made)
    assert (found.reasons, reason(found, CA)) == (("chip.no_proof",), "chip.unsupported")


def test_the_caller_chooses_the_challenge(cases: Cases) -> None:
    challenge = bytes(range(8))
    found = read(cases, cases.card("cccd"), challenge=challenge)
    check = found.check(AA)
    assert check is not None
    assert check.evidence["challenge"] == challenge.hex()
    with pytest.raises(ValueError, match="eight"):
        read(cases, cases.card("cccd"), challenge=bytes(7))


def test_fingers_and_irises_are_told_of_and_never_read(cases: Cases) -> None:
    card = cases.card("passport_td3")
    made = signed_anew(cases, card, {**groups_of(card, 1, 2, 14, 15), 3: b"", 4: b""})
    seen: list[bytes] = []

    def watch(_: int, command: bytes, chip: Transport) -> bytes:
        seen.append(command)
        return chip.transmit(command)

    found = read(cases, made, meddle=watch, groups=(1, 2, 3, 4))
    assert (found.verdict, found.content.closed_groups) == (Verdict.ACCEPT, (3, 4))
    completeness = found.check(CheckId.PASSIVE_COMPLETENESS)
    assert completeness is not None
    assert completeness.evidence["DG3"] == completeness.evidence["DG4"] == "needs extended access control"
    assert not any(command[1] == 0xB0 and command[2] in (0x83, 0x84) for command in seen)


def test_content_is_typed_and_only_what_the_issuer_signed(cases: Cases) -> None:
    content = read(cases, cases.card("passport_td3")).content
    assert content.mrz is not None
    assert content.face is not None
    assert content.personal_details is not None
    assert content.document_details is not None
    assert content.signature_images is not None
    assert content.security_infos is not None
    assert content.active_authentication_key is not None
    assert content.com is not None
    assert (content.citizen_details, content.persons_to_notify, content.closed_groups) == (None, None, ())
    forged = read(cases, cases.card("cccd", "tampered-dg13")).content
    assert (forged.citizen_details, forged.mrz is not None) == (None, True)
    assert repr(content.mrz.surname) not in repr(content)


def test_a_person_is_greeted_by_the_mrz_and_then_by_the_full_name(cases: Cases) -> None:
    events: list[object] = []
    found = read(cases, cases.card("passport_td3"), listener=events.append)
    names = [event.document.name for event in events if isinstance(event, IdentityVerified)]
    assert names[0] == names[-1] or len(names) == 2
    assert found.document is not None
    assert names[-1] == found.document.name
    steps = [event.step if isinstance(event, Progressed) else type(event).__name__ for event in events]
    assert steps.index("IdentityVerified") < steps.index("DG14") < steps.index("DG15") < steps.index("DG2")
    assert steps.index("PortraitVerified") < steps.index("chip")


def test_the_portrait_is_shown_while_the_rest_is_verified(cases: Cases, decoder: PortraitDecoder) -> None:
    shown_at: list[int] = []
    slot = Slot(cases.card("passport_cam").chip(random.Random(1).randbytes))

    def listen(event: object) -> None:
        if isinstance(event, PortraitVerified):
            shown_at.append(slot.commands)

    read(cases, cases.card("passport_cam"), slot=slot, listener=listen, portraits=decoder)
    assert shown_at[0] < slot.commands


def hiding(sessions: int) -> tuple[Callable[[SampleCard], Slot], Callable[[], int]]:
    """A chip whose EF.CardAccess cannot be read in its first sessions."""
    slots: list[Slot] = []

    def meddle(_: int, command: bytes, chip: Transport) -> bytes:
        slot = slots[0]
        plain = command[0] == 0x00
        reads = plain and command[1] == 0xB0
        selects = plain and command[1] == 0xA4 and command[5:7] == b"\x01\x1c"
        if slot.sessions <= sessions and (reads or selects):
            return b"\x6f\x00"
        return chip.transmit(command)

    def place(card: SampleCard) -> Slot:
        slots.append(Slot(card.chip(random.Random(4).randbytes), meddle))
        return slots[0]

    return place, lambda: slots[0].sessions


def test_pace_that_was_hidden_by_a_hiccup_is_used_in_a_second_look(cases: Cases) -> None:
    card = cases.card("passport_td3")
    place, sessions = hiding(1)
    found = read(cases, card, slot=place(card))
    assert (found.verdict, found.reasons) == (Verdict.ACCEPT, ())
    assert found.access is not None
    assert (found.access.protocol, sessions()) == ("PACE", 2)


def test_pace_that_stays_hidden_is_a_downgrade(cases: Cases) -> None:
    card = cases.card("passport_td3")
    place, sessions = hiding(99)
    found = read(cases, card, slot=place(card))
    assert (found.verdict, found.reasons) == (Verdict.REJECT, ("access.downgrade_hidden",))
    assert found.access is not None
    assert (found.access.protocol, found.access.downgraded, sessions()) == ("BAC", True, 2)


def test_bac_that_was_asked_for_needs_no_second_look(cases: Cases) -> None:
    card = cases.card("passport_td3")
    mrz = card.personalisation.mrz
    assert mrz is not None
    place, sessions = hiding(99)
    found = read(cases, card, slot=place(card), opening=opening_from_mrz(mrz.text, NOW.date(), mode=AccessMode.BAC))
    assert (found.reasons, sessions()) == (("access.downgrade",), 1)


@dataclass
class Examiner:
    """Asks the chip for both proofs, as a registry does; its private key and its session keys stay here."""

    outcome: ExaminationOutcome | None = None
    asks: bool = True
    held: threading.Event = field(default_factory=threading.Event)
    shown: dict[int, bytes] = field(default_factory=dict)
    answers: list[ChipAnswers] = field(default_factory=list)
    channel: TerminalChannel | None = None
    keys: SessionKeys | None = None
    asked: int = 0

    def __post_init__(self) -> None:
        self.held.set()

    def begin(self, sod: bytes, groups: Mapping[int, bytes]) -> ChipTask | None:
        self.held.wait(5)
        self.asked += 1
        self.shown = {0: sod, **groups}
        if not self.asks:
            return None
        agreement = None
        infos = dg14.parse(groups[14])
        if infos.of(ChipAuthenticationPublicKeyInfo):
            key = choose_key(infos)
            ours = key.group.generate_key_pair(random.Random(8).randbytes)
            suite = parse_ca_oid(key.protocol.oid).suite
            self.keys = chip_authentication.session_keys(suite, key.group, ours.private, key.public)
            self.channel = TerminalChannel(self.keys, bytes(suite.block_size))
            command = self.channel.protect(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=16))
            agreement = AgreementTask(key.protocol.oid, key.key_id, ours.public, command)
        return ChipTask("exam-1", b"EXAMINER" if 15 in groups else None, agreement)

    def finish(self, answers: ChipAnswers) -> ExaminationOutcome | None:
        self.held.wait(5)
        self.answers.append(answers)
        if self.outcome is not None or self.channel is None:
            return self.outcome
        try:
            response = self.channel.unprotect(answers.agreement_response or b"")
        except CryptoError:
            return ExaminationOutcome.REFUTED
        return ExaminationOutcome.GENUINE if response.data == self.shown[1][:16] else ExaminationOutcome.REFUTED


class TestExaminer:
    def test_asks_the_chip_himself(self, cases: Cases, monkeypatch: pytest.MonkeyPatch) -> None:
        secured: list[TerminalChannel] = []
        secure = Channel.secure

        def noted(channel: Channel, keys: TerminalChannel) -> None:
            secured.append(keys)
            secure(channel, keys)

        monkeypatch.setattr(Channel, "secure", noted)
        examiner = Examiner()
        card = cases.card("cccd")
        found = read(cases, card, examiner=examiner)
        assert found.verdict is Verdict.ACCEPT
        assert found.examination is not None
        assert (found.examination.examination_id, found.examination.outcome) == ("exam-1", ExaminationOutcome.GENUINE)
        files = card.personalisation.files
        assert examiner.shown == {0: files["EF.SOD"], **{number: files[f"DG{number}"] for number in (1, 14, 15)}}
        (answers,) = examiner.answers
        assert (answers.signature_status, answers.agreement_status) == (0x9000, 0x9000)
        check = found.check(AA)
        assert check is not None
        assert (check.evidence["challenge"], check.evidence["signature"]) == (
            b"EXAMINER".hex(),
            (answers.signature or b"").hex(),
        )
        # PACE and the reader's own chip authentication; never with the examiner's keys.
        assert len(secured) == 2

    def test_finds_out_a_clone(self, cases: Cases) -> None:
        found = read(cases, cases.card("cccd", "wrong-ca-key"), examiner=Examiner(ExaminationOutcome.REFUTED))
        assert found.verdict is Verdict.REJECT
        assert found.check(CA) is not None

    @pytest.mark.parametrize("profile", ["cccd", "passport_ca_dh", "passport_aa_der"])
    def test_has_the_last_word(self, cases: Cases, profile: str) -> None:
        found = read(cases, cases.card(profile), examiner=Examiner(ExaminationOutcome.REFUTED))
        assert (found.verdict, found.reasons) == (Verdict.REJECT, ("chip.examiner_refuted",))

    @pytest.mark.parametrize("outcome", [ExaminationOutcome.GENUINE, ExaminationOutcome.INCONCLUSIVE])
    def test_makes_no_clone_genuine(self, cases: Cases, outcome: ExaminationOutcome) -> None:
        found = read(cases, cases.card("cccd", "wrong-aa-key"), examiner=Examiner(outcome))
        assert found.reasons == ("chip.aa_trailer",) or found.verdict is Verdict.REJECT

    def test_who_cannot_be_reached_is_done_without(self, cases: Cases) -> None:
        found = read(cases, cases.card("cccd"), examiner=Examiner(asks=False))
        assert (found.verdict, found.examination) == (Verdict.ACCEPT, None)

    def test_who_does_not_answer_holds_nobody_up(self, cases: Cases, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inspection_module, "Examination", partial(Examination, patience=0.05))
        examiner = Examiner()
        examiner.held.clear()
        found = read(cases, cases.card("cccd"), examiner=examiner)
        examiner.held.set()
        assert (found.verdict, found.examination) == (Verdict.ACCEPT, None)

    def test_is_not_asked_about_a_chip_that_has_no_key(self, cases: Cases) -> None:
        card = cases.card("passport_td3")
        examiner = Examiner()
        read(cases, signed_anew(cases, card, groups_of(card, 1, 2)), examiner=examiner)
        assert examiner.shown == {}

    def test_the_callers_own_challenge_goes_before_his(self, cases: Cases) -> None:
        examiner = Examiner()
        found = read(cases, cases.card("cccd"), examiner=examiner, challenge=bytes(8))
        assert (found.verdict, examiner.answers[0].signature) == (Verdict.ACCEPT, None)

    @pytest.mark.parametrize("at", [14, 18, 21, 22])
    def test_is_asked_once_though_the_card_is_lifted(self, cases: Cases, at: int) -> None:
        def lifted(index: int, command: bytes, chip: Transport) -> bytes:
            if index == at:
                raise CardRemoved("lifted")
            return chip.transmit(command)

        card, memory, examiner = cases.card("cccd"), ReadMemory(), Examiner()
        slot = Slot(card.chip(random.Random(3).randbytes), lifted)
        with pytest.raises(CardRemoved):
            read(cases, card, slot=slot, memory=memory, examiner=examiner)
        found = read(cases, card, slot=slot, memory=memory, examiner=examiner)
        assert found.examination is not None
        assert (found.examination.outcome, examiner.asked) == (ExaminationOutcome.GENUINE, 1)

    @pytest.mark.parametrize("back", [1, 2, 3])
    def test_a_card_that_goes_away_over_his_last_step_costs_nothing_else(self, cases: Cases, back: int) -> None:
        card = cases.card("cccd")
        counted = Slot(card.chip(random.Random(1).randbytes))
        read(cases, card, slot=counted, examiner=Examiner())

        def lifted(index: int, command: bytes, chip: Transport) -> bytes:
            if index > counted.commands - back:
                raise CardRemoved("lifted")
            return chip.transmit(command)

        examiner = Examiner(ExaminationOutcome.INCONCLUSIVE)
        found = read(cases, card, examiner=examiner, meddle=lifted)
        assert found.verdict is Verdict.ACCEPT
        assert examiner.answers[0].agreement_response is None
        assert examiner.answers[0].signature is not None


@pytest.mark.parametrize("profile", ["passport_cam", "passport_bac_only"])
def test_a_passport_that_is_lifted_at_any_command_is_accepted_when_it_is_back(cases: Cases, profile: str) -> None:
    card = cases.card(profile)
    whole = Slot(card.chip(random.Random(2).randbytes))
    expected = read(cases, card, slot=whole)
    for at in range(1, whole.commands + 1):

        def lifted(index: int, command: bytes, chip: Transport, at: int = at) -> bytes:
            if index == at:
                raise CardRemoved("lifted")
            return chip.transmit(command)

        memory, slot = ReadMemory(), Slot(card.chip(random.Random(at).randbytes), lifted)
        with pytest.raises(CardRemoved):
            read(cases, card, slot=slot, memory=memory)
        found = read(cases, card, slot=slot, memory=memory)
        assert (found.verdict, dict(found.files)) == (Verdict.ACCEPT, dict(expected.files)), at
        assert found.link.apdus == slot.commands


def test_a_group_that_cannot_be_read_is_told_of(cases: Cases) -> None:
    """Optional groups that fail again and again end no reading."""
    card = cases.card("passport_td3")
    found = read(cases, without(card, "DG12"))
    assert found.transcript is not None
    assert found.transcript.presence[12] is GroupPresence.ABSENT
    assert found.reasons == ("passive.group_missing",)
    assert opening_for(card).presented is not None
