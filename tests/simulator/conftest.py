"""A good card, made once, and a terminal made of the protocols' mathematics alone.

The chip is not tested with the reader that it serves: each would forgive the other's mistakes.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto import bac, chip_authentication, pace, pace_cam, tlv
from crypto.bac import BacKeys
from crypto.ciphers import Suite
from crypto.groups import STANDARDIZED, Group
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.protocols import NonceMapping, PaceProtocol, oid_der, parse_ca_oid, parse_pace_oid
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
PIECE = 200
"""Data bytes that fit a short command, protected too."""


class Terminal:
    """Sends commands to a chip, through secure messaging once a channel is there; fetches what 61xx announces."""

    def __init__(self, chip: SimulatedChip) -> None:
        self.chip = chip
        self.channel: TerminalChannel | None = None
        self.sealed: bytes | None = None
        self.map_public = b""

    def send(self, command: CommandApdu, *, extended: bool = False) -> ResponseApdu:
        if self.channel is None:
            return ResponseApdu.decode(self.exchange(command.encode(extended)))
        return self.channel.unprotect(self.exchange(self.channel.protect(command, extended)))

    def send_long(self, command: CommandApdu, *, extended: bool = False) -> ResponseApdu:
        """As `send`; without extended length the data go in pieces."""
        while not extended and len(command.data) > PIECE:
            piece = replace(command, cla=command.cla | 0x10, data=command.data[:PIECE], le=None)
            response = self.send(piece)
            if not response.ok:
                return response
            command = replace(command, data=command.data[PIECE:])
        return self.send(command, extended=extended)

    def exchange(self, command: bytes) -> bytes:
        response = self.chip.transmit(command)
        data = b""
        while response[-2] == 0x61:
            data += response[:-2]
            response = self.chip.transmit(CommandApdu(0x00, 0xC0, 0x00, 0x00, le=response[-1] or 256).encode())
        return data + response

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

    def open_by_pace(
        self, password: bytes, reference: int, oid: str = PACE_OID, parameter_id: int = 13, *, extended: bool = False
    ) -> int:
        """Gives the status word of the last GENERAL AUTHENTICATE; raises TokenError where the chip's token is wrong."""
        status = self.set_pace(reference, oid, parameter_id)
        if status != 0x9000 and status >> 4 != 0x63C:
            return status
        return self.run_pace(password, parse_pace_oid(oid), STANDARDIZED[parameter_id], extended=extended)

    def run_pace(self, password: bytes, protocol: PaceProtocol, group: Group, *, extended: bool = False) -> int:
        """PACE after MSE:Set AT."""
        key = pace.password_key(password, protocol.suite)
        answer = self._general_authenticate(None, b"", extended=extended)
        if not answer.ok:
            return answer.sw
        nonce = pace.decrypt_nonce(protocol.suite, key, answer.data)
        if protocol.mapping is NonceMapping.IM:
            random = os.urandom(pace.terminal_nonce_length(protocol))
            assert self._general_authenticate(0x81, random, extended=extended) == ResponseApdu(b"", 0x9000)
            generator = pace.map_generator_integrated(protocol, group, nonce, random)
        else:
            mapping = group.generate_key_pair(os.urandom)
            received = self._general_authenticate(0x81, mapping.public, extended=extended).data
            self.map_public = group.check_public_key(received)
            generator = pace.map_generator_generic(group, nonce, mapping, self.map_public)
        ours = group.generate_key_pair(os.urandom, generator)
        peer = self._general_authenticate(0x83, ours.public, extended=extended).data
        keys = pace.session_keys(protocol.suite, group, ours, group.check_public_key(peer))
        token = pace.authentication_token(protocol, group, keys.k_mac, peer)
        response = self._general_authenticate(0x85, token, last=True, extended=extended)
        if response.ok:
            pace.check_token(protocol, group, keys.k_mac, ours.public, response.data)
            self._use(keys)
        return response.sw

    def proves(self, static_public: bytes, parameter_id: int) -> bool:
        """Whether what came with the token proves this static key, as chip authentication mapping wants it."""
        assert self.sealed is not None
        data = pace_cam.open_chip_authentication_data(self.keys, self.sealed)
        return pace_cam.proves_static_key(STANDARDIZED[parameter_id], data, self.map_public, static_public)

    def authenticate_chip(
        self, group: Group, chip_key: bytes, oid: str = CA_OID, key_id: int | None = None, *, extended: bool = False
    ) -> int:
        """Chip authentication: MSE:Set KAT for 3DES, else MSE:Set AT; gives the last status word."""
        suite = parse_ca_oid(oid).suite
        ours = group.generate_key_pair(os.urandom)
        reference = b"" if key_id is None else tlv.encode(0x84, bytes((key_id,)))
        if suite is Suite.TDES:
            template = CommandApdu(0x00, 0x22, 0x41, 0xA6, tlv.encode(0x91, ours.public) + reference)
            status = self.send_long(template, extended=extended).sw
        else:
            status = self.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, tlv.encode(0x80, oid_der(oid)) + reference)).sw
            if status == 0x9000:
                data = tlv.encode(0x7C, tlv.encode(0x80, ours.public))
                status = self.send_long(CommandApdu(0x00, 0x86, 0x00, 0x00, data, 256), extended=extended).sw
        if status == 0x9000:
            self._use(chip_authentication.session_keys(suite, group, ours.private, group.check_public_key(chip_key)))
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
        self.keys = keys
        self.channel = TerminalChannel(keys, bytes(keys.suite.block_size))

    def _general_authenticate(
        self, tag: int | None, value: bytes, *, last: bool = False, extended: bool = False
    ) -> ResponseApdu:
        data = tlv.encode(0x7C, b"" if tag is None else tlv.encode(tag, value))
        le = 4000 if extended else 256
        command = CommandApdu(0x00 if last else 0x10, 0x86, 0x00, 0x00, data, le)
        response = self.send_long(command, extended=extended)
        if not response.ok:
            return response
        first, *further = tlv.parse(tlv.parse_one(response.data).value)
        if further:
            (sealed,) = further
            assert sealed.tag == 0x8A
            self.sealed = sealed.value
        return ResponseApdu(first.value, response.sw)


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
