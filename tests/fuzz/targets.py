"""Every parser of what comes from outside, with valid inputs to start from.

A target takes any bytes. It returns where it accepts them and raises an error of its package's tree where it does not:
`CryptoError`, or below `ReaderError` the class that the program expects there. Anything else is a finding.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from asn1crypto import pem
from cryptography.hazmat.primitives.asymmetric import ec

from crypto import active_authentication, ber, der, groups, public_keys, signature, tlv
from crypto.certificates import Certificate, verify_issued
from crypto.ciphers import Suite, mac_key
from crypto.crl import RevocationList
from crypto.errors import ApduError, CryptoError, DerError, TlvError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.master_list import MasterList
from crypto.padding import pad
from crypto.public_keys import RsaPublicKey
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel
from crypto.signature import Scheme, SignatureAlgorithm
from reader import evidence
from reader.access.pace_offers import offers
from reader.access.transcript import MappingProof, PaceTranscript
from reader.checks import CheckId, passed
from reader.content import check_consistency, check_mrz, check_validity, document_from
from reader.errors import EvidenceError, LdsError, PayloadError, ReaderError, TrustError
from reader.evidence import Evidence
from reader.examiner import ExaminationOutcome, ExaminationResult
from reader.keys import PresentedIdentity
from reader.lds import (
    atr_info,
    card_access,
    card_security,
    com,
    dg1,
    dg2,
    dg5,
    dg7,
    dg11,
    dg12,
    dg13,
    dg14,
    dg15,
    dg16,
    iso39794,
)
from reader.lds import dir as ef_dir
from reader.lds.atr_info import AtrInfo
from reader.lds.com import Com
from reader.lds.dg2 import Dg2
from reader.lds.dg11 import Dg11
from reader.lds.dg12 import Dg12
from reader.lds.dg13 import Dg13
from reader.lds.dg15 import Dg15
from reader.lds.dg16 import PersonToNotify
from reader.lds.files import EMRTD_AID
from reader.lds.images import StoredImage
from reader.lds.iso39794 import FaceImage
from reader.lds.mrz import Mrz, parse_mrz
from reader.lds.person_name import PersonName
from reader.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
    UnknownSecurityInfo,
)
from reader.model import Access, Failure, Verdict
from reader.opening import opening_from_qr, opening_from_typed
from reader.partial_date import PartialDate
from reader.passive import GroupPresence, bind_issuing_state, check_hashes, examine
from reader.policy import Policy
from reader.qr import payload
from reader.scanner import LineAssembler
from reader.static_keys import agreement_keys, static_keys
from reader.transcript import AgreementAttempt, AgreementOutcome, SignatureExchange, Stage, Transcript
from reader.trust import read_file
from reader.verification import verify_evidence
from tests.fuzz.samples import NOW, Groups, Samples, dh_key, ec_key, rsa_key, signed_samples, streamed

TODAY = NOW.date()
_CHALLENGE = bytes(range(8))
_LONGEST_LINE = 4096
_SUITES = tuple(Suite)
_MRZ_TD1 = (
    "IDVNM0990000017001099000001<<8",
    "9902015M3902013VNM<<<<<<<<<<<6",
    "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<",
)
_MRZ_TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
_MRZ_TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
_MRZ_LONG_NUMBER = (
    "I<UTOD23145890<7349<<<<<<<<<<<",
    "3407127M9507122UTO<<<<<<<<<<<2",
    "STEVENSON<<PETER<JOHN<<<<<<<<<",
)
_MRZS = tuple("\n".join(lines).encode() for lines in (_MRZ_TD1, _MRZ_TD2, _MRZ_TD3, _MRZ_LONG_NUMBER))
_QRS = (
    "001099000001|123456789|Nguyễn Văn Mẫu|01021999|Nam|Số 1, Phường Mẫu, Hà Nội|01012021",
    "001199000002||Trần Thị Thử|01021999|Nữ|Số 2, Xã Thử, Huế|02072024||||",
    "HS4010123456789|4e677579e1bb856e2056c4836e204de1baab75|01/02/1999|1|48c3a0204ee1bb9969|79 - 024|01/01/2026|-"
    "|01/01/2026|79024|5472e1baa76e|K1|01/01/2030|$",
    "https://example.org/001099000001",
)


@dataclass(frozen=True)
class Target:
    """One parser.

    Attributes:
        run: takes any bytes.
        refusal: what `run` raises where it refuses them.
        seeds: inputs that it accepts.
        tokens: short strings that have a meaning to it.
        nested: inputs are TLV or DER, so that changes which keep the lengths right get deeper.
        largest: bytes of the largest input that the parser looks into; what is larger it refuses as it is.
        hostile: inputs made to be expensive to this one; see `hostile.hostile_inputs` for the others.
    """

    name: str
    run: Callable[[bytes], object]
    refusal: type[Exception]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...] = ()
    nested: bool = True
    largest: int = 64 * 1024
    hostile: tuple[bytes, ...] = ()

    def attempt(self, data: bytes) -> bool:
        """Whether the input is accepted; whatever is raised is a finding."""
        try:
            self.run(data)
        except self.refusal:
            return False
        return True


@cache
def targets() -> dict[str, Target]:
    """All targets by name."""
    samples = signed_samples(_infos(), _signed_groups())
    files = (*_master_files(samples), *_groups(), *_signed(samples))
    found = (*_encodings(samples), *_apdus(), *files, *_texts(), _evidence_target(samples))
    return {target.name: target for target in found}


def _encodings(samples: Samples) -> tuple[Target, ...]:
    nested = (samples.sods[0], dg13.encode(_person()), com.encode(Com((0x61, 0x75))))
    return (
        Target("ber_tlv", _ber_tlv, TlvError, nested, (b"\x7f\x49", b"\x1f\x81\x80", b"\x80", b"\x84\xff\xff\xff\xff")),
        Target(
            "der_gate",
            der.check,
            DerError,
            (samples.sods[3], samples.certificates[1]),
            (b"\x30\x80", b"\x81\x7f", b"\0\0"),
        ),
        Target(
            "ber_to_der",
            ber.to_der,
            DerError,
            (streamed(samples.certificates[1]), samples.sods[0]),
            (b"\x30\x80", b"\x24\x80", b"\0\0"),
        ),
        Target("public_key", _public_key, CryptoError, samples.public_keys, _oids(*samples.public_keys), largest=8192),
        Target(
            "active_authentication",
            _active_authentication,
            CryptoError,
            (_aa_signature(), bytes(63) + b"\1" + bytes(63) + b"\1"),
            (b"\xbc", b"\x34\xcc", b"\x6a"),
            nested=False,
        ),
    )


def _ber_tlv(data: bytes) -> None:
    """As the files' parsers use it: objects side by side, and those within constructed ones."""
    level = [data]
    for _ in range(8):
        level = [item.value for part in level for item in tlv.parse(part) if _is_constructed(item.tag)]
    tlv.parse_one(data)


def _is_constructed(tag: int) -> bool:
    return bool(tag >> 8 * (tag.bit_length() - 1 >> 3) & 0x20)


def _public_key(data: bytes) -> None:
    key = public_keys.parse(data)
    scheme = Scheme.PKCS1 if isinstance(key, RsaPublicKey) else Scheme.ECDSA
    with suppress(CryptoError):
        signature.verify(data, SignatureAlgorithm(scheme, "sha256"), b"message", bytes.fromhex("3006020101020101"))
    if isinstance(key, RsaPublicKey):
        with suppress(CryptoError):
            active_authentication.verify_rsa(key.modulus, key.exponent, _CHALLENGE, bytes(127) + b"\1")


@cache
def _aa_key() -> active_authentication.RsaPrivateKey:
    private = rsa_key("active authentication")._key.private_numbers()
    public = private.public_numbers
    return active_authentication.RsaPrivateKey(public.n, public.e, private.d, private.p, private.q)


def _aa_signature() -> bytes:
    trailer = active_authentication.Trailer.SHA256
    length = active_authentication.recoverable_length(_aa_key().length, trailer)
    return active_authentication.sign_rsa(_aa_key(), _CHALLENGE, bytes(length), trailer)


def _active_authentication(data: bytes) -> None:
    key = _aa_key()
    active_authentication.verify_rsa(key.n, key.e, _CHALLENGE, data)
    if data:
        active_authentication.check_representative(data, _CHALLENGE)


def _oids(*encoded: bytes) -> tuple[bytes, ...]:
    """The object identifiers in DER, for the fuzzer to put one in another's place."""
    found: set[bytes] = set()
    for data in encoded:
        position = data.find(b"\x06")
        while position >= 0:
            end = position + 2 + data[position + 1 : position + 2][0] if position + 1 < len(data) else len(data) + 1
            if 5 <= end - position <= 14 and end <= len(data) and data[end - 1] < 0x80 and data[position + 2] < 0x80:
                found.add(data[position:end])
            position = data.find(b"\x06", position + 1)
    return tuple(sorted(found))


# Secure messaging: the first byte of an input chooses the cipher, the instruction and whether the rest is to be
# authenticated with the right key, since no fuzzer guesses a MAC.
_ODD_INS = 0x04
_SEALED = 0x08


def _apdus() -> tuple[Target, ...]:
    modes = [suite | odd for suite in range(len(_SUITES)) for odd in (0, _ODD_INS)]
    tokens = (
        b"\x87",
        b"\x85",
        b"\x97\x01\0",
        b"\x99\x02\x90\0",
        b"\x8e\x08",
        b"\x01",
        b"\x90\0",
        b"\x62\x82",
        b"\x69\x88",
    )
    commands = (
        CommandApdu(0, 0xA4, 4, 12, EMRTD_AID),
        CommandApdu(0, 0xB0, 0x9E, 0, le=256),
        CommandApdu(0, 0x84, 0, 0),
    )
    encoded = tuple(command.encode(extended) for command in commands for extended in (False, True))
    return (
        Target("apdu", _apdu, ApduError, encoded, (b"\0\0\0", b"\x90\0"), nested=False),
        Target(
            "secure_messaging_response",
            _protected_response,
            CryptoError,
            tuple(seed for mode in modes for seed in _response_seeds(mode)),
            tokens,
            nested=False,
        ),
        Target(
            "secure_messaging_command",
            _protected_command,
            CryptoError,
            tuple(seed for mode in modes for seed in _command_seeds(mode)),
            tokens,
            nested=False,
        ),
    )


def _apdu(data: bytes) -> None:
    response = ResponseApdu.decode(data)
    assert response.encode() == data
    command = CommandApdu.decode(data)
    assert CommandApdu.decode(command.encode()) == command


def _session(mode: int) -> tuple[SessionKeys, bytes, CommandApdu]:
    suite = _SUITES[mode % len(_SUITES)]
    keys = SessionKeys.derive(b"fuzzing", suite)
    command = CommandApdu(0, 0xB1 if mode & _ODD_INS else 0xB0, 0, 0, b"\x54\x01\0", 256)
    return keys, bytes(suite.block_size), command


def _sealed(keys: SessionKeys, counter: int, header: bytes, objects: bytes) -> bytes:
    block = keys.suite.block_size
    covered = counter.to_bytes(block, "big") + (pad(header, block) if header else b"")
    covered += pad(objects, block) if objects else b""
    return objects + b"\x8e\x08" + mac_key(keys.suite, keys.k_mac).mac(covered)


def _response_seeds(mode: int) -> tuple[bytes, ...]:
    keys, ssc, command = _session(mode)
    terminal, chip = TerminalChannel(keys, ssc), ChipChannel(keys, ssc)
    chip.unprotect(terminal.protect(command))
    raw = chip.protect(ResponseApdu(bytes(range(20)), 0x9000))
    bare, cut = raw[:-2], raw[:-12]
    sealed = bytes((mode | _SEALED,))
    return bytes((mode,)) + bare + b"\x90\0", sealed + cut + b"\x90\0", sealed + b"\x99\x02\x62\x82\x62\x82"


def _protected_response(data: bytes) -> None:
    mode, raw = (data[0], data[1:]) if data else (0, b"")
    keys, ssc, command = _session(mode)
    terminal = TerminalChannel(keys, ssc)
    terminal.protect(command)
    if mode & _SEALED:
        raw = _sealed(keys, 2, b"", raw[:-2]) + raw[-2:]
    terminal.unprotect(raw)


def _command_seeds(mode: int) -> tuple[bytes, ...]:
    keys, ssc, command = _session(mode)
    raw = TerminalChannel(keys, ssc).protect(command)
    return bytes((mode,)) + raw, bytes((mode | _SEALED,)) + raw[:4] + raw[5:-11]


def _protected_command(data: bytes) -> None:
    mode, raw = (data[0], data[1:]) if data else (0, b"")
    keys, ssc, _ = _session(mode)
    if mode & _SEALED and len(raw) >= 4:
        body = _sealed(keys, 1, raw[:4], raw[4:])
        raw = CommandApdu(*raw[:4], body, 65_536).encode()
    ChipChannel(keys, ssc).unprotect(raw)


def _infos() -> SecurityInfos:
    key = ec_key(ec.BrainpoolP256R1())
    return SecurityInfos(
        (
            TerminalAuthenticationInfo(1, bytes.fromhex("3004 0402011C")),
            PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13),
            PaceDomainParameterInfo("0.4.0.127.0.7.2.2.4.2", bytes.fromhex("300C060704007F00070102020115"), 1),
            ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.2", 1, 1),
            ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", key.public_key_info, 1),
            ActiveAuthenticationInfo(1, "0.4.0.127.0.7.1.1.4.1.3"),
            UnknownSecurityInfo("1.2.3.4", bytes.fromhex("0500")),
        )
    )


def _costly_infos() -> tuple[SecurityInfos, ...]:
    """Large prime fields of one's own: many offers in one of them, and as many keys as there is room for."""
    key, algorithm = dh_key(3072)
    own = PaceDomainParameterInfo("0.4.0.127.0.7.2.2.4.1", algorithm, 40)
    keys = (ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.1", key, number) for number in range(40))
    infos = (ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.1.2", 1, number) for number in range(20))
    return (
        SecurityInfos((own, *(PaceInfo(f"0.4.0.127.0.7.2.2.4.1.{1 + number % 4}", 2, 40) for number in range(63)))),
        SecurityInfos((*keys, *infos)),
    )


def _master_files(samples: Samples) -> tuple[Target, ...]:
    access = card_access.encode(_infos())
    info = atr_info.encode(AtrInfo(1000, 65_536, bytes.fromhex("7301C0"), ((0x43, b"\1"),)))
    identifiers = _oids(access)
    return (
        Target("ef_atr_info", atr_info.parse, LdsError, (info, info + bytes(20)), (b"\x7f\x66", b"\x47\x03")),
        Target("ef_dir", ef_dir.parse, LdsError, (ef_dir.encode((EMRTD_AID, bytes(5))),), (b"\x61", b"\x4f")),
        Target(
            "ef_card_access",
            _card_access,
            LdsError,
            (access,),
            identifiers,
            hostile=tuple(map(card_access.encode, _costly_infos())),
        ),
        Target("ef_card_security", _card_security, LdsError, samples.card_securities, _oids(*samples.card_securities)),
    )


def _card_access(data: bytes) -> None:
    offers(card_access.parse(data).infos)


def _card_security(data: bytes) -> None:
    card_security.parse(data).signed_data.verify_signer()


def _person() -> Dg13:
    return Dg13(
        number="001099000001",
        name="Nguyễn Văn Mẫu",
        birth_text="01/02/1999",
        sex_text="Nam",
        nationality="Việt Nam",
        ethnicity="Kinh",
        religion="Không",
        place_of_origin="Hà Nội",
        place_of_residence="Số 1, Phường Mẫu, Hà Nội",
        personal_features="Nốt ruồi",
        issue_text="01/01/2021",
        expiry_text="Không thời hạn",
        father="Nguyễn Văn Cha",
        mother="Trần Thị Mẹ",
        spouse="Lê Thị Vợ",
        old_number="123456789",
        reference="0123456789ABCDEF",
        unknown=((17, b"\x04\x01x"),),
    )


def _groups() -> tuple[Target, ...]:
    jpeg, codestream = b"\xff\xd8\xff" + bytes(40), b"\xff\x4f\xff\x51" + bytes(40)
    faces = (
        Dg2(jpeg, "jpeg", 240, 320),
        Dg2(codestream, "j2k"),
        Dg2(jpeg, "jpeg", 413, 531, "iso39794-5"),
    )
    keys = (rsa_key("csca").public_key_info, ec_key(ec.SECP256R1()).public_key_info)
    infos = dg14.encode(_infos())
    block = iso39794.encode(FaceImage(jpeg, iso39794.JPEG, 413, 531))
    details = (
        b"\xa0",
        b"\x5c",
        b"\x5f\x0e",
        b"\x5f\x0f",
        b"\x5f\x2b",
        b"\x5f\x55",
        b"<<",
        b"19990000",
        b"\x19\x99\x02\x01",
    )
    return (
        Target(
            "ef_com",
            com.parse,
            LdsError,
            (com.encode(Com((0x61, 0x75, 0x6D))),),
            (b"\x5f\x01", b"\x5f\x36", b"\x5c"),
            largest=1024,
        ),
        Target(
            "dg1",
            _dg1,
            LdsError,
            tuple(dg1.encode(parse_mrz(mrz.decode())) for mrz in _MRZS),
            (b"\x5f\x1f",),
            largest=512,
        ),
        Target(
            "dg2",
            dg2.parse,
            LdsError,
            tuple(map(dg2.encode, faces)),
            (b"FAC\0", b"010\0", b"\x7f\x2e", b"\xff\xd8\xff"),
        ),
        Target("iso39794", iso39794.parse, TlvError, (block,), (b"\xa0", b"\xa1", b"\x80", b"\x65")),
        Target("dg5", _images(dg5.parse), LdsError, (dg5.encode((StoredImage(jpeg),)),), (b"\x5f\x40", b"\x02\1")),
        Target(
            "dg7",
            _images(dg7.parse),
            LdsError,
            (dg7.encode((StoredImage(jpeg), StoredImage(codestream))),),
            (b"\x5f\x43",),
        ),
        Target("dg11", _dg11, LdsError, (dg11.encode(_details()),), details),
        Target("dg12", dg12.parse, LdsError, (dg12.encode(_dg12()),), details),
        Target(
            "dg13",
            _dg13,
            LdsError,
            tuple(dg13.encode(_person(), parents_together=one) for one in (False, True)),
            (b"\x30\0",),
        ),
        Target("dg14", _dg14, LdsError, (infos,), _oids(infos), hostile=tuple(map(dg14.encode, _costly_infos()))),
        Target("dg15", _dg15, LdsError, tuple(dg15.encode(Dg15(key)) for key in keys), _oids(*keys)),
        Target("dg16", dg16.parse, LdsError, (dg16.encode(_persons()),), details),
    )


def _images(parse: Callable[[bytes], tuple[StoredImage, ...]]) -> Callable[[bytes], object]:
    return lambda data: [stored.image_format for stored in parse(data)]


def _details() -> Dg11:
    names = PersonName("Mẫu", "Văn"), PersonName("Thử", "")
    image = StoredImage(b"\xff\xd8\xff" + bytes(9))
    return Dg11(
        names[0],
        names,
        personal_number="001099000001",
        birth_date=PartialDate(1999, 2, 1),
        place_of_birth=("Hà Nội", "VNM"),
        address=("Số 1", "Phường Mẫu"),
        telephone="+84 24 0000 0000",
        profession="Thợ mẫu",
        title="Ông",
        personal_summary="Không",
        proof_of_citizenship=image,
        other_travel_documents=("C0000001", "C0000002"),
        custody="Không",
        unknown=((0x5F7A, b"x"),),
    )


def _dg12() -> Dg12:
    name, image = PersonName("Mẫu", "Thị"), StoredImage(b"\xff\xd8\xff" + bytes(9))
    return Dg12(
        "Cục Mẫu",
        PartialDate(2021, 1, 1),
        (name, name),
        endorsements="Không",
        tax_or_exit_requirements="Không",
        front=image,
        rear=image,
        personalised_at=NOW.replace(tzinfo=None),
        personalisation_system="1",
    )


def _persons() -> tuple[PersonToNotify, ...]:
    name = PersonName("Mẫu", "Mẹ")
    return PersonToNotify(PartialDate(2021, 1, 1), name, "1", ("A", "B")), PersonToNotify(None, name)


def _dg1(data: bytes) -> None:
    _judge(dg1.parse(data))


def _judge(mrz: Mrz, person: Dg13 | None = None, details: Dg11 | None = None) -> None:
    """What an inspection makes of the holder's data: whatever stands in them, none of it may fail."""
    check_mrz(mrz)
    check_validity(mrz, TODAY)
    check_consistency(mrz, person, None, TODAY, details)
    document_from(mrz, person, TODAY, details)


@cache
def _signed_groups() -> Groups:
    """Of a document that answers active authentication with `_aa_key`."""
    key = Dg15(rsa_key("active authentication").public_key_info)
    return (1, dg1.encode(_printed())), (14, dg14.encode(_infos())), (15, dg15.encode(key))


def _printed() -> Mrz:
    return parse_mrz("\n".join(_MRZ_TD1))


def _dg11(data: bytes) -> None:
    _judge(_printed(), None, dg11.parse(data))


def _dg13(data: bytes) -> None:
    _judge(_printed(), dg13.parse(data))


def _dg14(data: bytes) -> None:
    infos = dg14.parse(data)
    offers(infos.infos)
    list(static_keys(infos))
    with suppress(CryptoError):
        agreement_keys(infos)


def _dg15(data: bytes) -> None:
    key = dg15.parse(data).public_key
    with suppress(CryptoError):
        public_keys.parse(key)


def _signed(samples: Samples) -> tuple[Target, ...]:
    root = Certificate.parse(samples.certificates[0])

    def passive_authentication(data: bytes) -> None:
        examination = examine(data, samples.trust, NOW, include_simulated=False)
        if examination.sod is None:
            raise LdsError(examination.structure.detail)
        bind_issuing_state(examination, "VNM")
        check_hashes(examination.sod, dict(_signed_groups()))

    def certificate(data: bytes) -> None:
        found = Certificate.parse(data)
        assert str(found)
        assert root.may_be_issued_by(found) or found.country or found.subject
        for child, issuer in ((root, found), (found, found), (found, root)):
            with suppress(CryptoError):
                verify_issued(child, issuer)

    def crl(data: bytes) -> None:
        found = RevocationList.parse(data)
        found.revocation_of(root)
        with suppress(CryptoError):
            found.verify(root)

    def csca_master_list(data: bytes) -> None:
        MasterList.parse(data).verify([root], NOW)

    return (
        Target("ef_sod", passive_authentication, LdsError, samples.sods, _oids(*samples.sods), largest=32 * 1024),
        Target(
            "certificate",
            certificate,
            CryptoError,
            samples.certificates,
            _oids(*samples.certificates),
            largest=16 * 1024,
        ),
        Target("crl", crl, CryptoError, samples.crls, _oids(*samples.crls)),
        Target(
            "trust_file",
            _trust_file,
            TrustError,
            (_armored(samples), samples.crls[0]),
            (b"-----BEGIN ", b"-----END "),
            nested=False,
        ),
        Target("master_list", csca_master_list, CryptoError, samples.master_lists, _oids(*samples.master_lists)),
    )


def _armored(samples: Samples) -> bytes:
    return pem.armor("CERTIFICATE", samples.certificates[0]) + pem.armor("X509 CRL", samples.crls[1], {"Of": "VN"})


def _trust_file(data: bytes) -> None:
    """DER or PEM, as it is imported: from a file, here in memory."""
    file = os.memfd_create("given")
    try:
        os.write(file, data)
        read_file(Path(f"/proc/self/fd/{file}"))
    finally:
        os.close(file)


def _texts() -> tuple[Target, ...]:
    return (
        Target(
            "scanner",
            _scanner,
            ReaderError,
            (b"|".join(map(str.encode, _QRS)) + b"\r\n", b"1\r2\n"),
            (b"\r\n", b"\n"),
            nested=False,
        ),
        Target("mrz", _mrz, LdsError, _MRZS, (b"<<", b"\n", b"VNM", b"991231", b"<"), nested=False, largest=400),
        Target(
            "qr",
            _qr,
            ReaderError,
            tuple(text.encode() for text in _QRS),
            (b"|", "｜".encode(), b"CCCD:", b"$", b"-"),
            nested=False,
            largest=4296,
        ),
    )


def _evidence(samples: Samples) -> Evidence:
    """What a reader saw of the document of `_signed_groups`, and more than one reader ever sees at once."""
    names = {f"DG{number}": content for number, content in _signed_groups()}
    files = names | {"EF.SOD": samples.sods[0], "EF.COM": com.encode(Com((0x61, 0x6E, 0x6F)))}
    pace = PaceTranscript("0.4.0.127.0.7.2.2.4.6.2", 13, "brainpoolP256r1", *(bytes([number]) for number in range(9)))
    transcript = Transcript(
        reader="fuzzing",
        presented=PresentedIdentity("001099000001", "099000001", "Nguyễn Văn Mẫu", TODAY, "M", "qr"),
        requested=(1, 14, 15),
        reached=Stage.DONE,
        presence=dict.fromkeys((1, 14, 15), GroupPresence.READ),
        access=pace,
        mapping_proof=MappingProof(groups.STANDARDIZED[13], bytes(65), bytes(32)),
        agreement=(
            AgreementAttempt("0.4.0.127.0.7.2.2.3.2.2", 1, False, "MSE:Set AT", bytes(65), AgreementOutcome.CONFIRMED),
        ),
        signature=SignatureExchange(_CHALLENGE, _aa_signature(), 0x9000),
        examination=ExaminationResult("1", ExaminationOutcome.GENUINE),
    )
    access = Access("PACE", "GM", "ECDH", "AES-128", "CAN", False)
    check = passed(CheckId.ACCESS_PACE, {"protocol": pace.protocol}, "The chip is open.")
    return Evidence(NOW, access, files, transcript, Failure("a", "b", "c"), Verdict.REVIEW, ("a.b",), (check,))


def _evidence_target(samples: Samples) -> Target:
    def verify(data: bytes) -> None:
        found = evidence.decode(data)
        assert evidence.decode(evidence.encode(found)) == found
        verify_evidence(found, samples.trust, Policy(), None)

    seed = _evidence(samples)
    bare = replace(seed, access=None, files={}, transcript=Transcript(), reasons=(), checks=())
    tokens = (b"null", b"true", b"{}", b"[]", b'"', b"1e999", b"-1", b"\\u0000", b"not sent", b"refused", b"read")
    return Target(
        "evidence", verify, EvidenceError, (evidence.encode(bare), evidence.encode(seed)), tokens, nested=False
    )


def _mrz(data: bytes) -> None:
    """As a person types it, or a camera reads it: typing faults are mended first."""
    text = data.decode(errors="replace")
    with suppress(PayloadError):
        opening_from_typed(text, TODAY)
    _judge(parse_mrz(text))


def _qr(data: bytes) -> None:
    text = data.decode(errors="replace")
    found = payload.parse(text)
    assert found.to_json()["type"] == found.type
    with suppress(PayloadError):
        opening_from_qr(text)
    if not isinstance(found, payload.UnknownQr):
        assert payload.parse(found.encode()) == found


def _scanner(data: bytes) -> None:
    """The same lines come out wherever the stream is cut."""
    whole, cut = LineAssembler(_LONGEST_LINE), LineAssembler(_LONGEST_LINE)
    middle = len(data) // 2
    lines = [str(line) for line in whole.feed(data)]
    assert [str(line) for line in (*cut.feed(data[:middle]), *cut.feed(data[middle:]))] == lines
