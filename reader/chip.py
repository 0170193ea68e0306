"""Whether the chip is the issuer's and no copy: chip and active authentication (Doc 9303-11 section 6).

Both prove that the chip holds a private key. The public keys are taken from data groups that the issuer signed and that
were found unchanged: a key that anyone could have put there would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from crypto import active_authentication, chip_authentication, ec, public_keys, tlv
from crypto.active_authentication import AaResult
from crypto.ciphers import Suite
from crypto.ec_group import EcGroup
from crypto.errors import CryptoError, UnsupportedAlgorithm
from crypto.groups import Group
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.protocols import Agreement, ChipAuthenticationProtocol, oid_der, parse_ca_oid
from crypto.public_keys import EcPublicKey, RsaPublicKey
from crypto.secure_messaging import TerminalChannel
from reader import selection
from reader.channel import Channel
from reader.checks import Check, CheckId, failed, inconclusive, not_applicable, passed, unavailable
from reader.errors import BrokenProtocol, LinkError, UnexpectedStatus
from reader.lds.dg15 import Dg15
from reader.lds.files import ELEMENTARY_FILES
from reader.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfos,
)

CHALLENGE_LENGTH: Final = 8
NOT_OFFERED: Final = "chip.not_offered"
"""The chip has no such key; it is no fault of its own."""
KEY_MALFORMED: Final = "chip.key_malformed"
"""The issuer signed something in the place of a key that is none."""

_ECDSA_HASHES: Final = MappingProxyType(
    {
        "0.4.0.127.0.7.1.1.4.1.1": "sha1",
        "0.4.0.127.0.7.1.1.4.1.2": "sha224",
        "0.4.0.127.0.7.1.1.4.1.3": "sha256",
        "0.4.0.127.0.7.1.1.4.1.4": "sha384",
        "0.4.0.127.0.7.1.1.4.1.5": "sha512",
    }
)
"""ecdsa-plain-SHA…, as an ActiveAuthenticationInfo names them (Doc 9303-11 section 9.2.6)."""
_SHORTEST_RSA_BITS: Final = 1024
"""Documents with such keys are in circulation; below it a clone's maker can compute the private key."""
_LONGEST_DER_OVERHEAD: Final = 9


@dataclass(frozen=True, slots=True)
class ChipKey:
    """A static key of the chip, and the protocol that agrees on session keys with it."""

    protocol: ChipAuthenticationProtocol
    key_id: int | None
    group: Group
    public: bytes


def authenticate_chip(channel: Channel, infos: SecurityInfos, random: Callable[[int], bytes]) -> Check:
    """Chip authentication version 1 (section 6.2); when it passes, the channel has new keys that only this chip has.

    Args:
        channel: after a failed check it must not be used any more.
        infos: from a verified DG14.
        random: gives so many bytes of a cryptographic random source.

    Raises:
        LinkError: the link failed, not the chip.
    """
    check = CheckId.CHIP_CHIP_AUTHENTICATION
    if not infos.of(ChipAuthenticationPublicKeyInfo):
        return not_applicable(check, NOT_OFFERED, "DG14 holds no key for chip authentication.")
    try:
        key = choose_key(infos)
    except CryptoError as error:
        return unusable(check, error)
    ours = key.group.generate_key_pair(random)
    response = _send_public_key(channel, key, ours.public)
    if not response.ok:
        return failed(check, "chip.refused", "The chip refused chip authentication.", {"status": f"{response.sw:04X}"})
    keys = chip_authentication.session_keys(key.protocol.suite, key.group, ours.private, key.public)
    channel.secure(TerminalChannel(keys, bytes(key.protocol.suite.block_size)))
    try:
        _use(channel)
    except (BrokenProtocol, UnexpectedStatus) as error:
        return failed(
            check, "chip.keys_not_confirmed", "The chip cannot use the keys that were agreed on.", _why(error)
        )
    evidence = {
        "protocol": key.protocol.oid,
        "curve": key.group.name,
        "terminal_public_key": ours.public.hex(),
    }
    return passed(check, evidence, "The chip answered under keys that only the signed key can agree on.")


def authenticate_actively(channel: Channel, dg15: Dg15, infos: SecurityInfos | None, challenge: bytes) -> Check:
    """Active authentication (section 6.1): the chip signs a challenge.

    Args:
        dg15: verified.
        infos: from a verified DG14, which names the hash of an ECDSA key.
        challenge: eight random bytes.

    Raises:
        LinkError: the link failed, not the chip.
        BrokenProtocol: the response does not authenticate.
    """
    check = CheckId.CHIP_ACTIVE_AUTHENTICATION
    try:
        key = public_keys.parse(dg15.public_key)
        length = _signature_length(key)
        response = _internal_authenticate(channel, challenge, length)
        if response is None:
            return unavailable(check, "chip.needs_extended_length", "The signature is too long for this reader.")
        if not response.ok:
            status = {"status": f"{response.sw:04X}"}
            return failed(check, "chip.refused", "The chip refused active authentication.", status)
    except CryptoError as error:
        return unusable(check, error)
    return judge_signature(dg15, infos, challenge, response.data)


def judge_signature(dg15: Dg15, infos: SecurityInfos | None, challenge: bytes, signature: bytes) -> Check:
    """What a signature over a challenge says of the chip; arguments as of `authenticate_actively`."""
    check = CheckId.CHIP_ACTIVE_AUTHENTICATION
    try:
        key = public_keys.parse(dg15.public_key)
        result = _verify(key, infos, challenge, signature)
    except CryptoError as error:
        return unusable(check, error)
    evidence = {
        "challenge": challenge.hex(),
        "signature": signature.hex(),
        "key_bits": str(result.key_bits),
        "form": result.form or "unknown",
        "hash": result.hash_name or "unknown",
    }
    if result.fault is not None:
        return failed(check, f"chip.aa_{result.fault}", "The signature is not the signed key's.", evidence)
    if isinstance(key, RsaPublicKey) and result.key_bits < _SHORTEST_RSA_BITS:
        return failed(check, "chip.key_too_short", "A key so short can be computed by a forger.", evidence)
    return passed(check, evidence, "The chip signed a fresh challenge with the signed key.")


def unusable(check: CheckId, error: CryptoError) -> Check:
    """What this reader cannot do is no flaw of the document; a key that nobody could use is one."""
    reason = "chip.unsupported" if isinstance(error, UnsupportedAlgorithm) else KEY_MALFORMED
    return inconclusive(check, reason, error.message)


def choose_key(infos: SecurityInfos) -> ChipKey:
    """The first key for chip authentication that we can use; raises CryptoError about the last one."""
    reason: CryptoError = UnsupportedAlgorithm("no protocol is named for the key")
    protocols = infos.of(ChipAuthenticationInfo)
    keys = infos.of(ChipAuthenticationPublicKeyInfo)
    for offered in keys:
        for info in protocols:
            if info.key_id != offered.key_id and len(keys) > 1:
                continue
            try:
                if offered.key_id is not None and offered.key_id < 0:
                    raise UnsupportedAlgorithm("a negative key identifier")
                protocol = parse_ca_oid(info.protocol)
                key = public_keys.parse(offered.public_key)
                if protocol.agreement is not Agreement.ECDH or not isinstance(key, EcPublicKey):
                    raise UnsupportedAlgorithm(f"chip authentication by {protocol.agreement}")
                group = EcGroup(key.curve)
                return ChipKey(protocol, offered.key_id, group, group.check_public_key(key.point))
            except CryptoError as error:
                reason = error
    raise reason


def _send_public_key(channel: Channel, key: ChipKey, public: bytes) -> ResponseApdu:
    """MSE:Set KAT with 3DES (section 6.2.4.1), else MSE:Set AT and GENERAL AUTHENTICATE (section 6.2.4.2)."""
    step = "chip authentication"
    reference = b"" if key.key_id is None else tlv.encode(0x84, _unsigned(key.key_id))
    if key.protocol.suite is Suite.TDES:
        return channel.send(CommandApdu(0x00, 0x22, 0x41, 0xA6, tlv.encode(0x91, public) + reference), step)
    data = tlv.encode(0x80, oid_der(key.protocol.oid)) + reference
    response = channel.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, data), step)
    if not response.ok:
        return response
    return channel.send(CommandApdu(0x00, 0x86, 0x00, 0x00, tlv.encode(0x7C, tlv.encode(0x80, public)), 256), step)


def _use(channel: Channel) -> None:
    """Have the chip answer under the new keys: address EF.SOD, which every chip has, as its files were addressed.

    Any status word will do that comes protected.
    """
    step, file = "chip authentication, first use of the keys", ELEMENTARY_FILES["EF.SOD"]
    if channel.manners.short_identifiers:
        response = channel.send(CommandApdu(0x00, 0xB0, 0x80 | file.sfi, 0x00, le=1), step)
    else:
        response = selection.select(channel, selection.ELEMENTARY_FILE, file.fid.to_bytes(2, "big"), step)
    if channel.answered_bare:
        raise UnexpectedStatus("the chip refused to use its new keys", step=step, status_word=response.sw)


def _internal_authenticate(channel: Channel, challenge: bytes, length: int) -> ResponseApdu | None:
    """None where the signature fits no response that reader and chip can exchange."""
    extended = length > channel.max_short_le
    if extended and not channel.extended_length:
        return None
    command = CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, max(length, 256))
    return channel.send(command, "active authentication", extended=extended)


def _signature_length(key: RsaPublicKey | EcPublicKey) -> int:
    if isinstance(key, RsaPublicKey):
        return (key.modulus.bit_length() + 7) // 8
    return 2 * key.curve.order_length + _LONGEST_DER_OVERHEAD


def _verify(
    key: RsaPublicKey | EcPublicKey, infos: SecurityInfos | None, challenge: bytes, signature: bytes
) -> AaResult:
    if isinstance(key, RsaPublicKey):
        return active_authentication.verify_rsa(key.modulus, key.exponent, challenge, signature)
    named = () if infos is None else infos.of(ActiveAuthenticationInfo)
    hash_name = _ECDSA_HASHES.get(named[0].signature_algorithm) if named else None
    if hash_name is None:
        raise UnsupportedAlgorithm("DG14 does not name the hash of the ECDSA key")
    point = ec.decode_point(key.curve, key.point)
    return active_authentication.verify_ecdsa(key.curve, point, hash_name, challenge, signature)


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _why(error: BrokenProtocol | LinkError) -> dict[str, str]:
    return {"code": error.code} | ({} if error.status_word is None else {"status": f"{error.status_word:04X}"})
