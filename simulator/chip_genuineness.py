"""The chip's side of the proofs that it is genuine: chip authentication version 1 and active authentication."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from crypto import active_authentication, chip_authentication, tlv
from crypto.ciphers import Suite
from crypto.errors import PointError, UnsupportedAlgorithm
from crypto.key_pair import RandomBytes
from crypto.protocols import ChipAuthenticationProtocol, oid_text, parse_ca_oid
from crypto.secure_messaging import ChipChannel
from crypto.tlv import Tlv
from simulator.command_data import DYNAMIC_DATA, parse_dynamic_data, parse_objects
from simulator.personalisation import ActiveAuthenticationKey, ChipAuthenticationKey, RsaAuthenticationKey
from simulator.status import Refusal, Status

_PROTOCOL: Final = 0x80
_KEY_ID: Final = 0x84
_PUBLIC_KEY: Final = 0x91
_EPHEMERAL_KEY: Final = 0x80
_CHALLENGE_LENGTH: Final = 8

DONE: Final = tlv.encode(DYNAMIC_DATA, b"")
"""What GENERAL AUTHENTICATE of chip authentication answers."""


class ChipAuthentication:
    """Chip authentication (Doc 9303-11, 6.2) with AES: MSE:Set AT, then GENERAL AUTHENTICATE.

    Args:
        keys: all that the chip has.
        template: data of MSE:Set AT.

    Raises:
        Refusal: a protocol or a key that the chip does not have, or several that it could be.
    """

    def __init__(self, keys: Iterable[ChipAuthenticationKey], template: bytes) -> None:
        objects = parse_objects(template)
        protocol = tlv.first(objects, _PROTOCOL)
        if protocol is None:
            raise Refusal(Status.WRONG_DATA)
        try:
            chosen = parse_ca_oid(oid_text(protocol.value))
        except UnsupportedAlgorithm:
            raise Refusal(Status.WRONG_DATA) from None
        self._suite = chosen.suite
        self._key = _choose((key for key in keys if chosen.oid in key.protocols), objects)

    def answer(self, data: bytes) -> ChipChannel:
        """GENERAL AUTHENTICATE; the new channel starts after the response.

        Raises:
            Refusal: not an ephemeral key of the right group.
        """
        ephemeral = tlv.first(parse_dynamic_data(data), _EPHEMERAL_KEY)
        if ephemeral is None:
            raise Refusal(Status.WRONG_DATA)
        return _new_channel(self._key, self._suite, ephemeral.value)


def set_key_agreement_template(keys: Iterable[ChipAuthenticationKey], template: bytes) -> ChipChannel:
    """Chip authentication with 3DES in one command, MSE:Set KAT; the new channel starts after the response.

    Raises:
        Refusal: the chip has no such protocol or key, or the public key is none of its group.
    """
    objects = parse_objects(template)
    public_key = tlv.first(objects, _PUBLIC_KEY)
    if public_key is None:
        raise Refusal(Status.WRONG_DATA)
    with_3des = (key for key in keys if any(found.suite is Suite.TDES for found in _protocols(key)))
    return _new_channel(_choose(with_3des, objects), Suite.TDES, public_key.value)


def sign_challenge(key: ActiveAuthenticationKey, challenge: bytes, random: RandomBytes) -> bytes:
    """INTERNAL AUTHENTICATE (Doc 9303-11, 6.1): sign the terminal's eight bytes.

    Raises:
        Refusal: another number of bytes.
    """
    if len(challenge) != _CHALLENGE_LENGTH:
        raise Refusal(Status.WRONG_LENGTH)
    if isinstance(key, RsaAuthenticationKey):
        m1 = random(active_authentication.recoverable_length(key.key.length, key.trailer))
        return active_authentication.sign_rsa(key.key, challenge, m1, key.trailer)
    return active_authentication.sign_ecdsa(key.curve, key.private, key.hash_name, challenge, random, der=key.der)


def _protocols(key: ChipAuthenticationKey) -> list[ChipAuthenticationProtocol]:
    return [parse_ca_oid(oid) for oid in key.protocols]


def _choose(keys: Iterable[ChipAuthenticationKey], objects: list[Tlv]) -> ChipAuthenticationKey:
    """The key that the command names, or the only one (Doc 9303-11, 6.2.4)."""
    wanted = tlv.first(objects, _KEY_ID)
    found = [key for key in keys if wanted is None or key.key_id == int.from_bytes(wanted.value, "big")]
    if len(found) != 1:
        raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
    return found[0]


def _new_channel(key: ChipAuthenticationKey, suite: Suite, ephemeral: bytes) -> ChipChannel:
    try:
        peer = key.group.check_public_key(ephemeral)
        keys = chip_authentication.session_keys(suite, key.group, key.private, peer)
    except PointError:
        raise Refusal(Status.WRONG_DATA) from None
    return ChipChannel(keys, bytes(suite.block_size))
