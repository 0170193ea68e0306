"""PACE with generic mapping: Doc 9303-11 appendix G.1 step by step, and both ends against each other."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import ec, mrz_key, pace, tlv
from crypto.ciphers import Suite
from crypto.curves import BRAINPOOL_P256R1, SECP192R1, STANDARDIZED, match_curve
from crypto.ec import Curve
from crypto.ec_group import EcGroup
from crypto.errors import KeyReflected, NonceError, PointError, TokenError
from crypto.groups import Group
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.key_pair import KeyPair
from crypto.protocols import PaceProtocol, oid_der, parse_pace_oid
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel

CURVES = list(STANDARDIZED.values())
PROTOCOLS = [parse_pace_oid(f"0.4.0.127.0.7.2.2.4.2.{cipher}") for cipher in (1, 2, 3, 4)]


def point(numbers: dict[str, str]) -> bytes:
    return bytes.fromhex("04" + numbers["x"] + numbers["y"])


def general_authenticate(tag: int, value: bytes, last: bool = False) -> bytes:
    return CommandApdu(0 if last else 0x10, 0x86, 0, 0, tlv.encode(0x7C, tlv.encode(tag, value)), 256).encode()


def answer(tag: int, value: bytes) -> bytes:
    return ResponseApdu(tlv.encode(0x7C, tlv.encode(tag, value)), 0x9000).encode()


class TestAppendixG1:
    @pytest.fixture
    def example(self, doc9303_11: dict[str, Any]) -> dict[str, Any]:
        example: dict[str, Any] = doc9303_11["g1_pace_gm_ecdh"]
        return example

    @pytest.fixture
    def protocol(self, example: dict[str, Any]) -> PaceProtocol:
        return parse_pace_oid(example["oid"])

    @pytest.fixture
    def group(self, example: dict[str, Any]) -> EcGroup:
        return EcGroup(STANDARDIZED[example["parameter_id"]])

    def test_password(self, example: dict[str, Any], protocol: PaceProtocol) -> None:
        # The example prints each field with its check digit.
        fields = [example[name][:-1] for name in ("document_number", "date_of_birth", "date_of_expiry")]
        information = mrz_key.mrz_information(*fields)
        assert information == example["mrz_information"]
        password = mrz_key.mrz_seed(information)
        assert password.hex().upper() == example["k"]
        assert pace.password_key(password, protocol.suite).hex().upper() == example["k_pi"]

    def test_selection(self, example: dict[str, Any], protocol: PaceProtocol) -> None:
        data = tlv.encode(0x80, oid_der(protocol.oid)) + tlv.encode(0x83, b"\x01")
        assert CommandApdu(0, 0x22, 0xC1, 0xA4, data).encode().hex().upper() == example["mse_set_at"]["t_to_c"]
        assert oid_der(protocol.oid) in bytes.fromhex(example["pace_info"])

    def test_domain_parameters(self, example: dict[str, Any], group: EcGroup) -> None:
        numbers = example["domain_parameters"]
        p, a, b, n = (int(numbers[name], 16) for name in "pabn")
        generator = ec.decode_point(BRAINPOOL_P256R1, point(numbers["g"]))
        assert match_curve(p, a, b, generator, n) is group.curve is BRAINPOOL_P256R1
        assert group.curve.h == int(numbers["f"], 16)

    def test_nonce(self, example: dict[str, Any], protocol: PaceProtocol) -> None:
        step = example["encrypted_nonce"]
        key, nonce, encrypted = (bytes.fromhex(text) for text in (example["k_pi"], step["s"], step["z"]))
        assert pace.encrypt_nonce(protocol.suite, key, nonce) == encrypted
        assert pace.decrypt_nonce(protocol.suite, key, encrypted) == nonce
        assert CommandApdu(0x10, 0x86, 0, 0, tlv.encode(0x7C, b""), 256).encode().hex().upper() == step["t_to_c"]
        assert answer(0x80, encrypted).hex().upper() == step["c_to_t"]

    def test_mapping(self, example: dict[str, Any], group: EcGroup) -> None:
        step = example["map_nonce"]
        pairs = {}
        for side, apdu in (("terminal", "t_to_c"), ("chip", "c_to_t")):
            private = int(step[f"{side}_private_key"], 16)
            pairs[side] = group.generate_key_pair(lambda length, k=private: k.to_bytes(length, "big"))  # type: ignore[misc]
            assert pairs[side] == KeyPair(private, point(step[f"{side}_public_key"]))
            encoded = pairs[side].public
            raw = general_authenticate(0x81, encoded) if side == "terminal" else answer(0x82, encoded)
            assert raw.hex().upper() == step[apdu]
            assert group.check_public_key(encoded) == encoded
        nonce = bytes.fromhex(example["encrypted_nonce"]["s"])
        for ours, peer in (("terminal", "chip"), ("chip", "terminal")):
            assert group.agree(pairs[ours].private, pairs[peer].public) == point(step["shared_secret_h"])
            generator = pace.map_generator_generic(group, nonce, pairs[ours], pairs[peer].public)
            assert generator == point(step["mapped_generator"])

    def test_agreement(self, example: dict[str, Any], group: EcGroup, protocol: PaceProtocol) -> None:
        step = example["perform_key_agreement"]
        generator = point(example["map_nonce"]["mapped_generator"])
        pairs = {}
        for side, apdu in (("terminal", "t_to_c"), ("chip", "c_to_t")):
            private = int(step[f"{side}_private_key"], 16)
            public = group.public_key(private, generator)
            assert public == point(step[f"{side}_public_key"])
            pairs[side] = KeyPair(private, public)
            raw = general_authenticate(0x83, public) if side == "terminal" else answer(0x84, public)
            assert raw.hex().upper() == step[apdu]
        for ours, peer in (("terminal", "chip"), ("chip", "terminal")):
            secret = group.shared_secret(pairs[ours].private, pairs[peer].public)
            assert secret.hex().upper() == step["shared_secret"]
            keys = pace.session_keys(protocol.suite, group, pairs[ours], pairs[peer].public)
            assert keys.k_enc.hex().upper() == step["ks_enc"]
            assert keys.k_mac.hex().upper() == step["ks_mac"]

    def test_tokens(self, example: dict[str, Any], group: EcGroup, protocol: PaceProtocol) -> None:
        step = example["mutual_authentication"]
        k_mac = bytes.fromhex(example["perform_key_agreement"]["ks_mac"])
        tokens = {}
        for token, owner in (("t_ifd", "chip"), ("t_ic", "terminal")):
            public = point(example["perform_key_agreement"][f"{owner}_public_key"])
            assert pace.token_input(protocol, group, public).hex().upper() == step[f"input_data_for_{token}"]
            tokens[token] = pace.authentication_token(protocol, group, k_mac, public)
            assert tokens[token].hex().upper() == step[token]
            pace.check_token(protocol, group, k_mac, public, tokens[token])
        assert general_authenticate(0x85, tokens["t_ifd"], last=True).hex().upper() == step["t_to_c"]
        assert answer(0x86, tokens["t_ic"]).hex().upper() == step["c_to_t"]


@dataclass
class Side:
    """One end of a run, up to its token."""

    keys: SessionKeys
    own_public: bytes
    token: bytes


def run(
    group: Group, protocol: PaceProtocol, seed: int, chip_password: bytes, terminal_password: bytes
) -> tuple[Side, Side]:
    """Run both ends; give (chip, terminal)."""
    source = random.Random(seed)
    suite = protocol.suite
    nonce = source.randbytes(16)
    encrypted = pace.encrypt_nonce(suite, pace.password_key(chip_password, suite), nonce)
    nonces = (nonce, pace.decrypt_nonce(suite, pace.password_key(terminal_password, suite), encrypted))
    first = [group.generate_key_pair(source.randbytes) for _ in nonces]
    generators = [pace.map_generator_generic(group, nonces[i], first[i], first[1 - i].public) for i in (0, 1)]
    second = [group.generate_key_pair(source.randbytes, generator) for generator in generators]
    sides = []
    for i in (0, 1):
        keys = pace.session_keys(suite, group, second[i], second[1 - i].public)
        token = pace.authentication_token(protocol, group, keys.k_mac, second[1 - i].public)
        sides.append(Side(keys, second[i].public, token))
    return sides[0], sides[1]


def check(group: Group, protocol: PaceProtocol, side: Side, received: bytes) -> None:
    pace.check_token(protocol, group, side.keys.k_mac, side.own_public, received)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.suite.label)
def test_both_ends_agree_on_every_curve_with_every_cipher(curve: Curve, protocol: PaceProtocol) -> None:
    chip, terminal = run(EcGroup(curve), protocol, 1, b"000001", b"000001")
    check(EcGroup(curve), protocol, terminal, chip.token)
    check(EcGroup(curve), protocol, chip, terminal.token)
    assert chip.keys == terminal.keys
    zero = bytes(protocol.suite.block_size)
    read = CommandApdu(0, 0xB0, 0x9E, 0, le=4)
    assert ChipChannel(chip.keys, zero).unprotect(TerminalChannel(terminal.keys, zero).protect(read)) == read


@given(st.integers(min_value=0, max_value=2**32), st.sampled_from(PROTOCOLS))
@settings(max_examples=40, deadline=None)
def test_both_ends_agree_whatever_the_random_numbers(seed: int, protocol: PaceProtocol) -> None:
    chip, terminal = run(EcGroup(SECP192R1), protocol, seed, b"000001", b"000001")
    check(EcGroup(SECP192R1), protocol, terminal, chip.token)
    assert chip.keys == terminal.keys


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.suite.label)
def test_another_password_gives_wrong_tokens_on_both_ends(protocol: PaceProtocol) -> None:
    group = EcGroup(BRAINPOOL_P256R1)
    chip, terminal = run(group, protocol, 2, b"000001", b"000002")
    with pytest.raises(TokenError):
        check(group, protocol, terminal, chip.token)
    with pytest.raises(TokenError):
        check(group, protocol, chip, terminal.token)


def test_every_byte_of_a_token_counts() -> None:
    group, protocol = EcGroup(BRAINPOOL_P256R1), PROTOCOLS[1]
    chip, terminal = run(group, protocol, 3, b"000001", b"000001")
    token = chip.token
    for position in range(len(token)):
        changed = token[:position] + bytes([token[position] ^ 1]) + token[position + 1 :]
        with pytest.raises(TokenError):
            check(group, protocol, terminal, changed)
    for wrong in (b"", token[:-1], token + b"\x00", terminal.token):
        with pytest.raises(TokenError):
            check(group, protocol, terminal, wrong)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_keys_that_are_none_are_refused(curve: Curve) -> None:
    group = EcGroup(curve)
    ours = group.generate_key_pair(random.Random(4).randbytes)
    off_curve = ours.public[:-1] + bytes([ours.public[-1] ^ 1])
    with pytest.raises(KeyReflected):
        pace.map_generator_generic(group, bytes(16), ours, ours.public)
    with pytest.raises(KeyReflected):
        pace.session_keys(Suite.AES128, group, ours, ours.public)
    for peer in (off_curve, b"", b"\x00", b"\x04" + bytes(len(off_curve) - 1)):
        with pytest.raises(PointError):
            group.check_public_key(peer)


def test_a_mapping_onto_infinity_is_refused() -> None:
    nonce = (5).to_bytes(16, "big")
    group = EcGroup(SECP192R1)
    with pytest.raises(PointError):
        group.map_generic(nonce, group.public_key(-5))


def test_the_shared_secret_keeps_its_leading_zeros() -> None:
    curve, group = SECP192R1, EcGroup(SECP192R1)
    peer = next(p for k in range(2, 5000) if (p := ec.multiply(curve, k, curve.g)).x < 1 << 184)
    assert group.shared_secret(1, ec.encode_point(curve, peer)) == peer.x.to_bytes(24, "big")


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
@pytest.mark.parametrize("length", [0, 8, 15, 17, 40, 48, 256])
def test_nonces_of_other_lengths_are_refused(suite: Suite, length: int) -> None:
    with pytest.raises(NonceError):
        pace.decrypt_nonce(suite, pace.password_key(b"000001", suite), bytes(length))


def test_no_private_key_in_the_repr() -> None:
    assert "12345678" not in repr(KeyPair(12345678, b""))
