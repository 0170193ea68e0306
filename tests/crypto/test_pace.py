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
from crypto.ec import Curve, Point
from crypto.errors import KeyReflected, NonceError, PointError, TokenError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.pace import KeyPair
from crypto.protocols import PaceProtocol, oid_der, parse_pace_oid
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel

CURVES = list(STANDARDIZED.values())
PROTOCOLS = [parse_pace_oid(f"0.4.0.127.0.7.2.2.4.2.{cipher}") for cipher in (1, 2, 3, 4)]


def point(numbers: dict[str, str]) -> Point:
    return Point(int(numbers["x"], 16), int(numbers["y"], 16))


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
    def curve(self, example: dict[str, Any]) -> Curve:
        return STANDARDIZED[example["parameter_id"]]

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

    def test_domain_parameters(self, example: dict[str, Any], curve: Curve) -> None:
        numbers = example["domain_parameters"]
        p, a, b, n = (int(numbers[name], 16) for name in "pabn")
        assert match_curve(p, a, b, point(numbers["g"]), n) is curve is BRAINPOOL_P256R1
        assert curve.h == int(numbers["f"], 16)

    def test_nonce(self, example: dict[str, Any], protocol: PaceProtocol) -> None:
        step = example["encrypted_nonce"]
        key, nonce, encrypted = (bytes.fromhex(text) for text in (example["k_pi"], step["s"], step["z"]))
        assert pace.encrypt_nonce(protocol.suite, key, nonce) == encrypted
        assert pace.decrypt_nonce(protocol.suite, key, encrypted) == nonce
        assert CommandApdu(0x10, 0x86, 0, 0, tlv.encode(0x7C, b""), 256).encode().hex().upper() == step["t_to_c"]
        assert answer(0x80, encrypted).hex().upper() == step["c_to_t"]

    def test_mapping(self, example: dict[str, Any], curve: Curve) -> None:
        step = example["map_nonce"]
        pairs = {}
        for side, apdu in (("terminal", "t_to_c"), ("chip", "c_to_t")):
            private = int(step[f"{side}_private_key"], 16)
            public = pace.generate_key_pair(curve, curve.g, lambda length, k=private: k.to_bytes(length, "big")).public  # type: ignore[misc]
            assert public == point(step[f"{side}_public_key"])
            pairs[side] = KeyPair(private, public)
            encoded = ec.encode_point(curve, public)
            raw = general_authenticate(0x81, encoded) if side == "terminal" else answer(0x82, encoded)
            assert raw.hex().upper() == step[apdu]
            assert ec.decode_point(curve, encoded) == public
        shared = pace.shared_point(curve, pairs["terminal"], pairs["chip"].public)
        assert shared == point(step["shared_secret_h"])
        assert pace.shared_point(curve, pairs["chip"], pairs["terminal"].public) == shared
        nonce = bytes.fromhex(example["encrypted_nonce"]["s"])
        assert pace.map_generator(curve, nonce, shared) == point(step["mapped_generator"])

    def test_agreement(self, example: dict[str, Any], curve: Curve, protocol: PaceProtocol) -> None:
        step = example["perform_key_agreement"]
        generator = point(example["map_nonce"]["mapped_generator"])
        pairs = {}
        for side, apdu in (("terminal", "t_to_c"), ("chip", "c_to_t")):
            private = int(step[f"{side}_private_key"], 16)
            public = ec.multiply(curve, private, generator)
            assert public == point(step[f"{side}_public_key"])
            pairs[side] = KeyPair(private, public)
            encoded = ec.encode_point(curve, public)
            raw = general_authenticate(0x83, encoded) if side == "terminal" else answer(0x84, encoded)
            assert raw.hex().upper() == step[apdu]
        secret = pace.shared_secret(curve, pairs["terminal"], pairs["chip"].public)
        assert secret.hex().upper() == step["shared_secret"]
        assert pace.shared_secret(curve, pairs["chip"], pairs["terminal"].public) == secret
        keys = pace.session_keys(secret, protocol.suite)
        assert keys.k_enc.hex().upper() == step["ks_enc"]
        assert keys.k_mac.hex().upper() == step["ks_mac"]

    def test_tokens(self, example: dict[str, Any], curve: Curve, protocol: PaceProtocol) -> None:
        step = example["mutual_authentication"]
        k_mac = bytes.fromhex(example["perform_key_agreement"]["ks_mac"])
        tokens = {}
        for token, owner in (("t_ifd", "chip"), ("t_ic", "terminal")):
            public = ec.encode_point(curve, point(example["perform_key_agreement"][f"{owner}_public_key"]))
            assert pace.token_input(protocol, public).hex().upper() == step[f"input_data_for_{token}"]
            tokens[token] = pace.authentication_token(protocol, k_mac, public)
            assert tokens[token].hex().upper() == step[token]
        assert general_authenticate(0x85, tokens["t_ifd"], last=True).hex().upper() == step["t_to_c"]
        assert answer(0x86, tokens["t_ic"]).hex().upper() == step["c_to_t"]


@dataclass
class Side:
    """One end of a run, up to its token."""

    keys: SessionKeys
    own_token: bytes
    expected_token: bytes


def run(
    curve: Curve, protocol: PaceProtocol, seed: int, chip_password: bytes, terminal_password: bytes
) -> tuple[Side, Side]:
    """Run both ends; give (chip, terminal)."""
    source = random.Random(seed)
    suite = protocol.suite
    nonce = source.randbytes(16)
    encrypted = pace.encrypt_nonce(suite, pace.password_key(chip_password, suite), nonce)
    nonces = (nonce, pace.decrypt_nonce(suite, pace.password_key(terminal_password, suite), encrypted))
    first = [pace.generate_key_pair(curve, curve.g, source.randbytes) for _ in nonces]
    generators = [
        pace.map_generator(curve, nonces[i], pace.shared_point(curve, first[i], first[1 - i].public)) for i in (0, 1)
    ]
    second = [pace.generate_key_pair(curve, generator, source.randbytes) for generator in generators]
    sides = []
    for i in (0, 1):
        keys = pace.session_keys(pace.shared_secret(curve, second[i], second[1 - i].public), suite)
        own = ec.encode_point(curve, second[i].public)
        other = ec.encode_point(curve, second[1 - i].public)
        sides.append(
            Side(
                keys,
                pace.authentication_token(protocol, keys.k_mac, other),
                pace.authentication_token(protocol, keys.k_mac, own),
            )
        )
    return sides[0], sides[1]


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.suite.label)
def test_both_ends_agree_on_every_curve_with_every_cipher(curve: Curve, protocol: PaceProtocol) -> None:
    chip, terminal = run(curve, protocol, 1, b"000001", b"000001")
    pace.check_token(terminal.expected_token, chip.own_token)
    pace.check_token(chip.expected_token, terminal.own_token)
    assert chip.keys == terminal.keys
    zero = bytes(protocol.suite.block_size)
    read = CommandApdu(0, 0xB0, 0x9E, 0, le=4)
    assert ChipChannel(chip.keys, zero).unprotect(TerminalChannel(terminal.keys, zero).protect(read)) == read


@given(st.integers(min_value=0, max_value=2**32), st.sampled_from(PROTOCOLS))
@settings(max_examples=40, deadline=None)
def test_both_ends_agree_whatever_the_random_numbers(seed: int, protocol: PaceProtocol) -> None:
    chip, terminal = run(SECP192R1, protocol, seed, b"000001", b"000001")
    pace.check_token(terminal.expected_token, chip.own_token)
    assert chip.keys == terminal.keys


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.suite.label)
def test_another_password_gives_wrong_tokens_on_both_ends(protocol: PaceProtocol) -> None:
    chip, terminal = run(BRAINPOOL_P256R1, protocol, 2, b"000001", b"000002")
    with pytest.raises(TokenError):
        pace.check_token(terminal.expected_token, chip.own_token)
    with pytest.raises(TokenError):
        pace.check_token(chip.expected_token, terminal.own_token)


def test_every_byte_of_a_token_counts() -> None:
    chip, terminal = run(BRAINPOOL_P256R1, PROTOCOLS[1], 3, b"000001", b"000001")
    token = chip.own_token
    for position in range(len(token)):
        with pytest.raises(TokenError):
            pace.check_token(
                terminal.expected_token, token[:position] + bytes([token[position] ^ 1]) + token[position + 1 :]
            )
    for wrong in (b"", token[:-1], token + b"\x00", chip.expected_token):
        with pytest.raises(TokenError):
            pace.check_token(terminal.expected_token, wrong)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_keys_that_are_none_are_refused(curve: Curve) -> None:
    ours = pace.generate_key_pair(curve, curve.g, random.Random(4).randbytes)
    off_curve = Point(ours.public.x, (ours.public.y + 1) % curve.p)
    for agree in (pace.shared_point, pace.shared_secret):
        with pytest.raises(KeyReflected):
            agree(curve, ours, ours.public)
        for peer in (off_curve, ec.INFINITY, Point(0, 0)):
            with pytest.raises(PointError):
                agree(curve, ours, peer)


def test_a_mapping_onto_infinity_is_refused() -> None:
    nonce = (5).to_bytes(16, "big")
    against = ec.negate(SECP192R1, ec.multiply(SECP192R1, 5, SECP192R1.g))
    with pytest.raises(PointError):
        pace.map_generator(SECP192R1, nonce, against)


def test_the_shared_secret_keeps_its_leading_zeros() -> None:
    curve, ours = SECP192R1, KeyPair(1, SECP192R1.g)
    peer = next(p for k in range(2, 5000) if (p := ec.multiply(curve, k, curve.g)).x < 1 << 184)
    assert pace.shared_secret(curve, ours, peer) == peer.x.to_bytes(24, "big")


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
@pytest.mark.parametrize("length", [0, 8, 15, 17, 40, 48, 256])
def test_nonces_of_other_lengths_are_refused(suite: Suite, length: int) -> None:
    with pytest.raises(NonceError):
        pace.decrypt_nonce(suite, pace.password_key(b"000001", suite), bytes(length))


def test_no_private_key_in_the_repr() -> None:
    assert "12345678" not in repr(KeyPair(12345678, SECP192R1.g))
