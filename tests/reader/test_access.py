"""Opening a chip: BAC to the byte, which protocol and which key, and what happens when a chip says no."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.iso7816 import CommandApdu
from reader.access import open_chip
from reader.access.attempts import Refusals, first_accepted
from reader.access.bac import run_bac
from reader.access.card_access import CardAccess
from reader.access.transcript import BacTranscript, PaceTranscript
from reader.channel import Channel
from reader.checks import CheckId
from reader.citizen_number import CitizenNumber
from reader.errors import BrokenProtocol, KeyMissing, KeyRefused, LinkError, NotADocument, UnexpectedStatus
from reader.keys import AccessKey, AccessMode, CanKey, MrzKey, Opening, PinKey
from reader.lds import dir as ef_dir
from reader.lds.files import EMRTD_AID
from reader.lds.mrz import build_citizen_card_mrz, parse_mrz
from reader.lds.security_infos import PaceInfo, SecurityInfos
from reader.manners import ReadingManners
from reader.opening import opening_from_fields, opening_from_qr
from simulator.chip import SimulatedChip
from simulator.manners import ChipManners
from simulator.personalisation import Personalisation

Vectors = dict[str, Any]
Scripted = Callable[..., Any]
RandomFrom = Callable[..., Callable[[int], bytes]]

UTOPIAN = MrzKey("L898902C", "690806", "940623")
UTOPIAN_MRZ = parse_mrz("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C<3UTO6908061F9406236ZE184226B<<<<<14")
PACE_KEY = MrzKey("T22000129", "640812", "101031")
GM_AES_128 = "0.4.0.127.0.7.2.2.4.2.2"


def test_bac_and_the_protected_commands_after_it(
    doc9303_11: Vectors, scripted: Scripted, random_from: RandomFrom
) -> None:
    """Appendices D.3 and D.4: access control, SELECT EF.COM, and two READ BINARY."""
    d3, d4 = doc9303_11["d3_bac"], doc9303_11["d4_secure_messaging"]
    chip = scripted(
        [
            (d3["get_challenge_command"], d3["get_challenge_response"]),
            (d3["external_authenticate_command"], d3["external_authenticate_response"]),
            *((step["protected_apdu"], step["rapdu"]) for step in d4),
        ]
    )
    channel = Channel(chip, 256)
    transcript = run_bac(channel, UTOPIAN, random_from(d3["rnd_ifd"], d3["k_ifd"]))
    data = [channel.require(CommandApdu.decode(bytes.fromhex(step["unprotected_apdu"])), "D.4") for step in d4]
    assert b"".join(data).hex().upper() == doc9303_11["d4_result"]["ef_com"]
    assert transcript == BacTranscript(bytes.fromhex(d3["rnd_ic"]), bytes.fromhex(d3["rnd_ifd"]))
    assert chip.finished


GM_INFOS = CardAccess(b"0", SecurityInfos((PaceInfo(GM_AES_128, 2, 13),)))
CAN_OFFER = ("0022C1A40F800A04007F00070202040202830102", "6A88")
MRZ_OFFER = ("0022C1A40F800A04007F00070202040202830101", "6A88")
NAMED_CAN_OFFER = ("0022C1A412800A04007F0007020204020283010284010D", "6A88")
NAMED_MRZ_OFFER = ("0022C1A412800A04007F0007020204020283010184010D", "6A88")
SELECT = "00A4040C07A0000002471001"


def test_every_key_is_tried_then_the_chip_has_refused(scripted: Scripted) -> None:
    chip = scripted([CAN_OFFER, NAMED_CAN_OFFER, MRZ_OFFER, NAMED_MRZ_OFFER])
    with pytest.raises(KeyRefused):
        open_chip(Channel(chip, 256), GM_INFOS, Opening((CanKey("000001"), PACE_KEY)), bytes, clock=float)
    assert chip.finished


def test_a_failing_pace_is_no_reason_for_bac(scripted: Scripted) -> None:
    chip = scripted([(MRZ_OFFER[0], "6985")])
    with pytest.raises(UnexpectedStatus):
        open_chip(Channel(chip, 256), GM_INFOS, Opening((PACE_KEY,)), bytes, clock=float)


def test_a_policy_may_allow_bac_after_a_failing_pace(
    doc9303_11: Vectors, scripted: Scripted, random_from: RandomFrom
) -> None:
    d3 = doc9303_11["d3_bac"]
    chip = scripted(
        [
            (MRZ_OFFER[0], "6985"),
            (SELECT, "9000"),
            (d3["get_challenge_command"], d3["get_challenge_response"]),
            (d3["external_authenticate_command"], d3["external_authenticate_response"]),
        ]
    )
    draw = random_from(d3["rnd_ifd"], d3["k_ifd"])
    opened = open_chip(Channel(chip, 256), GM_INFOS, Opening((UTOPIAN,)), draw, clock=float, fall_back_to_bac=True)
    assert opened.access.protocol == "BAC"
    assert opened.access.downgraded


def test_bac_takes_no_can(scripted: Scripted) -> None:
    with pytest.raises(KeyMissing):
        open_chip(
            Channel(scripted([(SELECT, "9000")]), 256), CardAccess(), Opening((CanKey("000001"),)), bytes, clock=float
        )


def test_pace_that_is_not_on_offer(scripted: Scripted) -> None:
    with pytest.raises(LinkError) as caught:
        open_chip(Channel(scripted([]), 256), CardAccess(), Opening((PACE_KEY,), AccessMode.PACE), bytes, clock=float)
    assert caught.value.code == "link.pace_not_offered"
    assert "--access auto" in caught.value.remedy


def test_bac_that_is_asked_for_and_not_done_where_pace_is(scripted: Scripted) -> None:
    chip = scripted([(SELECT, "9000"), ("0084000008", "6D00")])
    with pytest.raises(UnexpectedStatus) as caught:
        open_chip(Channel(chip, 256), GM_INFOS, Opening((UTOPIAN,), AccessMode.BAC), bytes, clock=float)
    assert (caught.value.code, caught.value.status_word) == ("link.unexpected_status", 0x6D00)
    assert "--access auto" in caught.value.remedy


def test_what_is_malformed_might_have_offered_pace(scripted: Scripted) -> None:
    with pytest.raises(LinkError) as caught:
        open_chip(Channel(scripted([]), 256), CardAccess(b"garbage"), Opening((PACE_KEY,)), bytes, clock=float)
    assert caught.value.code == "link.pace_failed"


NO_DIRECTORY = [("00B09E0000", "6A82"), ("00A4020C022F00", "6A82")]


@pytest.mark.parametrize("status", ["6A82", "6A81", "6D00", "6E00"])
def test_a_bank_card_gets_nothing_made_from_the_mrz(scripted: Scripted, status: str) -> None:
    chip = scripted([(SELECT, status), *NO_DIRECTORY])
    with pytest.raises(NotADocument):
        open_chip(Channel(chip, 256), CardAccess(), Opening((UTOPIAN,)), bytes, clock=float)
    assert chip.finished


def test_a_card_whose_directory_lists_the_application_has_it(scripted: Scripted) -> None:
    directory = ef_dir.encode([bytes.fromhex("A0000000041010"), EMRTD_AID]).hex()
    chip = scripted([(SELECT, "6A82"), ("00B09E0000", directory + "6282")])
    with pytest.raises(UnexpectedStatus) as caught:
        open_chip(Channel(chip, 256), CardAccess(), Opening((UTOPIAN,)), bytes, clock=float)
    assert caught.value.status_word == 0x6A82


def test_a_card_that_selected_something_else_gets_nothing_made_from_the_mrz(scripted: Scripted) -> None:
    chip = scripted([(SELECT, "6F098407A00000000410109000")])
    with pytest.raises(NotADocument):
        open_chip(Channel(chip, 256), CardAccess(), Opening((UTOPIAN,)), bytes, clock=float)
    assert chip.finished


@pytest.mark.parametrize("information", ["", "6F098407A0000002471001", "6F00", "84", "6F048402"])
def test_other_control_information_does_no_harm(scripted: Scripted, information: str) -> None:
    with pytest.raises(KeyMissing):
        open_chip(
            Channel(scripted([(SELECT, information + "9000")]), 256),
            CardAccess(),
            Opening((CanKey("000001"),)),
            bytes,
            clock=float,
        )


@pytest.mark.parametrize("status", ["6300", "6988", "63C4"])
def test_a_wrong_mrz(doc9303_11: Vectors, scripted: Scripted, random_from: RandomFrom, status: str) -> None:
    d3 = doc9303_11["d3_bac"]
    chip = scripted(
        [
            (SELECT, "9000"),
            (d3["get_challenge_command"], d3["get_challenge_response"]),
            (d3["external_authenticate_command"], status),
        ]
    )
    with pytest.raises(KeyRefused):
        open_chip(
            Channel(chip, 256), CardAccess(), Opening((UTOPIAN,)), random_from(d3["rnd_ifd"], d3["k_ifd"]), clock=float
        )


def test_bac_with_the_answer_of_another_session(
    doc9303_11: Vectors, scripted: Scripted, random_from: RandomFrom
) -> None:
    d3 = doc9303_11["d3_bac"]
    response = d3["external_authenticate_response"]
    chip = scripted(
        [
            (d3["get_challenge_command"], d3["get_challenge_response"]),
            (d3["external_authenticate_command"], "00" + response[2:]),
        ]
    )
    with pytest.raises(BrokenProtocol) as caught:
        run_bac(Channel(chip, 256), UTOPIAN, random_from(d3["rnd_ifd"], d3["k_ifd"]))
    assert caught.value.code == "access.bac.cryptogram_mac"


def test_bac_with_characters_that_no_mrz_has(scripted: Scripted) -> None:
    with pytest.raises(KeyRefused):
        run_bac(Channel(scripted([]), 256), MrzKey("L898 902C", "690806", "940623"), bytes)


def test_an_odd_answer_to_reading_card_access_is_no_offer(scripted: Scripted) -> None:
    """Chips without PACE refuse the file with 6985, 6D00 and others; the signed DG14 tells later if one was hidden."""
    manners = ReadingManners()

    def attempt() -> None:
        channel = Channel(scripted([(SELECT, "9000")]), 256, manners)
        open_chip(channel, CardAccess(doubtful=True), Opening((CanKey("000001"),)), bytes, clock=float)

    # A new session may show an offer after all.
    with pytest.raises(UnexpectedStatus):
        attempt()
    with pytest.raises(KeyMissing):
        attempt()


# --- Key after key on one chip


class FakeClock:
    """Stands still but for what a refusal takes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def keys(count: int, first: int = 0) -> tuple[MrzKey, ...]:
    return tuple(MrzKey(f"N{number}", "740812", "120415") for number in range(first, first + count))


def refusing_after(
    clock: FakeClock, seconds: Iterator[float], tried: list[AccessKey], *, right: AccessKey | None = None, **why: Any
) -> Callable[[AccessKey], str]:
    def run(key: AccessKey) -> str:
        tried.append(key)
        clock.now += next(seconds)
        if key == right:
            return "open"
        raise KeyRefused("refused", status_word=0x6300, **why)

    return run


@pytest.mark.parametrize(
    ("seconds", "guesses"),
    [
        ((0.1, 0.1, 0.1, 0.1), 3),
        ((0.1, 0.49, 0.49, 0.49), 3),  # slower, and nobody would notice
        ((0.7, 0.7, 0.7, 0.7), 3),  # slow from the beginning
        ((0.1, 0.6, 0.1, 0.1), 1),
        ((0.3, 0.8, 1.6, 0.1), 2),
        ((2.1, 0.1, 0.1, 0.1), 0),
        ((0.8, 1.0, 2.5, 0.1), 2),
    ],
)
def test_guessing_ends_when_the_chip_slows_down(seconds: tuple[float, ...], guesses: int) -> None:
    clock, tried = FakeClock(), list[AccessKey]()
    with pytest.raises(KeyRefused) as caught:
        first_accepted(
            keys(1),
            keys(3, 1),
            refusing_after(clock, iter(seconds), tried),
            clock,
            Refusals(),
            ("document_number", "birth_date"),
        )
    assert tried == list(keys(1 + guesses))
    assert caught.value.code == "access.key_refused"
    assert caught.value.status_word == 0x6300
    assert caught.value.suspicious_fields == ("document_number", "birth_date")
    assert "document number and the birth date" in caught.value.remedy
    assert (caught.value.step is not None) is (guesses < 3)


def test_what_was_presented_is_tried_however_slow_the_chip_is() -> None:
    """The candidates of a QR code are no guesses: one of them is the card's own."""
    clock, tried = FakeClock(), list[AccessKey]()
    run = refusing_after(clock, iter((0.1, 3.0, 5.0)), tried, right=keys(3)[2])
    assert first_accepted(keys(3), (), run, clock, Refusals()) == (keys(3)[2], "open")


def test_a_chip_that_counts_is_not_guessed_at() -> None:
    clock, tried = FakeClock(), list[AccessKey]()
    with pytest.raises(KeyRefused) as caught:
        first_accepted(keys(1), keys(3, 1), refusing_after(clock, iter((0.1,)), tried, tries_left=8), clock, Refusals())
    assert caught.value.tries_left == 8


def test_nothing_is_guessed_where_nothing_was_tried() -> None:
    clock, tried = FakeClock(), list[AccessKey]()
    run = refusing_after(clock, iter((0.1,)), tried, code="access.key_refused.password_unknown")
    with pytest.raises(KeyRefused):
        first_accepted(keys(1), keys(3, 1), run, clock, Refusals())
    assert len(tried) == 1


def lost_after(limit: int, run: Callable[[AccessKey], str]) -> Callable[[AccessKey], str]:
    """The session ends with the attempt after so many."""
    left = [limit]

    def until(key: AccessKey) -> str:
        if not left[0]:
            raise UnexpectedStatus("the chip wants a reset", status_word=0x6985)
        left[0] -= 1
        return run(key)

    return until


@pytest.mark.parametrize("limit", [1, 2])
def test_no_key_is_tried_twice_where_every_refusal_costs_the_session(limit: int) -> None:
    clock, tried, refused = FakeClock(), list[AccessKey](), Refusals()
    run = refusing_after(clock, iter([0.1] * 4), tried, right=keys(4)[3])
    for _ in range(1, 4 // limit):
        with pytest.raises(UnexpectedStatus):
            first_accepted(keys(2), keys(2, 2), lost_after(limit, run), clock, refused)
    assert first_accepted(keys(2), keys(2, 2), lost_after(limit, run), clock, refused) == (keys(4)[3], "open")
    assert tried == list(keys(4))


def test_where_all_keys_were_refused_in_earlier_sessions_that_is_said() -> None:
    clock, refused = FakeClock(), Refusals()
    for _ in range(2):
        tried = list[AccessKey]()
        with pytest.raises(KeyRefused) as caught:
            first_accepted(keys(2), (), refusing_after(clock, iter([0.1] * 2), tried), clock, refused)
        assert caught.value.status_word == 0x6300
    assert tried == []


def test_on_another_card_all_keys_may_be_tried_but_pins() -> None:
    clock, tried, refused = FakeClock(), list[AccessKey](), Refusals()
    pin, can = PinKey("123456"), CanKey("123456")
    run = refusing_after(clock, iter([0.1] * 9), tried)
    for _ in range(2):
        with pytest.raises(KeyRefused):
            first_accepted((pin, can), (), run, clock, refused)
        refused = refused.for_any_card()
    assert tried == [pin, can, can]
    with pytest.raises(KeyRefused):
        first_accepted((pin,), (), run, clock, refused)


@given(
    presented=st.integers(0, 9),
    guesses=st.integers(0, 9),
    right=st.integers(0, 20),
    seconds=st.lists(st.floats(0, 4), min_size=20, max_size=20),
)
def test_attempts_are_bounded_and_in_order(presented: int, guesses: int, right: int, seconds: list[float]) -> None:
    clock, tried = FakeClock(), list[AccessKey]()
    everything = keys(presented + guesses)
    run = refusing_after(clock, iter(seconds), tried, right=MrzKey(f"N{right}", "740812", "120415"))
    try:
        key, _ = first_accepted(everything[:presented], everything[presented:], run, clock, Refusals())
    except KeyRefused:
        assert len(tried) >= min(presented, 6)
    except KeyMissing:
        assert not tried
    else:
        assert key == tried[-1]
    assert len(tried) <= min(6, max(presented, 0) + 3)
    expected = [*everything[: min(presented, 6)], *everything[presented:]]
    assert tried == expected[: len(tried)]


# --- With a simulated chip


def seeded(seed: int) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


def simulated(
    *, pace: bool, manners: ChipManners | None = None, sleep: Callable[[float], None] = lambda _: None
) -> Any:
    infos = (PaceInfo(GM_AES_128, 2, 13),) if pace else ()
    chip = Personalisation({}, UTOPIAN_MRZ, can="123456", pin="246813", pace=infos)
    return SimulatedChip(chip, seeded(1), None, manners, sleep=sleep)


def opened(chip: Any, opening: Opening, *, pace: bool, clock: Callable[[], float] = float) -> Any:
    return open_chip(Channel(chip, 256), GM_INFOS if pace else CardAccess(), opening, seeded(2), clock=clock)


@pytest.mark.parametrize("pace", [True, False])
def test_a_letter_o_for_a_zero_opens_the_chip_all_the_same(pace: bool) -> None:
    found = opened(simulated(pace=pace), opening_from_fields("L8989O2C", "690806", "94O623"), pace=pace)
    check = next(check for check in found.checks if check.id is (CheckId.ACCESS_PACE if pace else CheckId.ACCESS_BAC))
    assert check.evidence["repaired"] == "document number, expiry date"
    assert found.key == UTOPIAN
    assert isinstance(found.transcript, PaceTranscript if pace else BacTranscript)
    assert "L8989" not in repr(found)
    assert "690806" not in repr(found)


def test_the_second_expiry_of_somebody_born_on_a_leap_day_opens_by_bac() -> None:
    """The law leaves two days for the expiry: the QR code's keys are tried in turn, and none is a guess."""
    opening = opening_from_qr("001000000001||Lê Văn Nhuận|29022000|Nam||03042022")
    can, _, second = opening.keys
    assert (can, opening.repairs) == (CanKey("000001"), ())
    assert isinstance(second, MrzKey)
    mrz = build_citizen_card_mrz(
        CitizenNumber("001000000001"),
        birth_yymmdd=second.birth,
        sex="M",
        expiry_yymmdd=second.expiry,
        surname="Lê",
        given_names="Văn Nhuận",
    )
    chip = SimulatedChip(Personalisation({}, parse_mrz(mrz)), seeded(1))
    assert opened(chip, opening, pace=False).key == second


def test_a_key_as_presented_was_not_repaired() -> None:
    found = opened(simulated(pace=False), opening_from_fields("L898902C", "690806", "940623"), pace=False)
    assert all("repaired" not in check.evidence for check in found.checks)


@pytest.mark.parametrize("pace", [True, False])
def test_a_chip_that_slows_down_is_not_guessed_at(pace: bool) -> None:
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    # The right key is the second guess, and the chip is not asked for it: it takes a second more each time.
    chip = simulated(pace=pace, manners=ChipManners(delay_after_failure=1.0), sleep=sleep)
    wrong = (MrzKey("L8989O2C", "690806", "940623"), MrzKey("X", "690806", "940623"))
    opening = Opening(wrong[:1], repairs=(*wrong[1:], UTOPIAN), suspicious_fields=("document_number",))
    with pytest.raises(KeyRefused) as caught:
        opened(chip, opening, pace=pace, clock=clock)
    assert caught.value.suspicious_fields == ("document_number",)
    assert caught.value.step is not None
    assert "slows down" in caught.value.step


def test_a_suspended_pin_leaves_the_opening_to_the_can() -> None:
    chip = simulated(pace=True)
    for _ in range(4):
        with pytest.raises(KeyRefused):
            opened(chip, Opening((PinKey("000000"),)), pace=True)
        chip.reset()
    with pytest.raises(KeyRefused) as caught:
        opened(chip, Opening((PinKey("246813"),)), pace=True)
    assert (caught.value.code, caught.value.tries_left) == ("access.pin_last_try", 1)
    assert "CAN" in caught.value.remedy
    chip.reset()
    assert opened(chip, Opening((PinKey("246813"), CanKey("123456"))), pace=True).access.password == "CAN"


def test_a_pin_that_is_not_suspended() -> None:
    found = opened(simulated(pace=True), Opening((PinKey("246813"), CanKey("123456"))), pace=True)
    assert found.access.password == "PIN"
