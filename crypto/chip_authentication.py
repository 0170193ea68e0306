"""Chip authentication version 1 over elliptic curves (Doc 9303-11 section 6.2): the arithmetic of both ends."""

from __future__ import annotations

from crypto import ec
from crypto.ciphers import Suite
from crypto.ec import Curve, Point
from crypto.secure_messaging import SessionKeys


def agree(curve: Curve, private: int, peer: Point) -> bytes:
    """Agree on the secret: the x coordinate at the field's width.

    Args:
        private: the terminal's ephemeral key, or the chip's static one.
        peer: the chip's key from a verified DG14, or the terminal's ephemeral one.

    Raises:
        PointError: `peer` is not on the curve, or the result is the point at infinity.
    """
    return ec.encode_x(curve, ec.agree(curve, private, peer))


def session_keys(secret: bytes, suite: Suite) -> SessionKeys:
    """Derive the keys of the new channel, whose send sequence counter starts at zero.

    That the chip can use them is what proves it genuine: its first response under them must authenticate.
    """
    return SessionKeys.derive(secret, suite)
