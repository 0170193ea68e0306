"""A good card, made once, and a terminal made of the protocols' mathematics alone.

The chip is not tested with the reader that it serves: each would forgive the other's mistakes.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto import bac, chip_authentication, ec, pace, tlv
from crypto.bac import BacKeys
from crypto.curves import BRAINPOOL_P256R1
from crypto.ec import Curve, Point
from crypto.ec_group import EcGroup
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.protocols import oid_der, parse_ca_oid, parse_pace_oid
from crypto.secure_messaging import SessionKeys, TerminalChannel, max_plain_le
from reader.lds.files import ELEMENTARY_FILES, EMRTD_AID
from simulator.card_folder import load_card_folder
from simulator.chip import SimulatedChip
from simulator.citizen_card import ChipKeys
from simulator.issuer import Issuer, IssuerKeys
from simulator.personalisation import Personalisation
from simulator.profiles import find_profile
from simulator.sample_card import SampleCard, make_card
from simulator.signing_key import KeyKind

PACE_OID = "0.4.0.127.0.7.2.2.4.2.2"
CA_OID = "0.4.0.127.0.7.2.2.3.2.2"


class Terminal:
    """Sends commands to a chip, through secure messaging once a channel is there."""

    def __init__(self, chip: SimulatedChip) -> None:
        self.chip = chip
        self.channel: TerminalChannel | None = None

    def send(self, command: CommandApdu, *, extended: bool = False) -> ResponseApdu:
        if self.channel is None:
            return ResponseApdu.decode(self.chip.transmit(command.encode(extended)))
        return self.channel.unprotect(self.chip.transmit(self.channel.protect(command, extended)))

    def select_application(self) -> ResponseApdu:
        return self.send(CommandApdu(0x00, 0xA4, 0x04, 0x0C, EMRTD_AID))

    def open_by_bac(self, information: str) -> int:
        """Gives the status word of EXTERNAL AUTHENTICATE."""
        self.select_application()
        keys = BacKeys.from_mrz_information(information)
        rnd_ic = self.send(CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)).data
        rnd_ifd, k_ifd = os.urandom(8), os.urandom(16)
        cryptogram = bac.terminal_cryptogram(keys, rnd_ic, rnd_ifd, k_ifd)
        response = self.send(CommandApdu(0x00, 0x82, 0x00, 0x00, cryptogram, 40))
        if response.ok:
            self.channel = TerminalChannel(*bac.finish_terminal(keys, response.data, rnd_ic, rnd_ifd, k_ifd))
        return response.sw

    def set_pace(self, reference: int, oid: str = PACE_OID, parameter_id: int | None = 13) -> int:
        template = tlv.encode(0x80, oid_der(oid)) + tlv.encode(0x83, bytes((reference,)))
        if parameter_id is not None:
            template += tlv.encode(0x84, bytes((parameter_id,)))
        return self.send(CommandApdu(0x00, 0x22, 0xC1, 0xA4, template)).sw

    def open_by_pace(self, password: bytes, reference: int, curve: Curve = BRAINPOOL_P256R1) -> int:
        """Gives the status word of the last GENERAL AUTHENTICATE; raises TokenError where the chip's token is wrong."""
        protocol = parse_pace_oid(PACE_OID)
        assert self.set_pace(reference) == 0x9000
        key = pace.password_key(password, protocol.suite)
        nonce = pace.decrypt_nonce(protocol.suite, key, self._general_authenticate(None, b"").data)
        group = EcGroup(curve)
        mapping = group.generate_key_pair(os.urandom)
        answer = self._general_authenticate(0x81, mapping.public).data
        generator = pace.map_generator_generic(group, nonce, mapping, group.check_public_key(answer))
        ours = group.generate_key_pair(os.urandom, generator)
        peer = self._general_authenticate(0x83, ours.public).data
        keys = pace.session_keys(protocol.suite, group, ours, group.check_public_key(peer))
        token = pace.authentication_token(protocol, group, keys.k_mac, peer)
        response = self._general_authenticate(0x85, token, last=True)
        if response.ok:
            pace.check_token(protocol, group, keys.k_mac, ours.public, response.data)
            self._use(keys)
        return response.sw

    def authenticate_chip(self, curve: Curve, chip_key: Point, oid: str = CA_OID) -> int:
        """Chip authentication: MSE:Set KAT for 3DES, else MSE:Set AT; gives the last status word."""
        suite = parse_ca_oid(oid).suite
        group = EcGroup(curve)
        ours = group.generate_key_pair(os.urandom)
        public = ours.public
        if suite.block_size == 8:
            status = self.send(CommandApdu(0x00, 0x22, 0x41, 0xA6, tlv.encode(0x91, public))).sw
        else:
            status = self.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, tlv.encode(0x80, oid_der(oid)))).sw
            if status == 0x9000:
                data = tlv.encode(0x7C, tlv.encode(0x80, public))
                status = self.send(CommandApdu(0x00, 0x86, 0x00, 0x00, data, 256)).sw
        if status == 0x9000:
            self._use(chip_authentication.session_keys(suite, group, ours.private, ec.encode_point(curve, chip_key)))
        return status

    def read(self, name: str, *, block: int | None = None, extended: bool = False) -> bytes:
        """The whole file, by its short identifier and then by offset."""
        assert self.channel is not None
        if block is None:
            block = max_plain_le(self.channel.suite, 256)
        first = self.send(CommandApdu(0x00, 0xB0, 0x80 | ELEMENTARY_FILES[name].sfi, 0, le=block), extended=extended)
        content = first.data
        total = tlv.read_header(content).total_length
        while len(content) < total:
            command = CommandApdu(
                0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, le=min(block, total - len(content))
            )
            response = self.send(command, extended=extended)
            assert response.ok
            content += response.data
        return content

    def _use(self, keys: SessionKeys) -> None:
        self.channel = TerminalChannel(keys, bytes(keys.suite.block_size))

    def _general_authenticate(self, tag: int | None, value: bytes, *, last: bool = False) -> ResponseApdu:
        data = tlv.encode(0x7C, b"" if tag is None else tlv.encode(tag, value))
        response = self.send(CommandApdu(0x00 if last else 0x10, 0x86, 0x00, 0x00, data, 256))
        if not response.ok:
            return response
        return ResponseApdu(tlv.parse_one(tlv.parse_one(response.data).value).value, response.sw)


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    """Signs with RSA-2048, as the largest EF.SOD of these cards does."""
    keys = IssuerKeys.generate(KeyKind.BRAINPOOL_P512R1, KeyKind.RSA_2048)
    return Issuer.create(now=datetime(2026, 11, 22, tzinfo=UTC), random_bytes=os.urandom, keys=keys)


@pytest.fixture(scope="session")
def chip_keys() -> ChipKeys:
    return ChipKeys.generate(os.urandom)


@pytest.fixture(scope="session")
def good_card(issuer: Issuer, chip_keys: ChipKeys) -> SampleCard:
    return make_card(find_profile("cccd"), issuer, chip_keys, os.urandom)


@pytest.fixture(scope="session")
def reference_document(shared_data: Path) -> Personalisation:
    """The BSI TR-03105-5 data set as it lies."""
    return load_card_folder(shared_data / "bsi-tr03105-5")


@pytest.fixture(scope="session")
def terminal() -> type[Terminal]:
    return Terminal
