"""The chip's side of PACE (Doc 9303-11, 4.4): every mapping, in every group, with each of the four passwords."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Final

from crypto import mrz_key, pace, pace_cam, tlv
from crypto.errors import CryptoError, TokenError, UnsupportedAlgorithm
from crypto.groups import Group
from crypto.key_pair import KeyPair, RandomBytes
from crypto.protocols import NonceMapping, PaceProtocol, oid_text, parse_pace_oid
from crypto.secure_messaging import ChipChannel, SessionKeys
from crypto.tlv import Tlv
from simulator.command_data import DYNAMIC_DATA, parse_dynamic_data, parse_objects
from simulator.faults import Emission
from simulator.personalisation import ChipAuthenticationKey, Personalisation
from simulator.status import Refusal, Status

_PROTOCOL: Final = 0x80
_PASSWORD: Final = 0x83
_PARAMETER_ID: Final = 0x84
_SEALED_DATA: Final = 0x8A
_STEP_TAGS: Final = ((None, 0x80), (0x81, 0x82), (0x83, 0x84), (0x85, 0x86))
"""Of what the terminal sends and what the chip answers, for each GENERAL AUTHENTICATE."""
_ALL_TRIES: Final = 3


class Password(IntEnum):
    """As MSE:Set AT refers to them (Doc 9303-11, 4.4.4.1; TR-03110-3, B.14.1)."""

    MRZ = 1
    CAN = 2
    PIN = 3
    PUK = 4


class PinCounter:
    """How often a PIN may still be tried (TR-03110-2, 3.3), kept in the chip through resets.

    With one try left the PIN is suspended until the session was opened with the CAN; with none it is blocked until the
    chip was opened with the PUK, which stands here for RESET RETRY COUNTER too.
    """

    def __init__(self) -> None:
        self.tries_left = _ALL_TRIES

    def check(self, opened_with: Password | None) -> None:
        """Raises Refusal where the PIN is blocked, or suspended and not resumed."""
        if not self.tries_left:
            raise Refusal(Status.PASSWORD_BLOCKED)
        if self.tries_left == 1 and opened_with is not Password.CAN:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)

    @property
    def warning(self) -> int | None:
        """The status word of MSE:Set AT that tells how many tries are left; None where all are."""
        return None if self.tries_left == _ALL_TRIES else Status.TRIES_LEFT | self.tries_left

    def note_failure(self) -> None:
        """A wrong PIN was used."""
        self.tries_left = max(0, self.tries_left - 1)

    def note_success(self) -> None:
        """The right PIN or PUK was used."""
        self.tries_left = _ALL_TRIES


class ChipPace:
    """One run of PACE, from MSE:Set AT to the channel.

    Args:
        personalisation: what the chip offers, and its passwords.
        template: data of MSE:Set AT.
        said: what the chip says in place of what it should, a fault's matter.
        pin: its tries.
        opened_with: the password that opened the session that this run takes place in; None: in none.

    Raises:
        Refusal: a protocol, a parameter or a password that the chip does not have.
    """

    def __init__(
        self,
        personalisation: Personalisation,
        template: bytes,
        random: RandomBytes,
        said: Callable[[Emission, bytes], bytes],
        pin: PinCounter,
        opened_with: Password | None,
    ) -> None:
        self._random = random
        self._said = said
        self._pin = pin
        self._opened_with = opened_with
        objects = parse_objects(template)
        self._protocol, self._group = _choose(personalisation, objects)
        self._static_key = _static_key(personalisation.cam_keys, self._protocol, self._group)
        self.password, self._secret = _password(personalisation, tlv.first(objects, _PASSWORD))
        self._step = 0
        self._nonce = b""
        self._generator: bytes | None = None
        self._prepared: KeyPair | None = None
        self._mapping = self._ours = KeyPair(0, b"")
        self._peer = b""
        self._keys: SessionKeys | None = None

    @property
    def in_last_step(self) -> bool:
        """The next command is the last of the chain."""
        return self._step == len(_STEP_TAGS) - 1

    @property
    def warning(self) -> int | None:
        """The status word that MSE:Set AT answers in place of 9000."""
        return self._pin.warning if self.password is Password.PIN else None

    @property
    def channel(self) -> ChipChannel | None:
        """The new channel, once the terminal has proved that it knows the password."""
        if self._step < len(_STEP_TAGS) or self._keys is None:
            return None
        return ChipChannel(self._keys, bytes(self._protocol.suite.block_size))

    def prepare(self) -> None:
        """Draw the key pair that the next step needs, as a chip's coprocessor does while the reader is at work."""
        maps = self._step == 1 and self._protocol.mapping is not NonceMapping.IM
        if self._prepared is None and (maps or self._step == 2):
            self._prepared = self._group.generate_key_pair(self._random, self._generator)

    def answer(self, data: bytes) -> bytes:
        """One GENERAL AUTHENTICATE: from its data to the response's.

        Raises:
            Refusal: not the object that is due, a bad public key, a PIN that may not be tried, or the wrong token: then
                the password was another.
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
            raise Refusal(self._failure()) from None
        except CryptoError:
            raise Refusal(Status.WRONG_DATA) from None
        self._step += 1
        further = self._sealed_data() if self._step == len(_STEP_TAGS) else b""
        return tlv.encode(DYNAMIC_DATA, tlv.encode(sent, answer) + further)

    def _encrypted_nonce(self, _: bytes) -> bytes:
        if self.password is Password.PIN:
            self._pin.check(self._opened_with)
        suite = self._protocol.suite
        self._nonce = self._random(pace.nonce_length(self._protocol))
        return pace.encrypt_nonce(suite, pace.password_key(self._secret, suite), self._nonce)

    def _map(self, received: bytes) -> bytes:
        if self._protocol.mapping is NonceMapping.IM:
            self._generator = pace.map_generator_integrated(self._protocol, self._group, self._nonce, received)
            return b""
        peer = self._group.check_public_key(received)
        self._mapping = self._key_pair()
        self._generator = pace.map_generator_generic(self._group, self._nonce, self._mapping, peer)
        return self._mapping.public

    def _agree(self, received: bytes) -> bytes:
        peer = self._group.check_public_key(received)
        self._ours = self._key_pair()
        self._keys = pace.session_keys(self._protocol.suite, self._group, self._ours, peer)
        self._peer = received
        return self._ours.public

    def _authenticate(self, token: bytes) -> bytes:
        assert self._keys is not None, "the agreement comes before the tokens"
        k_mac = self._keys.k_mac
        pace.check_token(self._protocol, self._group, k_mac, self._ours.public, token)
        if self.password in (Password.PIN, Password.PUK):
            self._pin.note_success()
        ours = pace.authentication_token(self._protocol, self._group, k_mac, self._peer)
        return self._said(Emission.PACE_TOKEN, ours)

    def _sealed_data(self) -> bytes:
        """The object of chip authentication mapping (section 4.4.3.5); nothing with the other mappings."""
        if self._static_key is None or self._keys is None:
            return b""
        data = pace_cam.chip_authentication_data(self._group, self._mapping.private, self._static_key.private)
        sealed = pace_cam.seal_chip_authentication_data(self._keys, self._said(Emission.CAM_DATA, data))
        sealed = self._said(Emission.SEALED_CAM_DATA, sealed)
        return tlv.encode(_SEALED_DATA, sealed) if sealed else b""

    def _key_pair(self) -> KeyPair:
        pair = self._prepared or self._group.generate_key_pair(self._random, self._generator)
        self._prepared = None
        return pair

    def _failure(self) -> int:
        if self.password is not Password.PIN:
            return Status.AUTHENTICATION_FAILED
        self._pin.note_failure()
        return Status.TRIES_LEFT | self._pin.tries_left


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
    if len(offered) != 1:
        raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
    return chosen, personalisation.pace_groups[offered[0]]


def _static_key(
    keys: Iterable[ChipAuthenticationKey], protocol: PaceProtocol, group: Group
) -> ChipAuthenticationKey | None:
    if protocol.mapping is not NonceMapping.CAM:
        return None
    found = next((key for key in keys if key.group == group), None)
    if found is None:
        raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
    return found


def _password(personalisation: Personalisation, reference: Tlv | None) -> tuple[Password, bytes]:
    """The password that MSE:Set AT refers to, and what its key is derived from."""
    if reference is None or len(reference.value) != 1:
        raise Refusal(Status.WRONG_DATA)
    information = personalisation.mrz_information
    secrets = {
        Password.MRZ: None if information is None else mrz_key.mrz_seed(information),
        Password.CAN: _ascii(personalisation.can),
        Password.PIN: _ascii(personalisation.pin),
        Password.PUK: _ascii(personalisation.puk),
    }
    for password, secret in secrets.items():
        if reference.value[0] == password and secret is not None:
            return password, secret
    raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)


def _ascii(digits: str | None) -> bytes | None:
    return None if digits is None else digits.encode("ascii")
