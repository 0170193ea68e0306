"""From numbers to points: Doc 9303-11 appendix B step by step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import ec, point_encoding
from crypto.curves import BRAINPOOL_P256R1, SECP192R1, SECP224R1, STANDARDIZED
from crypto.ec import Curve, Point
from crypto.errors import PointError, UnsupportedAlgorithm

CURVES = [curve for curve in STANDARDIZED.values() if curve is not SECP224R1]


class TestAppendixB:
    @pytest.fixture
    def example(self, doc9303_11: dict[str, Any]) -> dict[str, Any]:
        example: dict[str, Any] = doc9303_11["b_point_encoding"]
        return example

    def test_the_curve(self, example: dict[str, Any]) -> None:
        curve = BRAINPOOL_P256R1
        assert [curve.p, curve.a, curve.b, curve.h] == [int(example[name], 16) for name in ("p", "a", "b", "f")]

    def test_affine_coordinates(self, example: dict[str, Any]) -> None:
        curve, t = BRAINPOOL_P256R1, int(example["t"], 16)
        step = {name: value if name == "step" else int(value, 16) for name, value in example["affine"].items()}
        assert step["alpha"] == -t * t % curve.p
        first, second = point_encoding.abscissas(curve, t)
        assert (first, second) == (step["X2"], step["X3"])
        assert point_encoding.right_side(curve, first) == step["h2"]
        assert point_encoding.right_side(curve, second) == step["h3"]
        assert step["U"] == t**3 * step["h2"] % curve.p
        root = point_encoding.inverse_root(curve, step["h2"])
        assert root == step["A"]
        assert root * root * step["h2"] % curve.p == step["A2_h2"] == 1
        assert point_encoding.encode(curve, t) == Point(step["x"], step["y"])

    def test_jacobian_coordinates_give_the_same_point_or_its_inverse(self, example: dict[str, Any]) -> None:
        curve = BRAINPOOL_P256R1
        step = {name: value if name == "step" else int(value, 16) for name, value in example["jacobian"].items()}
        inverse = pow(step["Z"], -1, curve.p)
        point = Point(step["X"] * inverse**2 % curve.p, step["Y"] * inverse**3 % curve.p)
        assert point == ec.negate(curve, point_encoding.encode(curve, int(example["t"], 16)))

    def test_the_point_of_appendix_h(self, example: dict[str, Any], doc9303_11: dict[str, Any]) -> None:
        step = doc9303_11["h1_pace_im_ecdh"]["map_nonce"]
        assert step["rp_s_t"] == example["t"]
        generator = step["mapped_generator"]
        point = point_encoding.encode(BRAINPOOL_P256R1, int(example["t"], 16))
        assert point == Point(int(generator["x"], 16), int(generator["y"], 16))


@given(st.sampled_from(CURVES), st.integers(min_value=0, max_value=1 << 521))
def test_every_number_gives_a_point_of_the_curve(curve: Curve, number: int) -> None:
    number %= curve.p
    if number in (0, 1, curve.p - 1):
        return
    assert ec.is_on_curve(curve, point_encoding.encode(curve, number))


def test_both_candidates_are_met() -> None:
    """The first candidate's right side is a square for half of all numbers."""
    curve = SECP192R1
    taken = [point_encoding.abscissas(curve, t).index(point_encoding.encode(curve, t).x) for t in range(2, 102)]
    assert 30 < sum(taken) < 70


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_numbers_that_give_no_point(curve: Curve) -> None:
    for number in (0, 1, curve.p - 1):
        with pytest.raises(PointError):
            point_encoding.encode(curve, number)


def test_a_prime_that_is_1_modulo_4() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        point_encoding.encode(SECP224R1, 5)
