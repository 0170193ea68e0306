"""Elliptic curves over prime fields in short Weierstrass form: y² = x³ + ax + b (BSI TR-03111).

For the curves that OpenSSL lacks, and for PACE, whose mapping needs the whole point and not only its x coordinate. The
time of a multiplication depends on the scalar; the secret ones are ephemeral and serve once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from crypto.errors import PointError
from crypto.key_pair import random_below

_WINDOW: Final = 5
_TEETH: Final = 5
_MOST_CURVES: Final = 16
_UNCOMPRESSED: Final = 4


@dataclass(frozen=True, slots=True)
class Point:
    """A point in affine coordinates; `INFINITY` stands for the neutral element."""

    x: int
    y: int


INFINITY: Final = Point(-1, -1)
"""The neutral element, written with coordinates that no field has."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve over the field of `p` elements with a base point `g` of prime order `n` and cofactor `h`."""

    name: str
    p: int
    a: int
    b: int
    g: Point
    n: int
    h: int

    @property
    def field_length(self) -> int:
        """Bytes of a coordinate."""
        return (self.p.bit_length() + 7) // 8

    @property
    def order_length(self) -> int:
        """Bytes of a scalar."""
        return (self.n.bit_length() + 7) // 8


def is_on_curve(curve: Curve, point: Point) -> bool:
    """Tell whether `point` is an affine point of `curve` (never for `INFINITY`)."""
    x, y, p = point.x, point.y, curve.p
    return 0 <= x < p and 0 <= y < p and (y * y - (x * x + curve.a) * x - curve.b) % p == 0


def encode_point(curve: Curve, point: Point) -> bytes:
    """Give the uncompressed form 04 ‖ x ‖ y with coordinates of the field's width (TR-03111 section 3.2.1).

    Raises:
        PointError: the point is at infinity.
    """
    if point == INFINITY:
        raise PointError("the point at infinity has no uncompressed form")
    width = curve.field_length
    return b"\x04" + point.x.to_bytes(width, "big") + point.y.to_bytes(width, "big")


def decode_point(curve: Curve, data: bytes) -> Point:
    """Read the uncompressed form of a point of `curve`.

    Raises:
        PointError: another form or width, a coordinate outside the field, or a point that is not on the curve.
    """
    width = curve.field_length
    if len(data) != 1 + 2 * width or data[0] != _UNCOMPRESSED:
        raise PointError(f"not an uncompressed point of {curve.name}")
    point = Point(int.from_bytes(data[1 : 1 + width], "big"), int.from_bytes(data[1 + width :], "big"))
    if not is_on_curve(curve, point):
        raise PointError(f"the point is not on {curve.name}")
    return point


def encode_x(curve: Curve, point: Point) -> bytes:
    """Give the x coordinate at the field's width, the shared secret of Doc 9303-11 section 9.4.

    Raises:
        PointError: the point is at infinity.
    """
    if point == INFINITY:
        raise PointError("the point at infinity has no x coordinate")
    return point.x.to_bytes(curve.field_length, "big")


def random_scalar(curve: Curve, random_bytes: Callable[[int], bytes]) -> int:
    """Draw a private key, evenly from 1 to n - 1.

    Args:
        random_bytes: gives so many bytes of a cryptographic random source.
    """
    return random_below(curve.n, random_bytes)


def add(curve: Curve, first: Point, second: Point) -> Point:
    """Add two points of `curve`, either of which may be `INFINITY`."""
    if first == INFINITY:
        return second
    if second == INFINITY:
        return first
    p = curve.p
    if first.x == second.x:
        if (first.y + second.y) % p == 0:
            return INFINITY
        slope = (3 * first.x * first.x + curve.a) * pow(2 * first.y, -1, p) % p
    else:
        slope = (second.y - first.y) * pow(second.x - first.x, -1, p) % p
    x = (slope * slope - first.x - second.x) % p
    return Point(x, (slope * (first.x - x) - first.y) % p)


def negate(curve: Curve, point: Point) -> Point:
    """Give the inverse of a point of `curve`."""
    return point if point == INFINITY else Point(point.x, -point.y % curve.p)


def multiply(curve: Curve, scalar: int, point: Point) -> Point:
    """Multiply a point of `curve` with an integer, which is taken modulo the group's order.

    The point must have been checked to be on the curve, as `decode_point` does.
    """
    scalar %= curve.n
    if not scalar or point == INFINITY:
        return INFINITY
    if point == curve.g:
        return _evaluate(curve, _combed(curve, scalar))
    multiples = _odd_multiples(curve, point)
    return _evaluate(curve, map(multiples.get, _signed_digits(scalar)))


def _evaluate(curve: Curve, additions: Iterable[Point | None]) -> Point:
    """Double once for each item and then add it, where it is a point."""
    p = curve.p
    # Modified Jacobian coordinates: w carries a·z⁴ through a run of doublings, which saves three products in each.
    x, y, z, w = 0, 1, 0, 0
    for addend in additions:
        if z:
            yy = y * y % p
            s = 4 * x * yy % p
            m = (3 * x * x + w) % p
            u = 8 * yy * yy % p
            x = (m * m - 2 * s) % p
            z = 2 * y * z % p
            y = (m * (s - x) - u) % p
            w = 2 * u * w % p
        if addend is not None:
            x, y, z = _add_affine(curve, x, y, z, addend)
            zz = z * z % p
            w = curve.a * zz * zz % p
    if not z:
        return INFINITY
    inverse = pow(z, -1, p)
    square = inverse * inverse % p
    return Point(x * square % p, y * square * inverse % p)


def agree(curve: Curve, private: int, peer: Point) -> Point:
    """Agree on a point with the owner of a public key that may come from an enemy (TR-03111 section 4.3.1).

    Raises:
        PointError: `peer` is not on the curve, or the result is the point at infinity.
    """
    if not is_on_curve(curve, peer):
        raise PointError(f"the public key is not on {curve.name}")
    shared = multiply(curve, private, peer)
    if shared == INFINITY:
        raise PointError("the agreement gave the point at infinity")
    return shared


def _add_affine(curve: Curve, x: int, y: int, z: int, point: Point) -> tuple[int, int, int]:
    """Add an affine point to one in Jacobian coordinates, where z = 0 is the point at infinity."""
    if point == INFINITY:
        return x, y, z
    if not z:
        return point.x, point.y, 1
    p = curve.p
    zz = z * z % p
    h = (point.x * zz - x) % p
    r = (point.y * zz * z - y) % p
    if not h:
        if r:
            return 0, 1, 0
        doubled = add(curve, point, point)
        return (0, 1, 0) if doubled == INFINITY else (doubled.x, doubled.y, 1)
    hh = h * h % p
    hhh = h * hh % p
    v = x * hh % p
    x = (r * r - hhh - 2 * v) % p
    return x, (r * (v - x) - y * hhh) % p, z * h % p


def _combed(curve: Curve, scalar: int) -> Iterable[Point]:
    """Take apart a multiplication of the base point: a fifth of the doublings, with a table of its multiples."""
    table, distance = _comb(curve)
    bits = f"{scalar:0{_TEETH * distance}b}"
    return (table[int(bits[column::distance], 2)] for column in range(distance))


@lru_cache(_MOST_CURVES)
def _comb(curve: Curve) -> tuple[list[Point], int]:
    """Give the sums of all choices among the points 2^(i·distance)·G, by the choice's bits, and the distance.

    Kept, since every protocol run multiplies the base point: the table costs as much as one multiplication and saves
    two thirds of each.
    """
    distance = -(-curve.n.bit_length() // _TEETH)
    table = [INFINITY]
    tooth = curve.g
    for _ in range(_TEETH):
        table += [add(curve, point, tooth) for point in table]
        tooth = _evaluate(curve, [tooth, *[None] * distance])
    return table, distance


def _odd_multiples(curve: Curve, point: Point) -> dict[int, Point]:
    """Give ±1, ±3, … ±(2^(w-1) - 1) times `point` in affine coordinates, by factor."""
    doubled = add(curve, point, point)
    multiples = {}
    for factor in range(1, 1 << _WINDOW - 1, 2):
        multiples[factor] = point
        multiples[-factor] = negate(curve, point)
        point = add(curve, point, doubled)
    return multiples


def _signed_digits(scalar: int) -> list[int]:
    """Write a scalar in width-w non-adjacent form, most significant digit first; nothing for zero."""
    modulus, half = 1 << _WINDOW, 1 << _WINDOW - 1
    digits = []
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & modulus - 1
            if digit >= half:
                digit -= modulus
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    digits.reverse()
    return digits
