"""What chip authentication mapping adds to PACE (Doc 9303-11 section 4.4.3.3.3, appendix I).

The chip proves its static key: it sends the number that leads from the static public key to the one of the mapping,
sealed with the keys of the new channel.
"""

from __future__ import annotations

from typing import Final

from crypto.ciphers import BlockKey
from crypto.errors import PointError
from crypto.groups import Group
from crypto.padding import pad, unpad
from crypto.secure_messaging import SessionKeys

_MINUS_ONE: Final = b"\xff"


def chip_authentication_data(group: Group, map_private: int, static_private: int) -> bytes:
    """Compute the number as wide as the group's order: the mapping's private key through the static one."""
    number = pow(static_private, -1, group.order) * map_private % group.order
    return number.to_bytes(_order_length(group), "big")


def seal_chip_authentication_data(keys: SessionKeys, data: bytes) -> bytes:
    """Encrypt the padded data as object 8A carries them, with E(K, -1) for initialisation vector."""
    block_size = keys.suite.block_size
    key = BlockKey(keys.suite, keys.k_enc)
    return key.encrypt_cbc(initialisation_vector(keys), pad(data, block_size))


def open_chip_authentication_data(keys: SessionKeys, sealed: bytes) -> bytes:
    """Decrypt what came in object 8A.

    Raises:
        PaddingError: not whole blocks, or wrong padding.
    """
    key = BlockKey(keys.suite, keys.k_enc)
    return unpad(key.decrypt_cbc(initialisation_vector(keys), sealed), keys.suite.block_size)


def proves_static_key(group: Group, data: bytes, map_public: bytes, static_public: bytes) -> bool:
    """Tell whether the data lead from the static public key to the mapping's.

    Args:
        map_public: the chip's first public key, as `Group.check_public_key` gave it.
        static_public: likewise, from a verified EF.CardSecurity.
    """
    if len(data) > _order_length(group):
        return False
    number = int.from_bytes(data, "big")
    if not 0 < number < group.order:
        return False
    try:
        return group.agree(number, static_public) == map_public
    except PointError:
        return False


def initialisation_vector(keys: SessionKeys) -> bytes:
    """Give E(K, -1), -1 being a block of ones."""
    return BlockKey(keys.suite, keys.k_enc).encrypt_block(_MINUS_ONE * keys.suite.block_size)


def _order_length(group: Group) -> int:
    return (group.order.bit_length() + 7) // 8
