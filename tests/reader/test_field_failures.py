"""Failures of other readers in the field, each made to happen here. `docs/field-failures.md` numbers them alike."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from types import MappingProxyType
from typing import Any

import pytest
from asn1crypto import core
from PIL import Image

from crypto import asn1, curves, tlv
from crypto.active_authentication import Trailer
from crypto.certificates import Certificate
from crypto.ec import Curve, Point
from crypto.iso7816 import CommandApdu
from reader.apdu_log import LoggedTransport
from reader.checks import CheckId, CheckStatus
from reader.errors import CardRemoved, LinkError
from reader.inspection import Inspector
from reader.keys import AccessMode, CanKey, MrzKey, Opening, PinKey
from reader.lds import com, dg2, sod
from reader.lds.com import Com
from reader.lds.dg2 import Dg2
from reader.lds.files import ELEMENTARY_FILES, data_group
from reader.lds.images import ImageFormat
from reader.lds.mrz import MrzFormat
from reader.lds.security_infos import ID_PACE
from reader.model import Inspection, Verdict
from reader.opening import opening_from_fields, opening_from_mrz
from reader.partial_date import PartialDate
from reader.patient_reading import read_patiently
from reader.policy import Policy
from reader.portrait import PortraitDecoder
from reader.progress import IdentityVerified, Progressed
from reader.read_memory import ReadMemory
from reader.transport import Transport
from reader.trust import Anchor, TrustStore
from simulator import signing_key
from simulator.chip_keys import KeyForm
from simulator.chip_pace import Password
from simulator.citizen_card import ChipKeys
from simulator.faults import find_fault
from simulator.issuer import Issuer, IssuerKeys
from simulator.manners import Addressing, BareErrors, ChipManners, ReadRefusal
from simulator.passport import (
    BRAINPOOL_P256R1,
    CA_ECDH_AES_128,
    GM_ECDH_AES_128,
    ChipAuthenticationDesign,
    EcdsaDesign,
    PassportDesign,
    RsaDesign,
    pace_info,
)
from simulator.profiles import Profile
from simulator.sample_card import SampleCard, make_card, with_fault
from simulator.signing_key import KeyKind, SigningKey
from tests.reader.cases import FAST, NOW, SHORT, Cases, Slot, opening_for, read

ACCEPTED = (Verdict.ACCEPT, (), None)
IM_ECDH_AES_128 = f"{ID_PACE}.4.2"
CAM_ECDH_AES_128 = f"{ID_PACE}.6.2"
GM_ECDH_AES_256 = f"{ID_PACE}.2.4"
BRAINPOOL_P384R1 = 16
SECP256R1 = 12
DECLARED = FAST.model_copy(update={"apdu": FAST.apdu.model_copy(update={"extended": "declared"})})
BAC_ONLY = PassportDesign(pace=(), chip_authentication=(), active_authentication=RsaDesign(), atr_info=None)
EXTERNAL_AUTHENTICATE, GENERAL_AUTHENTICATE, GET_CHALLENGE, INTERNAL_AUTHENTICATE = 0x82, 0x86, 0x84, 0x88
OPENING = (EXTERNAL_AUTHENTICATE, GENERAL_AUTHENTICATE, GET_CHALLENGE)
READ_BINARY, SELECT, SET_ENVIRONMENT = 0xB0, 0xA4, 0x22


def outcome(found: Inspection) -> tuple[Verdict, tuple[str, ...], str | None]:
    return found.verdict, found.reasons, None if found.failure is None else found.failure.code


def status(found: Inspection, check: CheckId) -> CheckStatus | None:
    result = found.check(check)
    return None if result is None else result.status


def reason(found: Inspection, check: CheckId) -> str | None:
    result = found.check(check)
    return None if result is None else result.reason


def failures(found: Inspection) -> set[CheckId]:
    return {check.id for check in found.checks if check.status is CheckStatus.FAILED}


def issued(
    cases: Cases, design: PassportDesign, person: str = "morel", manners: ChipManners | None = None
) -> SampleCard:
    """A passport of Utopia after a design of one's own."""
    draw = random.Random(f"{design} {person}").randbytes
    profile = Profile("test", "", "", person, design, manners or ChipManners())
    return make_card(profile, cases.issuer("UT"), ChipKeys.generate(draw), draw)


def with_files(card: SampleCard, **files: bytes | None) -> SampleCard:
    """The card with files replaced or taken away; `EF_COM` is EF.COM."""
    changed = {name.replace("_", "."): raw for name, raw in files.items()}
    kept = {name: raw for name, raw in {**card.personalisation.files, **changed}.items() if raw is not None}
    return replace(card, personalisation=replace(card.personalisation, files=MappingProxyType(kept)))


def signed_anew(card: SampleCard, issuer: Issuer, groups: Mapping[int, bytes]) -> SampleCard:
    """The card with data groups added or replaced, and all of them signed."""
    prefix = len("DG")
    files = card.personalisation.files
    everything = {int(name[prefix:]): raw for name, raw in files.items() if name.startswith("DG")} | dict(groups)
    hashes = {number: hashlib.sha256(raw).digest() for number, raw in everything.items()}
    return with_files(
        card,
        **{f"DG{number}": raw for number, raw in groups.items()},
        EF_COM=com.encode(Com(tuple(data_group(number).tag or 0 for number in everything))),
        EF_SOD=issuer.sign_sod(hashes),
    )


def behaving(card: SampleCard, **manners: Any) -> SampleCard:
    return replace(card, manners=replace(card.manners, **manners))


def mrz_key(card: SampleCard) -> MrzKey:
    mrz = card.personalisation.mrz
    assert mrz is not None
    return MrzKey(mrz.document_number, mrz.birth_yymmdd, mrz.expiry_yymmdd)


def is_protected(command: bytes) -> bool:
    return command[0] & 0x0C == 0x0C


@dataclass
class Wire:
    """Every command that a chip gets, and what may happen to it on the way."""

    change: Callable[[int, bytes, Transport], bytes | None] = lambda _number, _command, _chip: None
    """Given the number of the command, the command and the chip: another answer, or None for the chip's own."""
    commands: list[bytes] = field(default_factory=list)

    def __call__(self, number: int, command: bytes, chip: Transport) -> bytes:
        self.commands.append(command)
        changed = self.change(number, command, chip)
        return chip.transmit(command) if changed is None else changed

    def count(self, instruction: int) -> int:
        return sum(command[1] == instruction for command in self.commands)


@pytest.fixture(scope="module")
def bac_only(cases: Cases) -> SampleCard:
    return issued(cases, BAC_ONLY)


class Test01AnMrzThatIsSlightlyWrong:
    """BAC and PACE end with 6300 though only one letter was typed wrong."""

    CARDS = ("passport_bac_only", "passport_pace_only")

    @pytest.mark.parametrize("profile", CARDS)
    def test_letters_for_digits_and_long_years(self, cases: Cases, profile: str) -> None:
        card = cases.card(profile)
        key = mrz_key(card)
        assert key.document_number == "UT0000002"
        typed = opening_from_fields("utooooOO2", f"19{key.birth}", key.expiry.replace("0", "O").replace("1", "I"))
        wire = Wire()
        found = read(cases, card, opening=typed, meddle=wire)
        assert outcome(found) == ACCEPTED
        opened = next(check for check in found.checks if check.evidence.get("repaired"))
        assert opened.evidence["repaired"] == "document number, expiry date"
        assert wire.count(EXTERNAL_AUTHENTICATE) <= 2

    @pytest.mark.parametrize("profile", CARDS)
    def test_a_filler_that_is_missing(self, cases: Cases, profile: str) -> None:
        card = cases.card(profile)
        mrz = card.personalisation.mrz
        assert mrz is not None
        upper, lower = mrz.lines
        text = f"{upper.rstrip('<')}\n{lower.replace('<<', '<', 1)}"
        assert outcome(read(cases, card, opening=opening_from_mrz(text, NOW.date()))) == ACCEPTED

    def test_what_is_wrong_beyond_that_is_named_after_few_attempts(self, cases: Cases) -> None:
        card = cases.card("passport_bac_only")
        key = mrz_key(card)
        wire = Wire()
        found = read(cases, card, opening=opening_from_fields("UTO0I0003", key.birth, key.expiry), meddle=wire)
        assert found.failure is not None
        assert found.failure.code == "access.key_refused"
        assert "document number" in found.failure.remedy
        assert wire.count(EXTERNAL_AUTHENTICATE) <= 4

    @pytest.mark.parametrize("refusal", ["6985", "6982", "6F00"])
    @pytest.mark.parametrize("profile", CARDS)
    def test_a_chip_that_hears_of_no_other_key_before_a_reset(self, cases: Cases, profile: str, refusal: str) -> None:
        card = cases.card(profile)
        refused = False

        def sulk(_number: int, command: bytes, chip: Transport) -> bytes | None:
            nonlocal refused
            if is_protected(command) or command[1] not in (*OPENING, SET_ENVIRONMENT):
                # What is read first in a session comes right after a reset.
                refused = refused and command[1:3] != b"\xb0\x9c"
                return None
            if refused:
                return bytes.fromhex(refusal)
            response = chip.transmit(command)
            refused = response == b"\x63\x00"
            return response

        right, wire = mrz_key(card), Wire(sulk)
        wrong = tuple(replace(right, document_number=f"UT000000{number}") for number in (7, 8, 9))
        assert outcome(read(cases, card, opening=Opening((*wrong, right)), meddle=wire)) == ACCEPTED
        in_vain = Wire(sulk)
        found = read(cases, card, opening=Opening(wrong), meddle=in_vain)
        assert found.failure is not None
        assert found.failure.code == "access.key_refused"
        # No key was tried twice.
        assert sum(command[1] == EXTERNAL_AUTHENTICATE for command in in_vain.commands) <= 3

    def test_a_pin_is_tried_once_whatever_happens_next(self, cases: Cases) -> None:
        card, named = cases.card("id_card_pin"), list[bytes]()

        def break_off(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            if is_protected(command) or command[1] != SET_ENVIRONMENT:
                return None
            named.append(tlv.require(tlv.parse(CommandApdu.decode(command).data), 0x83))
            return b"\x69\x85" if named == [b"\x03", b"\x02"] else None

        keys = (PinKey("000000"), CanKey(card.personalisation.can or ""))
        found = read(cases, card, opening=Opening(keys), meddle=Wire(break_off))
        assert (outcome(found), named) == (ACCEPTED, [b"\x03", b"\x02", b"\x02"])


class Test02ASilentFallBackToBac:
    """PACE fails, and the reader opens the chip by BAC as if nothing had been."""

    def test_a_pace_that_fails_ends_the_reading(self, cases: Cases) -> None:
        card = with_fault(cases.card("passport_td3"), find_fault("wrong-pace-token"), random.Random(1).randbytes)
        wire = Wire()
        found = read(cases, card, meddle=wire)
        assert (found.verdict, failures(found)) == (Verdict.REJECT, {CheckId.ACCESS_PACE})
        assert wire.count(GET_CHALLENGE) == 0

    def test_a_policy_that_allows_it_has_it_reported(self, cases: Cases) -> None:
        def refuse(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            return b"\x69\x82" if command[1] == SET_ENVIRONMENT and not is_protected(command) else None

        card = cases.card("passport_td3")
        assert outcome(read(cases, card, meddle=Wire(refuse))) == (Verdict.NONE, (), "link.unexpected_status")
        draw = random.Random(1).randbytes
        slot = Slot(card.chip(draw), Wire(refuse))
        by = Inspector(cases.trust, Policy(fall_back_to_bac=True), FAST, draw, lambda: 0.0)
        found = by.inspect(slot.connect, opening_for(card), at=NOW)
        assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("access.downgrade",))
        assert found.access is not None
        assert (found.access.protocol, found.access.downgraded) == ("BAC", True)

    def test_pace_taken_out_of_ef_card_access_is_found_out(self, cases: Cases) -> None:
        found = read(cases, with_files(cases.card("passport_td3"), EF_CardAccess=None))
        assert (found.verdict, found.reasons) == (Verdict.REJECT, ("access.downgrade_hidden",))


class Test03DocumentsWithoutBac:
    """Readers that know BAC only get 6982 or 6A88."""

    @pytest.mark.parametrize("refusal", ["6982", "6A88", "6985"])
    def test_nothing_of_bac_is_tried_on_them(self, cases: Cases, refusal: str) -> None:
        def refuse(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            before_pace = not is_protected(command) and command[1] in (GET_CHALLENGE, EXTERNAL_AUTHENTICATE)
            # Before PACE the chip does not even let its application be selected.
            selects = not is_protected(command) and command[1:3] == b"\xa4\x04"
            return bytes.fromhex(refusal) if before_pace or selects else None

        wire = Wire(refuse)
        assert outcome(read(cases, cases.card("passport_pace_only"), meddle=wire)) == ACCEPTED
        assert wire.count(GET_CHALLENGE) == wire.count(EXTERNAL_AUTHENTICATE) == 0

    def test_bac_that_somebody_insists_on_is_no_forgery(self, cases: Cases) -> None:
        card = cases.card("passport_pace_only")
        found = read(cases, card, opening=Opening((mrz_key(card),), AccessMode.BAC))
        assert outcome(found) == (Verdict.NONE, (), "link.unexpected_status")


def test_04_a_can_in_place_of_the_mrz(cases: Cases) -> None:
    for profile in ("id_card_pin", "cccd", "passport_td3"):
        card = cases.card(profile)
        found = read(cases, card, opening=Opening((CanKey(card.personalisation.can or ""),)))
        assert outcome(found) == ACCEPTED
        assert found.access is not None
        assert found.access.password == "CAN"


class Test05SeveralPaceInfos:
    """A chip with several domain parameters refuses to guess which are meant, or guesses wrong and goes mute."""

    DESIGN = PassportDesign(
        bac=False,
        pace=(
            pace_info(GM_ECDH_AES_128, SECP256R1),
            pace_info(f"{ID_PACE}.9.9", 99),
            pace_info(GM_ECDH_AES_256, BRAINPOOL_P384R1),
        ),
    )

    def test_a_chip_that_goes_mute_without_tag_84(self, cases: Cases) -> None:
        """The cards behind NFCPassportReader pull request 269 took the first, and fell silent at a longer key."""
        told: list[bool] = []

        def mute(_number: int, command: bytes, chip: Transport) -> bytes | None:
            if command[1] == SET_ENVIRONMENT and not is_protected(command):
                objects = tlv.parse(CommandApdu.decode(command).data)
                told.append(tlv.require(objects, 0x84) == bytes((BRAINPOOL_P384R1,)))
            if command[1] == GENERAL_AUTHENTICATE and not told[-1] and len(command) > 30:
                raise LinkError("no response")
            return None

        found = read(cases, issued(cases, self.DESIGN), meddle=Wire(mute))
        assert outcome(found) == ACCEPTED
        assert told == [True]
        assert found.access is not None
        assert found.access.cipher == "AES-256"

    def test_a_chip_with_one_that_wants_tag_84_all_the_same(self, cases: Cases) -> None:
        """Ukrainian passports of before July 2022 answer 6A87 (gmrtd issue 108)."""
        for refusal in ("6A87", "6A80", "6A88"):

            def refuse(_number: int, command: bytes, _chip: Transport, refusal: str = refusal) -> bytes | None:
                plain_mse = command[1] == SET_ENVIRONMENT and not is_protected(command)
                objects = tlv.parse(CommandApdu.decode(command).data) if plain_mse else []
                untold = plain_mse and tlv.first(objects, 0x84) is None
                return bytes.fromhex(refusal) if untold else None

            assert outcome(read(cases, cases.card("passport_pace_only"), meddle=Wire(refuse))) == ACCEPTED


@pytest.mark.parametrize("name", ["IM-ECDH-AES-128:13:MRZ", "IM-DH-AES-256:2:CAN"])
def test_07_pace_with_integrated_mapping_and_nothing_else(cases: Cases, name: str) -> None:
    found = read(cases, cases.card(f"pace:{name}"))
    assert outcome(found) == ACCEPTED
    assert found.access is not None
    assert found.access.mapping == "IM"


def test_07_pace_with_generic_and_integrated_mapping(cases: Cases) -> None:
    infos = (pace_info(GM_ECDH_AES_128, BRAINPOOL_P256R1), pace_info(IM_ECDH_AES_128, BRAINPOOL_P256R1))
    assert outcome(read(cases, issued(cases, PassportDesign(bac=False, pace=infos)))) == ACCEPTED


class Test08TheRightKeyOfSeveral:
    """Two keys on one curve: the wrong one is taken, and a genuine chip looks like a clone."""

    def test_for_chip_authentication(self, cases: Cases) -> None:
        for first, second in ((1, 2), (2, 1), (7, 300)):
            keys = (
                ChipAuthenticationDesign(BRAINPOOL_P256R1, (CA_ECDH_AES_128,), first),
                ChipAuthenticationDesign(BRAINPOOL_P256R1, (CA_ECDH_AES_128,), second),
            )
            card = issued(cases, PassportDesign(chip_authentication=keys, active_authentication=None))
            assert outcome(read(cases, card)) == ACCEPTED
            swapped = with_fault(card, find_fault("swapped-ca-keys"), random.Random(1).randbytes)
            assert failures(read(cases, swapped)) == {CheckId.CHIP_CHIP_AUTHENTICATION}

    def test_for_chip_authentication_mapping(self, cases: Cases) -> None:
        design = PassportDesign(
            bac=False,
            pace=(pace_info(CAM_ECDH_AES_128, BRAINPOOL_P256R1),),
            chip_authentication=(
                ChipAuthenticationDesign(SECP256R1, (CA_ECDH_AES_128,), 1),
                ChipAuthenticationDesign(BRAINPOOL_P256R1, (CA_ECDH_AES_128,), 2),
            ),
        )
        found = read(cases, issued(cases, design))
        assert outcome(found) == ACCEPTED
        assert status(found, CheckId.CHIP_PACE_CAM) is CheckStatus.PASSED

    def test_a_key_that_nobody_signed_proves_nothing(self, cases: Cases) -> None:
        card = cases.card("passport_cam")
        stranger = with_fault(card, find_fault("stranger-card-security"), random.Random(1).randbytes)
        assert failures(read(cases, stranger)) == {CheckId.CHIP_PACE_CAM}


class Test09SelectingTheMasterFile:
    """Every chip refuses SELECT of the master file in a way of its own, and the reader gives up."""

    STATUSES = (0x6985, 0x6D00, 0x6700, 0x6A86, 0x6A87, 0x6A82, 0x6F00, 0x6E00, 0x6982, 0x6300, 0x6283, 0x6100)

    @pytest.mark.parametrize("refusal", STATUSES, ids="{:04X}".format)
    @pytest.mark.parametrize("profile", ["passport_cam", "passport_bac_only", "cccd"])
    def test_refused(self, cases: Cases, profile: str, refusal: int) -> None:
        assert outcome(read(cases, behaving(cases.card(profile), select_master_file=refusal))) == ACCEPTED

    @pytest.mark.parametrize("form", [bytes.fromhex("00A4000C023F00"), bytes.fromhex("00A4000C"), None])
    def test_needed_and_known_in_one_form_only(self, cases: Cases, form: bytes | None) -> None:
        """EF.CardAccess is hidden until the master file was selected."""
        form = form or CommandApdu(0x00, SELECT, 0x00, 0x00, b"\x3f\x00", 256).encode()
        selected = False

        def hide(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            nonlocal selected
            if is_protected(command) or selected:
                return None
            if command[1:3] == b"\xa4\x00":
                selected = command == form
                return None if selected else b"\x6a\x86"
            return b"\x6a\x82" if command[1:3] in (b"\xb0\x9c", b"\xa4\x02") else None

        found = read(cases, cases.card("passport_pace_only"), meddle=Wire(hide))
        assert (outcome(found), selected) == (ACCEPTED, True)


class Test10OptionalFilesThatAreNotThere:
    """6A82 on a file that need not exist ends the reading."""

    @pytest.mark.parametrize(
        "design",
        [
            replace(BAC_ONLY, further_groups=(2,)),
            PassportDesign(further_groups=(2,), atr_info=None),
            PassportDesign(further_groups=(2, 12), active_authentication=None),
            PassportDesign(further_groups=(2, 11), chip_authentication=()),
        ],
    )
    def test_never_issued(self, cases: Cases, design: PassportDesign) -> None:
        assert outcome(read(cases, issued(cases, design))) == ACCEPTED

    @pytest.mark.parametrize("missing", ["EF_COM", "EF_DIR", "EF_ATR/INFO", "EF_CardSecurity"])
    def test_taken_away(self, cases: Cases, missing: str) -> None:
        for profile in (FAST, SHORT):
            assert (
                outcome(read(cases, with_files(cases.card("passport_cam"), **{missing: None}), profile=profile))
                == ACCEPTED
            )

    def test_a_signed_group_that_is_not_there_is_named_and_the_rest_is_read(self, cases: Cases) -> None:
        found = read(cases, with_files(cases.card("passport_td3"), DG12=None))
        assert (found.verdict, failures(found)) == (Verdict.REJECT, {CheckId.PASSIVE_COMPLETENESS})
        assert found.content.personal_details is not None

    @pytest.mark.parametrize("content", [b"", bytes(200), b"\xff" * 65_536])
    def test_an_ef_card_access_that_was_never_written(self, cases: Cases, bac_only: SampleCard, content: bytes) -> None:
        assert outcome(read(cases, with_files(bac_only, EF_CardAccess=content))) == ACCEPTED

    @pytest.mark.parametrize("content", ["31", "3180", "3100", "3003020101", "3182FFFF", "3184FFFFFFFF", "31043002"])
    def test_an_ef_card_access_that_is_malformed_may_hide_pace(self, cases: Cases, content: str) -> None:
        garbage = with_files(cases.card("passport_td3"), EF_CardAccess=bytes.fromhex(content) + b"\x05" * 65_000)
        assert outcome(read(cases, garbage)) == (Verdict.NONE, (), "link.pace_failed")

    @pytest.mark.parametrize("lengths", [(8, 4000), (0, 0), (20, 65_535), (2**32 - 1, 2**32 - 1), (200, 4000)])
    @pytest.mark.parametrize("profile", ["passport_td3", "passport_dh"])
    def test_lengths_in_ef_atr_info_that_make_no_sense(
        self, cases: Cases, profile: str, lengths: tuple[int, int]
    ) -> None:
        told = tlv.encode(0x7F66, b"".join(tlv.encode(0x02, length.to_bytes(4, "big")) for length in lengths))
        card = with_files(cases.card(profile), **{"EF_ATR/INFO": told})
        assert outcome(read(cases, card, profile=DECLARED)) == ACCEPTED

    @pytest.mark.parametrize("content", [b"", bytes(65_536), b"\xff" * 300, b"\x7f\x66\x84\xff\xff\xff\xff"])
    def test_an_ef_atr_info_that_is_malformed(self, cases: Cases, content: bytes) -> None:
        card = with_files(cases.card("passport_td3"), **{"EF_ATR/INFO": content})
        assert outcome(read(cases, card, profile=DECLARED)) == ACCEPTED


class Test11FilesReadAtTheWrongTime:
    """EF.DIR gives 6982 before access control, and afterwards it costs the session (6882)."""

    @pytest.mark.parametrize("profile", ["passport_bac_only", "passport_cam", "cccd"])
    def test_no_file_is_asked_for_that_may_not_be_read_then(self, cases: Cases, profile: str) -> None:
        wire = Wire()
        assert outcome(read(cases, cases.card(profile), profile=DECLARED, meddle=wire)) == ACCEPTED
        opened = next(place for place, command in enumerate(wire.commands) if is_protected(command))
        free = {ELEMENTARY_FILES[name].sfi for name in ("EF.CardAccess", "EF.ATR/INFO")}
        before = [command for command in wire.commands[:opened] if command[1] == READ_BINARY and command[2] & 0x80]
        assert {command[2] & 0x1F for command in before} <= free
        assert all(map(is_protected, wire.commands[opened:]))

    def test_the_master_file_ends_the_session_whenever_it_is_selected_again(self, cases: Cases) -> None:
        """EF.CardSecurity cannot be had then, and DG14 holds the same key."""
        lost = False

        def lose(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            nonlocal lost
            if not is_protected(command):
                lost = False
            lost = lost or (is_protected(command) and command[1:3] == b"\xa4\x00")
            return b"\x68\x82" if lost else None

        slot = Slot(cases.card("passport_cam").chip(random.Random(1).randbytes), Wire(lose))
        assert outcome(read(cases, cases.card("passport_cam"), slot=slot)) == ACCEPTED
        assert slot.sessions <= 4


class Test12TheSizeOfBlocks:
    """Some chips and readers bear 160, 192, 223, 231 or 256 bytes, and say no in many ways."""

    @pytest.mark.parametrize("refusal", [0x6700, 0x6C00, 0x6282, 0x6F00], ids="{:04X}".format)
    @pytest.mark.parametrize("most", [160, 192, 223, 231, 256])
    def test_more_than_so_much_is_refused(self, cases: Cases, most: int, refusal: int) -> None:
        card = behaving(cases.card("passport_td3"), read_refusal=ReadRefusal(most, refusal))
        wire = Wire()
        found = read(cases, card, meddle=wire)
        assert outcome(found) == ACCEPTED
        size = sum(map(len, found.files.values()))
        # What was refused is not asked again: few commands more than blocks of this size, or the next smaller, need.
        assert wire.count(READ_BINARY) <= size / (most - 64) + 2 * len(found.files) + 4

    @pytest.mark.parametrize("profile", [FAST, SHORT], ids=["extended", "short"])
    def test_only_in_the_middle_of_the_face(self, cases: Cases, profile: Any) -> None:
        for refusal in (0x6700, 0x6C00, 0x6282):
            card = behaving(cases.card("passport_td3"), read_refusal=ReadRefusal(128, refusal, from_offset=5000))
            assert outcome(read(cases, card, profile=profile)) == ACCEPTED

    @pytest.mark.parametrize("most", [128, 160, 223])
    @pytest.mark.parametrize("beyond", [None, 0x6700], ids=["short data at the end", "6700 at the end"])
    def test_where_every_refusal_costs_the_session(self, cases: Cases, most: int, beyond: int | None) -> None:
        """A bare 6700, and 6988 to whatever comes next."""
        ends = {"bare_errors": BareErrors.SESSION_ENDS, "header_first": beyond}
        for profile in (FAST, SHORT):
            card = behaving(cases.card("passport_bac_only"), read_refusal=ReadRefusal(most), **ends)
            assert outcome(read(cases, card, profile=profile)) == ACCEPTED

    @pytest.mark.parametrize("refusal", [0x6700, 0x6A86, 0x6981, 0x6400, 0x9000], ids="{:04X}".format)
    def test_with_a_status_that_could_mean_something_else(self, cases: Cases, refusal: int) -> None:
        for addressing in Addressing:
            where = {"application": addressing, "master_file": addressing}
            card = behaving(cases.card("passport_cam"), read_refusal=ReadRefusal(150, refusal), **where)
            memory = ReadMemory()
            for _ in range(2):
                assert outcome(read(cases, card, memory=memory)) == ACCEPTED

    def test_no_data_to_an_extended_le(self, cases: Cases) -> None:
        card = behaving(cases.card("passport_td3"), read_refusal=ReadRefusal(256, 0x9000))
        assert outcome(read(cases, card)) == ACCEPTED

        def empty(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            return b"\x90\x00" if command[1] == READ_BINARY and not is_protected(command) and command[4] == 0 else None

        assert outcome(read(cases, cases.card("passport_td3"), meddle=Wire(empty))) == ACCEPTED


class Test13ABareErrorWithinSecureMessaging:
    """Chinese passports refuse extended length unprotected; counting it or not, reader and chip fall out of step."""

    @pytest.mark.parametrize("bare", [kind for kind in BareErrors if kind is not BareErrors.PROTECTED])
    @pytest.mark.parametrize("profile", ["passport_td3", "passport_bac_only", "passport_3des"])
    def test_however_the_chip_counts_it(self, cases: Cases, profile: str, bare: BareErrors) -> None:
        refusal = ReadRefusal(200, from_offset=300)
        card = behaving(cases.card(profile), bare_errors=bare, read_refusal=refusal, header_first=0x6700)
        slot = Slot(card.chip(random.Random(1).randbytes))
        assert outcome(read(cases, card, slot=slot)) == ACCEPTED
        assert slot.sessions <= 8

    def test_success_without_protection_is_never_taken(self, cases: Cases) -> None:
        def bare(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            return b"\x61\x01\x41\x90\x00" if is_protected(command) and command[1] == READ_BINARY else None

        found = read(cases, cases.card("passport_td3"), meddle=Wire(bare))
        assert (found.verdict, found.reasons) == (Verdict.REJECT, ("access.secure_messaging.missing",))


class Test14TheSessionBreaksInMidRead:
    """6988 on a passport of the United States, or a MAC that seems wrong in the last frame of EF.SOD."""

    @pytest.mark.parametrize("code", ["6988", "6987", "6882", "6985", "6F00"])
    @pytest.mark.parametrize("file", ["EF.SOD", "DG2"])
    def test_once(self, cases: Cases, file: str, code: str) -> None:
        """The next session goes on where this one ended."""
        card = cases.card("passport_bac_only")
        sizes = {name: len(raw) for name, raw in card.personalisation.files.items()}
        reads = 0

        def break_off(_number: int, command: bytes, chip: Transport) -> bytes | None:
            nonlocal reads
            if not is_protected(command) or command[1] != READ_BINARY:
                return None
            reads += 1
            # EF.SOD is read first, in blocks of 231 bytes; the face follows EF.COM, DG1, DG11 and DG15.
            at = sizes["EF.SOD"] // 231 if file == "EF.SOD" else sizes["EF.SOD"] // 231 + 40
            if reads != at:
                return None
            # The channel's end of the chip has seen the command.
            chip.transmit(command)
            return bytes.fromhex(code)

        undisturbed, wire = Wire(), Wire(break_off)
        read(cases, card, profile=SHORT, meddle=undisturbed)
        found = read(cases, card, profile=SHORT, meddle=wire)
        assert outcome(found) == ACCEPTED
        # EF.SOD is read again, and tells that it is the same card; what was read of the face is not.
        assert wire.count(READ_BINARY) <= undisturbed.count(READ_BINARY) + 20

    @pytest.mark.parametrize("code", ["6988", "6987"])
    def test_for_ever(self, cases: Cases, code: str) -> None:
        def break_off(_number: int, command: bytes, _chip: Transport) -> bytes | None:
            return bytes.fromhex(code) if is_protected(command) else None

        slot = Slot(cases.card("passport_bac_only").chip(random.Random(1).randbytes), Wire(break_off))
        found = read(cases, cases.card("passport_bac_only"), slot=slot)
        assert (found.verdict, found.failure and found.failure.code) == (Verdict.NONE, "link.session_lost")
        assert slot.sessions <= 4

    def test_a_mac_that_is_wrong_is_no_hiccup(self, cases: Cases) -> None:
        def tamper(number: int, command: bytes, chip: Transport) -> bytes | None:
            if number != 20:
                return None
            response = bytearray(chip.transmit(command))
            response[-3] ^= 1
            return bytes(response)

        slot = Slot(cases.card("passport_td3").chip(random.Random(1).randbytes), Wire(tamper))
        found = read(cases, cases.card("passport_td3"), slot=slot)
        assert (found.verdict, failures(found), slot.sessions) == (Verdict.REJECT, {CheckId.ACCESS_PACE}, 1)


class Test15AFaceThatTakesTooLong:
    """DG2 is nine tenths of the bytes; whoever reads it first has nothing when the session times out."""

    def test_the_person_is_known_before_the_first_byte_of_the_face(self, cases: Cases) -> None:
        events: list[object] = []
        found = read(cases, cases.card("dg2_120kb"), listener=events.append)
        assert outcome(found) == ACCEPTED
        greeted = next(place for place, event in enumerate(events) if isinstance(event, IdentityVerified))
        steps = [event.step for event in events[:greeted] if isinstance(event, Progressed)]
        assert "DG1" in steps
        assert "DG2" not in steps
        assert {f"read.{name}" for name in ("DG1", "DG2", "EF.SOD")} <= {timing.step for timing in found.timing}
        assert found.link.apdus <= 60

    def test_the_face_is_left_out_where_nobody_wants_it(self, cases: Cases) -> None:
        found = read(cases, cases.card("dg2_120kb"), groups=(1,))
        assert outcome(found) == ACCEPTED
        assert "DG2" not in found.files

    def test_a_time_limit_that_passes_ends_it(self, cases: Cases) -> None:
        now = [0.0]

        def wait(_number: int, _command: bytes, _chip: Transport) -> None:
            now[0] += 1.0

        draw = random.Random(1).randbytes
        slot = Slot(cases.card("dg2_120kb").chip(draw), Wire(wait))
        by = Inspector(cases.trust, Policy(), SHORT, draw, lambda: now[0])
        found = by.inspect(slot.connect, opening_for(cases.card("dg2_120kb")), at=NOW, seconds=30.0)
        assert (found.failure and found.failure.code, slot.commands) == ("link.timeout", 30)


class Test16TheCardIsLifted:
    """The reading starts again from nothing, and the card is lifted again."""

    class Place:
        """Where the card lies, and is lifted at some commands."""

        def __init__(self, slot: Slot) -> None:
            self.slot = slot

        def connect(self) -> AbstractContextManager[Transport]:
            return self.slot.connect()

        def wait_for_card(self, seconds: float) -> bool:
            return seconds > 0

    def test_again_and_again(self, cases: Cases) -> None:
        """A hand that trembles: nobody can read more than 40 commands in one go, of which 20 open the chip."""
        connected_at = 0

        def lift(number: int, _command: bytes, _chip: Transport) -> None:
            if number - connected_at > 40:
                raise CardRemoved("lifted")

        card, wire, draw = cases.card("passport_td3"), Wire(lift), random.Random(1).randbytes

        class Trembling(Slot):
            def connect(self) -> AbstractContextManager[Transport]:
                nonlocal connected_at
                connected_at = self.commands
                return super().connect()

        slot = Trembling(card.chip(draw), wire)
        by = Inspector(cases.trust, Policy(), SHORT, draw, lambda: 0.0)
        found = read_patiently(by, self.Place(slot), opening_for(card), at=NOW, listener=lambda _: None)
        assert outcome(found) == ACCEPTED
        assert 5 <= slot.sessions <= 9
        assert found.link.apdus == slot.commands


class Test17FacesThatWillNotShow:
    """JPEG 2000: raw codestreams, one colour, bytes after the end, and a format that says otherwise."""

    @pytest.mark.parametrize("announced", ["jpeg", "jp2"])
    @pytest.mark.parametrize("codestream", [False, True], ids=["jp2", "codestream"])
    @pytest.mark.parametrize("mode", ["RGB", "L"])
    @pytest.mark.parametrize("behind", [b"", bytes(37)], ids=["exact", "bytes behind it"])
    def test_shown_all_the_same(
        self, cases: Cases, decoder: PortraitDecoder, announced: ImageFormat, codestream: bool, mode: str, behind: bytes
    ) -> None:
        stream = BytesIO()
        Image.effect_mandelbrot((120, 160), (-3, -2.5, 2, 2.5), 20).convert(mode).save(
            stream, "JPEG2000", no_jp2=codestream
        )
        face = dg2.encode(Dg2(stream.getvalue() + behind, announced, 120, 160, "iso19794-5"))
        card = signed_anew(cases.card("passport_td3"), cases.issuer("UT"), {2: face})
        found = read(cases, card, portraits=decoder)
        assert outcome(found) == ACCEPTED
        assert found.portrait is not None
        assert (found.portrait.format, found.portrait.width) == ("j2k" if codestream else "jp2", 120)

    def test_a_face_that_nobody_can_show_leaves_the_rest_as_it_is(self, cases: Cases, decoder: PortraitDecoder) -> None:
        face = dg2.encode(Dg2(b"\xff\x4f\xff\x51" + bytes(100), "j2k", 120, 160, "iso19794-5"))
        card = signed_anew(cases.card("passport_td3"), cases.issuer("UT"), {2: face})
        found = read(cases, card, portraits=decoder)
        assert (found.verdict, found.reasons) == (Verdict.REVIEW, ("portrait.broken",))
        assert found.document is not None


@pytest.fixture(scope="module")
def pkcs8() -> Callable[[KeyKind], bytes]:
    """Private keys, each made once."""
    made: dict[KeyKind, bytes] = {}
    return lambda kind: made.setdefault(kind, signing_key.generate(kind))


Pkcs8 = Callable[[KeyKind], bytes]


def signed_by(cases: Cases, issuer: Issuer, **how: Any) -> Inspection:
    """Read a passport whose EF.SOD this issuer signed; the reader trusts him."""
    card = cases.card("passport_td3")
    groups = {n: card.personalisation.files[f"DG{n}"] for n in (1, 2, 7, 11, 12, 14, 15)}
    hashes = {number: hashlib.sha256(raw).digest() for number, raw in groups.items()}
    return read(cases, with_files(card, EF_SOD=issuer.sign_sod(hashes, **how)), trust=trusting(issuer))


def trusting(issuer: Issuer) -> TrustStore:
    return TrustStore((Anchor(Certificate.parse(issuer.csca_der), "simulated", simulated=True),))


def issuer_with(csca: SigningKey, signer: SigningKey) -> Issuer:
    draw = random.Random(1).randbytes
    return Issuer.create("UT", now=NOW, random_bytes=draw, keys=IssuerKeys(csca, signer))


class Test18TheSignatureAlgorithm:
    """The one of the certificate is taken for the one of EF.SOD, or the parameters of RSASSA-PSS are not looked at."""

    @pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
    def test_comes_from_the_signer_with_its_parameters(self, cases: Cases, pkcs8: Pkcs8, digest: str) -> None:
        csca = SigningKey.load(pkcs8(KeyKind.SECP256R1), digest="sha512")
        rsa, curve = pkcs8(KeyKind.RSA_2048), pkcs8(KeyKind.SECP384R1)
        for signer in (
            SigningKey.load(rsa, digest=digest, pss=True),
            SigningKey.load(rsa, digest=digest),
            SigningKey.load(curve, digest=digest),
        ):
            found = signed_by(cases, issuer_with(csca, signer))
            assert outcome(found) == ACCEPTED
            signed = found.check(CheckId.PASSIVE_SIGNATURE)
            assert signed is not None
            assert signed.evidence["algorithm"].split(",")[0] == f"{signer.algorithm.scheme} {digest}"

    def test_hashes_otherwise_than_the_digest_beside_it(self, cases: Cases, pkcs8: Pkcs8) -> None:
        """SHA-256 over the content and SHA-512 in the signature, as documents in circulation have it."""
        issuer = issuer_with(
            SigningKey.load(pkcs8(KeyKind.SECP256R1)), SigningKey.load(pkcs8(KeyKind.SECP384R1), digest="sha256")
        )
        other = SigningKey.load(pkcs8(KeyKind.SECP384R1), digest="sha512")

        def sign_otherwise(signer: Any) -> None:
            signer["signature_algorithm"] = {"algorithm": "1.2.840.10045.4.3.4"}
            signer["signature"] = other.sign(b"\x31" + signer["signed_attributes"].dump()[1:])

        assert outcome(read_with_signer(cases, issuer, sign_otherwise)) == ACCEPTED


def read_with_signer(cases: Cases, issuer: Issuer, change: Callable[[Any], None], *further: bytes) -> Inspection:
    """Read a passport in whose EF.SOD the signer's part was changed, or certificates added."""
    card = cases.card("passport_td3")
    hashes = {
        number: hashlib.sha256(card.personalisation.files[f"DG{number}"]).digest()
        for number in (1, 2, 7, 11, 12, 14, 15)
    }
    info = asn1.ContentInfo.load(tlv.parse_one(issuer.sign_sod(hashes)).value)
    change(info["content"]["signers"][0])
    for certificate in further:
        info["content"]["certificates"].append(core.load(certificate))
    return read(cases, with_files(card, EF_SOD=sod.encode(info.dump(force=True))), trust=trusting(issuer))


class Test19ExplicitCurveParameters:
    """A sixth of all CSCA certificates writes p, a, b, G and n instead of a curve's name; libraries refuse them."""

    @pytest.mark.parametrize("kind", [KeyKind.BRAINPOOL_P256R1, KeyKind.BRAINPOOL_P384R1, KeyKind.SECP521R1])
    def test_of_issuers(self, cases: Cases, pkcs8: Pkcs8, kind: KeyKind) -> None:
        key = SigningKey.load(pkcs8(kind), explicit_parameters=True)
        assert outcome(signed_by(cases, issuer_with(key, key))) == ACCEPTED

    @pytest.mark.parametrize("parameter_id", range(8, 19))
    def test_of_chips(self, cases: Cases, parameter_id: int) -> None:
        """All curves of Doc 9303-11, in DG14 and, by a number of the issuer's own, in EF.CardAccess."""
        design = PassportDesign(
            bac=False,
            pace=(pace_info(GM_ECDH_AES_256, 40),),
            own_parameters=((40, parameter_id),),
            chip_authentication=(ChipAuthenticationDesign(parameter_id, (CA_ECDH_AES_128,), form=KeyForm.EXPLICIT),),
            active_authentication=EcdsaDesign(curves.BRAINPOOL_P320R1, form=KeyForm.EXPLICIT),
            further_groups=(),
        )
        found = read(cases, issued(cases, design))
        for check in (CheckId.ACCESS_PACE, CheckId.CHIP_CHIP_AUTHENTICATION, CheckId.CHIP_ACTIVE_AUTHENTICATION):
            assert status(found, check) is CheckStatus.PASSED


class Test20SignaturesThatFitNoCurve:
    """A Lithuanian signature verifies on neither curve of 224 bits, and a fall-back to the other one was proposed."""

    KEY = Point(
        0x57D501CBAE62F598DD1B3E4FBD8436F1C6369E909C2F03DB3B0F3675,
        0xDB2EDD2C28150FD88D19B88F54203862864B8A48EC119F983E84047F,
    )
    R = 0xF455246CA17C5E781747863EBCC3DE01F9F309DE065675B53F13859E

    def test_the_numbers_on_record_speak_against_another_curve(self) -> None:
        """gmrtd issue 130: the key lies on one curve only, and r is beyond the order of the other."""

        def has(curve: Curve) -> bool:
            return (self.KEY.y**2 - self.KEY.x**3 - curve.a * self.KEY.x - curve.b) % curve.p == 0

        assert has(curves.SECP224R1)
        assert not has(curves.BRAINPOOL_P224R1)
        assert curves.BRAINPOOL_P224R1.n < self.R < curves.SECP224R1.n

    def test_a_key_of_224_bits(self, cases: Cases, pkcs8: Pkcs8) -> None:
        key = SigningKey.load(pkcs8(KeyKind.SECP224R1), digest="sha224")
        csca = SigningKey.load(pkcs8(KeyKind.SECP256R1))
        assert outcome(signed_by(cases, issuer_with(csca, key))) == ACCEPTED

    def test_a_signature_on_another_curve_is_none(self, cases: Cases, pkcs8: Pkcs8) -> None:
        issuer = issuer_with(*(SigningKey.load(pkcs8(kind)) for kind in (KeyKind.SECP256R1, KeyKind.SECP256R1)))
        other = SigningKey.load(pkcs8(KeyKind.BRAINPOOL_P256R1))

        def sign_otherwise(signer: Any) -> None:
            signer["signature"] = other.sign(b"\x31" + signer["signed_attributes"].dump()[1:])

        found = read_with_signer(cases, issuer, sign_otherwise)
        assert (found.verdict, reason(found, CheckId.PASSIVE_SIGNATURE)) == (
            Verdict.REJECT,
            "passive.signature_invalid",
        )


class Test21WhichCertificateSigned:
    """The signer is named with the attributes of its issuer in another order or string type, or by its key."""

    @pytest.fixture
    def issuer(self, pkcs8: Pkcs8) -> Issuer:
        return issuer_with(*(SigningKey.load(pkcs8(kind)) for kind in (KeyKind.SECP256R1, KeyKind.SECP384R1)))

    @pytest.mark.parametrize("printable", [False, True], ids=["UTF-8", "printable"])
    @pytest.mark.parametrize("turn", [0, 1, 2])
    def test_in_another_spelling(self, cases: Cases, issuer: Issuer, turn: int, printable: bool) -> None:
        attributes = list(Certificate.parse(issuer.document_signer_der).issuer.attributes)
        text = core.PrintableString if printable else core.UTF8String
        name = asn1.Name(
            [[{"type": kind, "value": text(value)}] for kind, value in (*attributes[turn:], *attributes[:turn])]
        )

        def rename(signer: Any) -> None:
            number = signer["identifier"].chosen["serial_number"].native
            signer["identifier"] = asn1.SignerIdentifier(
                name="issuer_and_serial", value={"issuer": core.load(name.dump()), "serial_number": number}
            )

        found = read_with_signer(cases, issuer, rename)
        # Only the country is printable in the certificate: written in UTF-8 alone it would differ in one byte.
        expected = ACCEPTED if printable or turn else (Verdict.REJECT, ("passive.signer_certificate_missing",), None)
        assert outcome(found) == expected

    def test_with_the_certificate_of_its_issuer_beside_its_own(self, cases: Cases, issuer: Issuer) -> None:
        assert outcome(read_with_signer(cases, issuer, lambda _: None, issuer.csca_der)) == ACCEPTED


class Test23Validity:
    """A document outlives its signer's certificate, and most do not say when they were signed."""

    @pytest.mark.parametrize("signed", [None, NOW - timedelta(days=300)], ids=["not stated", "stated"])
    def test_of_a_signer_that_expired_since(self, cases: Cases, signed: datetime | None) -> None:
        found = signed_by(cases, cases.issuer("UT"), signing_time=signed)
        assert outcome(found) == ACCEPTED
        chain = found.check(CheckId.PASSIVE_CHAIN)
        assert chain is not None
        assert "judged_at" in chain.evidence
        card = cases.card("passport_td3")
        later = read(cases, card, at=NOW + timedelta(days=11 * 365))
        assert status(later, CheckId.PASSIVE_CHAIN) is CheckStatus.PASSED
        assert failures(later) == {CheckId.CONTENT_VALIDITY}

    @pytest.mark.parametrize("days", [-3 * 365, 11 * 365])
    def test_of_a_signer_that_was_not_valid_when_it_signed(self, cases: Cases, days: int) -> None:
        found = signed_by(cases, cases.issuer("UT"), signing_time=NOW + timedelta(days=days))
        assert (found.verdict, reason(found, CheckId.PASSIVE_CHAIN)) == (Verdict.REJECT, "passive.signer_not_valid")


@pytest.fixture(scope="module")
def rsa_2048(cases: Cases) -> SampleCard:
    return issued(cases, PassportDesign(chip_authentication=(), active_authentication=RsaDesign(2048)))


class Test24ActiveAuthentication:
    """Trailers, hashes, plain and DER, leading zeros, and answers of more than 256 bytes."""

    @pytest.mark.parametrize("trailer", Trailer)
    def test_every_trailer(self, cases: Cases, trailer: Trailer) -> None:
        card = issued(cases, PassportDesign(chip_authentication=(), active_authentication=RsaDesign(1024, trailer)))
        assert outcome(read(cases, card)) == ACCEPTED

    @pytest.mark.parametrize("der", [False, True], ids=["plain", "DER"])
    @pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
    def test_ecdsa(self, cases: Cases, hash_name: str, der: bool) -> None:
        """Whether DG14 names the hash or not."""
        for announced in (True, False):
            key = EcdsaDesign(curves.BRAINPOOL_P256R1, hash_name, der=der, announced=announced)
            card = issued(cases, PassportDesign(chip_authentication=(), active_authentication=key, further_groups=()))
            for seed in range(4):
                found = read(cases, card, seed=seed)
                assert status(found, CheckId.CHIP_ACTIVE_AUTHENTICATION) is CheckStatus.PASSED

    @pytest.mark.parametrize("profile", [FAST, SHORT], ids=["extended", "short"])
    @pytest.mark.parametrize("empty", [False, True], ids=["whole", "nothing for an extended Le"])
    def test_a_signature_of_256_or_512_bytes(
        self, cases: Cases, rsa_2048: SampleCard, profile: Any, empty: bool
    ) -> None:
        """Australian passports cut what a short answer cannot hold; Chinese ones give nothing for an extended Le."""
        for card in (rsa_2048, cases.card("passport_aa_rsa_4096")):
            assert outcome(read(cases, behaving(card, empty_signature=empty), profile=profile)) == ACCEPTED


class Test25OddDataGroups:
    """DG11, DG12, DG13 and DG14 as issuers write them, and as parsers do not expect them."""

    @pytest.mark.parametrize(
        "birth", [b"19860917", bytes.fromhex("19860917"), b"1986<<<<", b"1986XXXX"], ids=["text", "BCD", "year", "X"]
    )
    @pytest.mark.parametrize("wrapped", [True, False], ids=["with template", "without template"])
    def test_dates_in_bcd_and_names_without_their_template(self, cases: Cases, birth: bytes, wrapped: bool) -> None:
        other = tlv.encode(0x5F0F, b"MOREL<<Z")
        names = tlv.encode(0xA0, tlv.encode(0x02, b"\x01") + other) if wrapped else other
        details = tlv.encode(0x5C, bytes.fromhex("5F2BA05F11")) + tlv.encode(0x5F2B, birth) + names
        dg11 = tlv.encode(0x6B, details + tlv.encode(0x5F11, b"NOWHERE<<UTOPIA"))
        found = read(cases, signed_anew(cases.card("passport_td3"), cases.issuer("UT"), {11: dg11}))
        assert outcome(found) == ACCEPTED
        read_back = found.content.personal_details
        assert read_back is not None
        assert read_back.birth_date in (PartialDate(1986, 9, 17), PartialDate(1986))
        assert len(read_back.other_names) == 1
        assert read_back.place_of_birth == ("NOWHERE", "UTOPIA")

    @pytest.mark.parametrize("number", [5, 6, 7, 8, 9, 10, 11, 12, 13, 16])
    @pytest.mark.parametrize("content", [b"", b"\x30\x03\x02\x01\x05", b"\xff" * 40, bytes(10)])
    def test_a_group_that_nobody_understands_harms_nobody(self, cases: Cases, number: int, content: bytes) -> None:
        raw = tlv.encode(data_group(number).tag or 0, content)
        card = signed_anew(cases.card("passport_td3"), cases.issuer("UT"), {number: raw})
        found = read(cases, card)
        assert outcome(found) == ACCEPTED
        assert found.files[f"DG{number}"] == raw

    def test_dg14_read_in_pieces_is_one_file(self, cases: Cases) -> None:
        """What a session had read of it before it ended is there once, not twice."""
        card, memory = cases.card("passport_td3"), ReadMemory()
        dg14 = card.personalisation.files["DG14"]
        ended: set[int] = set()

        def end(_number: int, command: bytes, _chip: Transport) -> None:
            gathered = len(memory.contents.get("DG14", b""))
            if 0 < gathered < len(dg14) and gathered not in ended:
                ended.add(gathered)
                raise LinkError("broken")

        slot = Slot(card.chip(random.Random(1).randbytes), Wire(end))
        tiny = SHORT.model_copy(update={"read_sizes": (60,)})
        found = read(cases, card, slot=slot, profile=tiny, memory=memory)
        assert outcome(found) == ACCEPTED
        assert found.files["DG14"] == dg14
        assert slot.sessions == 1 + len(ended) > 2


class Test29LongDocumentNumbers:
    """More than nine characters run on in the optional data, and are part of the key."""

    @pytest.mark.parametrize("mrz_format", [MrzFormat.TD1, MrzFormat.TD2])
    @pytest.mark.parametrize("pace", [True, False], ids=["PACE", "BAC"])
    def test_open_the_chip(self, cases: Cases, mrz_format: MrzFormat, pace: bool) -> None:
        passwords = frozenset({Password.MRZ})
        design = (
            PassportDesign(mrz_format, bac=not pace, passwords=passwords)
            if pace
            else replace(BAC_ONLY, mrz_format=mrz_format)
        )
        card = issued(cases, design, "lindqvist")
        key, mrz = mrz_key(card), card.personalisation.mrz
        assert mrz is not None
        assert len(key.document_number) > 9
        for opening in (
            Opening((key,)),
            opening_from_mrz(mrz.text, NOW.date()),
            opening_from_fields(key.document_number, key.birth, key.expiry),
        ):
            assert outcome(read(cases, card, opening=opening)) == ACCEPTED
        cut = Opening((replace(key, document_number=key.document_number[:9]),))
        assert outcome(read(cases, card, opening=cut)) == (Verdict.NONE, (), "access.key_refused")


class TestSecurityFixes:
    """What other readers learnt late: each of these let a forgery pass, or gave something away."""

    def test_the_answer_of_bac_is_checked(self, cases: Cases) -> None:
        card = with_fault(cases.card("passport_bac_only"), find_fault("wrong-bac-mac"), random.Random(1).randbytes)
        assert failures(read(cases, card)) == {CheckId.ACCESS_BAC}
        recorded: list[bytes] = []

        def replay(_number: int, command: bytes, chip: Transport) -> bytes | None:
            if command[1] == EXTERNAL_AUTHENTICATE:
                recorded.append(chip.transmit(command))
                return recorded[0]
            return None

        genuine = cases.card("passport_bac_only")
        assert outcome(read(cases, genuine, meddle=Wire(replay), seed=1)) == ACCEPTED
        again = read(cases, genuine, meddle=Wire(replay), seed=2)
        assert (again.verdict, failures(again)) == (Verdict.REJECT, {CheckId.ACCESS_BAC})

    def test_hashes_that_nobody_signed_vouch_for_nothing(self, cases: Cases) -> None:
        card = cases.card("passport_td3")
        mrz = card.personalisation.files["DG1"].replace(b"MOREL", b"LEROM")
        forged = signed_anew(card, cases.issuer("UT"), {1: mrz})
        signature = bytearray(forged.personalisation.files["EF.SOD"])
        signature[-1] ^= 1
        found = read(cases, with_files(forged, EF_SOD=bytes(signature)))
        assert (found.verdict, found.document) == (Verdict.REJECT, None)
        assert failures(found) >= {CheckId.PASSIVE_SIGNATURE}

    def test_a_chip_proves_nothing_with_a_key_that_nobody_signed(self, cases: Cases) -> None:
        card, other = cases.card("passport_td3"), issued(cases, PassportDesign(), "okoro")
        for name, check in (
            ("DG14", CheckId.CHIP_CHIP_AUTHENTICATION),
            ("DG15", CheckId.CHIP_ACTIVE_AUTHENTICATION),
        ):
            clone = with_files(card, **{name: other.personalisation.files[name]})
            clone = replace(
                clone,
                personalisation=replace(
                    clone.personalisation, ca_keys=other.personalisation.ca_keys, aa_key=other.personalisation.aa_key
                ),
            )
            found = read(cases, clone)
            assert found.verdict is Verdict.REJECT
            assert CheckId.PASSIVE_HASHES in failures(found)
            assert status(found, check) is not CheckStatus.PASSED

    def test_no_country_signs_for_another(self, cases: Cases) -> None:
        vietnam = cases.issuer("VN")
        found = read(cases, signed_anew(cases.card("passport_td3"), vietnam, {}))
        assert (found.verdict, reason(found, CheckId.PASSIVE_CHAIN)) == (Verdict.REJECT, "passive.country_mismatch")

    def test_neither_keys_nor_names_are_logged(
        self, cases: Cases, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(0)
        card, trace = cases.card("passport_td3"), list[str]()
        draw = random.Random(1).randbytes
        chip = LoggedTransport(card.chip(draw), trace.append)

        class Logged(Slot):
            def connect(self) -> AbstractContextManager[Transport]:
                super().connect()
                return stepping(chip)

        found = read(cases, card, slot=Logged(card.chip(draw)))
        assert outcome(found) == ACCEPTED
        mrz = card.personalisation.mrz
        assert mrz is not None
        printed = capsys.readouterr()
        said = "\n".join((caplog.text, *trace, printed.out, printed.err, repr(found), repr(found.checks)))
        assert len(trace) == 2 * found.link.apdus
        for secret in (mrz.document_number, mrz.surname, mrz.birth_yymmdd, str(card.personalisation.can)):
            assert secret not in said


@contextmanager
def stepping(transport: Transport) -> Iterator[Transport]:
    yield transport
