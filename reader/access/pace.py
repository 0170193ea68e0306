"""PACE with a chip (Doc 9303-11 section 4.4), the terminal's side: every mapping, in any group, with any password."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from crypto import pace, pace_cam, tlv
from crypto.errors import CryptoError, PaddingError, TlvError
from crypto.iso7816 import SW_SUCCESS, CommandApdu, ResponseApdu
from crypto.key_pair import KeyPair
from crypto.protocols import NonceMapping, oid_der
from crypto.secure_messaging import SessionKeys, TerminalChannel
from crypto.tlv import Tlv
from reader.access.long_command import LengthRefused, send_long
from reader.access.pace_offers import PaceOffer
from reader.access.password import pace_password
from reader.access.transcript import MappingProof, PaceTranscript
from reader.channel import Channel
from reader.errors import BrokenProtocol, KeyRefused, LinkError, UnexpectedStatus
from reader.keys import AccessKey, CanKey, MrzKey, PinKey, PukKey
from reader.manners import SHORT_RESPONSE

PASSWORD_UNKNOWN: Final = "access.key_refused.password_unknown"
"""The chip has no password of this kind; none was tried."""
PROOF_MISSING: Final = "chip.pace_cam_missing"
"""The chip took chip authentication mapping and sent no data for it."""
PROOF_MALFORMED: Final = "chip.pace_cam_malformed"
"""The chip's data for chip authentication mapping cannot be decrypted."""

_TEMPLATE: Final = 0x7C
_ENCRYPTED_NONCE: Final = 0x80
_MAP_OURS, _MAP_THEIRS = 0x81, 0x82
_AGREE_OURS, _AGREE_THEIRS = 0x83, 0x84
_TOKEN_OURS, _TOKEN_THEIRS = 0x85, 0x86
_SEALED_CHIP_DATA: Final = 0x8A
# Names of the certification authorities that terminal authentication would ask for: the chip of appendix G.2 sends one.
_AUTHORITIES: Final = frozenset({0x87, 0x88})

_REFERENCES: Final[Mapping[type[AccessKey], int]] = MappingProxyType({MrzKey: 1, CanKey: 2, PinKey: 3, PukKey: 4})
_STEP_MAP: Final = "PACE map nonce"

# What chips answer to a protocol or to domain parameters that they do not have after all.
_OFFER_REFUSED: Final = frozenset({0x6700, 0x6A80, 0x6A81, 0x6A86, 0x6A87, 0x6A88, 0x6B00, 0x6D00, 0x6E00})
# Some want the domain parameters named although they announce one set only (gmrtd issue 108).
_NAME_PARAMETERS: Final = frozenset({0x6A80, 0x6A87, 0x6A88})
_MAX_CHOICES: Final = 8
_UNKNOWN: Final = 0x6A88

# TR-03110-3 table 10: a PIN with one try left is suspended, one without is blocked.
_LAST_TRY: Final = 0x63C1
_BLOCKED: Final = frozenset({0x6983, 0x63C0})
_DEACTIVATED: Final = frozenset({0x6984, 0x6283})
_TRIES_LEFT: Final = 0x63C
"""All but the last four bits of a status word that counts tries."""
# 6300 is the rule; 6A80, 6982 and 6988 come from chips whose operating system says so of any wrong MAC.
_TOKEN_REFUSED: Final = frozenset({0x6300, 0x6982, 0x6983, 0x6988, 0x6A80})


@dataclass(frozen=True, slots=True)
class PaceRun:
    """What a run of PACE leaves behind, beside the protected channel."""

    offer: PaceOffer
    transcript: PaceTranscript
    mapping_proof: MappingProof | None
    """None but with chip authentication mapping."""


class OfferRefused(UnexpectedStatus):
    """The chip refused a protocol or its parameters before anything was said in it."""


class PaceDialogue:
    """PACE with one chip, key after key. Which of its offers the chip takes is settled once.

    Args:
        offers: best first, at least one.
        random: gives so many bytes of a cryptographic random source.
    """

    def __init__(self, channel: Channel, offers: Sequence[PaceOffer], random: Callable[[int], bytes]) -> None:
        self._channel = channel
        self._random = random
        self._choices = list(offers)
        self._unknown: set[type[AccessKey]] = set()

    def run(self, key: AccessKey) -> PaceRun:
        """Open the chip with a key, by the best offer that it does not refuse at once.

        No weaker offer is tried for any failure later than that.

        Raises:
            KeyRefused: the chip knows another password, or none of this kind (code `PASSWORD_UNKNOWN`); or the key can
                be none (`password.NOT_A_PASSWORD`). A PIN may not be tried: ``access.pin_last_try``,
                ``access.pin_blocked``, ``access.pin_deactivated``; or it was, and the answer was lost, so that it
                would be tried twice: ``access.pin_unanswered``. The same of a PUK with ``puk``.
            BrokenProtocol: the chip does not prove that it knows the password, or breaks the protocol's rules.
            UnexpectedStatus: the chip refused every offer, or a step for another reason.
        """
        if type(key) in self._unknown:
            raise _no_such_password(key)
        choices, refusals = [*self._choices], list[OfferRefused]()
        while choices and len(refusals) < _MAX_CHOICES:
            offer = choices.pop(0)
            try:
                return run_pace(self._channel, offer, key, self._random)
            except OfferRefused as refusal:
                refusals.append(refusal)
                if offer.parameter_id is not None and not offer.ambiguous and refusal.status_word in _NAME_PARAMETERS:
                    choices.insert(0, replace(offer, ambiguous=True))
            except KeyRefused as refusal:
                if refusal.code == KeyRefused.code:
                    self._choices = [offer]
                raise
        if any(refusal.status_word == _UNKNOWN for refusal in refusals):
            self._unknown.add(type(key))
            raise _no_such_password(key) from refusals[-1]
        raise refusals[-1]


def run_pace(channel: Channel, offer: PaceOffer, key: AccessKey, random: Callable[[int], bytes]) -> PaceRun:
    """Run PACE by one offer; from here on the channel is protected.

    Args:
        random: gives so many bytes of a cryptographic random source; asked for the two private keys in turn, with
            integrated mapping for the terminal's nonce in place of the first.

    Raises:
        OfferRefused: the chip does not have what the offer says.
        KeyRefused, BrokenProtocol, UnexpectedStatus: as `PaceDialogue.run`.
    """
    run = _Run(channel, offer, key, random)
    password = pace_password(key)
    try:
        return run.through(password)
    except LengthRefused:
        # No password was tried yet; from now on the channel uses short length, with command chaining.
        return run.through(password)


class _Run:
    """One run, step by step."""

    def __init__(self, channel: Channel, offer: PaceOffer, key: AccessKey, random: Callable[[int], bytes]) -> None:
        self._channel = channel
        self._offer = offer
        self._protocol, self._group = offer.protocol, offer.group
        self._key = key
        self._random = random

    def through(self, password: bytes) -> PaceRun:
        protocol, group, suite = self._protocol, self._group, self._protocol.suite
        self._set_authentication_template()
        encrypted_nonce = self._get_nonce()
        try:
            nonce = pace.decrypt_nonce(suite, pace.password_key(password, suite), encrypted_nonce)
            mapping = self._map_integrated(nonce) if protocol.mapping is NonceMapping.IM else self._map_generic(nonce)
            ours = group.generate_key_pair(self._random, mapping.generator)
            chip_key, theirs = self._exchange_keys(ours, "PACE agree on key", _AGREE_OURS, _AGREE_THEIRS)
            keys = pace.session_keys(suite, group, ours, theirs)
            token = pace.authentication_token(protocol, group, keys.k_mac, chip_key)
            answer = self._prove(token)
            pace.check_token(protocol, group, keys.k_mac, ours.public, answer[_TOKEN_THEIRS])
        except CryptoError as error:
            code = f"access.pace.{error.code.rpartition('.')[2]}"
            raise BrokenProtocol(error.message, code=code, step="PACE") from error
        self._channel.secure(TerminalChannel(keys, bytes(suite.block_size)))
        sealed = answer.get(_SEALED_CHIP_DATA)
        transcript = PaceTranscript(
            protocol=protocol.oid,
            parameter_id=self._offer.parameter_id,
            group=group.name,
            encrypted_nonce=encrypted_nonce,
            terminal_nonce=mapping.terminal_nonce,
            terminal_map_key=mapping.terminal_key,
            chip_map_key=mapping.chip_key,
            terminal_key=ours.public,
            chip_key=chip_key,
            terminal_token=token,
            chip_token=answer[_TOKEN_THEIRS],
            sealed_chip_data=sealed or b"",
        )
        proof = self._mapping_proof(keys, mapping.theirs, sealed) if protocol.mapping is NonceMapping.CAM else None
        return PaceRun(self._offer, transcript, proof)

    def _set_authentication_template(self) -> None:
        """MSE:Set AT (section 4.4.4.1)."""
        offer, key = self._offer, self._key
        data = tlv.encode(0x80, oid_der(offer.protocol.oid)) + tlv.encode(0x83, bytes((_REFERENCES[type(key)],)))
        if offer.ambiguous and offer.parameter_id is not None:
            data += tlv.encode(0x84, bytes((offer.parameter_id,)))
        step = "PACE set authentication template"
        status = self._channel.send(CommandApdu(0x00, 0x22, 0xC1, 0xA4, data), step).sw
        if _forbids_a_try(key, status):
            raise _not_tried(key, status, step)
        if status in _OFFER_REFUSED:
            raise OfferRefused("the chip refused what it had offered", step=step, status_word=status)
        # 63Cx warns that x tries are left.
        if status != SW_SUCCESS and status >> 4 != _TRIES_LEFT:
            raise UnexpectedStatus("the chip refused PACE", step=step, status_word=status)

    def _get_nonce(self) -> bytes:
        step = "PACE get nonce"
        response = self._answer(b"", step)
        if response.sw in _OFFER_REFUSED:
            raise OfferRefused("the chip refused what it had offered", step=step, status_word=response.sw)
        return _values(_data(response, step), step, _ENCRYPTED_NONCE)[_ENCRYPTED_NONCE]

    def _map_generic(self, nonce: bytes) -> _Mapping:
        """Also of chip authentication mapping (sections 4.4.3.3.1 and 4.4.3.3.3)."""
        ours = self._group.generate_key_pair(self._random)
        chip_key, theirs = self._exchange_keys(ours, _STEP_MAP, _MAP_OURS, _MAP_THEIRS)
        generator = pace.map_generator_generic(self._group, nonce, ours, theirs)
        return _Mapping(generator, terminal_key=ours.public, chip_key=chip_key, theirs=theirs)

    def _map_integrated(self, nonce: bytes) -> _Mapping:
        """The chip has nothing to add (section 4.4.3.3.2): an empty object, an empty template or no data at all."""
        terminal_nonce = self._random(pace.terminal_nonce_length(self._protocol))
        answer = self._send(tlv.encode(_MAP_OURS, terminal_nonce), _STEP_MAP)
        if answer and _objects(answer, _STEP_MAP) not in ([], [Tlv(_MAP_THEIRS, b"")]):
            raise _malformed("another data object than is due", _STEP_MAP)
        return _Mapping(
            pace.map_generator_integrated(self._protocol, self._group, nonce, terminal_nonce),
            terminal_nonce=terminal_nonce,
        )

    def _exchange_keys(self, ours: KeyPair, step: str, our_tag: int, their_tag: int) -> tuple[bytes, bytes]:
        """The chip's public key as it came, and in its canonical encoding; PointError where it is none."""
        # Chips that write integers as signed ones put a zero before the widest.
        widest = tlv.encode(_TEMPLATE, tlv.encode(their_tag, self._group.padded(ours.public) + b"\0"))
        answer = self._send(tlv.encode(our_tag, ours.public), step, longest_answer=len(widest))
        received = _values(answer, step, their_tag)[their_tag]
        return received, self._group.check_public_key(received)

    def _prove(self, token: bytes) -> dict[int, bytes]:
        step = "PACE mutual authentication"
        try:
            response = self._answer(tlv.encode(_TOKEN_OURS, token), step, last=True)
        except LinkError as error:
            if not isinstance(self._key, PinKey | PukKey):
                raise
            raise _not_tried_again(self._key, step) from error
        status = response.sw
        if status in _TOKEN_REFUSED or status >> 4 == _TRIES_LEFT:
            left = status & 0xF if status >> 4 == _TRIES_LEFT else None
            raise KeyRefused(f"the chip refused the {self._key.kind}", step=step, status_word=status, tries_left=left)
        sealed = {_SEALED_CHIP_DATA} if self._protocol.mapping is NonceMapping.CAM else set()
        return _values(_data(response, step), step, _TOKEN_THEIRS, _AUTHORITIES | sealed)

    def _mapping_proof(self, keys: SessionKeys, chip_map_public: bytes, sealed: bytes | None) -> MappingProof:
        if sealed is None:
            return MappingProof(self._group, chip_map_public, b"", PROOF_MISSING)
        try:
            data = pace_cam.open_chip_authentication_data(keys, sealed)
        except PaddingError:
            return MappingProof(self._group, chip_map_public, b"", PROOF_MALFORMED)
        return MappingProof(self._group, chip_map_public, data)

    def _send(self, data: bytes, step: str, *, longest_answer: int = SHORT_RESPONSE) -> bytes:
        return _data(self._answer(data, step, longest_answer=longest_answer), step)

    def _answer(
        self, data: bytes, step: str, *, longest_answer: int = SHORT_RESPONSE, last: bool = False
    ) -> ResponseApdu:
        """One GENERAL AUTHENTICATE (section 4.4.4.2); all but the last are chained."""
        command = CommandApdu(0x00 if last else 0x10, 0x86, 0x00, 0x00, tlv.encode(_TEMPLATE, data))
        return send_long(self._channel, command, step, longest_answer)


@dataclass(frozen=True, slots=True)
class _Mapping:
    generator: bytes
    terminal_nonce: bytes = b""
    terminal_key: bytes = b""
    chip_key: bytes = b""
    """As it came."""
    theirs: bytes = b""
    """The same in its canonical encoding."""


def _objects(answer: bytes, step: str) -> list[Tlv]:
    try:
        template = tlv.parse_one(answer)
        found = tlv.parse(template.value)
    except TlvError as error:
        raise _malformed(error.message, step) from error
    if template.tag != _TEMPLATE:
        raise _malformed("another data object than is due", step)
    return found


def _values(answer: bytes, step: str, due: int, also: Set[int] = frozenset()) -> dict[int, bytes]:
    """The values of an answer by their tags: `due` comes first, then any of `also`, each once."""
    found = _objects(answer, step)
    values = {each.tag: each.value for each in found}
    if not found or found[0].tag != due or len(values) != len(found) or not values.keys() <= {due, *also}:
        raise _malformed("other data objects than are due", step)
    return values


def _data(response: ResponseApdu, step: str) -> bytes:
    if not response.ok:
        raise UnexpectedStatus("the chip refused PACE", step=step, status_word=response.sw)
    return response.data


def _malformed(message: str, step: str) -> BrokenProtocol:
    return BrokenProtocol(message, code="access.pace.malformed", step=step)


def _no_such_password(key: AccessKey) -> KeyRefused:
    return KeyRefused(
        f"the chip has no {key.kind}",
        code=PASSWORD_UNKNOWN,
        step="PACE set authentication template",
        status_word=_UNKNOWN,
    )


def _forbids_a_try(key: AccessKey, status: int) -> bool:
    counted = isinstance(key, PinKey | PukKey)
    return status in (0x6983, *_DEACTIVATED) or (counted and status in (_LAST_TRY, *_BLOCKED))


def _not_tried(key: AccessKey, status: int, step: str) -> KeyRefused:
    if status == _LAST_TRY:
        state, left = "last_try", 1
    elif status in _BLOCKED:
        state, left = "blocked", 0
    else:
        state, left = "deactivated", None
    family = _family(key) if isinstance(key, PinKey | PukKey) else f"{KeyRefused.code}.password"
    return KeyRefused(
        f"the chip's {key.kind} may not be tried",
        code=f"{family}_{state}",
        step=step,
        status_word=status,
        tries_left=left,
        remedy="Use the CAN printed on the card, or the MRZ.",
    )


def _not_tried_again(key: PinKey | PukKey, step: str) -> KeyRefused:
    return KeyRefused(
        f"the answer to the {key.kind} was lost",
        code=f"{_family(key)}_unanswered",
        step=step,
        remedy=f"Put the card flat on the reader, and give the {key.kind} again if it is surely right.",
    )


def _family(key: PinKey | PukKey) -> str:
    return f"access.{key.kind.lower()}"
