"""The chip's side of the proofs that it is genuine: chip authentication version 1 and active authentication."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from crypto import active_authentication, chip_authentication, tlv
from crypto.active_authentication import RsaPrivateKey, Trailer
from crypto.ciphers import Suite
from crypto.ec_group import EcGroup
from crypto.errors import PointError, UnsupportedAlgorithm
from crypto.protocols import Agreement, oid_text, parse_ca_oid
from crypto.secure_messaging import ChipChannel
from crypto.tlv import Tlv
from simulator.command_data import DYNAMIC_DATA, parse_dynamic_data, parse_objects
from simulator.personalisation import ChipAuthenticationKey
from simulator.status import Refusal, Status

_PROTOCOL: Final = 0x80
_KEY_ID: Final = 0x84
_PUBLIC_KEY: Final = 0x91
_EPHEMERAL_KEY: Final = 0x80
_CHALLENGE_LENGTH: Final = 8

DONE: Final = tlv.encode(DYNAMIC_DATA, b"")
"""What GENERAL AUTHENTICATE of chip authentication answers."""


class ChipAuthentication:
    """Chip authentication over elliptic curves (Doc 9303-11, 6.2) with AES: MSE:Set AT, then GENERAL AUTHENTICATE.

    Args:
        template: data of MSE:Set AT.

    Raises:
        Refusal: a protocol or a key that the chip does not have.
    """

    def __init__(self, key: ChipAuthenticationKey, template: bytes) -> None:
        objects = parse_objects(template)
        protocol = tlv.first(objects, _PROTOCOL)
        if protocol is None:
            raise Refusal(Status.WRONG_DATA)
        self._suite = _offered_suite(key, protocol.value)
        self._key = _check_key_id(key, objects)

    def answer(self, data: bytes) -> ChipChannel:
        """GENERAL AUTHENTICATE; the new channel starts after the response.

        Raises:
            Refusal: not an ephemeral key of the right curve.
        """
        ephemeral = tlv.first(parse_dynamic_data(data), _EPHEMERAL_KEY)
        if ephemeral is None:
            raise Refusal(Status.WRONG_DATA)
        return _new_channel(self._key, self._suite, ephemeral.value)


def set_key_agreement_template(key: ChipAuthenticationKey, template: bytes) -> ChipChannel:
    """Chip authentication with 3DES in one command, MSE:Set KAT; the new channel starts after the response.

    Raises:
        Refusal: the chip has no such protocol or key, or the public key is none of its curve.
    """
    objects = parse_objects(template)
    public_key = tlv.first(objects, _PUBLIC_KEY)
    if public_key is None:
        raise Refusal(Status.WRONG_DATA)
    if not any(parse_ca_oid(protocol).suite is Suite.TDES for protocol in key.protocols):
        raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
    return _new_channel(_check_key_id(key, objects), Suite.TDES, public_key.value)


def sign_challenge(key: RsaPrivateKey, challenge: bytes, random: Callable[[int], bytes]) -> bytes:
    """INTERNAL AUTHENTICATE (Doc 9303-11, 6.1): sign the terminal's eight bytes.

    Raises:
        Refusal: another number of bytes.
    """
    if len(challenge) != _CHALLENGE_LENGTH:
        raise Refusal(Status.WRONG_LENGTH)
    m1 = random(active_authentication.recoverable_length(key.length, Trailer.SHA256))
    return active_authentication.sign_rsa(key, challenge, m1, Trailer.SHA256)


def _offered_suite(key: ChipAuthenticationKey, protocol: bytes) -> Suite:
    try:
        chosen = parse_ca_oid(oid_text(protocol))
    except UnsupportedAlgorithm:
        raise Refusal(Status.WRONG_DATA) from None
    if chosen.oid not in key.protocols or chosen.agreement is not Agreement.ECDH:
        raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
    return chosen.suite


def _check_key_id(key: ChipAuthenticationKey, objects: list[Tlv]) -> ChipAuthenticationKey:
    """Without an id in the command the chip's only key is meant."""
    wanted = tlv.first(objects, _KEY_ID)
    if wanted is not None and int.from_bytes(wanted.value, "big") != key.key_id:
        raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
    return key


def _new_channel(key: ChipAuthenticationKey, suite: Suite, ephemeral: bytes) -> ChipChannel:
    group = EcGroup(key.curve)
    try:
        keys = chip_authentication.session_keys(suite, group, key.private, group.check_public_key(ephemeral))
    except PointError:
        raise Refusal(Status.WRONG_DATA) from None
    return ChipChannel(keys, bytes(suite.block_size))
