"""The chip's side of PACE with generic mapping over elliptic curves (Doc 9303-11, 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from crypto import mrz_key, pace, tlv
from crypto.errors import CryptoError, TokenError, UnsupportedAlgorithm
from crypto.groups import STANDARDIZED, Group
from crypto.key_pair import KeyPair
from crypto.protocols import Agreement, NonceMapping, PaceProtocol, oid_text, parse_pace_oid
from crypto.secure_messaging import ChipChannel, SessionKeys
from crypto.tlv import Tlv
from simulator.command_data import DYNAMIC_DATA, parse_dynamic_data, parse_objects
from simulator.personalisation import Personalisation
from simulator.status import Refusal, Status

RandomBytes = Callable[[int], bytes]

_PROTOCOL: Final = 0x80
_PASSWORD: Final = 0x83
_PARAMETER_ID: Final = 0x84
_MRZ: Final = b"\x01"
_CAN: Final = b"\x02"
_STEP_TAGS: Final = ((None, 0x80), (0x81, 0x82), (0x83, 0x84), (0x85, 0x86))
"""Of what the terminal sends and what the chip answers, for each GENERAL AUTHENTICATE."""


class ChipPace:
    """One run of PACE, from MSE:Set AT to the channel.

    Args:
        personalisation: what the chip offers, and its passwords.
        template: data of MSE:Set AT.
        tamper_with_token: changes the chip's token before it is sent.

    Raises:
        Refusal: a protocol, a parameter or a password that the chip does not have.
    """

    def __init__(
        self,
        personalisation: Personalisation,
        template: bytes,
        random: RandomBytes,
        tamper_with_token: Callable[[bytes], bytes],
    ) -> None:
        self._random = random
        self._tamper_with_token = tamper_with_token
        objects = parse_objects(template)
        self._protocol, self._group = _choose(personalisation, objects)
        self._password = _password(personalisation, tlv.first(objects, _PASSWORD))
        self._step = 0
        self._nonce = b""
        self._generator = self._group.generator
        self._ours = KeyPair(0, b"")
        self._peer = b""
        self._keys: SessionKeys | None = None

    @property
    def in_last_step(self) -> bool:
        """The next command is the last of the chain."""
        return self._step == len(_STEP_TAGS) - 1

    @property
    def channel(self) -> ChipChannel | None:
        """The new channel, once the terminal has proved that it knows the password."""
        if self._step < len(_STEP_TAGS) or self._keys is None:
            return None
        return ChipChannel(self._keys, bytes(self._protocol.suite.block_size))

    def answer(self, data: bytes) -> bytes:
        """One GENERAL AUTHENTICATE: from its data to the response's.

        Raises:
            Refusal: not the object that is due, a bad public key, or the wrong token: then the password was another.
        """
        if self._step >= len(_STEP_TAGS):
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        received, sent = _STEP_TAGS[self._step]
        objects = parse_dynamic_data(data)
        if [found.tag for found in objects] != [tag for tag in (received,) if tag is not None]:
            raise Refusal(Status.WRONG_DATA)
        value = objects[0].value if objects else b""
        step = (self._encrypted_nonce, self._map, self._agree, self._authenticate)[self._step]
        try:
            answer = step(value)
        except TokenError:
            raise Refusal(Status.AUTHENTICATION_FAILED) from None
        except CryptoError:
            raise Refusal(Status.WRONG_DATA) from None
        self._step += 1
        return tlv.encode(DYNAMIC_DATA, tlv.encode(sent, answer))

    def _encrypted_nonce(self, _: bytes) -> bytes:
        suite = self._protocol.suite
        self._nonce = self._random(pace.nonce_length(self._protocol))
        return pace.encrypt_nonce(suite, pace.password_key(self._password, suite), self._nonce)

    def _map(self, peer_key: bytes) -> bytes:
        peer = self._group.check_public_key(peer_key)
        ours = self._group.generate_key_pair(self._random)
        self._generator = pace.map_generator_generic(self._group, self._nonce, ours, peer)
        return ours.public

    def _agree(self, peer_key: bytes) -> bytes:
        self._peer = peer_key
        self._ours = self._group.generate_key_pair(self._random, self._generator)
        peer = self._group.check_public_key(peer_key)
        self._keys = pace.session_keys(self._protocol.suite, self._group, self._ours, peer)
        return self._ours.public

    def _authenticate(self, token: bytes) -> bytes:
        assert self._keys is not None, "the agreement comes before the tokens"
        k_mac = self._keys.k_mac
        pace.check_token(self._protocol, self._group, k_mac, self._ours.public, token)
        return self._tamper_with_token(pace.authentication_token(self._protocol, self._group, k_mac, self._peer))


def _choose(personalisation: Personalisation, objects: list[Tlv]) -> tuple[PaceProtocol, Group]:
    protocol, parameter = tlv.first(objects, _PROTOCOL), tlv.first(objects, _PARAMETER_ID)
    if protocol is None:
        raise Refusal(Status.WRONG_DATA)
    try:
        chosen = parse_pace_oid(oid_text(protocol.value))
    except UnsupportedAlgorithm:
        raise Refusal(Status.WRONG_DATA) from None
    wanted = None if parameter is None else int.from_bytes(parameter.value, "big")
    offered = [
        info.parameter_id
        for info in personalisation.pace
        if info.protocol == chosen.oid and info.parameter_id is not None and wanted in (None, info.parameter_id)
    ]
    # Without a parameter's number the choice must be plain (Doc 9303-11, 4.4.4.1).
    if len(offered) != 1 or chosen.agreement is not Agreement.ECDH or chosen.mapping is not NonceMapping.GM:
        raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
    return chosen, STANDARDIZED[offered[0]]


def _password(personalisation: Personalisation, reference: Tlv | None) -> bytes:
    if reference is None:
        raise Refusal(Status.WRONG_DATA)
    if reference.value == _MRZ and personalisation.mrz_information is not None:
        return mrz_key.mrz_seed(personalisation.mrz_information)
    if reference.value == _CAN and personalisation.can is not None:
        return personalisation.can.encode("ascii")
    raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
