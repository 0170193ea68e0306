"""Chip authentication between a terminal and the BSI reference chip, whose private key is published."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from asn1crypto import keys

from crypto import chip_authentication, der, ec, tlv
from crypto.ciphers import Suite
from crypto.curves import BRAINPOOL_P224R1, SECP256R1, match_curve
from crypto.ec import Point
from crypto.errors import PointError, SecureMessagingError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import ChipChannel, TerminalChannel

READ = CommandApdu(0, 0xB0, 0x9E, 0, le=4)


def test_the_reference_chip_proves_its_key(shared_data: Path) -> None:
    folder = shared_data / "bsi-tr03105-5"
    raw = (folder / "DG14_sk.pkcs8").read_bytes()
    der.check(raw)
    info = keys.PrivateKeyInfo.load(raw)
    domain = info["private_key_algorithm"]["parameters"].chosen.native
    base = domain["base"]
    curve = match_curve(
        domain["field_id"]["parameters"],
        int.from_bytes(domain["curve"]["a"], "big"),
        int.from_bytes(domain["curve"]["b"], "big"),
        Point(int.from_bytes(base[1:29], "big"), int.from_bytes(base[29:], "big")),
        domain["order"],
    )
    assert curve is BRAINPOOL_P224R1
    chip_private = info["private_key"].parsed["private_key"].native
    chip_public = ec.multiply(curve, chip_private, curve.g)
    assert ec.encode_point(curve, chip_public) in (folder / "Datagroup14.bin").read_bytes()

    terminal_private = ec.random_scalar(curve, random.Random(1).randbytes)
    terminal_public = ec.multiply(curve, terminal_private, curve.g)
    secret = chip_authentication.agree(curve, terminal_private, chip_public)
    assert len(secret) == 28
    assert chip_authentication.agree(curve, chip_private, terminal_public) == secret
    for suite in Suite:
        session = chip_authentication.session_keys(secret, suite)
        zero = bytes(suite.block_size)
        terminal, chip = TerminalChannel(session, zero), ChipChannel(session, zero)
        assert chip.unprotect(terminal.protect(READ)) == READ
        assert terminal.unprotect(chip.protect(ResponseApdu(tlv.encode(0x60, b""), 0x9000))).ok


def test_a_clone_without_the_private_key_cannot_answer() -> None:
    curve, suite = SECP256R1, Suite.AES128
    terminal_keys = chip_authentication.session_keys(
        chip_authentication.agree(curve, 5, ec.multiply(curve, 7, curve.g)), suite
    )
    clone_keys = chip_authentication.session_keys(
        chip_authentication.agree(curve, 8, ec.multiply(curve, 5, curve.g)), suite
    )
    terminal, clone = TerminalChannel(terminal_keys, bytes(16)), ChipChannel(clone_keys, bytes(16))
    with pytest.raises(SecureMessagingError):
        clone.unprotect(terminal.protect(READ))


@pytest.mark.parametrize("peer", [ec.INFINITY, Point(0, 0), Point(SECP256R1.g.x, SECP256R1.g.y + 1)])
def test_what_is_no_point_of_the_curve_is_refused(peer: Point) -> None:
    with pytest.raises(PointError):
        chip_authentication.agree(SECP256R1, 5, peer)
