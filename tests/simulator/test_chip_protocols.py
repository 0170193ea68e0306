"""The chip's side of every protocol, against a terminal made of the protocols' mathematics."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from crypto import active_authentication, mrz_key, pace_cam, public_keys, tlv
from crypto.active_authentication import Trailer
from crypto.curves import BRAINPOOL_P384R1, SECP256R1, SECP521R1
from crypto.ec import Curve, decode_point
from crypto.errors import CryptoError
from crypto.groups import STANDARDIZED
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.protocols import Agreement, PaceProtocol, parse_ca_oid
from crypto.public_keys import EcPublicKey, RsaPublicKey
from reader.lds import card_security, dg14, dg15
from reader.lds.security_infos import ChipAuthenticationPublicKeyInfo
from simulator.chip import SimulatedChip
from simulator.chip_keys import KeyForm
from simulator.chip_pace import Password
from simulator.citizen_card import ChipKeys
from simulator.faults import find_fault
from simulator.issuer import Issuer
from simulator.pace_variants import allows, every_protocol, every_variant, protocol_name
from simulator.passport import (
    ChipAuthenticationDesign,
    EcdsaDesign,
    PassportDesign,
    PassportKeys,
    RsaDesign,
    pace_info,
    personalise,
)
from simulator.personalisation import Personalisation
from simulator.profiles import find_profile
from simulator.sample_card import SampleCard, make_card
from simulator.travellers import Traveller, sample_travellers

HOLDER = sample_travellers()["okoro"]
EVERY_PASSWORD = frozenset(Password)
PROTOCOLS = {protocol_name(protocol): protocol for protocol in every_protocol()}


@pytest.fixture(scope="module")
def issuer(issuer: Issuer) -> Issuer:
    return Issuer.create("UT", now=issuer.now, random_bytes=os.urandom, keys=issuer.keys)


def made(issuer: Issuer, design: PassportDesign, traveller: Traveller = HOLDER) -> Personalisation:
    design = replace(design, further_groups=())
    return personalise(traveller, issuer, design, PassportKeys.generate(design, os.urandom))


def with_pace(issuer: Issuer, protocol: PaceProtocol, parameter_id: int) -> Personalisation:
    design = PassportDesign(
        bac=False,
        pace=(pace_info(protocol.oid, parameter_id),),
        passwords=EVERY_PASSWORD,
        chip_authentication=(),
        active_authentication=None,
    )
    return made(issuer, design)


def secret_of(password: Password, chip: Personalisation) -> bytes:
    digits = {Password.CAN: chip.can, Password.PIN: chip.pin, Password.PUK: chip.puk}.get(password)
    return mrz_key.mrz_seed(chip.mrz_information or "") if digits is None else digits.encode()


def opened(terminal: Any, chip: Personalisation, **how: Any) -> Any:
    """Through BAC, with the application selected."""
    found = terminal(SimulatedChip(chip, os.urandom, **how))
    assert found.open_by_bac(chip.mrz_information) == 0x9000
    return found


def test_the_standard_allows_141_pairs_of_protocol_and_group() -> None:
    assert len(PROTOCOLS) == 19
    assert len(every_variant()) == 4 * 141
    assert not allows(PROTOCOLS["IM-ECDH-AES-128"], STANDARDIZED[10])


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_pace_protocol(terminal: Any, issuer: Issuer, name: str, extended: bool) -> None:
    protocol = PROTOCOLS[name]
    number = 0 if protocol.agreement is Agreement.DH else 9
    chip = with_pace(issuer, protocol, number)
    found = terminal(SimulatedChip(chip, os.urandom))
    assert found.open_by_pace(chip.can.encode(), Password.CAN, protocol.oid, number, extended=extended) == 0x9000
    assert found.select_application().ok
    assert found.read("DG1") == chip.files["DG1"]


@pytest.mark.parametrize("number", STANDARDIZED)
def test_every_group(terminal: Any, issuer: Issuer, number: int) -> None:
    protocol = PROTOCOLS[f"GM-{STANDARDIZED[number].agreement}-AES-128"]
    chip = with_pace(issuer, protocol, number)
    for extended in (False, True):
        found = terminal(SimulatedChip(chip, os.urandom))
        assert found.open_by_pace(chip.can.encode(), Password.CAN, protocol.oid, number, extended=extended) == 0x9000


@pytest.mark.parametrize("password", Password)
def test_every_password(terminal: Any, issuer: Issuer, password: Password) -> None:
    protocol = PROTOCOLS["GM-ECDH-AES-128"]
    chip = with_pace(issuer, protocol, 12)
    found = terminal(SimulatedChip(chip, os.urandom))
    assert found.open_by_pace(secret_of(password, chip), password, protocol.oid, 12) == 0x9000
    others = {"pin": None, "puk": None, "can": None, "mrz": None}
    closed = terminal(SimulatedChip(replace(chip, **others), os.urandom))
    assert closed.open_by_pace(b"", password, protocol.oid, 12) == 0x6A88


def test_a_key_drawn_ahead_changes_nothing_but_the_time(terminal: Any, issuer: Issuer) -> None:
    protocol = PROTOCOLS["GM-ECDH-AES-128"]
    chip = SimulatedChip(with_pace(issuer, protocol, 13), os.urandom)
    inner = chip.transmit

    def transmit(command: bytes) -> bytes:
        response = inner(command)
        chip.prepare()
        chip.prepare()
        return response

    chip.transmit = transmit  # type: ignore[method-assign]
    assert terminal(chip).open_by_pace(HOLDER.can.encode(), Password.CAN, protocol.oid, 13) == 0x9000


@pytest.mark.parametrize("number", [8, 10, 13, 18])
def test_chip_authentication_mapping_proves_the_key_in_ef_card_security(
    terminal: Any, issuer: Issuer, number: int
) -> None:
    protocol = PROTOCOLS["CAM-ECDH-AES-192"]
    chip = with_pace(issuer, protocol, number)
    found = terminal(SimulatedChip(chip, os.urandom))
    assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, protocol.oid, number) == 0x9000
    signed = card_security.parse(chip.files["EF.CardSecurity"])
    assert signed.signed_data.verify_signer().fault is None
    (info,) = signed.infos.of(ChipAuthenticationPublicKeyInfo)
    _, static = public_keys.agreement_key(public_keys.parse(info.public_key))
    assert found.proves(static, number)
    another = STANDARDIZED[number].generate_key_pair(os.urandom).public
    assert not found.proves(another, number)


def test_ef_card_security_is_read_behind_pace_with_the_master_file_selected(terminal: Any, issuer: Issuer) -> None:
    protocol = PROTOCOLS["CAM-ECDH-AES-128"]
    chip = with_pace(issuer, protocol, 13)
    found = terminal(SimulatedChip(chip, os.urandom))
    assert found.send(CommandApdu(0x00, 0xB0, 0x9D, 0x00, le=256)).sw == 0x6982
    assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, protocol.oid, 13) == 0x9000
    assert found.read("EF.CardSecurity") == chip.files["EF.CardSecurity"]


@pytest.mark.parametrize(
    ("fault", "readable"), [("wrong-cam-key", True), ("wrong-cam-data", True), ("torn-cam-data", False)]
)
def test_a_clone_cannot_prove_the_key(terminal: Any, issuer: Issuer, fault: str, readable: bool) -> None:
    protocol, wrong = PROTOCOLS["CAM-ECDH-AES-128"], find_fault(fault)
    chip = wrong.applied_to(with_pace(issuer, protocol, 13), os.urandom)
    found = terminal(SimulatedChip(chip, os.urandom, wrong))
    assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, protocol.oid, 13) == 0x9000
    (info,) = card_security.parse(chip.files["EF.CardSecurity"]).infos.of(ChipAuthenticationPublicKeyInfo)
    _, static = public_keys.agreement_key(public_keys.parse(info.public_key))
    if readable:
        assert not found.proves(static, 13)
    else:
        with pytest.raises(CryptoError):
            pace_cam.open_chip_authentication_data(found.keys, found.sealed)


def test_a_chip_may_leave_its_proof_out(terminal: Any, issuer: Issuer) -> None:
    protocol = PROTOCOLS["CAM-ECDH-AES-128"]
    chip = with_pace(issuer, protocol, 13)
    found = terminal(SimulatedChip(chip, os.urandom, find_fault("missing-cam-data")))
    assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, protocol.oid, 13) == 0x9000
    assert found.sealed is None


def test_ef_card_security_of_a_stranger_says_the_same_under_another_key(issuer: Issuer) -> None:
    chip = with_pace(issuer, PROTOCOLS["CAM-ECDH-AES-128"], 13)
    forged = find_fault("stranger-card-security").applied_to(chip, os.urandom)
    own, others = (card_security.parse(found.files["EF.CardSecurity"]) for found in (chip, forged))
    assert others.infos == own.infos
    result = others.signed_data.verify_signer()
    assert result.fault is None
    assert result.certificate != own.signed_data.verify_signer().certificate


class TestPin:
    PROTOCOL = PROTOCOLS["GM-ECDH-AES-128"]

    @pytest.fixture
    def chip(self, issuer: Issuer) -> SimulatedChip:
        return SimulatedChip(with_pace(issuer, self.PROTOCOL, 12), os.urandom)

    def attempt(self, terminal: Any, chip: SimulatedChip, digits: str) -> tuple[int, int]:
        """Status words of MSE:Set AT and of the command that ends the run."""
        chip.reset()
        found = terminal(chip)
        return self.within(found, digits)

    def within(self, found: Any, digits: str) -> tuple[int, int]:
        status = found.set_pace(Password.PIN, self.PROTOCOL.oid, 12)
        return status, found.run_pace(digits.encode(), self.PROTOCOL, STANDARDIZED[12])

    def test_the_right_one_gives_all_tries_back(self, terminal: Any, chip: SimulatedChip) -> None:
        assert self.attempt(terminal, chip, "000000") == (0x9000, 0x63C2)
        assert self.attempt(terminal, chip, HOLDER.pin) == (0x63C2, 0x9000)
        assert self.attempt(terminal, chip, HOLDER.pin) == (0x9000, 0x9000)

    def test_the_last_try_wants_the_can_first_and_then_only_the_puk_helps(
        self, terminal: Any, chip: SimulatedChip
    ) -> None:
        assert self.attempt(terminal, chip, "000000") == (0x9000, 0x63C2)
        assert self.attempt(terminal, chip, "000000") == (0x63C2, 0x63C1)
        assert self.attempt(terminal, chip, HOLDER.pin) == (0x63C1, 0x6985)
        chip.reset()
        found = terminal(chip)
        assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, self.PROTOCOL.oid, 12) == 0x9000
        assert self.within(found, "000000") == (0x63C1, 0x63C0)
        assert self.attempt(terminal, chip, HOLDER.pin) == (0x63C0, 0x6983)
        chip.reset()
        assert terminal(chip).open_by_pace(HOLDER.puk.encode(), Password.PUK, self.PROTOCOL.oid, 12) == 0x9000
        assert self.attempt(terminal, chip, HOLDER.pin) == (0x9000, 0x9000)

    def test_resumed_by_the_can(self, terminal: Any, chip: SimulatedChip) -> None:
        for _ in range(2):
            self.attempt(terminal, chip, "000000")
        chip.reset()
        found = terminal(chip)
        assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, self.PROTOCOL.oid, 12) == 0x9000
        assert self.within(found, HOLDER.pin) == (0x63C1, 0x9000)
        assert found.select_application().ok
        assert found.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=5)).ok

    def test_an_open_chip_takes_no_other_password(self, terminal: Any, chip: SimulatedChip) -> None:
        found = terminal(chip)
        assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, self.PROTOCOL.oid, 12) == 0x9000
        assert found.set_pace(Password.CAN, self.PROTOCOL.oid, 12) == 0x6985


def test_a_chip_slows_down_after_wrong_passwords_only(terminal: Any, issuer: Issuer) -> None:
    protocol = PROTOCOLS["GM-ECDH-AES-128"]
    slept: list[float] = []
    chip = with_pace(issuer, protocol, 12)
    slow = find_profile("cccd").manners
    simulated = SimulatedChip(chip, os.urandom, manners=replace(slow, delay_after_failure=0.5), sleep=slept.append)
    for password, status in ((b"000000", 0x6300), (b"000001", 0x6300), (HOLDER.can.encode(), 0x9000), (b"1", 0x6300)):
        simulated.reset()
        assert terminal(simulated).open_by_pace(password, Password.CAN, protocol.oid, 12) == status
    assert slept == [0, 0.5, 1.0, 0]


def ca_design(*keys: ChipAuthenticationDesign) -> PassportDesign:
    return PassportDesign(pace=(), chip_authentication=keys, active_authentication=None)


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("suite", range(1, 5))
@pytest.mark.parametrize("number", [0, 2, 8, 13, 18])
def test_chip_authentication_in_every_kind_of_group(
    terminal: Any, issuer: Issuer, number: int, suite: int, extended: bool
) -> None:
    group = STANDARDIZED[number]
    oid = f"0.4.0.127.0.7.2.2.3.{1 if group.agreement is Agreement.DH else 2}.{suite}"
    chip = made(issuer, ca_design(ChipAuthenticationDesign(number, (oid,))))
    found = opened(terminal, chip)
    assert found.authenticate_chip(group, chip.ca_keys[0].public, oid, extended=extended) == 0x9000
    assert found.channel.suite is parse_ca_oid(oid).suite
    assert found.read("DG1") == chip.files["DG1"]


@pytest.mark.parametrize("form", KeyForm)
@pytest.mark.parametrize("number", [0, 1, 2, 9, 16])
def test_dg14_holds_the_key_in_every_form(issuer: Issuer, number: int, form: KeyForm) -> None:
    agreement = 1 if STANDARDIZED[number].agreement is Agreement.DH else 2
    chip = made(issuer, ca_design(ChipAuthenticationDesign(number, (f"0.4.0.127.0.7.2.2.3.{agreement}.2",), form=form)))
    (info,) = dg14.parse(chip.files["DG14"]).of(ChipAuthenticationPublicKeyInfo)
    group, public = public_keys.agreement_key(public_keys.parse(info.public_key))
    assert group.prime == STANDARDIZED[number].prime
    assert public == chip.ca_keys[0].public


def test_the_key_that_is_named_is_used(terminal: Any, issuer: Issuer) -> None:
    aes = "0.4.0.127.0.7.2.2.3.2.2"
    chip = made(issuer, ca_design(*(ChipAuthenticationDesign(13, (aes,), number) for number in (1, 2))))
    found = opened(terminal, chip)
    assert found.authenticate_chip(STANDARDIZED[13], chip.ca_keys[1].public, aes) == 0x6A88
    assert found.authenticate_chip(STANDARDIZED[13], chip.ca_keys[1].public, aes, 2) == 0x9000
    assert found.read("DG1") == chip.files["DG1"]
    swapped = find_fault("swapped-ca-keys").applied_to(chip, os.urandom)
    found = opened(terminal, swapped)
    assert found.authenticate_chip(STANDARDIZED[13], chip.ca_keys[1].public, aes, 2) == 0x9000
    assert found.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=5)).sw == 0x6988


@pytest.mark.parametrize("trailer", Trailer)
def test_active_authentication_with_every_trailer(terminal: Any, issuer: Issuer, trailer: Trailer) -> None:
    design = PassportDesign(pace=(), chip_authentication=(), active_authentication=RsaDesign(1024, trailer))
    chip = made(issuer, design)
    assert "DG14" not in chip.files
    found, challenge = opened(terminal, chip), os.urandom(8)
    signature = found.send(CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, 256)).data
    key = public_keys.parse(dg15.parse(chip.files["DG15"]).public_key)
    assert isinstance(key, RsaPublicKey)
    result = active_authentication.verify_rsa(key.modulus, key.exponent, challenge, signature)
    assert (result.valid, result.hash_name) == (True, trailer.hash_name)


@pytest.mark.parametrize("extended", [False, True])
def test_a_signature_that_is_longer_than_a_short_response(terminal: Any, issuer: Issuer, extended: bool) -> None:
    chip = made(issuer, PassportDesign(active_authentication=RsaDesign(3072)))
    found = opened(terminal, chip)
    response = found.send(CommandApdu(0x00, 0x88, 0x00, 0x00, bytes(8), 400 if extended else 256), extended=extended)
    assert (len(response.data), response.sw) == (384, 0x9000)


@pytest.mark.parametrize(
    ("curve", "hash_name"), [(SECP256R1, "sha256"), (BRAINPOOL_P384R1, "sha384"), (SECP521R1, "sha512")]
)
@pytest.mark.parametrize("der", [False, True])
def test_active_authentication_with_ecdsa(
    terminal: Any, issuer: Issuer, curve: Curve, hash_name: str, der: bool
) -> None:
    chip = made(issuer, PassportDesign(active_authentication=EcdsaDesign(curve, hash_name, der)))
    found, challenge = opened(terminal, chip), os.urandom(8)
    signature = found.send(CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, 256)).data
    key = public_keys.parse(dg15.parse(chip.files["DG15"]).public_key)
    assert isinstance(key, EcPublicKey)
    point = decode_point(key.curve, key.point)
    result = active_authentication.verify_ecdsa(key.curve, point, hash_name, challenge, signature)
    assert (result.valid, result.form) == (True, "DER" if der else "plain")
    clone = opened(terminal, find_fault("wrong-aa-key").applied_to(chip, os.urandom))
    forged = clone.send(CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, 256)).data
    assert not active_authentication.verify_ecdsa(key.curve, point, hash_name, challenge, forged).valid


def test_a_chip_without_bac(terminal: Any, issuer: Issuer) -> None:
    chip = with_pace(issuer, PROTOCOLS["GM-ECDH-AES-128"], 12)
    found = terminal(SimulatedChip(chip, os.urandom))
    assert found.select_application().ok
    assert found.send(CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)).sw == 0x6D00


def test_several_protocols_and_groups(terminal: Any, issuer: Issuer) -> None:
    chip = made(issuer, find_profile("passport_many_pace").document)  # type: ignore[arg-type]
    oid = "0.4.0.127.0.7.2.2.4.2.4"
    assert terminal(SimulatedChip(chip, os.urandom)).set_pace(Password.CAN, oid, None) == 0x6A88
    for number in (13, 16):
        assert terminal(SimulatedChip(chip, os.urandom)).open_by_pace(HOLDER.can.encode(), 2, oid, number) == 0x9000


def test_domain_parameters_of_the_issuers_own_numbering(terminal: Any, issuer: Issuer) -> None:
    chip = made(issuer, find_profile("passport_own_parameters").document)  # type: ignore[arg-type]
    found = terminal(SimulatedChip(chip, os.urandom))
    protocol = PROTOCOLS["GM-ECDH-AES-256"]
    assert found.set_pace(Password.CAN, protocol.oid, 33) == 0x9000
    assert found.run_pace(HOLDER.can.encode(), protocol, STANDARDIZED[16]) == 0x9000


def test_pieces_of_a_command_that_are_not_finished_do_no_harm(terminal: Any, issuer: Issuer) -> None:
    protocol = PROTOCOLS["GM-DH-AES-128"]
    found = terminal(SimulatedChip(with_pace(issuer, protocol, 2), os.urandom))
    assert found.set_pace(Password.CAN, protocol.oid, 2) == 0x9000
    assert found._general_authenticate(None, b"").ok
    begun = tlv.encode(0x7C, tlv.encode(0x81, bytes(256)))[:100]
    assert found.send(CommandApdu(0x10, 0x86, 0x00, 0x00, begun)) == ResponseApdu(b"", 0x9000)
    assert found.open_by_pace(HOLDER.can.encode(), Password.CAN, protocol.oid, 2) == 0x9000
    chip = SimulatedChip(with_pace(issuer, protocol, 2), os.urandom)
    endless = CommandApdu(0x10, 0x22, 0xC1, 0xA4, bytes(255))
    assert [terminal(chip).send(endless).sw for _ in range(17)][-1] == 0x6700


def test_every_pattern_of_pace_is_a_profile(terminal: Any, issuer: Issuer, chip_keys: ChipKeys) -> None:
    for name in ("GM-ECDH-3DES:8:MRZ", "CAM-ECDH-AES-256:16:CAN", "IM-DH-AES-192:0:PUK"):
        profile = find_profile(f"pace:{name}")
        design = replace(profile.document, further_groups=())  # type: ignore[type-var]
        card: SampleCard = make_card(replace(profile, document=design), issuer, chip_keys, os.urandom)
        chip = card.personalisation
        assert [found is not None for found in (chip.mrz, chip.can, chip.pin, chip.puk)].count(True) == 1
        protocol, number, password = name.split(":")
        found = terminal(card.chip(os.urandom))
        reference = Password[password]
        assert found.open_by_pace(secret_of(reference, chip), reference, PROTOCOLS[protocol].oid, int(number)) == 0x9000


def test_integrated_mapping_answers_without_mapping_data(issuer: Issuer) -> None:
    chip = SimulatedChip(with_pace(issuer, PROTOCOLS["IM-ECDH-AES-128"], 12), os.urandom)
    template = tlv.encode(0x80, bytes.fromhex("04007F00070202040402")) + tlv.encode(0x83, b"\x02")
    for command, answer in (
        (CommandApdu(0x00, 0x22, 0xC1, 0xA4, template), None),
        (CommandApdu(0x10, 0x86, 0x00, 0x00, bytes.fromhex("7C00"), 256), None),
        (CommandApdu(0x10, 0x86, 0x00, 0x00, bytes.fromhex("7C128110") + bytes(16), 256), "7c0282009000"),
    ):
        response = chip.transmit(command.encode())
        assert response.endswith(b"\x90\x00")
        assert answer is None or response.hex() == answer
