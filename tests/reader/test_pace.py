"""PACE, the terminal's side: the worked examples of Doc 9303-11, every kind with a simulated chip, refusals."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from crypto import ciphers, pace, pace_cam, tlv
from crypto.groups import STANDARDIZED, Group
from crypto.iso7816 import CommandApdu
from crypto.protocols import oid_der, parse_pace_oid
from reader.access.pace import (
    PASSWORD_UNKNOWN,
    PROOF_MALFORMED,
    PROOF_MISSING,
    OfferRefused,
    PaceDialogue,
    PaceRun,
    run_pace,
)
from reader.access.pace_offers import PaceOffer, offers
from reader.access.password import NOT_A_PASSWORD
from reader.access.transcript import MappingProof
from reader.channel import Channel
from reader.errors import BrokenProtocol, CardRemoved, KeyRefused, UnexpectedStatus
from reader.keys import AccessKey, CanKey, MrzKey, PinKey, PukKey
from reader.lds.mrz import parse_mrz
from reader.lds.security_infos import PaceInfo
from simulator.chip import SimulatedChip
from simulator.faults import Emission, Fault
from simulator.manners import ChipManners
from simulator.personalisation import ChipAuthenticationKey, Personalisation

Vectors = dict[str, Any]
Scripted = Callable[..., Any]
RandomFrom = Callable[..., Callable[[int], bytes]]

PACE_KEY = MrzKey("T22000129", "640812", "101031")
CAM_KEY = MrzKey("C11T002JM", "960812", "231031")
CAN, PIN, PUK = CanKey("123456"), PinKey("246813"), PukKey("9876543210")
MRZ = parse_mrz("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10")
MRZ_KEY = MrzKey("L898902C3", "740812", "120415")

OID = "0.4.0.127.0.7.2.2.4.{mapping}.{cipher}"
GM_DH, GM, IM_DH, IM, CAM = 1, 2, 3, 4, 6
TDES, AES_128, AES_192, AES_256 = 1, 2, 3, 4
GM_AES_128 = OID.format(mapping=GM, cipher=AES_128)


def offer(mapping: int = GM, cipher: int = AES_128, parameter_id: int = 13, *, ambiguous: bool = False) -> PaceOffer:
    protocol = parse_pace_oid(OID.format(mapping=mapping, cipher=cipher))
    return PaceOffer(protocol, STANDARDIZED[parameter_id], parameter_id, ambiguous)


def exchanges(example: Vectors) -> list[tuple[str, str]]:
    steps = ("mse_set_at", "encrypted_nonce", "map_nonce", "perform_key_agreement", "mutual_authentication")
    return [
        (example[step]["t_to_c"], example[step].get("c_to_t_itemized") or example[step]["c_to_t"]) for step in steps
    ]


@pytest.fixture
def g1_random(doc9303_11: Vectors, random_from: RandomFrom) -> Callable[[int], bytes]:
    g1 = doc9303_11["g1_pace_gm_ecdh"]
    return random_from(g1["map_nonce"]["terminal_private_key"], g1["perform_key_agreement"]["terminal_private_key"])


def point(coordinates: Vectors) -> bytes:
    return bytes.fromhex("04" + coordinates["x"] + coordinates["y"])


# --- The worked examples


@pytest.mark.parametrize(
    ("name", "mapping", "parameter_id", "key"),
    [
        ("g1_pace_gm_ecdh", GM, 13, PACE_KEY),
        ("g2_pace_gm_dh", GM_DH, 0, PACE_KEY),
        ("i_pace_cam", CAM, 13, CAM_KEY),
    ],
)
def test_the_worked_examples_to_the_byte(
    doc9303_11: Vectors,
    scripted: Scripted,
    random_from: RandomFrom,
    name: str,
    mapping: int,
    parameter_id: int,
    key: MrzKey,
) -> None:
    """Appendices G.1, G.2 and I, all five exchanges."""
    example = doc9303_11[name]
    chip = scripted(exchanges(example))
    channel = Channel(chip, 256)
    privates = (example[step]["terminal_private_key"] for step in ("map_nonce", "perform_key_agreement"))
    run = run_pace(channel, offer(mapping, parameter_id=parameter_id), key, random_from(*privates))
    assert chip.finished
    assert channel.suite is not None
    assert channel.max_le == 223
    transcript = run.transcript
    assert transcript.protocol == example["oid"]
    assert transcript.encrypted_nonce.hex().upper() == example["encrypted_nonce"]["z"]
    proof = example["mutual_authentication"]
    assert transcript.terminal_token.hex().upper() == proof["t_ifd"]
    assert transcript.chip_token.hex().upper() == proof["t_ic"]
    assert (run.mapping_proof is None) is (mapping != CAM)


def test_the_authorities_that_the_chip_of_g2_names(
    doc9303_11: Vectors, scripted: Scripted, random_from: RandomFrom
) -> None:
    """The unitemized response of appendix G.2 has an object 87 beside the token; status bytes are missing in print."""
    example = doc9303_11["g2_pace_gm_dh"]
    *first, (command, _) = exchanges(example)
    chip = scripted([*first, (command, example["mutual_authentication"]["c_to_t"] + "9000")])
    privates = (example[step]["terminal_private_key"] for step in ("map_nonce", "perform_key_agreement"))
    run_pace(Channel(chip, 256), offer(GM_DH, parameter_id=0), PACE_KEY, random_from(*privates))
    assert chip.finished


def test_chip_authentication_mapping_leaves_its_proof(
    doc9303_11: Vectors, scripted: Scripted, random_from: RandomFrom
) -> None:
    example = doc9303_11["i_pace_cam"]
    privates = (example[step]["terminal_private_key"] for step in ("map_nonce", "perform_key_agreement"))
    run = run_pace(Channel(scripted(exchanges(example)), 256), offer(CAM), CAM_KEY, random_from(*privates))
    proof, expected = run.mapping_proof, example["chip_authentication"]
    assert proof is not None
    assert proof.flaw is None
    assert proof.data.hex().upper() == expected["decrypted_chip_authentication_data"]
    assert proof.chip_map_public == point(expected["pk_map_ic"])
    assert run.transcript.sealed_chip_data.hex().upper() == expected["encrypted_chip_authentication_data"]
    assert pace_cam.proves_static_key(proof.group, proof.data, proof.chip_map_public, point(expected["pk_ic"]))


@pytest.mark.parametrize("no_data", ["7C00", "7C028200", ""])
@pytest.mark.parametrize(("name", "mapping"), [("h1_pace_im_ecdh", IM), ("h2_pace_im_dh", IM_DH)])
def test_the_examples_of_integrated_mapping(
    doc9303_11: Vectors, scripted: Scripted, random_from: RandomFrom, name: str, mapping: int, no_data: str
) -> None:
    """Appendices H.1 and H.2, which print values and no commands; no password printed gives their Kπ."""
    example, way = doc9303_11[name], offer(mapping, parameter_id=13 if mapping == IM else 0)
    group = way.group
    password = pace.password_key(b"123456", way.protocol.suite)
    nonce = pace.encrypt_nonce(way.protocol.suite, password, bytes.fromhex(example["encrypted_nonce"]["s"])).hex()
    agreement, proof = example["perform_key_agreement"], example["mutual_authentication"]
    keys = [
        agreement[f"{side}_public_key"] if mapping == IM_DH else point(agreement[f"{side}_public_key"]).hex()
        for side in ("terminal", "chip")
    ]
    # The private key of appendix H.2 is longer than the group's order, which it is reduced by.
    order_length = (group.order.bit_length() + 7) // 8
    private = int(agreement["terminal_private_key"], 16) % group.order
    t = example["map_nonce"]["t"]
    template = tlv.encode(0x80, oid_der(example["oid"])) + bytes.fromhex("830102")
    chip = scripted(
        [
            (CommandApdu(0x00, 0x22, 0xC1, 0xA4, template).encode().hex(), "9000"),
            ("10860000027C0000", answer(0x80, nonce)),
            (command(0x81, t), no_data + "9000"),
            (command(0x83, keys[0]), answer(0x84, keys[1])),
            (command(0x85, proof["t_ifd"], last=True), answer(0x86, proof["t_ic"])),
        ]
    )
    run = run_pace(Channel(chip, 256), way, CAN, random_from(t, private.to_bytes(order_length, "big").hex()))
    assert chip.finished
    assert run.transcript.terminal_nonce.hex().upper() == t
    assert run.transcript.terminal_map_key == run.transcript.chip_map_key == b""


def command(tag: int, value: str, *, last: bool = False) -> str:
    data = tlv.encode(0x7C, tlv.encode(tag, bytes.fromhex(value)))
    return CommandApdu(0x00 if last else 0x10, 0x86, 0x00, 0x00, data, 256).encode().hex()


def answer(tag: int, value: str) -> str:
    return tlv.encode(0x7C, tlv.encode(tag, bytes.fromhex(value))).hex() + "9000"


# --- Against a simulated chip


def seeded(seed: int = 9303) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


def simulated(
    *infos: PaceInfo, manners: ChipManners | None = None, fault: Fault | None = None, cam: Iterable[int] = ()
) -> SimulatedChip:
    cam_keys = tuple(ChipAuthenticationKey(STANDARDIZED[number], 12345, ()) for number in cam)
    chip = Personalisation(
        {}, MRZ, can=CAN.digits, pin=PIN.digits, puk=PUK.digits, bac=False, pace=infos, cam_keys=cam_keys
    )
    return SimulatedChip(chip, seeded(11), fault, manners)


def info(way: PaceOffer) -> PaceInfo:
    return PaceInfo(way.protocol.oid, 2, way.parameter_id)


CURVES = range(8, 19)
EVERY_KIND = [
    *(offer(GM_DH, cipher, number) for cipher in (1, 4) for number in (0, 1, 2)),
    *(offer(IM_DH, cipher, number) for cipher in (2, 3) for number in (0, 1, 2)),
    *(offer(GM, TDES + number % 4, number) for number in CURVES),
    *(offer(IM, TDES + number % 4, number) for number in CURVES if number != 10),
    *(offer(CAM, AES_128 + number % 3, number) for number in CURVES),
]


@pytest.mark.parametrize("way", EVERY_KIND, ids=lambda way: f"{way.protocol.oid[20:]}-{way.group.name}")
@pytest.mark.parametrize("longest", [256, 65_536], ids=["short", "extended"])
def test_every_mapping_group_and_cipher(way: PaceOffer, longest: int) -> None:
    assert offers([info(way)]) == (way,)
    chip = simulated(info(way), cam=(way.parameter_id,) if way.protocol.mapping == "CAM" else ())  # type: ignore[arg-type]
    channel = Channel(chip, longest)
    run = PaceDialogue(channel, [way], seeded()).run(CAN)
    # The master file is selected and the channel works: there is no such file.
    assert channel.send(CommandApdu(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1c"), "test").sw == 0x6A82
    if run.mapping_proof is not None:
        proves(run.mapping_proof)


def proves(proof: MappingProof) -> None:
    group: Group = proof.group
    static = group.public_key(12345)
    assert proof.flaw is None
    assert pace_cam.proves_static_key(group, proof.data, proof.chip_map_public, static)


@pytest.mark.parametrize("key", [MRZ_KEY, CAN, PIN, PUK], ids=lambda key: key.kind)
def test_every_password(key: AccessKey) -> None:
    chip = simulated(info(offer()))
    assert PaceDialogue(Channel(chip, 256), [offer()], seeded()).run(key).offer == offer()


@pytest.mark.parametrize("manners", [ChipManners(extended_length=False), ChipManners(max_command=261)])
def test_a_chip_without_extended_length_gets_long_keys_in_pieces(manners: ChipManners) -> None:
    """A key of 256 bytes fills more than the short form; what the chip refused once is not tried again."""
    chip = simulated(info(offer(GM_DH, AES_128, 2)), manners=manners)
    channel = Channel(chip, 65_536)
    run_pace(channel, offer(GM_DH, AES_128, 2), CAN, seeded())
    assert not channel.extended_length
    assert channel.suite is not None


class Padding:
    """Widens the chip's Diffie-Hellman keys by a leading zero, and computes its token over them as they went out."""

    def __init__(self, chip: SimulatedChip) -> None:
        self.chip = chip

    def transmit(self, raw: bytes) -> bytes:
        response = self.chip.transmit(raw)
        template = tlv.parse(response[:-2])
        if response[-2:] != b"\x90\x00" or not template or template[0].tag != 0x7C:
            return response
        inner = tlv.parse(template[0].value)
        if inner[0].tag != 0x82:
            return response
        return tlv.encode(0x7C, tlv.encode(0x82, b"\0" + inner[0].value)) + response[-2:]


def test_a_key_with_a_leading_zero_is_the_same_key() -> None:
    way = offer(GM_DH, AES_128, 0)
    run = run_pace(Channel(Padding(simulated(info(way))), 256), way, CAN, seeded())
    assert run.transcript.chip_map_key[0] == 0


def test_diffie_hellman_keys_that_are_shorter_than_their_field() -> None:
    """One key in 256 is: both sides must agree whether it is written with its leading zero."""
    way, draw = offer(GM_DH, AES_128, 0), seeded()
    chip = simulated(info(way))
    shorter = 0
    for _ in range(200):
        chip.reset()
        run = run_pace(Channel(chip, 256), way, CAN, draw)
        shorter += min(len(run.transcript.terminal_key), len(run.transcript.chip_key)) < 128
    assert shorter, "the seed gives no such key"


# --- Offers that a chip does not keep


def refusing(chip: SimulatedChip, answers: dict[str, str]) -> Any:
    """Answers some commands, by a part of them, in the chip's place."""

    class Refusing:
        def __init__(self) -> None:
            self.seen: list[str] = []

        def transmit(self, raw: bytes) -> bytes:
            self.seen.append(raw.hex().upper())
            for part, status in answers.items():
                if part in self.seen[-1]:
                    return bytes.fromhex(status)
            return chip.transmit(raw)

    return Refusing()


def set_at(way: PaceOffer, reference: int = 2, *, named: bool = False) -> str:
    template = tlv.encode(0x80, oid_der(way.protocol.oid)) + bytes((0x83, 1, reference))
    if named and way.parameter_id is not None:
        template += bytes((0x84, 1, way.parameter_id))
    return CommandApdu(0x00, 0x22, 0xC1, 0xA4, template).encode().hex().upper()


BEST, NEXT = offer(CAM, AES_256), offer(GM, AES_128)


@pytest.mark.parametrize("status", ["6A80", "6A81", "6A86", "6A87", "6A88", "6D00", "6B00"])
def test_the_next_offer_where_the_chip_refuses_the_best(status: str) -> None:
    chip = refusing(simulated(info(BEST), info(NEXT), cam=(13,)), {oid_der(BEST.protocol.oid).hex().upper(): status})
    run = PaceDialogue(Channel(chip, 256), [BEST, NEXT], seeded()).run(CAN)
    assert run.offer == NEXT


def test_the_next_offer_where_the_chip_has_no_nonce_for_the_best() -> None:
    chip = simulated(info(NEXT))
    asked = refusing(chip, {set_at(BEST): "9000"})  # a chip that takes any template, and then knows nothing of it
    answers = iter([bytes.fromhex("6A80")])
    transmit = asked.transmit
    asked.transmit = lambda raw: next(answers, None) or transmit(raw) if raw[1] == 0x86 else transmit(raw)
    assert PaceDialogue(Channel(asked, 256), [BEST, NEXT], seeded()).run(CAN).offer == NEXT


def test_parameters_are_named_where_the_chip_wants_it_after_all() -> None:
    way = offer()
    chip = refusing(simulated(info(way)), {set_at(way): "6A87"})
    run = PaceDialogue(Channel(chip, 256), [way], seeded()).run(CAN)
    assert run.offer == replace(way, ambiguous=True)
    assert chip.seen[:2] == [set_at(way), set_at(way, named=True)]


def test_several_domain_parameters_are_named_at_once() -> None:
    ways = offers([PaceInfo(GM_AES_128, 2, 13), PaceInfo(GM_AES_128, 2, 12)])
    assert [way.parameter_id for way in ways] == [13, 12]
    chip = refusing(simulated(*map(info, ways)), {})
    assert PaceDialogue(Channel(chip, 256), ways, seeded()).run(CAN).offer == ways[0]
    assert chip.seen[0] == set_at(ways[0], named=True)


def test_no_weaker_offer_after_a_refused_token() -> None:
    chip = refusing(simulated(info(BEST), info(NEXT), cam=(13,)), {})
    dialogue = PaceDialogue(Channel(chip, 256), [BEST, NEXT], seeded())
    for _ in range(2):
        with pytest.raises(KeyRefused) as caught:
            dialogue.run(CanKey("000000"))
        assert caught.value.status_word == 0x6300
    assert set(filter(lambda sent: sent.startswith("0022"), chip.seen)) == {set_at(BEST)}


def test_no_weaker_offer_after_a_wrong_token() -> None:
    fault = Fault("test", "test", "reject", tamper={Emission.PACE_TOKEN: lambda token: bytes(len(token))})
    chip = refusing(simulated(info(BEST), info(NEXT), cam=(13,), fault=fault), {})
    with pytest.raises(BrokenProtocol) as caught:
        PaceDialogue(Channel(chip, 256), [BEST, NEXT], seeded()).run(CAN)
    assert caught.value.code == "access.pace.token"
    assert set_at(NEXT) not in chip.seen


def test_a_chip_that_refuses_everything_is_asked_a_bounded_number_of_times() -> None:
    ways = offers(PaceInfo(OID.format(mapping=m, cipher=c), 2, 13) for m in (GM, IM) for c in range(1, 5))
    chip = refusing(simulated(), {"0022": "6A80"})
    with pytest.raises(OfferRefused):
        PaceDialogue(Channel(chip, 256), ways, seeded()).run(CAN)
    assert 2 <= len(chip.seen) <= 8


def test_a_password_that_the_chip_has_not_is_not_asked_for_again() -> None:
    chip = refusing(SimulatedChip(Personalisation({}, MRZ, bac=False, pace=(info(offer()),)), seeded()), {})
    dialogue = PaceDialogue(Channel(chip, 256), [offer()], seeded())
    for key in (CAN, CanKey("654321")):
        with pytest.raises(KeyRefused) as caught:
            dialogue.run(key)
        assert caught.value.code == PASSWORD_UNKNOWN
    assert len(chip.seen) == 2
    assert dialogue.run(MRZ_KEY).offer == offer()


@pytest.mark.parametrize("key", [CanKey("12345٦"), MrzKey("l898902c", "740812", "120415"), MrzKey("X", "74081", "1")])
def test_characters_that_no_password_has_are_not_sent(scripted: Scripted, key: AccessKey) -> None:
    with pytest.raises(KeyRefused) as caught:
        PaceDialogue(Channel(scripted([]), 256), [offer()], seeded()).run(key)
    assert caught.value.code == NOT_A_PASSWORD


# --- PINs


def wrong_pin(chip: SimulatedChip) -> KeyRefused:
    chip.reset()
    with pytest.raises(KeyRefused) as caught:
        run_pace(Channel(chip, 256), offer(), PinKey("000000"), seeded())
    return caught.value


def test_a_pin_keeps_its_last_try() -> None:
    chip = simulated(info(offer()))
    assert [(error.code, error.tries_left) for error in (wrong_pin(chip), wrong_pin(chip))] == [
        ("access.key_refused", 2),
        ("access.key_refused", 1),
    ]
    for _ in range(3):
        refused = wrong_pin(chip)
        assert (refused.code, refused.tries_left) == ("access.pin_last_try", 1)
    # The CAN opens the document all the same; the right PIN is not tried either.
    with pytest.raises(KeyRefused):
        run_pace(Channel(chip, 256), offer(), PIN, seeded())
    run_pace(Channel(chip, 256), offer(), CAN, seeded())


@pytest.mark.parametrize(
    ("key", "status", "code", "left"),
    [
        (PIN, "63C1", "access.pin_last_try", 1),
        (PIN, "63C0", "access.pin_blocked", 0),
        (PIN, "6983", "access.pin_blocked", 0),
        (PIN, "6984", "access.pin_deactivated", None),
        (PIN, "6283", "access.pin_deactivated", None),
        (PUK, "63C1", "access.puk_last_try", 1),
        (PUK, "63C0", "access.puk_blocked", 0),
        (CAN, "6983", "access.key_refused.password_blocked", 0),
    ],
)
def test_a_password_that_may_not_be_tried(
    scripted: Scripted, key: AccessKey, status: str, code: str, left: int | None
) -> None:
    reference = {"PIN": 3, "PUK": 4, "CAN": 2}[key.kind]
    chip = scripted([(set_at(offer(), reference), status)])
    with pytest.raises(KeyRefused) as caught:
        PaceDialogue(Channel(chip, 256), [offer()], seeded()).run(key)
    assert chip.finished
    assert (caught.value.code, caught.value.tries_left) == (code, left)


class Breaking:
    """Loses the answer to the last command of PACE, which carries the terminal's token."""

    def __init__(self, chip: SimulatedChip) -> None:
        self.chip = chip

    def transmit(self, raw: bytes) -> bytes:
        response = self.chip.transmit(raw)
        if raw.startswith(bytes.fromhex("00860000")):
            raise CardRemoved("lifted")
        return response


def test_a_pin_whose_answer_is_lost_is_not_tried_again() -> None:
    chip = Breaking(simulated(info(offer())))
    with pytest.raises(KeyRefused) as caught:
        run_pace(Channel(chip, 256), offer(), PIN, seeded())
    assert caught.value.code == "access.pin_unanswered"
    with pytest.raises(CardRemoved):
        run_pace(Channel(chip, 256), offer(), CAN, seeded())


@pytest.mark.parametrize(("key", "status"), [(CAN, "63C1"), (MRZ_KEY, "63C0"), (PIN, "63C2")])
def test_a_warning_is_no_refusal(key: AccessKey, status: str) -> None:
    chip = refusing(simulated(info(offer())), {})
    transmit = chip.transmit

    def warning(raw: bytes) -> bytes:
        response: bytes = transmit(raw)
        return bytes.fromhex(status) if raw[1] == 0x22 else response

    chip.transmit = warning
    assert isinstance(run_pace(Channel(chip, 256), offer(), key, seeded()), PaceRun)


# --- Chips that break the rules


def test_a_wrong_token_of_the_chip_is_a_broken_protocol(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes]
) -> None:
    *first, (last, _) = exchanges(doc9303_11["g1_pace_gm_ecdh"])
    chip = scripted([*first, (last, "7C0A8608" + "00" * 8 + "9000")])
    with pytest.raises(BrokenProtocol) as caught:
        run_pace(Channel(chip, 256), offer(), PACE_KEY, g1_random)
    assert caught.value.code == "access.pace.token"


@pytest.mark.parametrize(
    ("status", "left"), [("6300", None), ("63C2", 2), ("6A80", None), ("6982", None), ("6988", None)]
)
def test_a_refused_token_is_a_refused_key(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes], status: str, left: int | None
) -> None:
    *first, (last, _) = exchanges(doc9303_11["g1_pace_gm_ecdh"])
    with pytest.raises(KeyRefused) as caught:
        run_pace(Channel(scripted([*first, (last, status)]), 256), offer(), PACE_KEY, g1_random)
    assert (caught.value.code, caught.value.tries_left) == ("access.key_refused", left)


@pytest.mark.parametrize(
    "wrapped",
    [
        "7C028000",  # no nonce
        "7C128110" + "00" * 16,  # under another tag
        "7D128010" + "00" * 16,  # in another template
        "7C148010" + "00" * 16 + "8100",  # with something beside it
        "7C248010" + "00" * 16 + "8010" + "00" * 16,  # twice
        "8010" + "00" * 16,  # without the template
        "7C128010" + "00" * 15,  # cut
        "",
    ],
)
def test_a_nonce_in_another_wrapping_ends_pace(doc9303_11: Vectors, scripted: Scripted, wrapped: str) -> None:
    first, (asked, _), *_ = exchanges(doc9303_11["g1_pace_gm_ecdh"])
    with pytest.raises(BrokenProtocol):
        run_pace(Channel(scripted([first, (asked, wrapped + "9000")]), 256), offer(), PACE_KEY, bytes)


@pytest.mark.parametrize("beside", ["8A0100", "8701418701", "8800", "81", "9000"])
def test_a_token_with_something_else_beside_it(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes], beside: str
) -> None:
    """Sealed data belong to chip authentication mapping alone; an authority's name stands there once."""
    *first, (last, right) = exchanges(doc9303_11["g1_pace_gm_ecdh"])
    objects = bytes.fromhex(right)[2:-2] + bytes.fromhex("87014187014288" if beside == "8800" else beside)
    response = tlv.encode(0x7C, objects).hex() + "9000"
    with pytest.raises(BrokenProtocol) as caught:
        run_pace(Channel(scripted([*first, (last, response)]), 256), offer(), PACE_KEY, g1_random)
    assert caught.value.code == "access.pace.malformed"


def test_a_key_off_the_curve_and_our_own_end_pace(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes]
) -> None:
    first, second, (asked, response), *_ = exchanges(doc9303_11["g1_pace_gm_ecdh"])
    moved = response[:-6] + f"{int(response[-6:-4], 16) ^ 1:02X}9000"
    with pytest.raises(BrokenProtocol) as caught:
        run_pace(Channel(scripted([first, second, (asked, moved)]), 256), offer(), PACE_KEY, g1_random)
    assert caught.value.code == "access.pace.point_invalid"


def test_our_own_key_sent_back_ends_pace(
    doc9303_11: Vectors, scripted: Scripted, g1_random: Callable[[int], bytes]
) -> None:
    first, second, (asked, _), *_ = exchanges(doc9303_11["g1_pace_gm_ecdh"])
    ours = bytes.fromhex(asked)[-66:-1].hex()
    with pytest.raises(BrokenProtocol) as caught:
        run_pace(Channel(scripted([first, second, (asked, answer(0x82, ours))]), 256), offer(), PACE_KEY, g1_random)
    assert caught.value.code == "access.pace.key_reflected"


@pytest.mark.parametrize("number", [0, 1, 2, STANDARDIZED[0].prime - 1, STANDARDIZED[0].prime])
def test_a_number_that_is_no_diffie_hellman_key_ends_pace(number: int) -> None:
    way = offer(GM_DH, AES_128, 0)
    key = number.to_bytes(128, "big").hex()
    chip = refusing(simulated(info(way)), {"10860000867C818381": answer(0x82, key)})
    with pytest.raises(BrokenProtocol) as caught:
        run_pace(Channel(chip, 256), way, CAN, seeded())
    assert caught.value.code == "access.pace.point_invalid"


@pytest.mark.parametrize(
    ("sealed", "flaw"),
    [(lambda _: b"", PROOF_MISSING), (lambda value: value[:-1], PROOF_MALFORMED), (bytes, None)],
    ids=["missing", "cut", "right"],
)
def test_chip_authentication_data_that_prove_nothing_are_marked(
    sealed: Callable[[bytes], bytes], flaw: str | None
) -> None:
    """The channel is good all the same: it is the chip that is not proved."""
    fault = Fault("test", "test", "reject", tamper={Emission.SEALED_CAM_DATA: sealed})
    way = offer(CAM)
    run = run_pace(Channel(simulated(info(way), cam=(13,), fault=fault), 256), way, CAN, seeded())
    assert run.mapping_proof is not None
    assert run.mapping_proof.flaw == flaw
    assert bool(run.mapping_proof.data) is (flaw is None)


def test_wrong_padding_of_chip_authentication_data(doc9303_11: Vectors, random_from: RandomFrom) -> None:
    fault = Fault("test", "test", "reject", tamper={Emission.SEALED_CAM_DATA: lambda value: value[::-1]})
    way = offer(CAM)
    run = run_pace(Channel(simulated(info(way), cam=(13,), fault=fault), 256), way, CAN, seeded())
    assert run.mapping_proof is not None
    assert (run.mapping_proof.data, run.mapping_proof.flaw) == (b"", PROOF_MALFORMED)


def test_a_status_that_is_no_refusal_of_the_offer(scripted: Scripted) -> None:
    chip = scripted([(set_at(offer()), "6F00")])
    with pytest.raises(UnexpectedStatus) as caught:
        PaceDialogue(Channel(chip, 256), [offer(), NEXT], seeded()).run(CAN)
    assert caught.value.status_word == 0x6F00


def test_the_nonce_decrypts_with_every_cipher() -> None:
    """The simulated chip and the terminal share the mathematics; here it is only the lengths that must fit."""
    for cipher in (TDES, AES_128, AES_192, AES_256):
        protocol = parse_pace_oid(OID.format(mapping=IM, cipher=cipher))
        key = pace.password_key(b"1", protocol.suite)
        nonce = bytes(range(pace.nonce_length(protocol)))
        assert pace.decrypt_nonce(protocol.suite, key, pace.encrypt_nonce(protocol.suite, key, nonce)) == nonce
        assert len(nonce) % ciphers.Suite.AES128.block_size == 0
