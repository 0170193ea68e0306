"""ECDSA (BSI TR-03111 section 4.2.1) on any curve of `crypto.curves`, and the two ways to write a signature."""

from __future__ import annotations

from asn1crypto import core

from crypto import der, ec
from crypto.ec import Curve, Point
from crypto.errors import DerError, SignatureError


class _EcdsaSigValue(core.Sequence):  # type: ignore[misc]
    _fields = [("r", core.Integer), ("s", core.Integer)]  # noqa: RUF012 - asn1crypto's way to declare a structure


def verify(curve: Curve, public_key: Point, digest: bytes, r: int, s: int) -> bool:
    """Tell whether (r, s) signs `digest`.

    Args:
        public_key: checked by its decoder to be on `curve`.
        digest: the hash of the message; longer ones are cut to the length of the group's order.
    """
    if not (0 < r < curve.n and 0 < s < curve.n and ec.is_on_curve(curve, public_key)):
        return False
    inverse = pow(s, -1, curve.n)
    point = ec.add(
        curve,
        ec.multiply(curve, _truncated(curve, digest) * inverse, curve.g),
        ec.multiply(curve, r * inverse, public_key),
    )
    return point != ec.INFINITY and point.x % curve.n == r


def sign(curve: Curve, private_key: int, digest: bytes, ephemeral_key: int) -> tuple[int, int]:
    """Sign `digest` and give (r, s).

    Args:
        ephemeral_key: from 1 to n - 1, random, never used twice.

    Raises:
        SignatureError: this ephemeral key gives no signature; draw another one.
    """
    r = ec.multiply(curve, ephemeral_key, curve.g).x % curve.n
    s = pow(ephemeral_key, -1, curve.n) * (_truncated(curve, digest) + r * private_key) % curve.n
    if r == 0 or s == 0:
        raise SignatureError("the ephemeral key gives no signature")
    return r, s


def encode_plain(curve: Curve, r: int, s: int) -> bytes:
    """Write r ‖ s, each as wide as the group's order (TR-03111 section 5.2.1)."""
    return r.to_bytes(curve.order_length, "big") + s.to_bytes(curve.order_length, "big")


def decode_plain(curve: Curve, signature: bytes) -> tuple[int, int]:
    """Read r ‖ s, each as wide as the group's order (TR-03111 section 5.2.1).

    Raises:
        SignatureError: another length.
    """
    width = curve.order_length
    if len(signature) != 2 * width:
        raise SignatureError(f"{len(signature)} bytes are no plain signature on {curve.name}")
    return int.from_bytes(signature[:width], "big"), int.from_bytes(signature[width:], "big")


def encode_der(r: int, s: int) -> bytes:
    """Write ECDSA-Sig-Value (TR-03111 section 5.2.2)."""
    value: bytes = _EcdsaSigValue({"r": r, "s": s}).dump()
    return value


def decode_der(signature: bytes) -> tuple[int, int]:
    """Read ECDSA-Sig-Value (TR-03111 section 5.2.2).

    Raises:
        SignatureError: not strict DER, or not two integers.
    """
    try:
        der.check(signature, max_depth=1, max_nodes=3)
        value = _EcdsaSigValue.load(signature, strict=True)
        return value["r"].native, value["s"].native
    except (DerError, ValueError, TypeError) as error:
        raise SignatureError("not an ECDSA-Sig-Value") from error


def _truncated(curve: Curve, digest: bytes) -> int:
    excess = max(0, 8 * len(digest) - curve.n.bit_length())
    return int.from_bytes(digest, "big") >> excess
