"""Curves against OpenSSL and their own laws; ECDSA against OpenSSL."""

from __future__ import annotations

import hashlib
import itertools
import random

import pytest
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec as openssl
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import ec, ecdsa
from crypto.curves import BRAINPOOL_P256R1, NAMED, SECP192R1, SECP256R1, STANDARDIZED, match_curve
from crypto.ec import INFINITY, Curve, Point
from crypto.errors import PointError, SignatureError

CURVES = list(STANDARDIZED.values())
OPENSSL_CURVES: dict[str, openssl.EllipticCurve] = {
    "secp192r1": openssl.SECP192R1(),
    "secp224r1": openssl.SECP224R1(),
    "secp256r1": openssl.SECP256R1(),
    "secp384r1": openssl.SECP384R1(),
    "secp521r1": openssl.SECP521R1(),
    "brainpoolP256r1": openssl.BrainpoolP256R1(),
    "brainpoolP384r1": openssl.BrainpoolP384R1(),
    "brainpoolP512r1": openssl.BrainpoolP512R1(),
}

curves = st.sampled_from(CURVES)
small_curves = st.sampled_from([SECP192R1, BRAINPOOL_P256R1])
scalars = st.integers(min_value=0, max_value=2**256)


def by_name(curve: Curve) -> str:
    return curve.name


@pytest.mark.parametrize("curve", CURVES, ids=by_name)
def test_parameters_are_consistent(curve: Curve) -> None:
    assert (4 * curve.a**3 + 27 * curve.b**2) % curve.p != 0
    assert pow(2, curve.p - 1, curve.p) == 1
    assert pow(2, curve.n - 1, curve.n) == 1
    assert abs(curve.p + 1 - curve.n) ** 2 <= 4 * curve.p
    assert ec.is_on_curve(curve, curve.g)
    assert ec.multiply(curve, curve.n - 1, curve.g) == ec.negate(curve, curve.g)
    assert ec.multiply(curve, curve.n, curve.g) == INFINITY


@pytest.mark.parametrize("curve", [c for c in CURVES if c.name in OPENSSL_CURVES], ids=by_name)
def test_public_keys_equal_those_of_openssl(curve: Curve) -> None:
    source = random.Random(curve.name)
    for scalar in (1, 2, 31, curve.n - 1, source.randrange(1, curve.n), source.randrange(1, curve.n)):
        try:
            numbers = openssl.derive_private_key(scalar, OPENSSL_CURVES[curve.name]).public_key().public_numbers()
        except UnsupportedAlgorithm as error:
            pytest.skip(f"OpenSSL lacks {curve.name}: {error}")
        assert ec.multiply(curve, scalar, curve.g) == Point(numbers.x, numbers.y)


def test_standardized_ids_cover_every_named_curve_once() -> None:
    assert sorted(STANDARDIZED) == list(range(8, 19))
    assert {curve.name for curve in NAMED.values()} == {curve.name for curve in CURVES}


@pytest.mark.parametrize("curve", CURVES, ids=by_name)
def test_explicit_parameters_match_only_when_all_are_equal(curve: Curve) -> None:
    p, a, b, g, n = curve.p, curve.a, curve.b, curve.g, curve.n
    assert match_curve(p, a, b, g, n) is curve
    assert match_curve(p + 2, a, b, g, n) is None
    assert match_curve(p, a + 1, b, g, n) is None
    assert match_curve(p, a, b + 1, g, n) is None
    assert match_curve(p, a, b, ec.multiply(curve, 2, g), n) is None
    assert match_curve(p, a, b, g, n + 2) is None


@given(small_curves, scalars, scalars)
@settings(max_examples=60, deadline=None)
def test_multiplication_distributes_over_addition(curve: Curve, first: int, second: int) -> None:
    total = ec.add(curve, ec.multiply(curve, first, curve.g), ec.multiply(curve, second, curve.g))
    assert total == ec.multiply(curve, first + second, curve.g)


@given(curves, scalars, scalars)
@settings(max_examples=25, deadline=None)
def test_multiplications_commute(curve: Curve, first: int, second: int) -> None:
    one_way = ec.multiply(curve, second, ec.multiply(curve, first, curve.g))
    assert one_way == ec.multiply(curve, first, ec.multiply(curve, second, curve.g))


@given(small_curves, scalars, scalars, scalars)
@settings(max_examples=30, deadline=None)
def test_addition_is_associative_and_has_inverses(curve: Curve, one: int, two: int, three: int) -> None:
    a, b, c = (ec.multiply(curve, scalar, curve.g) for scalar in (one, two, three))
    assert ec.add(curve, ec.add(curve, a, b), c) == ec.add(curve, a, ec.add(curve, b, c))
    assert ec.add(curve, a, b) == ec.add(curve, b, a)
    assert ec.add(curve, a, ec.negate(curve, a)) == INFINITY
    assert ec.add(curve, a, INFINITY) == a == ec.add(curve, INFINITY, a)


def test_every_small_multiple_equals_repeated_addition() -> None:
    total = INFINITY
    for scalar in range(100):
        assert ec.multiply(SECP192R1, scalar, SECP192R1.g) == total
        total = ec.add(SECP192R1, total, SECP192R1.g)


def test_the_window_meets_its_own_multiples() -> None:
    """On a group of 19 elements the running sum falls onto ±(odd multiples) and infinity in the midst of a run."""
    tiny = Curve("tiny", 17, 2, 2, Point(5, 1), 19, 1)
    total = INFINITY
    for scalar in range(19):
        assert ec.multiply(tiny, scalar, tiny.g) == total
        assert total == INFINITY or ec.is_on_curve(tiny, total)
        total = ec.add(tiny, total, tiny.g)


@given(curves, st.integers(min_value=1, max_value=2**64))
@settings(max_examples=25, deadline=None)
def test_points_survive_their_encoding(curve: Curve, scalar: int) -> None:
    point = ec.multiply(curve, scalar, curve.g)
    encoded = ec.encode_point(curve, point)
    assert len(encoded) == 1 + 2 * curve.field_length
    assert ec.decode_point(curve, encoded) == point


def test_coordinates_keep_their_leading_zeros() -> None:
    point = next(p for k in itertools.count(1) if (p := ec.multiply(SECP256R1, k, SECP256R1.g)).x < 1 << 248)
    assert ec.encode_x(SECP256R1, point)[0] == 0
    assert len(ec.encode_x(SECP256R1, point)) == 32
    assert ec.decode_point(SECP256R1, ec.encode_point(SECP256R1, point)) == point


@pytest.mark.parametrize("curve", CURVES, ids=by_name)
def test_what_is_no_point_is_refused(curve: Curve) -> None:
    width = curve.field_length
    good = ec.encode_point(curve, curve.g)
    other_curve = (
        next(c for c in CURVES if c.field_length == width and c is not curve) if width not in (40, 64, 66) else None
    )
    wrong = [
        b"",
        b"\x00",
        good[:-1],
        good + b"\x00",
        b"\x02" + good[1 : 1 + width],
        b"\x05" + good[1:],
        good[:-1] + bytes([good[-1] ^ 1]),
        bytes([4]) + bytes(2 * width),
        bytes([4]) + (curve.g.x + curve.p).to_bytes(width + 1, "big")[-width:] + good[1 + width :],
    ]
    if other_curve is not None:
        wrong.append(ec.encode_point(other_curve, other_curve.g))
    for data in wrong:
        with pytest.raises(PointError):
            ec.decode_point(curve, data)


def test_infinity_is_never_written() -> None:
    assert not ec.is_on_curve(SECP256R1, INFINITY)
    with pytest.raises(PointError):
        ec.encode_point(SECP256R1, INFINITY)
    with pytest.raises(PointError):
        ec.encode_x(SECP256R1, INFINITY)


def test_private_keys_are_drawn_again_until_they_are_in_range() -> None:
    draws = iter([bytes(32), b"\xff" * 32, SECP256R1.n.to_bytes(32, "big"), (7).to_bytes(32, "big")])
    assert ec.random_scalar(SECP256R1, lambda length: next(draws)[:length]) == 7


@pytest.mark.parametrize("curve", CURVES, ids=by_name)
def test_ecdsa_round_trip(curve: Curve) -> None:
    source = random.Random(curve.name)
    private_key = ec.random_scalar(curve, source.randbytes)
    public_key = ec.multiply(curve, private_key, curve.g)
    for name in ("sha1", "sha256", "sha512"):
        digest = hashlib.new(name, b"a message").digest()
        r, s = ecdsa.sign(curve, private_key, digest, ec.random_scalar(curve, source.randbytes))
        assert ecdsa.verify(curve, public_key, digest, r, s)
        assert not ecdsa.verify(curve, public_key, hashlib.new(name, b"another").digest(), r, s)
        assert not ecdsa.verify(curve, ec.negate(curve, public_key), digest, r, s)
        assert ecdsa.decode_plain(curve, ecdsa.encode_plain(curve, r, s)) == (r, s)
        assert ecdsa.decode_der(ecdsa.encode_der(r, s)) == (r, s)


@pytest.mark.parametrize("name", ["secp256r1", "brainpoolP256r1", "secp521r1"])
def test_ecdsa_agrees_with_openssl_in_both_directions(name: str) -> None:
    curve = next(c for c in CURVES if c.name == name)
    private_key = 0x1234567890ABCDEF1234567890ABCDEF1234567890
    theirs = openssl.derive_private_key(private_key, OPENSSL_CURVES[name])
    digest = hashlib.sha256(b"a message").digest()
    method = openssl.ECDSA(Prehashed(hashes.SHA256()))
    r, s = ecdsa.decode_der(theirs.sign(digest, method))
    assert ecdsa.verify(curve, ec.multiply(curve, private_key, curve.g), digest, r, s)
    r, s = ecdsa.sign(curve, private_key, digest, 0xFEDCBA0987654321)
    theirs.public_key().verify(ecdsa.encode_der(r, s), digest, method)
    with pytest.raises(InvalidSignature):
        theirs.public_key().verify(ecdsa.encode_der(r, s ^ 1), digest, method)


def test_ecdsa_refuses_numbers_out_of_range() -> None:
    curve, digest = SECP256R1, bytes(31) + b"\x01"
    r, s = ecdsa.sign(curve, 5, digest, 7)
    public_key = ec.multiply(curve, 5, curve.g)
    for pair in ((0, s), (r, 0), (curve.n, s), (r, curve.n), (r + curve.n, s), (r, s + curve.n), (-r, s)):
        assert not ecdsa.verify(curve, public_key, digest, *pair)
    assert not ecdsa.verify(curve, INFINITY, digest, r, s)
    assert not ecdsa.verify(curve, Point(public_key.x, public_key.y + 1), digest, r, s)


@pytest.mark.parametrize(
    "signature",
    ["", "30", "3080020101020101", "300602010102010100", "3003020101", "3009020101020101020101", "3006040101020101"],
)
def test_ecdsa_refuses_what_is_no_der_signature(signature: str) -> None:
    with pytest.raises(SignatureError):
        ecdsa.decode_der(bytes.fromhex(signature))


def test_ecdsa_refuses_a_plain_signature_of_another_width() -> None:
    with pytest.raises(SignatureError):
        ecdsa.decode_plain(SECP256R1, bytes(63))
