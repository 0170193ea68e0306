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
from crypto.ec_group import EcGroup
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

    group = EcGroup(curve)
    ours = group.generate_key_pair(random.Random(1).randbytes)
    static = ec.encode_point(curve, chip_public)
    assert len(group.shared_secret(ours.private, static)) == 28
    for suite in Suite:
        session = chip_authentication.session_keys(suite, group, ours.private, static)
        assert chip_authentication.session_keys(suite, group, chip_private, ours.public) == session
        zero = bytes(suite.block_size)
        terminal, chip = TerminalChannel(session, zero), ChipChannel(session, zero)
        assert chip.unprotect(terminal.protect(READ)) == READ
        assert terminal.unprotect(chip.protect(ResponseApdu(tlv.encode(0x60, b""), 0x9000))).ok


def test_a_clone_without_the_private_key_cannot_answer() -> None:
    group, suite = EcGroup(SECP256R1), Suite.AES128
    terminal_keys = chip_authentication.session_keys(suite, group, 5, group.public_key(7))
    clone_keys = chip_authentication.session_keys(suite, group, 8, group.public_key(5))
    terminal, clone = TerminalChannel(terminal_keys, bytes(16)), ChipChannel(clone_keys, bytes(16))
    with pytest.raises(SecureMessagingError):
        clone.unprotect(terminal.protect(READ))


def test_what_is_no_point_of_the_curve_is_refused() -> None:
    off_curve = ec.encode_point(SECP256R1, Point(SECP256R1.g.x, SECP256R1.g.y + 1))
    for peer in (b"", b"\0", b"\x04" + bytes(64), off_curve):
        with pytest.raises(PointError):
            chip_authentication.session_keys(Suite.AES128, EcGroup(SECP256R1), 5, peer)
