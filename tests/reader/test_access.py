"""Opening a chip: the worked examples of Doc 9303-11 byte for byte, and what happens when a chip says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crypto import curves
from crypto.iso7816 import CommandApdu
from crypto.protocols import parse_pace_oid
from reader.access import open_chip
from reader.access.bac import run_bac
from reader.access.card_access import CardAccess
from reader.access.pace import PaceOffer, best_offer, run_pace
from reader.channel import Channel
from reader.errors import BrokenProtocol, KeyMissing, KeyRefused, LinkError, NotADocument, UnexpectedStatus
from reader.keys import AccessMode, CanKey, MrzKey, Opening
from reader.lds.security_infos import PaceInfo, SecurityInfos

Vectors = dict[str, Any]
Scripted = Callable[..., Any]
RandomFrom = Callable[..., Callable[[int], bytes]]

UTOPIAN = MrzKey("L898902C", "690806", "940623")
PACE_KEY = MrzKey("T22000129", "640812", "101031")
GM_AES_128 = "0.4.0.127.0.7.2.2.4.2.2"


def g1_exchanges(vectors: Vectors) -> list[tuple[str, str]]:
    g1 = vectors["g1_pace_gm_ecdh"]
    steps = ("mse_set_at", "encrypted_nonce", "map_nonce", "perform_key_agreement", "mutual_authentication")
    return [(g1[step]["t_to_c"], g1[step]["c_to_t"]) for step in steps]


@pytest.fixture
def g1_random(doc9303_11: Vectors, random_from: RandomFrom) -> Callable[[int], bytes]:
    g1 = doc9303_11["g1_pace_gm_ecdh"]
    return random_from(g1["map_nonce"]["terminal_private_key"], g1["perform_key_agreement"]["terminal_private_key"])


def offer(parameter_id: int | None = None) -> PaceOffer:
    return PaceOffer(parse_pace_oid(GM_AES_128), curves.BRAINPOOL_P256R1, parameter_id)


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
    run_bac(channel, UTOPIAN, random_from(d3["rnd_ifd"], d3["k_ifd"]))
    data = [channel.require(CommandApdu.decode(bytes.fromhex(step["unprotected_apdu"])), "D.4") for step in d4]
    assert b"".join(data).hex().upper() == doc9303_11["d4_result"]["ef_com"]
    assert chip.finished


def test_pace_with_generic_mapping(doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes]) -> None:
    """Appendix G.1, all five exchanges."""
    chip = scripted(g1_exchanges(doc9303_11))
    channel = Channel(chip, 256)
    run_pace(channel, offer(), PACE_KEY, g1_random)
    assert chip.finished
    assert channel.suite is not None
    assert channel.max_le == 223


def test_a_wrong_token_of_the_chip_is_a_broken_protocol(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes]
) -> None:
    *exchanges, (command, _) = g1_exchanges(doc9303_11)
    chip = scripted([*exchanges, (command, "7C0A8608" + "00" * 8 + "9000")])
    with pytest.raises(BrokenProtocol) as caught:
        run_pace(Channel(chip, 256), offer(), PACE_KEY, g1_random)
    assert caught.value.code == "access.pace.token"


@pytest.mark.parametrize("status", ["6300", "63C2", "6A80", "6982", "6988"])
def test_a_refused_token_is_a_refused_key(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes], status: str
) -> None:
    *exchanges, (command, _) = g1_exchanges(doc9303_11)
    with pytest.raises(KeyRefused):
        run_pace(Channel(scripted([*exchanges, (command, status)]), 256), offer(), PACE_KEY, g1_random)


@pytest.mark.parametrize(
    "answer",
    [
        "7C0280009000",  # no nonce
        "7C1281100000000000000000000000000000000000009000",  # under another tag
        "7D1280100000000000000000000000000000000000009000",  # in another template
        "7C148010000000000000000000000000000000008100009000",  # with something beside it
        "80100000000000000000000000000000000000009000",  # without the template
        "9000",
    ],
)
def test_a_nonce_in_another_wrapping_ends_pace(doc9303_11: Vectors, scripted: Scripted, answer: str) -> None:
    first, (command, _), *_ = g1_exchanges(doc9303_11)
    with pytest.raises(BrokenProtocol):
        run_pace(Channel(scripted([first, (command, answer)]), 256), offer(), PACE_KEY, bytes)


def test_a_mapping_key_off_the_curve_ends_pace(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes]
) -> None:
    first, second, (command, response), *_ = g1_exchanges(doc9303_11)
    moved = response[:-6] + f"{int(response[-6:-4], 16) ^ 1:02X}9000"
    with pytest.raises(BrokenProtocol) as caught:
        run_pace(Channel(scripted([first, second, (command, moved)]), 256), offer(), PACE_KEY, g1_random)
    assert caught.value.code == "access.pace.point_invalid"


def test_the_strongest_offer_that_we_can_do() -> None:
    found = best_offer(
        [
            PaceInfo("0.4.0.127.0.7.2.2.4.1.4", 2, 2),  # DH
            PaceInfo("0.4.0.127.0.7.2.2.4.4.4", 2, 13),  # integrated mapping
            PaceInfo("0.4.0.127.0.7.2.2.4.2.1", 2, 13),  # 3DES
            PaceInfo(GM_AES_128, 2, 13),
            PaceInfo("0.4.0.127.0.7.2.2.4.2.4", 2, 40),  # the issuer's own parameters
            PaceInfo("1.2.3", 2, 13),
        ]
    )
    assert found == offer(parameter_id=13)
    assert best_offer([PaceInfo(GM_AES_128, 2, 13)]) == offer()
    assert best_offer([PaceInfo("0.4.0.127.0.7.2.2.4.4.2", 2, 13)]) is None


def test_the_parameters_are_named_where_the_chip_has_several(scripted: Scripted) -> None:
    chip = scripted([("0022C1A412800A04007F0007020204020283010284010D", "6A80")])
    with pytest.raises(UnexpectedStatus):
        run_pace(Channel(chip, 256), offer(parameter_id=13), CanKey("000001"), bytes)


GM_INFOS = CardAccess(b"0", SecurityInfos((PaceInfo(GM_AES_128, 2, 13),)))
CAN_OFFER = ("0022C1A40F800A04007F00070202040202830102", "6A88")
MRZ_OFFER = ("0022C1A40F800A04007F00070202040202830101", "6A88")
SELECT = "00A4040C07A0000002471001"


def test_every_key_is_tried_then_the_chip_has_refused(scripted: Scripted) -> None:
    chip = scripted([CAN_OFFER, MRZ_OFFER])
    with pytest.raises(KeyRefused):
        open_chip(Channel(chip, 256), GM_INFOS, Opening((CanKey("000001"), PACE_KEY)), bytes)
    assert chip.finished


def test_a_failing_pace_is_no_reason_for_bac(scripted: Scripted) -> None:
    chip = scripted([(MRZ_OFFER[0], "6985")])
    with pytest.raises(UnexpectedStatus):
        open_chip(Channel(chip, 256), GM_INFOS, Opening((PACE_KEY,)), bytes)


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
    opened = open_chip(Channel(chip, 256), GM_INFOS, Opening((UTOPIAN,)), draw, fall_back_to_bac=True)
    assert opened.access.protocol == "BAC"
    assert opened.access.downgraded


def test_bac_takes_no_can(scripted: Scripted) -> None:
    with pytest.raises(KeyMissing):
        open_chip(Channel(scripted([(SELECT, "9000")]), 256), CardAccess(), Opening((CanKey("000001"),)), bytes)


def test_pace_that_is_not_on_offer(scripted: Scripted) -> None:
    with pytest.raises(LinkError) as caught:
        open_chip(Channel(scripted([]), 256), CardAccess(), Opening((PACE_KEY,), AccessMode.PACE), bytes)
    assert caught.value.code == "link.pace_not_offered"


def test_what_is_malformed_might_have_offered_pace(scripted: Scripted) -> None:
    with pytest.raises(LinkError) as caught:
        open_chip(Channel(scripted([]), 256), CardAccess(b"garbage"), Opening((PACE_KEY,)), bytes)
    assert caught.value.code == "link.pace_failed"


@pytest.mark.parametrize("status", ["6A82", "6A81", "6D00", "6E00", "6A86"])
def test_a_bank_card_gets_nothing_made_from_the_mrz(scripted: Scripted, status: str) -> None:
    chip = scripted([(SELECT, status)])
    with pytest.raises(NotADocument):
        open_chip(Channel(chip, 256), CardAccess(), Opening((UTOPIAN,)), bytes)
    assert chip.finished


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
        open_chip(Channel(chip, 256), CardAccess(), Opening((UTOPIAN,)), random_from(d3["rnd_ifd"], d3["k_ifd"]))


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
