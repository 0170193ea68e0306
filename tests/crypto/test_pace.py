"""PACE: both ends against each other in every group with every mapping and cipher, and what each end refuses."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import pace, pace_cam
from crypto.ciphers import BlockKey, Suite
from crypto.ec_group import EcGroup
from crypto.errors import (
    CryptoError,
    KeyReflected,
    NonceError,
    PaddingError,
    PointError,
    TokenError,
    UnsupportedAlgorithm,
)
from crypto.groups import STANDARDIZED, Group
from crypto.iso7816 import CommandApdu
from crypto.key_pair import KeyPair
from crypto.protocols import NonceMapping, PaceProtocol, parse_pace_oid
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel

PROTOCOLS = [
    parse_pace_oid(f"0.4.0.127.0.7.2.2.4.{mechanism}.{cipher}")
    for mechanism, cipher in itertools.product((1, 2, 3, 4, 6), (1, 2, 3, 4))
    if (mechanism, cipher) != (6, 1)
]
COMBINATIONS = [
    (group, protocol)
    for group, protocol in itertools.product(STANDARDIZED.values(), PROTOCOLS)
    if group.agreement is protocol.agreement
    and not (protocol.mapping is NonceMapping.IM and isinstance(group, EcGroup) and group.prime % 4 == 1)
]
GROUPS = pytest.mark.parametrize("group", STANDARDIZED.values(), ids=lambda group: group.name)
SUITES = pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
SMALL_CURVE, SMALL_DH = STANDARDIZED[8], STANDARDIZED[0]
GM_ECDH, GM_DH, IM_ECDH = (parse_pace_oid(f"0.4.0.127.0.7.2.2.4.{mechanism}.2") for mechanism in (2, 1, 4))


def named(value: Group | PaceProtocol) -> str:
    return f"{value.mapping}-{value.suite.label}" if isinstance(value, PaceProtocol) else value.name


@dataclass
class Side:
    """One end of a run, up to its token."""

    keys: SessionKeys
    mapping: KeyPair | None
    public: bytes
    token: bytes


def run(
    group: Group,
    protocol: PaceProtocol,
    seed: int,
    chip_password: bytes = b"000001",
    terminal_password: bytes = b"000001",
    *,
    on_the_wire: Callable[[bytes], bytes] = bytes,
) -> tuple[Side, Side]:
    """Run both ends; give (chip, terminal).

    Args:
        on_the_wire: how the chip writes its public keys.
    """
    draw, suite = random.Random(seed).randbytes, protocol.suite
    nonce = draw(pace.nonce_length(protocol))
    encrypted = pace.encrypt_nonce(suite, pace.password_key(chip_password, suite), nonce)
    nonces = (nonce, pace.decrypt_nonce(suite, pace.password_key(terminal_password, suite), encrypted))
    mapping: list[KeyPair] | list[None]
    if protocol.mapping is NonceMapping.IM:
        terminal_nonce = draw(pace.terminal_nonce_length(protocol))
        mapping = [None, None]
        generators = [pace.map_generator_integrated(protocol, group, nonce, terminal_nonce) for nonce in nonces]
    else:
        first = mapping = [group.generate_key_pair(draw) for _ in nonces]
        received = [group.check_public_key(on_the_wire(first[0].public)), group.check_public_key(first[1].public)]
        generators = [pace.map_generator_generic(group, nonces[i], first[i], received[1 - i]) for i in (0, 1)]
    second = [group.generate_key_pair(draw, generator) for generator in generators]
    sent = [on_the_wire(second[0].public), second[1].public]
    sides = []
    for i in (0, 1):
        keys = pace.session_keys(suite, group, second[i], group.check_public_key(sent[1 - i]))
        token = pace.authentication_token(protocol, group, keys.k_mac, sent[1 - i])
        sides.append(Side(keys, mapping[i], sent[i], token))
    return sides[0], sides[1]


def check(group: Group, protocol: PaceProtocol, side: Side, received: bytes) -> None:
    pace.check_token(protocol, group, side.keys.k_mac, side.public, received)


def test_the_combinations_are_all_that_the_standard_has() -> None:
    assert len(COMBINATIONS) == 141
    assert len({(protocol.mapping, group.agreement) for group, protocol in COMBINATIONS}) == 5


@pytest.mark.parametrize(("group", "protocol"), COMBINATIONS, ids=named)
def test_both_ends_agree(group: Group, protocol: PaceProtocol) -> None:
    chip, terminal = run(group, protocol, 1)
    check(group, protocol, terminal, chip.token)
    check(group, protocol, chip, terminal.token)
    assert chip.keys == terminal.keys
    zero = bytes(protocol.suite.block_size)
    read = CommandApdu(0, 0xB0, 0x9E, 0, le=4)
    assert ChipChannel(chip.keys, zero).unprotect(TerminalChannel(terminal.keys, zero).protect(read)) == read


@given(st.sampled_from(COMBINATIONS), st.integers(min_value=0, max_value=2**32), st.booleans())
@settings(max_examples=60)
def test_both_ends_agree_whatever_the_random_numbers(
    combination: tuple[Group, PaceProtocol], seed: int, padded: bool
) -> None:
    group, protocol = combination
    chip, terminal = run(group, protocol, seed, on_the_wire=group.padded if padded else bytes)
    check(group, protocol, terminal, chip.token)
    check(group, protocol, chip, terminal.token)
    assert chip.keys == terminal.keys


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: f"{protocol.agreement}-{named(protocol)}")
def test_another_password_gives_wrong_tokens_on_both_ends(protocol: PaceProtocol) -> None:
    group = next(group for group in (SMALL_DH, STANDARDIZED[13]) if group.agreement is protocol.agreement)
    chip, terminal = run(group, protocol, 2, b"000001", b"000002")
    assert chip.keys != terminal.keys
    for side, token in ((terminal, chip.token), (chip, terminal.token)):
        with pytest.raises(TokenError):
            check(group, protocol, side, token)


class TestTokens:
    @pytest.mark.parametrize(("group", "protocol"), [(STANDARDIZED[13], GM_ECDH), (SMALL_DH, GM_DH)], ids=named)
    def test_every_byte_counts(self, group: Group, protocol: PaceProtocol) -> None:
        chip, terminal = run(group, protocol, 3)
        token = chip.token
        for position in range(len(token)):
            changed = token[:position] + bytes([token[position] ^ 1]) + token[position + 1 :]
            with pytest.raises(TokenError):
                check(group, protocol, terminal, changed)
        for wrong in (b"", token[:-1], token + b"\x00", terminal.token):
            with pytest.raises(TokenError):
                check(group, protocol, terminal, wrong)

    def test_a_chip_may_compute_it_over_our_key_at_the_fields_width(self) -> None:
        """Once in 256 runs the forms differ: chips that re-encode our key as they keep it failed there only."""
        group, protocol = SMALL_DH, GM_DH
        _, terminal = run(group, protocol, 445)
        k_mac, minimal = terminal.keys.k_mac, terminal.public
        assert len(minimal) == 127
        forms = [minimal, group.padded(minimal)]
        tokens = [pace.authentication_token(protocol, group, k_mac, form) for form in forms]
        assert tokens[0] != tokens[1]
        assert pace.acceptable_tokens(protocol, group, k_mac, minimal) == tuple(tokens)
        for token in tokens:
            check(group, protocol, terminal, token)
        for other in (b"\0" + group.padded(minimal), b"\0\0" + minimal[:-1]):
            with pytest.raises(TokenError):
                check(group, protocol, terminal, pace.authentication_token(protocol, group, k_mac, other))

    def test_a_point_has_one_token(self) -> None:
        _, terminal = run(SMALL_CURVE, GM_ECDH, 3)
        assert len(pace.acceptable_tokens(GM_ECDH, SMALL_CURVE, terminal.keys.k_mac, terminal.public)) == 1

    def test_the_protocol_is_part_of_it(self) -> None:
        chip, terminal = run(SMALL_CURVE, GM_ECDH, 3)
        with pytest.raises(TokenError):
            pace.check_token(IM_ECDH, SMALL_CURVE, terminal.keys.k_mac, terminal.public, chip.token)


class TestReflection:
    @GROUPS
    def test_our_own_key_is_refused(self, group: Group) -> None:
        ours = group.generate_key_pair(random.Random(4).randbytes)
        for form in (ours.public, group.padded(ours.public)):
            peer = group.check_public_key(form)
            with pytest.raises(KeyReflected):
                pace.map_generator_generic(group, bytes(16), ours, peer)
            with pytest.raises(KeyReflected):
                pace.session_keys(Suite.AES128, group, ours, peer)

    def test_a_short_key_of_ours_comes_back_padded(self) -> None:
        source = random.Random(5)
        ours = next(
            pair for _ in range(5000) if len((pair := SMALL_DH.generate_key_pair(source.randbytes)).public) < 128
        )
        peer = SMALL_DH.check_public_key(SMALL_DH.padded(ours.public))
        with pytest.raises(KeyReflected):
            pace.check_not_reflected(ours, peer)


class TestNonces:
    @SUITES
    @pytest.mark.parametrize("length", [0, 8, 15, 17, 40, 48, 256])
    def test_encrypted_ones_of_other_lengths_are_refused(self, suite: Suite, length: int) -> None:
        with pytest.raises(NonceError):
            pace.decrypt_nonce(suite, pace.password_key(b"000001", suite), bytes(length))

    def test_lengths(self) -> None:
        """Both nonces have the size of a key, the chip's rounded up to whole blocks (section 4.4.3.3)."""
        lengths = {
            (protocol.mapping, protocol.suite): (pace.nonce_length(protocol), pace.terminal_nonce_length(protocol))
            for protocol in PROTOCOLS
        }
        integrated = {suite: lengths[NonceMapping.IM, suite] for suite in Suite}
        assert integrated == {
            Suite.TDES: (16, 16),
            Suite.AES128: (16, 16),
            Suite.AES192: (32, 24),
            Suite.AES256: (32, 32),
        }
        assert {chip for (mapping, _), (chip, _) in lengths.items() if mapping is not NonceMapping.IM} == {16}

    @SUITES
    def test_the_integrated_mapping_takes_no_other(self, suite: Suite) -> None:
        protocol = next(p for p in PROTOCOLS if p.mapping is NonceMapping.IM and p.suite is suite)
        chip, terminal = pace.nonce_length(protocol), pace.terminal_nonce_length(protocol)
        for wrong in ((chip - 8, terminal), (chip + 8, terminal), (chip, terminal - 8), (chip, terminal + 8), (0, 0)):
            with pytest.raises(NonceError):
                pace.map_generator_integrated(protocol, SMALL_CURVE, *(bytes(length) for length in wrong))

    @given(st.integers(min_value=2, max_value=2**2048), st.sampled_from(list(Suite)), st.integers())
    def test_the_pseudo_random_function_stays_below_its_prime(self, prime: int, suite: Suite, seed: int) -> None:
        source = random.Random(seed)
        protocol = next(p for p in PROTOCOLS if p.mapping is NonceMapping.IM and p.suite is suite)
        nonces = source.randbytes(pace.nonce_length(protocol)), source.randbytes(suite.key_length)
        number = pace.pseudo_random(suite, prime, *nonces)
        assert 0 <= number < prime
        output = pace.pseudo_random_bytes(suite, prime.bit_length() + 64, *nonces)
        block = pace.nonce_length(protocol)
        assert 0 <= 8 * len(output) - (prime.bit_length() + 64) < 8 * block
        assert len(output) % block == 0

    def test_no_integrated_mapping_on_secp224r1(self) -> None:
        with pytest.raises(UnsupportedAlgorithm):
            pace.map_generator_integrated(IM_ECDH, STANDARDIZED[10], bytes(16), bytes(16))


CAM = [parse_pace_oid(f"0.4.0.127.0.7.2.2.4.6.{cipher}") for cipher in (2, 3, 4)]


@pytest.mark.parametrize("protocol", CAM, ids=named)
@pytest.mark.parametrize("number", range(8, 19), ids=lambda number: STANDARDIZED[number].name)
def test_chip_authentication_mapping_proves_the_static_key(number: int, protocol: PaceProtocol) -> None:
    group = STANDARDIZED[number]
    chip, terminal = run(group, protocol, 6)
    assert chip.mapping is not None
    static = group.generate_key_pair(random.Random(7).randbytes)
    data = pace_cam.chip_authentication_data(group, chip.mapping.private, static.private)
    sealed = pace_cam.seal_chip_authentication_data(chip.keys, data)
    assert len(sealed) % 16 == 0
    assert len(sealed) > len(data)
    opened = pace_cam.open_chip_authentication_data(terminal.keys, sealed)
    assert opened == data
    assert pace_cam.proves_static_key(group, opened, chip.mapping.public, static.public)
    assert not pace_cam.proves_static_key(group, opened, static.public, chip.mapping.public)
    assert not pace_cam.proves_static_key(group, opened, chip.mapping.public, group.generator)


class TestChipAuthenticationData:
    group = STANDARDIZED[13]
    keys = SessionKeys.derive(b"secret", Suite.AES256)
    mapping = group.public_key(1234)
    static = group.public_key(5678)

    def genuine(self) -> bytes:
        return pace_cam.chip_authentication_data(self.group, 1234, 5678)

    def proves(self, data: bytes) -> bool:
        return pace_cam.proves_static_key(self.group, data, self.mapping, self.static)

    def test_every_byte_counts(self) -> None:
        data = self.genuine()
        assert self.proves(data)
        for position in range(len(data)):
            assert not self.proves(data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :])

    def test_numbers_out_of_range(self) -> None:
        number = int.from_bytes(self.genuine(), "big") + self.group.order
        for wrong in (b"", bytes(32), self.group.order.to_bytes(32, "big"), number.to_bytes(33, "big"), b"\xff" * 32):
            assert not self.proves(wrong)
        assert not self.proves(b"\0" + self.genuine())

    def test_leading_zeros_are_written_and_not_needed(self) -> None:
        private = 1 << 200  # data 1 << 200 for the static key 1
        data = pace_cam.chip_authentication_data(self.group, private, 1)
        assert len(data) == 32
        assert data[:6] == bytes(6)
        for form in (data, data.lstrip(b"\0")):
            assert pace_cam.proves_static_key(self.group, form, self.group.public_key(private), self.group.generator)

    def test_a_static_key_that_is_none(self) -> None:
        assert not pace_cam.proves_static_key(self.group, self.genuine(), self.mapping, b"\x04" + bytes(64))

    @pytest.mark.parametrize("length", [0, 1, 15, 17, 47])
    def test_no_whole_blocks(self, length: int) -> None:
        with pytest.raises(PaddingError):
            pace_cam.open_chip_authentication_data(self.keys, bytes(length))

    def test_wrong_padding(self) -> None:
        for plain in (bytes(32), b"\x80" + bytes(31), b"\xff" * 32, bytes(31) + b"\x01"):
            unpadded = BlockKey(self.keys.suite, self.keys.k_enc).encrypt_cbc(
                pace_cam.initialisation_vector(self.keys), plain
            )
            with pytest.raises(PaddingError):
                pace_cam.open_chip_authentication_data(self.keys, unpadded)

    @given(st.binary(max_size=80))
    def test_any_bytes_open_or_are_refused(self, sealed: bytes) -> None:
        try:
            data = pace_cam.open_chip_authentication_data(self.keys, sealed)
        except CryptoError:
            return
        assert pace_cam.seal_chip_authentication_data(self.keys, data) == sealed
        assert not self.proves(data)


def test_a_mapping_onto_infinity_is_refused() -> None:
    peer = SMALL_CURVE.public_key(2)
    nonce = (10).to_bytes(16, "big")
    with pytest.raises(PointError):
        pace.map_generator_generic(SMALL_CURVE, nonce, KeyPair(-5, SMALL_CURVE.public_key(-5)), peer)
