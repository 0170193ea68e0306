"""Chip authentication version 1 (Doc 9303-11 section 6.2): the arithmetic of both ends, in any group."""

from __future__ import annotations

from crypto.ciphers import Suite
from crypto.groups import Group
from crypto.secure_messaging import SessionKeys


def session_keys(suite: Suite, group: Group, private: int, peer: bytes) -> SessionKeys:
    """Agree on the keys of the new channel, whose send sequence counter starts at zero.

    That the chip can use them is what proves it genuine: its first response under them must authenticate.

    Args:
        private: the terminal's ephemeral key, or the chip's static one.
        peer: the chip's key from a verified DG14, or the terminal's ephemeral one, as `Group.check_public_key` gave it.

    Raises:
        PointError: the agreement gave the neutral element.
    """
    return SessionKeys.derive(group.shared_secret(private, peer), suite)
