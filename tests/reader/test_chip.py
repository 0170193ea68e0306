"""Chip and active authentication: what proves a chip genuine, and what does not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec as openssl_ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from crypto import active_authentication, curves
from crypto.ec_group import EcGroup
from crypto.iso7816 import CommandApdu, ResponseApdu
from reader.channel import Channel
from reader.checks import CheckStatus
from reader.chip import authenticate_actively, authenticate_chip
from reader.lds.dg15 import Dg15
from reader.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfos,
)
from simulator import chip_keys

CHALLENGE = bytes(range(8))
PLAIN_SHA256 = SecurityInfos((ActiveAuthenticationInfo(1, "0.4.0.127.0.7.1.1.4.1.3"),))
CA_DH = "0.4.0.127.0.7.2.2.3.1.2"
CA_ECDH = "0.4.0.127.0.7.2.2.3.2.2"
PK_ECDH = "0.4.0.127.0.7.2.2.1.2"


class Signing:
    """Answers INTERNAL AUTHENTICATE with what `sign` makes of the challenge."""

    def __init__(self, sign: Callable[[bytes], bytes], status: int = 0x9000) -> None:
        self.sign = sign
        self.status = status
        self.commands: list[CommandApdu] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(CommandApdu.decode(command))
        data = self.sign(self.commands[-1].data) if self.status == 0x9000 else b""
        return ResponseApdu(data, self.status).encode()


def rsa_chip(bits: int) -> tuple[Signing, Dg15]:
    key = chip_keys.generate_rsa_key(bits)
    trailer = active_authentication.Trailer.SHA256
    m1 = bytes(active_authentication.recoverable_length(key.length, trailer))
    chip = Signing(lambda challenge: active_authentication.sign_rsa(key, challenge, m1, trailer))
    return chip, Dg15(chip_keys.rsa_public_key_info(key))


def ecdsa_chip(*, plain: bool) -> tuple[Signing, Dg15]:
    key = openssl_ec.generate_private_key(openssl_ec.SECP256R1())

    def sign(challenge: bytes) -> bytes:
        der = key.sign(challenge, openssl_ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") if plain else der

    info = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Signing(sign), Dg15(info)


def test_an_rsa_signature_over_the_challenge() -> None:
    chip, dg15 = rsa_chip(1024)
    check = authenticate_actively(Channel(chip, 256), dg15, None, CHALLENGE)
    assert check.status is CheckStatus.PASSED
    assert (check.evidence["challenge"], check.evidence["key_bits"]) == (CHALLENGE.hex(), "1024")
    assert [command.header.hex() for command in chip.commands] == ["00880000"]


def test_a_signature_over_another_challenge() -> None:
    chip, dg15 = rsa_chip(1024)
    replaying = Signing(lambda _: chip.sign(bytes(8)))
    check = authenticate_actively(Channel(replaying, 256), dg15, None, CHALLENGE)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "chip.aa_digest")


@pytest.mark.parametrize("plain", [True, False])
def test_ecdsa_in_both_forms(plain: bool) -> None:
    chip, dg15 = ecdsa_chip(plain=plain)
    assert authenticate_actively(Channel(chip, 256), dg15, PLAIN_SHA256, CHALLENGE).status is CheckStatus.PASSED


@pytest.mark.parametrize("infos", [None, SecurityInfos(()), SecurityInfos((ActiveAuthenticationInfo(1, "1.2.3"),))])
def test_ecdsa_with_a_hash_that_nobody_names(infos: SecurityInfos | None) -> None:
    chip, dg15 = ecdsa_chip(plain=True)
    check = authenticate_actively(Channel(chip, 256), dg15, infos, CHALLENGE)
    assert (check.status, check.reason) == (CheckStatus.INCONCLUSIVE, "chip.unsupported")


@pytest.mark.parametrize("status", [0x6D00, 0x6985, 0x6982, 0x6F00])
def test_a_clone_that_has_no_private_key_refuses(status: int) -> None:
    _, dg15 = rsa_chip(1024)
    check = authenticate_actively(Channel(Signing(bytes, status), 256), dg15, None, CHALLENGE)
    assert (check.status, check.evidence["status"]) == (CheckStatus.FAILED, f"{status:04X}")


@pytest.mark.parametrize(("max_response", "status"), [(256, CheckStatus.UNAVAILABLE), (4096, CheckStatus.PASSED)])
def test_a_long_signature_needs_extended_length(max_response: int, status: CheckStatus) -> None:
    chip, dg15 = rsa_chip(3072)
    assert authenticate_actively(Channel(chip, max_response), dg15, None, CHALLENGE).status is status


def test_no_key_in_dg15() -> None:
    check = authenticate_actively(Channel(Signing(bytes), 256), Dg15(b"\x30\x00"), None, CHALLENGE)
    assert check.status is CheckStatus.INCONCLUSIVE


def test_no_key_for_chip_authentication() -> None:
    check = authenticate_chip(Channel(Signing(bytes), 256), SecurityInfos(()), bytes)
    assert (check.status, check.reason) == (CheckStatus.NOT_APPLICABLE, "chip.not_offered")


@pytest.mark.parametrize(
    "infos",
    [
        (),
        (ChipAuthenticationInfo(CA_DH, 1, None),),
        (ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.9", 1, None),),
    ],
)
def test_a_protocol_that_we_cannot_do_sends_nothing(infos: tuple[ChipAuthenticationInfo, ...]) -> None:
    draw = random.Random(1).randbytes
    key = chip_keys.generate_ca_key(EcGroup(curves.BRAINPOOL_P256R1), (CA_ECDH,), draw)
    offered = ChipAuthenticationPublicKeyInfo(PK_ECDH, chip_keys.ca_public_key_info(key), None)
    chip = Signing(bytes)
    check = authenticate_chip(Channel(chip, 256), SecurityInfos((offered, *infos)), draw)
    assert (check.status, check.reason) == (CheckStatus.INCONCLUSIVE, "chip.unsupported")
    assert chip.commands == []


def test_the_right_one_of_several_keys_is_named_to_the_chip() -> None:
    draw = random.Random(1).randbytes
    keys = [
        ChipAuthenticationPublicKeyInfo(
            PK_ECDH, chip_keys.ca_public_key_info(chip_keys.generate_ca_key(EcGroup(curve), (CA_ECDH,), draw)), number
        )
        for number, curve in ((1, curves.BRAINPOOL_P224R1), (2, curves.BRAINPOOL_P256R1))
    ]
    infos = SecurityInfos((*keys, ChipAuthenticationInfo(CA_ECDH, 1, 2)))
    chip = Signing(bytes, 0x6A88)
    check = authenticate_chip(Channel(chip, 256), infos, draw)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "chip.refused")
    assert chip.commands[0].data.endswith(bytes.fromhex("840102"))


def test_an_ecdsa_signature_over_another_challenge() -> None:
    chip, dg15 = ecdsa_chip(plain=True)
    replaying = Signing(lambda _: chip.sign(bytes(8)))
    check = authenticate_actively(Channel(replaying, 256), dg15, PLAIN_SHA256, CHALLENGE)
    assert (check.status, check.reason) == (CheckStatus.FAILED, "chip.aa_signature")
