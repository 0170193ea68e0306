"""Chip authentication in every group, and with the BSI reference chip, whose private key is published."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from asn1crypto import keys
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import chip_authentication, der, ec, public_keys, tlv
from crypto.ciphers import Suite
from crypto.curves import SECP256R1
from crypto.ec import Point
from crypto.ec_group import EcGroup
from crypto.errors import PointError, SecureMessagingError
from crypto.groups import STANDARDIZED, Group
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel

READ = CommandApdu(0, 0xB0, 0x9E, 0, le=4)
GROUPS = list(STANDARDIZED.values())


def understand_each_other(terminal_keys: SessionKeys, chip_keys: SessionKeys) -> bool:
    zero = bytes(terminal_keys.suite.block_size)
    terminal, chip = TerminalChannel(terminal_keys, zero), ChipChannel(chip_keys, zero)
    try:
        assert chip.unprotect(terminal.protect(READ)) == READ
    except SecureMessagingError:
        return False
    return terminal.unprotect(chip.protect(ResponseApdu(tlv.encode(0x60, b""), 0x9000))).ok


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
def test_a_chip_proves_its_key(group: Group, suite: Suite) -> None:
    source = random.Random(1)
    static, ephemeral, other = (group.generate_key_pair(source.randbytes) for _ in range(3))
    terminal = chip_authentication.session_keys(suite, group, ephemeral.private, static.public)
    received = group.check_public_key(group.padded(ephemeral.public))
    assert chip_authentication.session_keys(suite, group, static.private, received) == terminal
    assert understand_each_other(terminal, terminal)
    clone = chip_authentication.session_keys(suite, group, other.private, received)
    assert not understand_each_other(terminal, clone)


@given(st.sampled_from([STANDARDIZED[0], STANDARDIZED[8], STANDARDIZED[13]]), st.integers(min_value=0, max_value=2**32))
@settings(max_examples=40)
def test_both_ends_agree_whatever_the_random_numbers(group: Group, seed: int) -> None:
    source = random.Random(seed)
    static, ephemeral = (group.generate_key_pair(source.randbytes) for _ in range(2))
    assert chip_authentication.session_keys(
        Suite.AES128, group, ephemeral.private, static.public
    ) == chip_authentication.session_keys(Suite.AES128, group, static.private, ephemeral.public)


def test_the_reference_chip_proves_its_key(shared_data: Path) -> None:
    folder = shared_data / "bsi-tr03105-5"
    raw = (folder / "DG14_sk.pkcs8").read_bytes()
    der.check(raw)
    static_private = keys.PrivateKeyInfo.load(raw)["private_key"].parsed["private_key"].native
    group, static = public_keys.agreement_key(public_keys.parse((folder / "DG14_pk.bin").read_bytes()))
    assert group.name == "brainpoolP224r1"
    assert group.public_key(static_private) == static
    assert static in (folder / "Datagroup14.bin").read_bytes()

    ours = group.generate_key_pair(random.Random(1).randbytes)
    assert len(group.shared_secret(ours.private, static)) == 28
    for suite in Suite:
        terminal = chip_authentication.session_keys(suite, group, ours.private, static)
        chip = chip_authentication.session_keys(suite, group, static_private, ours.public)
        assert understand_each_other(terminal, chip)


def test_what_is_no_point_of_the_curve_is_refused() -> None:
    off_curve = ec.encode_point(SECP256R1, Point(SECP256R1.g.x, SECP256R1.g.y + 1))
    for peer in (b"", b"\0", b"\x04" + bytes(64), off_curve):
        with pytest.raises(PointError):
            chip_authentication.session_keys(Suite.AES128, EcGroup(SECP256R1), 5, peer)
