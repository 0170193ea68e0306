"""Chips reduced to what an examination asks of them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from crypto import chip_authentication
from crypto.errors import SecureMessagingError
from crypto.groups import STANDARDIZED
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.protocols import parse_ca_oid
from crypto.secure_messaging import ChipChannel, TerminalChannel
from reader.examiner import AgreementTask, ChipAnswers, ChipTask
from reader.lds import dg1, dg14, dg15
from reader.lds.dg15 import Dg15
from reader.lds.security_infos import (
    ID_CA,
    ID_PK,
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
    SecurityInfos,
)
from registry.messages import CheckIn
from simulator import chip_keys
from simulator.chip_genuineness import sign_challenge
from simulator.citizen_card import citizen_mrz
from simulator.issuer import Issuer
from simulator.people import Person, sample_people
from simulator.personalisation import (
    ActiveAuthenticationKey,
    ChipAuthenticationKey,
    EcAuthenticationKey,
    RsaAuthenticationKey,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
_ECDSA_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"

Answering = Callable[[CommandApdu, bytes], ResponseApdu]


def read_binary(command: CommandApdu, content: bytes) -> ResponseApdu:
    """As a chip with short file identifiers answers for DG1."""
    assert command.header == bytes.fromhex("00B08100")
    assert command.le is not None
    return ResponseApdu(content[: command.le], 0x9000)


@dataclass(frozen=True)
class Card:
    """A signed identity with the keys of its chip: everything that an examination has to do with."""

    person: Person
    sod: bytes
    groups: Mapping[int, bytes]
    ca_keys: tuple[ChipAuthenticationKey, ...] = field(default=(), repr=False)
    aa_key: ActiveAuthenticationKey | None = field(default=None, repr=False)
    answering: Answering = read_binary

    def with_other_keys(self, draw: Callable[[int], bytes]) -> Card:
        """A clone: every file of the card, and private keys of the cloner's."""
        ca_keys = tuple(replace(key, private=int.from_bytes(draw(20), "big")) for key in self.ca_keys)
        aa_key = RsaAuthenticationKey(chip_keys.generate_rsa_key(1024)) if self.aa_key is not None else None
        return replace(self, ca_keys=ca_keys, aa_key=aa_key)

    def answer(self, task: ChipTask) -> ChipAnswers:
        """What the chip says, carried faithfully."""
        signature = None
        if task.challenge is not None and self.aa_key is not None:
            signature = sign_challenge(self.aa_key, task.challenge, secrets.token_bytes)
        return ChipAnswers(
            task.examination_id,
            signature,
            None if signature is None else 0x9000,
            None if task.agreement is None else 0x9000,
            None if task.agreement is None else self.respond(task.agreement),
        )

    def respond(self, task: AgreementTask) -> bytes:
        """The protected response to the examiner's command."""
        key = next(key for key in self.ca_keys if task.protocol in key.protocols and key.key_id == task.key_id)
        suite = parse_ca_oid(task.protocol).suite
        peer = key.group.check_public_key(task.public_key)
        keys = chip_authentication.session_keys(suite, key.group, key.private, peer)
        start = bytes(suite.block_size)
        channel = ChipChannel(keys, start)
        try:
            command = channel.unprotect(task.command)
        except SecureMessagingError:
            # A clone does not mind that it cannot check the command: it answers what was to be expected.
            channel, command = ChipChannel(keys, start), CommandApdu(0x00, 0xB0, 0x81, 0x00, le=len(self.groups[1]))
            channel.unprotect(TerminalChannel(keys, start).protect(command))
        return channel.protect(self.answering(command, self.groups[1]))


def record_of(card: Card, examination_id: str | None = None, **changes: object) -> CheckIn:
    """The check-in that an honest kiosk makes of a card."""
    mrz = citizen_mrz(card.person)
    fields: dict[str, object] = {
        "kiosk_id": "K1",
        "province_code": "001",
        "facility_code": "01013",
        "installation": "0190c7f4",
        "sequence": 1,
        "desk": "residence",
        "captured_at": NOW,
        "personal_number": mrz.personal_number,
        "document_type": "ID",
        "document_issuer": mrz.issuer,
        "document_number": mrz.document_number,
        "name": card.person.name,
        "birth_date": card.person.birth_date,
        "sex": card.person.sex,
        "verdict": "accept",
        "identified_by": "chip",
        "examination_id": examination_id,
    }
    return CheckIn.model_validate({**fields, **changes})


@dataclass(frozen=True)
class Cards:
    """Makes cards that an issuer signed."""

    issuer: Issuer

    def make(
        self,
        person: str = "mau",
        *,
        ca_keys: tuple[ChipAuthenticationKey, ...] = (),
        aa_key: ActiveAuthenticationKey | None = None,
        named: bool = True,
    ) -> Card:
        """Args:
        named: DG14 names the protocols of its keys.
        """
        holder = sample_people()[person]
        groups = {1: dg1.encode(citizen_mrz(holder))}
        infos: list[SecurityInfo] = []
        for key in ca_keys:
            agreement = "2" if key.group.agreement == "ECDH" else "1"
            info = chip_keys.ca_public_key_info(key)
            infos.append(ChipAuthenticationPublicKeyInfo(f"{ID_PK}.{agreement}", info, key.key_id))
            infos += [ChipAuthenticationInfo(protocol, 1, key.key_id) for protocol in key.protocols if named]
        if isinstance(aa_key, EcAuthenticationKey):
            infos.append(ActiveAuthenticationInfo(1, _ECDSA_SHA256))
        if infos:
            groups[14] = dg14.encode(SecurityInfos(tuple(infos)))
        if isinstance(aa_key, EcAuthenticationKey):
            groups[15] = dg15.encode(Dg15(chip_keys.ec_public_key_info(aa_key)))
        elif aa_key is not None:
            groups[15] = dg15.encode(Dg15(chip_keys.rsa_public_key_info(aa_key.key)))
        hashes = {number: hashlib.sha256(content).digest() for number, content in groups.items()}
        return Card(holder, self.issuer.sign_sod(hashes), groups, ca_keys, aa_key)

    def full(self, person: str = "mau") -> Card:
        """Both proofs, as Vietnam's cards have them."""
        return self.make(person, ca_keys=(ca_key(),), aa_key=aa_key())


def ca_key(group: int = 13, protocol: str = f"{ID_CA}.2.2", key_id: int | None = None) -> ChipAuthenticationKey:
    return chip_keys.generate_ca_key(STANDARDIZED[group], (protocol,), secrets.token_bytes, key_id)


def aa_key() -> RsaAuthenticationKey:
    return RsaAuthenticationKey(chip_keys.generate_rsa_key(1024))
