"""What the simulated chip gives, to whom, and what it refuses."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crypto import active_authentication, mrz_key, public_keys, tlv
from crypto.ec_group import EcGroup
from crypto.errors import CryptoError, CryptogramMacError, TokenError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.public_keys import EcPublicKey, RsaPublicKey
from reader.errors import CardRemoved
from reader.lds import dg14, dg15
from reader.lds.files import ELEMENTARY_FILES
from reader.lds.security_infos import ChipAuthenticationPublicKeyInfo
from simulator.chip import SimulatedChip
from simulator.faults import find_fault
from simulator.manners import ChipManners
from simulator.personalisation import Personalisation
from simulator.sample_card import SampleCard, with_fault

MRZ, CAN = 1, 2
GROUPS = ("DG1", "DG2", "DG13", "DG14", "DG15")
SELECT_MASTER_FILE = CommandApdu(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")


def commands() -> st.SearchStrategy[CommandApdu]:
    """Commands that the chip knows, with any parameters and data, some of them nearly right."""
    instructions = st.sampled_from([0x22, 0x82, 0x84, 0x86, 0x88, 0xA4, 0xB0, 0xB1, 0xC0])
    classes, byte = st.sampled_from([0x00, 0x0C, 0x10, 0x1C]), st.integers(0, 0xFF)
    length = st.none() | st.integers(1, 65_536)
    value, tag = st.binary(max_size=40), st.sampled_from([0x54, 0x80, 0x81, 0x83, 0x84, 0x85, 0x91])
    templates = st.builds(lambda tag, value: tlv.encode(0x7C, tlv.encode(tag, value)), tag, value)
    protocol = st.binary(min_size=3, max_size=3).map(
        lambda arcs: tlv.encode(0x80, bytes.fromhex("04007F00070202") + arcs)
    )
    data = value | templates | st.builds(tlv.encode, tag, value) | protocol
    return st.builds(CommandApdu, classes, instructions, byte, byte, data, length) | st.builds(
        CommandApdu, st.just(0x10), st.just(0x86), st.just(0), st.just(0), data, st.just(256)
    )


def open_by_bac(terminal: Any, personalisation: Personalisation) -> Any:
    opened = terminal(SimulatedChip(personalisation, os.urandom))
    assert opened.open_by_bac(personalisation.mrz_information) == 0x9000
    return opened


def open_by_can(terminal: Any, card: SampleCard, manners: ChipManners | None = None) -> Any:
    opened = terminal(card.chip(os.urandom, manners))
    assert opened.open_by_pace((card.personalisation.can or "").encode(), CAN) == 0x9000
    assert opened.select_application().ok
    return opened


def public_key_of(dg14_file: bytes) -> EcPublicKey:
    (info,) = dg14.parse(dg14_file).of(ChipAuthenticationPublicKeyInfo)
    key = public_keys.parse(info.public_key)
    assert isinstance(key, EcPublicKey)
    return key


@pytest.mark.parametrize("name", ["EF.COM", "EF.SOD", *GROUPS])
def test_every_file_reads_back_over_bac(terminal: Any, good_card: SampleCard, name: str) -> None:
    assert open_by_bac(terminal, good_card.personalisation).read(name) == good_card.personalisation.files[name]


@pytest.mark.parametrize("extended", [False, True])
def test_every_file_reads_back_over_pace(terminal: Any, good_card: SampleCard, extended: bool) -> None:
    opened = open_by_can(terminal, good_card)
    for name in ("EF.COM", "EF.SOD", *GROUPS):
        content = opened.read(name, block=65_536 if extended else None, extended=extended)
        assert content == good_card.personalisation.files[name]


def test_pace_takes_the_mrz_too(terminal: Any, good_card: SampleCard) -> None:
    information = good_card.personalisation.mrz_information
    assert information is not None
    opened = terminal(good_card.chip(os.urandom))
    assert opened.open_by_pace(mrz_key.mrz_seed(information), MRZ) == 0x9000


def test_a_wrong_key_is_refused_with_6300(terminal: Any, good_card: SampleCard) -> None:
    assert terminal(good_card.chip(os.urandom)).open_by_pace(b"999999", CAN) == 0x6300
    other = mrz_key.mrz_information("099000002", "990201", "390201")
    assert terminal(good_card.chip(os.urandom)).open_by_bac(other) == 0x6300


def test_only_ef_card_access_is_free(terminal: Any, good_card: SampleCard) -> None:
    closed = terminal(good_card.chip(os.urandom))
    response = closed.send(CommandApdu(0x00, 0xB0, 0x9C, 0x00, le=256))
    assert (response.data, response.sw) == (good_card.personalisation.files["EF.CardAccess"], 0x9000)
    assert closed.select_application().ok
    assert closed.send(CommandApdu(0x00, 0xB0, 0x9C, 0x00, le=256)).sw == 0x6A82
    for file in ELEMENTARY_FILES.values():
        if not file.in_master_file:
            by_id = CommandApdu(0x00, 0xA4, 0x02, 0x0C, file.fid.to_bytes(2, "big"))
            assert closed.send(by_id).sw == 0x6982
            assert closed.send(CommandApdu(0x00, 0xB0, 0x80 | file.sfi, 0x00, le=256)).sw == 0x6982
    assert closed.send(CommandApdu(0x00, 0x88, 0x00, 0x00, bytes(8), 256)).sw == 0x6982
    assert closed.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, b"\x80\x00")).sw == 0x6982


def test_select_by_file_id_reads_the_same_file(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, good_card)
    assert opened.send(CommandApdu(0x00, 0xA4, 0x02, 0x0C, bytes.fromhex("0101"))).ok
    assert opened.send(CommandApdu(0x00, 0xB0, 0x00, 0x05, le=10)).data == good_card.personalisation.files["DG1"][5:15]
    assert opened.send(CommandApdu(0x00, 0xA4, 0x02, 0x0C, bytes.fromhex("0103"))).sw == 0x6982
    assert opened.send(CommandApdu(0x00, 0xA4, 0x02, 0x0C, bytes.fromhex("010B"))).sw == 0x6A82


def test_a_plain_command_ends_the_session(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_bac(terminal, good_card.personalisation)
    plain = terminal(opened.chip)
    assert plain.select_application().ok
    assert plain.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=5)).sw == 0x6982
    assert opened.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=5)).sw == 0x6988


def test_a_forged_command_ends_the_session(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_bac(terminal, good_card.personalisation)
    protected = bytearray(opened.channel.protect(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=5)))
    protected[3] ^= 1
    assert opened.chip.transmit(bytes(protected)) == bytes.fromhex("6988")
    assert opened.chip.transmit(bytes.fromhex("0CB0810000")) == bytes.fromhex("6988")


def test_a_reset_ends_the_session(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, good_card)
    opened.chip.reset()
    assert terminal(opened.chip).send(CommandApdu(0x00, 0xB0, 0x9C, 0x00, le=256)).ok
    assert opened.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=5)).sw == 0x6988


def test_reads_at_and_beyond_the_end(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, good_card)
    com = good_card.personalisation.files["EF.COM"]
    assert opened.send(CommandApdu(0x00, 0xB0, 0x9E, 0x00, le=200)) == ResponseApdu(com, 0x6282)
    assert opened.send(CommandApdu(0x00, 0xB0, 0x9E, 0x00, le=256)) == ResponseApdu(com, 0x9000)
    assert opened.send(CommandApdu(0x00, 0xB0, 0x00, len(com), le=1)).sw == 0x6B00
    assert opened.send(CommandApdu(0x00, 0xB0, 0x00, 0x00)).sw == 0x6700


@pytest.mark.parametrize(("block", "limit"), [(256, 223), (223, 223), (100, 100)])
def test_a_short_response_holds_as_much_as_fits(terminal: Any, good_card: SampleCard, block: int, limit: int) -> None:
    response = open_by_can(terminal, good_card).send(CommandApdu(0x00, 0xB0, 0x82, 0x00, le=block))
    assert response == ResponseApdu(good_card.personalisation.files["DG2"][:limit], 0x9000)


def test_the_buffer_of_the_chip_bounds_an_extended_response(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, good_card, ChipManners(max_response=1024))
    protected = opened.channel.protect(CommandApdu(0x00, 0xB0, 0x82, 0x00, le=65_536), True)
    raw = opened.chip.transmit(protected)
    assert 1000 < len(raw) - 2 <= 1024
    assert opened.channel.unprotect(raw).ok


def test_a_chip_without_extended_length_says_so(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, good_card, ChipManners(extended_length=False))
    assert opened.send(CommandApdu(0x00, 0xB0, 0x82, 0x00, le=65_536), extended=True).sw == 0x6700


def test_chip_authentication_with_aes_changes_the_keys(terminal: Any, good_card: SampleCard) -> None:
    files = good_card.personalisation.files
    opened = open_by_can(terminal, good_card)
    before = opened.channel
    key = public_key_of(files["DG14"])
    assert opened.authenticate_chip(EcGroup(key.curve), key.point) == 0x9000
    assert opened.channel is not before
    assert opened.read("DG1") == files["DG1"]


def test_chip_authentication_with_3des_of_the_reference_document(
    terminal: Any, reference_document: Personalisation
) -> None:
    opened = open_by_bac(terminal, reference_document)
    key = public_key_of(reference_document.files["DG14"])
    assert opened.authenticate_chip(EcGroup(key.curve), key.point, "0.4.0.127.0.7.2.2.3.2.1") == 0x9000
    assert opened.read("DG2") == reference_document.files["DG2"]
    assert opened.send(CommandApdu(0x00, 0xB0, 0x83, 0x00, le=8)).sw == 0x6982


def test_chip_authentication_refuses_what_it_cannot_do(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, good_card)
    assert opened.send(CommandApdu(0x00, 0x22, 0x41, 0xA6, tlv.encode(0x91, bytes(65)))).sw == 0x6A88
    aes_256 = bytes.fromhex("04007F00070202030204")
    assert opened.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, tlv.encode(0x80, aes_256))).sw == 0x6A88
    assert opened.send(CommandApdu(0x00, 0x86, 0x00, 0x00, bytes.fromhex("7C00"), 256)).sw == 0x6985
    aes_128 = bytes.fromhex("04007F00070202030202")
    assert opened.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, tlv.encode(0x80, aes_128))).ok
    outside = tlv.encode(0x7C, tlv.encode(0x80, b"\x04" + bytes(64)))
    assert opened.send(CommandApdu(0x00, 0x86, 0x00, 0x00, outside, 256)).sw == 0x6A80


def test_active_authentication_signs_the_challenge(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, good_card)
    challenge = os.urandom(8)
    signature = opened.send(CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, 256))
    key = public_keys.parse(dg15.parse(good_card.personalisation.files["DG15"]).public_key)
    assert isinstance(key, RsaPublicKey)
    assert active_authentication.verify_rsa(key.modulus, key.exponent, challenge, signature.data).valid
    assert opened.send(CommandApdu(0x00, 0x88, 0x00, 0x00, bytes(7), 256)).sw == 0x6700


def test_bac_needs_a_challenge_and_takes_it_once(terminal: Any, good_card: SampleCard) -> None:
    closed = terminal(good_card.chip(os.urandom))
    external_authenticate = CommandApdu(0x00, 0x82, 0x00, 0x00, bytes(40), 40)
    assert closed.send(CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)).sw == 0x6D00
    assert closed.send(external_authenticate).sw == 0x6D00
    closed.select_application()
    assert closed.send(external_authenticate).sw == 0x6985
    assert len(closed.send(CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)).data) == 8
    assert closed.send(external_authenticate).sw == 0x6300
    assert closed.send(external_authenticate).sw == 0x6985


def test_pace_refuses_what_is_not_on_offer(terminal: Any, good_card: SampleCard) -> None:
    closed = terminal(good_card.chip(os.urandom))
    assert closed.set_pace(CAN, oid="0.4.0.127.0.7.2.2.4.2.4") == 0x6A88
    assert closed.set_pace(CAN, parameter_id=12) == 0x6A88
    assert closed.set_pace(3) == 0x6A88
    assert closed.set_pace(CAN, oid="1.2.3") == 0x6A80
    assert closed.send(CommandApdu(0x10, 0x86, 0x00, 0x00, bytes.fromhex("7C00"), 256)).sw == 0x6985


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("1086000002810000", 0x6A80),
        ("108600000A7C088106040102030405 00", 0x6A80),
        ("00860000027C0000", 0x6883),
        ("108600000400000000", 0x6A80),
        ("108600000500", 0x6700),
    ],
)
def test_pace_refuses_malformed_steps(terminal: Any, good_card: SampleCard, command: str, status: int) -> None:
    closed = terminal(good_card.chip(os.urandom))
    assert closed.set_pace(CAN, parameter_id=None) == 0x9000
    assert closed.chip.transmit(bytes.fromhex(command))[-2:] == status.to_bytes(2, "big")


def test_a_card_without_the_application(terminal: Any) -> None:
    closed = terminal(SimulatedChip(Personalisation({}, application=b"\xa0\x00\x00\x00\x04"), os.urandom))
    assert closed.select_application().sw == 0x6A82
    assert closed.send(CommandApdu(0x00, 0xB0, 0x9C, 0x00, le=256)).sw == 0x6A82


def test_commands_that_no_chip_knows(terminal: Any, good_card: SampleCard) -> None:
    chip = good_card.chip(os.urandom)
    assert terminal(chip).send(CommandApdu(0x00, 0xFE, 0x00, 0x00)).sw == 0x6D00
    assert terminal(chip).send(CommandApdu(0x80, 0xB0, 0x00, 0x00)).sw == 0x6E00
    assert terminal(chip).send(CommandApdu(0x00, 0xA4, 0x08, 0x0C, b"\x01\x1c")).sw == 0x6A86
    assert chip.transmit(b"") == bytes.fromhex("6700")


def test_pulled_away_once_in_the_middle_of_dg2(terminal: Any, good_card: SampleCard) -> None:
    card = with_fault(good_card, find_fault("pulled-away"), os.urandom)
    opened = open_by_can(terminal, card)
    with pytest.raises(CardRemoved):
        opened.read("DG2")
    opened.chip.reset()
    again = terminal(opened.chip)
    assert again.open_by_pace(b"000001", CAN) == 0x9000
    again.select_application()
    assert again.read("DG2") == good_card.personalisation.files["DG2"]


def test_a_wrong_pace_token(terminal: Any, good_card: SampleCard) -> None:
    card = with_fault(good_card, find_fault("wrong-pace-token"), os.urandom)
    with pytest.raises(TokenError):
        terminal(card.chip(os.urandom)).open_by_pace(b"000001", CAN)


def test_a_wrong_bac_mac(terminal: Any, good_card: SampleCard) -> None:
    card = with_fault(good_card, find_fault("wrong-bac-mac"), os.urandom)
    with pytest.raises(CryptogramMacError):
        terminal(card.chip(os.urandom)).open_by_bac(card.personalisation.mrz_information)


def test_a_clone_cannot_sign(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, with_fault(good_card, find_fault("wrong-aa-key"), os.urandom))
    signature = opened.send(CommandApdu(0x00, 0x88, 0x00, 0x00, bytes(8), 256)).data
    key = public_keys.parse(dg15.parse(opened.read("DG15")).public_key)
    assert isinstance(key, RsaPublicKey)
    assert not active_authentication.verify_rsa(key.modulus, key.exponent, bytes(8), signature).valid


def test_a_clone_cannot_use_the_keys_of_chip_authentication(terminal: Any, good_card: SampleCard) -> None:
    opened = open_by_can(terminal, with_fault(good_card, find_fault("wrong-ca-key"), os.urandom))
    key = public_key_of(opened.read("DG14"))
    assert opened.authenticate_chip(EcGroup(key.curve), key.point) == 0x9000
    assert opened.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=5)).sw == 0x6988


def test_the_same_random_numbers_give_the_same_session(good_card: SampleCard) -> None:
    chips = [good_card.chip(lambda size: bytes(range(1, size + 1))) for _ in range(2)]
    script = ["00A4040C07A0000002471001", "0084000008"]
    assert [chips[0].transmit(bytes.fromhex(step)) for step in script] == [
        chips[1].transmit(bytes.fromhex(step)) for step in script
    ]


@given(st.lists(st.one_of(st.binary(max_size=64), commands().map(CommandApdu.encode)), max_size=6))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_command_breaks_the_chip(good_card: SampleCard, script: list[bytes]) -> None:
    chip = good_card.chip(os.urandom)
    for command in script:
        assert len(chip.transmit(command)) >= 2
        chip.prepare()
    chip.reset()
    assert chip.transmit(SELECT_MASTER_FILE.encode()) == bytes.fromhex("9000")


@given(st.lists(commands(), max_size=6))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_protected_command_breaks_the_chip(terminal: Any, good_card: SampleCard, script: list[CommandApdu]) -> None:
    opened = open_by_bac(terminal, good_card.personalisation)
    with suppress(CryptoError):  # a session that a command ended, or began anew
        for command in script:
            raw = opened.chip.transmit(opened.channel.protect(command, extended=True))
            assert len(raw) >= 2
            opened.channel.unprotect(raw)
    assert opened.chip.transmit(SELECT_MASTER_FILE.encode()) == bytes.fromhex("9000")
