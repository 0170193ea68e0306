"""From a number to a point of a curve, in the same time for every number (Doc 9303-11 appendix B)."""

from __future__ import annotations

from crypto.ec import Curve, Point
from crypto.errors import PointError, UnsupportedAlgorithm


def encode(curve: Curve, number: int) -> Point:
    """Encode a number as a point of a curve of cofactor 1 (appendix B.2, affine coordinates).

    Args:
        number: from 0 to p - 1.

    Raises:
        UnsupportedAlgorithm: p is not 3 modulo 4, as with secp224r1.
        PointError: one of the three numbers that give no point: 0, 1 and p - 1.
    """
    p = curve.p
    if p % 4 != 3:
        raise UnsupportedAlgorithm(f"integrated mapping on {curve.name}")
    first, second = abscissas(curve, number)
    h = right_side(curve, first)
    root = inverse_root(curve, h)
    if root * root * h % p == 1:
        return Point(first, root * h % p)
    return Point(second, root * pow(number, 3, p) * h % p)


def abscissas(curve: Curve, number: int) -> tuple[int, int]:
    """Give X2 and X3 of appendix B, of which one at least belongs to a point; raises PointError as `encode` does."""
    p = curve.p
    alpha = -number * number % p
    denominator = (alpha + alpha * alpha) % p
    if not denominator:
        raise PointError("a number that gives no point")
    first = -curve.b * pow(curve.a, -1, p) * (1 + pow(denominator, -1, p)) % p
    return first, alpha * first % p


def right_side(curve: Curve, x: int) -> int:
    """Give x³ + ax + b."""
    return ((x * x + curve.a) * x + curve.b) % curve.p


def inverse_root(curve: Curve, h: int) -> int:
    """Give A of appendix B, the inverse of a square root of h, where h is a square."""
    return pow(h, curve.p - 1 - (curve.p + 1) // 4, curve.p)
