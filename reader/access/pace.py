"""PACE with a chip (Doc 9303-11 section 4.4), the terminal's side of the exchange: generic mapping over curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from crypto import curves, pace, tlv
from crypto.ciphers import Suite
from crypto.ec import Curve
from crypto.ec_group import EcGroup
from crypto.errors import CryptoError, TlvError, UnsupportedAlgorithm
from crypto.groups import Group
from crypto.iso7816 import CommandApdu
from crypto.key_pair import KeyPair
from crypto.mrz_key import mrz_information, mrz_seed
from crypto.protocols import Agreement, NonceMapping, PaceProtocol, oid_der, parse_pace_oid
from crypto.secure_messaging import TerminalChannel
from reader.channel import Channel
from reader.errors import BrokenProtocol, KeyRefused, UnexpectedStatus
from reader.keys import AccessKey, CanKey
from reader.lds.security_infos import PaceInfo

_MRZ_REFERENCE: Final = 1
_CAN_REFERENCE: Final = 2

_TEMPLATE: Final = 0x7C
_ENCRYPTED_NONCE: Final = 0x80
_MAP_OURS, _MAP_THEIRS = 0x81, 0x82
_AGREE_OURS, _AGREE_THEIRS = 0x83, 0x84
_TOKEN_OURS, _TOKEN_THEIRS = 0x85, 0x86

_PASSWORD_UNKNOWN: Final = frozenset({0x6A88, 0x6983, 0x6984})
# 6300 is the rule; 6A80, 6982 and 6988 come from chips whose operating system says so of any wrong MAC.
_TOKEN_REFUSED: Final = frozenset({0x6300, 0x6982, 0x6983, 0x6988, 0x6A80})
_STRENGTH: Final = (Suite.TDES, Suite.AES128, Suite.AES192, Suite.AES256)


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """A PACE protocol with its domain parameters, both of which we can do."""

    protocol: PaceProtocol
    curve: Curve
    parameter_id: int | None
    """To be named to the chip where it offers several domain parameters; else None."""


def best_offer(infos: Iterable[PaceInfo]) -> PaceOffer | None:
    """The strongest of the offers that we can do; others are passed over."""
    offers = list(infos)
    several = len({info.parameter_id for info in offers}) > 1
    usable = [offer for info in offers if (offer := _usable(info, several)) is not None]
    return max(usable, key=lambda offer: (_STRENGTH.index(offer.protocol.suite), offer.curve.n), default=None)


def run_pace(channel: Channel, offer: PaceOffer, key: AccessKey, random: Callable[[int], bytes]) -> None:
    """Open the chip; from here on the channel is protected.

    Args:
        random: gives so many bytes of a cryptographic random source; asked for the two private keys in turn.

    Raises:
        KeyRefused: the chip knows another password, or none of this kind.
        BrokenProtocol: the chip does not prove that it knows the password, or breaks the protocol's rules.
        UnexpectedStatus: the chip refused a step for another reason.
    """
    protocol, group = offer.protocol, EcGroup(offer.curve)
    _set_authentication_template(channel, offer, key)
    encrypted = _general_authenticate(channel, b"", _ENCRYPTED_NONCE, "PACE get nonce")
    try:
        nonce = pace.decrypt_nonce(protocol.suite, _password_key(key, protocol.suite), encrypted)
        ours = group.generate_key_pair(random)
        theirs = _exchange_keys(channel, group, ours, _MAP_OURS, _MAP_THEIRS, "PACE map nonce")
        generator = pace.map_generator_generic(group, nonce, ours, theirs)
        ours = group.generate_key_pair(random, generator)
        theirs = _exchange_keys(channel, group, ours, _AGREE_OURS, _AGREE_THEIRS, "PACE agree on key")
        keys = pace.session_keys(protocol.suite, group, ours, theirs)
        token = pace.authentication_token(protocol, group, keys.k_mac, theirs)
        answer = _general_authenticate(
            channel, tlv.encode(_TOKEN_OURS, token), _TOKEN_THEIRS, "PACE mutual authentication", last=True
        )
        pace.check_token(protocol, group, keys.k_mac, ours.public, answer)
    except CryptoError as error:
        raise BrokenProtocol(error.message, code=f"access.pace.{error.code.rpartition('.')[2]}", step="PACE") from error
    channel.secure(TerminalChannel(keys, bytes(protocol.suite.block_size)))


def _usable(info: PaceInfo, several: bool) -> PaceOffer | None:
    try:
        protocol = parse_pace_oid(info.protocol)
    except UnsupportedAlgorithm:
        return None
    curve = None if info.parameter_id is None else curves.STANDARDIZED.get(info.parameter_id)
    if protocol.agreement is not Agreement.ECDH or protocol.mapping is not NonceMapping.GM or curve is None:
        return None
    return PaceOffer(protocol, curve, info.parameter_id if several else None)


def _password_key(key: AccessKey, suite: Suite) -> bytes:
    if isinstance(key, CanKey):
        return pace.password_key(key.digits.encode("ascii"), suite)
    return pace.password_key(mrz_seed(mrz_information(key.document_number, key.birth, key.expiry)), suite)


def _set_authentication_template(channel: Channel, offer: PaceOffer, key: AccessKey) -> None:
    """MSE:Set AT (section 4.4.4.1)."""
    reference = _CAN_REFERENCE if isinstance(key, CanKey) else _MRZ_REFERENCE
    data = tlv.encode(0x80, oid_der(offer.protocol.oid)) + tlv.encode(0x83, bytes((reference,)))
    if offer.parameter_id is not None:
        data += tlv.encode(0x84, bytes((offer.parameter_id,)))
    step = "PACE set authentication template"
    response = channel.send(CommandApdu(0x00, 0x22, 0xC1, 0xA4, data), step)
    if response.sw in _PASSWORD_UNKNOWN:
        raise KeyRefused("the chip takes no key of this kind", step=step, status_word=response.sw)
    # 63Cx warns that x attempts are left.
    if not response.ok and response.sw >> 4 != 0x63C:
        raise UnexpectedStatus("the chip refused PACE", step=step, status_word=response.sw)


def _exchange_keys(channel: Channel, group: Group, ours: KeyPair, our_tag: int, their_tag: int, step: str) -> bytes:
    return group.check_public_key(_general_authenticate(channel, tlv.encode(our_tag, ours.public), their_tag, step))


def _general_authenticate(channel: Channel, data: bytes, tag: int, step: str, *, last: bool = False) -> bytes:
    """One GENERAL AUTHENTICATE (section 4.4.4.2); all but the last are chained. Returns the value under `tag`."""
    command = CommandApdu(0x00 if last else 0x10, 0x86, 0x00, 0x00, tlv.encode(_TEMPLATE, data), 256)
    response = channel.send(command, step)
    if last and (response.sw in _TOKEN_REFUSED or response.sw >> 4 == 0x63C):
        raise KeyRefused("the chip refused the password", step=step, status_word=response.sw)
    if not response.ok:
        raise UnexpectedStatus("the chip refused PACE", step=step, status_word=response.sw)
    try:
        template = tlv.parse_one(response.data)
        answer = tlv.parse_one(template.value)
    except TlvError as error:
        raise BrokenProtocol(error.message, code="access.pace.malformed", step=step) from error
    if (template.tag, answer.tag) != (_TEMPLATE, tag):
        raise BrokenProtocol("another data object than is due", code="access.pace.malformed", step=step)
    return answer.value
