"""Asking a chip to prove that it is genuine (Doc 9303-11, section 6); `reader.chip` says what its answers prove."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from crypto import chip_authentication, tlv
from crypto.ciphers import Suite
from crypto.iso7816 import SW_SUCCESS, CommandApdu, ResponseApdu
from crypto.protocols import oid_der, parse_ca_oid
from crypto.secure_messaging import TerminalChannel
from reader import selection
from reader.access.long_command import send_long
from reader.channel import SESSION_LOST, TOO_LONG, Channel
from reader.errors import BrokenProtocol, LinkError, UnexpectedStatus
from reader.examiner import AgreementTask
from reader.lds.files import ELEMENTARY_FILES
from reader.static_keys import StaticKey
from reader.transcript import AgreementAttempt, AgreementOutcome, SignatureExchange

SET_KAT: Final = "MSE:Set KAT"
SET_AT: Final = "MSE:Set AT"

_MAX_KEYS: Final = 4
_STEP: Final = "chip authentication"
_FIRST_USE: Final = "chip authentication, first use of the keys"
_SOD: Final = ELEMENTARY_FILES["EF.SOD"]
_DYNAMIC_DATA: Final = 0x7C
_PROTOCOL: Final = 0x80
_EPHEMERAL_KEY: Final = 0x80
_KEY_REFERENCE: Final = 0x84
_KEY_OF_KAT: Final = 0x91
_WRONG_LENGTH: Final = frozenset({0x6700, 0x6F00})
_SW1_WRONG_LE: Final = 0x6C
_SHORT_LE: Final = 256
_SHORT_DATA: Final = 255
_MOST_AROUND_DATA: Final = 48
"""Bytes of a protected command that are no data: header, lengths, padding, MAC."""


def agree_on_keys(
    channel: Channel, keys: Iterable[StaticKey], random: Callable[[int], bytes], *, last_session: bool
) -> tuple[AgreementAttempt, ...]:
    """Run chip authentication version 1 with one key after the other until the chip takes one (section 6.2).

    Args:
        channel: has the new keys once an attempt was confirmed, and is dead once one was not.
        keys: the best first; no more than four are tried.
        random: gives so many bytes of a cryptographic random source.
        last_session: nothing will be asked again: where a refusal cost the session, the refusal is what counts.

    Raises:
        LinkError: the link failed, not the chip.
        BrokenProtocol: a response does not authenticate under the keys in use so far.
    """
    attempts: list[AgreementAttempt] = []
    for key in islice(keys, _MAX_KEYS):
        for command in _commands(key.protocol.suite):
            try:
                attempts.append(_attempt(channel, key, command, random))
            except UnexpectedStatus as error:
                if not (attempts and last_session and error.code == SESSION_LOST):
                    raise
                return tuple(attempts)
            if attempts[-1].outcome in (AgreementOutcome.CONFIRMED, AgreementOutcome.UNCONFIRMED):
                return tuple(attempts)
    return tuple(attempts)


def agree_for(channel: Channel, task: AgreementTask) -> int:
    """Have the chip agree on keys with somebody whose private key is not here (section 6.2).

    Args:
        channel: when the status word is 9000, the chip has keys that this channel does not know: `Channel.relay` alone
            may be used on it.

    Returns:
        the last status word.

    Raises:
        LinkError: as `Channel.send`.
        BrokenProtocol: as `Channel.send`.
        UnsupportedAlgorithm: the task names no protocol of chip authentication.
    """
    suite = parse_ca_oid(task.protocol).suite
    status = SW_SUCCESS
    for command in _commands(suite):
        status = _send_public_key(channel, task.protocol, task.key_id, task.public_key, command).sw
        if status == SW_SUCCESS:
            break
    return status


def ask_for_signature(channel: Channel, challenge: bytes, length: int) -> SignatureExchange:
    """Have the chip sign a challenge: INTERNAL AUTHENTICATE (section 6.1.3).

    A signature that no short response can hold is asked for with extended length; where that is missing or comes to
    nothing (Chinese passports answer it with no data), once more in short form, since some chips then hand it out in
    pieces with 61xx.

    Args:
        challenge: eight bytes.
        length: bytes that the signature has at most.

    Raises:
        LinkError: the link failed, not the chip.
        BrokenProtocol: the response does not authenticate.
    """
    step = "active authentication"
    if length <= channel.max_short_le:
        response = channel.send(CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, _SHORT_LE), step)
        return SignatureExchange(challenge, response.data, response.sw)
    if channel.extended_length:
        command = CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, max(length, _SHORT_LE))
        response = channel.send(command, step, extended=True)
        if not _came_to_nothing(response):
            return SignatureExchange(challenge, response.data, response.sw)
    response = channel.send(CommandApdu(0x00, 0x88, 0x00, 0x00, challenge, _SHORT_LE), step)
    if _came_to_nothing(response) or (response.ok and len(response.data) <= channel.max_short_le):
        return SignatureExchange(challenge, b"", None)
    return SignatureExchange(challenge, response.data, response.sw)


def _commands(suite: Suite) -> tuple[str, ...]:
    """Some chips do 3DES by the commands for AES only (Doc 9303-11, 8.5, note 1)."""
    return (SET_KAT, SET_AT) if suite is Suite.TDES else (SET_AT,)


def _attempt(channel: Channel, key: StaticKey, command: str, random: Callable[[int], bytes]) -> AgreementAttempt:
    ours = key.group.generate_key_pair(random)
    suite = key.protocol.suite

    def ended(outcome: AgreementOutcome, status: int | None = None, code: str | None = None) -> AgreementAttempt:
        return AgreementAttempt(key.protocol.oid, key.key_id, key.inferred, command, ours.public, outcome, status, code)

    try:
        response = _send_public_key(channel, key.protocol.oid, key.key_id, ours.public, command)
    except LinkError as error:
        if error.code != TOO_LONG:
            raise
        return ended(AgreementOutcome.NOT_SENT)
    if not response.ok:
        # In pieces it may have been the pieces that the chip refused.
        whole = _goes_whole(channel, ours.public)
        return ended(AgreementOutcome.REFUSED if whole else AgreementOutcome.NOT_SENT, response.sw)
    keys = chip_authentication.session_keys(suite, key.group, ours.private, key.public)
    channel.secure(TerminalChannel(keys, bytes(suite.block_size)))
    try:
        _use(channel)
    except (BrokenProtocol, UnexpectedStatus) as error:
        return ended(AgreementOutcome.UNCONFIRMED, error.status_word, error.code)
    return ended(AgreementOutcome.CONFIRMED, SW_SUCCESS)


def _send_public_key(channel: Channel, protocol: str, key_id: int | None, public: bytes, command: str) -> ResponseApdu:
    """MSE:Set KAT (section 6.2.4.1), or MSE:Set AT and GENERAL AUTHENTICATE (section 6.2.4.2)."""
    reference = b"" if key_id is None else tlv.encode(_KEY_REFERENCE, _unsigned(key_id))
    if command == SET_KAT:
        return channel.send(CommandApdu(0x00, 0x22, 0x41, 0xA6, tlv.encode(_KEY_OF_KAT, public) + reference), _STEP)
    data = tlv.encode(_PROTOCOL, oid_der(protocol)) + reference
    response = channel.send(CommandApdu(0x00, 0x22, 0x41, 0xA4, data), _STEP)
    if not response.ok:
        return response
    return send_long(channel, CommandApdu(0x00, 0x86, 0x00, 0x00, _template(public)), _STEP, _SHORT_LE)


def _goes_whole(channel: Channel, public: bytes) -> bool:
    size, longest = len(_template(public)), channel.manners.max_command
    if size <= min(_SHORT_DATA, channel.max_short_le):
        return True
    return channel.extended_length and (longest is None or size + _MOST_AROUND_DATA <= longest)


def _template(public: bytes) -> bytes:
    return tlv.encode(_DYNAMIC_DATA, tlv.encode(_EPHEMERAL_KEY, public))


def _use(channel: Channel) -> None:
    """Have the chip answer under the new keys: address EF.SOD, which every chip has, as its files were addressed.

    Any status word will do that comes protected.
    """
    if channel.manners.short_identifiers:
        response = channel.send(CommandApdu(0x00, 0xB0, 0x80 | _SOD.sfi, 0x00, le=1), _FIRST_USE)
    else:
        response = selection.select(channel, selection.ELEMENTARY_FILE, _SOD.fid.to_bytes(2, "big"), _FIRST_USE)
    if channel.answered_bare:
        raise UnexpectedStatus("the chip refused to use its new keys", step=_FIRST_USE, status_word=response.sw)


def _came_to_nothing(response: ResponseApdu) -> bool:
    if response.ok:
        return not response.data
    return response.sw in _WRONG_LENGTH or response.sw >> 8 == _SW1_WRONG_LE


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
