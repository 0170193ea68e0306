"""The groups of key agreement: their parameters, their encodings, and what they refuse."""

from __future__ import annotations

import random
from typing import Any

import pytest
from Crypto.Util.number import isPrime
from cryptography.hazmat.primitives.asymmetric import dh
from hypothesis import given
from hypothesis import strategies as st

from crypto.dh_group import DhGroup, match_group
from crypto.ec_group import EcGroup
from crypto.errors import PointError, UnsupportedAlgorithm
from crypto.groups import STANDARDIZED, Group
from crypto.protocols import Agreement

DH_GROUPS = [group for group in STANDARDIZED.values() if isinstance(group, DhGroup)]
EC_GROUPS = [group for group in STANDARDIZED.values() if isinstance(group, EcGroup)]
SMALL_DH = STANDARDIZED[0]

groups = pytest.mark.parametrize("group", STANDARDIZED.values(), ids=lambda group: group.name)
dh_groups = pytest.mark.parametrize("group", DH_GROUPS, ids=lambda group: group.name)


def key_pairs(group: Group, count: int, seed: int = 1) -> list[Any]:
    source = random.Random(seed)
    return [group.generate_key_pair(source.randbytes) for _ in range(count)]


def prime_factors(number: int, below: int) -> list[int]:
    return [factor for factor in range(2, below) if number % factor == 0 and isPrime(factor)]


def test_the_standardized_ids() -> None:
    assert sorted(STANDARDIZED) == [0, 1, 2, *range(8, 19)]
    assert [STANDARDIZED[number].agreement for number in (0, 2, 8, 18)] == [
        Agreement.DH,
        Agreement.DH,
        Agreement.ECDH,
        Agreement.ECDH,
    ]


@dh_groups
def test_the_numbers_of_rfc_5114(group: DhGroup) -> None:
    assert group.q is not None
    bits = {"RFC 5114 1024/160": (1024, 160), "RFC 5114 2048/224": (2048, 224), "RFC 5114 2048/256": (2048, 256)}
    assert (group.p.bit_length(), group.q.bit_length()) == bits[group.name]
    assert isPrime(group.p)
    assert isPrime(group.q)
    assert (group.p - 1) % group.q == 0
    assert pow(group.g, group.q, group.p) == 1 != group.g
    assert match_group(group.p, group.g, group.q) is match_group(group.p, group.g) is group
    assert match_group(group.p, group.g + 1) is None
    assert match_group(group.p, group.g, group.q + 2) is None


def test_group_0_as_doc_9303_prints_it(doc9303_11: dict[str, Any]) -> None:
    for example in ("g2_pace_gm_dh", "h2_pace_im_dh"):
        numbers = doc9303_11[example]["domain_parameters"]
        assert match_group(*(int(numbers[name], 16) for name in "pgq")) is STANDARDIZED[0]


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
@dh_groups
def test_openssl_agrees_on_the_same_secrets(group: DhGroup) -> None:
    assert group.q is not None
    parameters = dh.DHParameterNumbers(group.p, group.g, group.q)
    theirs = parameters.parameters().generate_private_key()
    numbers = theirs.private_numbers()
    (ours,) = key_pairs(group, 1)
    public = dh.DHPublicNumbers(int.from_bytes(ours.public, "big"), parameters).public_key()
    peer = group.check_public_key(group.public_key(numbers.x))
    assert int.from_bytes(peer, "big") == numbers.public_numbers.y
    assert group.shared_secret(ours.private, peer) == theirs.exchange(public)


@groups
class TestEveryGroup:
    def test_both_sides_agree(self, group: Group) -> None:
        first, second = key_pairs(group, 2)
        assert group.check_public_key(first.public) == first.public == group.public_key(first.private)
        shared = group.agree(first.private, second.public)
        assert shared == group.agree(second.private, first.public) == group.check_public_key(shared)
        secret = group.shared_secret(first.private, second.public)
        assert secret == group.shared_secret(second.private, first.public)
        assert len(secret) == -(-group.prime.bit_length() // 8)
        x = shared[1 : 1 + len(secret)] if group.agreement is Agreement.ECDH else shared
        assert int.from_bytes(x, "big") == int.from_bytes(secret, "big")

    def test_a_mapped_generator_serves_as_the_groups_own(self, group: Group) -> None:
        first, second = key_pairs(group, 2)
        generator = group.map_generic(bytes(range(16)), group.agree(first.private, second.public))
        source = random.Random(2)
        ours, theirs = (group.generate_key_pair(source.randbytes, generator) for _ in range(2))
        assert ours.public == group.public_key(ours.private, generator) != group.public_key(ours.private)
        assert group.shared_secret(ours.private, theirs.public) == group.shared_secret(theirs.private, ours.public)

    def test_generic_mapping_is_linear(self, group: Group) -> None:
        """s·G + k·G is (s + k)·G, so that the mapping can be held against one multiplication."""
        assert group.map_generic((5).to_bytes(16, "big"), group.public_key(7)) == group.public_key(12)
        assert group.map_generic(bytes(16), group.public_key(7)) == group.public_key(7)
        assert group.map_generic(b"\xff" * 32, group.public_key(7)) == group.public_key((1 << 256) + 6)

    def test_a_mapping_onto_the_neutral_element_is_refused(self, group: Group) -> None:
        with pytest.raises(PointError):
            group.map_generic((5).to_bytes(16, "big"), group.public_key(group.order - 5))

    def test_private_keys_are_within_the_order(self, group: Group) -> None:
        for fill in (b"\x00", b"\xff"):
            draws = iter([fill, b"\x55"])
            pair = group.generate_key_pair(lambda length, draws=draws: next(draws) * length)  # type: ignore[misc]
            assert 0 < pair.private < group.order
            with pytest.raises(StopIteration):
                next(draws)

    def test_the_tag_in_a_token(self, group: Group) -> None:
        assert group.public_key_tag == {Agreement.DH: 0x84, Agreement.ECDH: 0x86}[group.agreement]

    def test_no_private_key_in_the_repr(self, group: Group) -> None:
        (pair,) = key_pairs(group, 1)
        assert str(pair.private) not in repr(pair)


@pytest.mark.parametrize("group", EC_GROUPS, ids=lambda group: group.name)
class TestPoints:
    def test_what_is_no_uncompressed_point_of_the_curve(self, group: EcGroup) -> None:
        (pair,) = key_pairs(group, 1)
        point, width = pair.public, group.curve.field_length
        off_curve = point[:-1] + bytes((point[-1] ^ 1,))
        above_the_field = b"\x04" + group.prime.to_bytes(width, "big") + point[1 + width :]
        compressed = bytes((2 + (point[-1] & 1),)) + point[1 : 1 + width]
        hybrid = bytes((6 + (point[-1] & 1),)) + point[1:]
        another = point[:1] + point[1 + width :] + point[1 : 1 + width]
        neutral = (b"", b"\x00", bytes(len(point)), b"\x04" + bytes(2 * width))
        for wrong in (off_curve, above_the_field, compressed, hybrid, another, point + b"\0", point[:-1], *neutral):
            with pytest.raises(PointError):
                group.check_public_key(wrong)
            with pytest.raises(PointError):
                group.agree(5, wrong)
            with pytest.raises(PointError):
                group.shared_secret(5, wrong)

    def test_agreements_on_the_point_at_infinity(self, group: EcGroup) -> None:
        for private in (0, group.order, 2 * group.order):
            with pytest.raises(PointError):
                group.agree(private, group.generator)
            with pytest.raises(PointError):
                group.shared_secret(private, group.generator)

    def test_a_point_has_one_width(self, group: EcGroup) -> None:
        (pair,) = key_pairs(group, 1)
        assert group.padded(pair.public) == pair.public


@dh_groups
class TestIntegers:
    def test_one_and_minus_one_and_what_is_out_of_range(self, group: DhGroup) -> None:
        width = group.field_length
        for number in (0, 1, group.p - 1, group.p, group.p + 2):
            with pytest.raises(PointError):
                group.check_public_key(number.to_bytes(width, "big"))
        for wrong in (b"", bytes(width), bytes(2) + group.padded(group.generator), b"\xff" * (width + 1)):
            with pytest.raises(PointError):
                group.check_public_key(wrong)

    def test_elements_of_small_subgroups(self, group: DhGroup) -> None:
        """Each tells an attacker the private key modulo its order (RFC 2631 section 2.1.5)."""
        assert group.q is not None
        cofactor = (group.p - 1) // group.q
        for factor in (2, *prime_factors(cofactor, 2000)):
            element = next(e for base in range(2, 200) if (e := pow(base, (group.p - 1) // factor, group.p)) != 1)
            assert pow(element, factor, group.p) == 1
            for mixed in (element, element * group.g % group.p):
                with pytest.raises(PointError):
                    group.check_public_key(mixed.to_bytes(group.field_length, "big"))

    def test_leading_zeros_are_taken_off(self, group: DhGroup) -> None:
        """A key begins with a zero byte once in 256 times: the shortest form on the wire, the field's width inside."""
        source = random.Random(3)
        short = next(
            pair
            for _ in range(5000)
            if len((pair := group.generate_key_pair(source.randbytes)).public) < group.field_length
        )
        padded = group.padded(short.public)
        assert len(padded) == group.field_length > len(short.public)
        assert padded[0] == 0 != short.public[0]
        for form in (short.public, b"\0" + short.public, padded, b"\0" + padded):
            assert group.check_public_key(form) == short.public
        secret = group.shared_secret(1, short.public)
        assert secret == padded
        assert group.agree(1, short.public) == short.public

    def test_agreements_on_one(self, group: DhGroup) -> None:
        for private in (0, group.order):
            with pytest.raises(PointError):
                group.agree(private, group.generator)
            with pytest.raises(PointError):
                group.shared_secret(private, group.generator)

    def test_integrated_mapping_leads_into_the_subgroup(self, group: DhGroup) -> None:
        assert group.q is not None
        for number in (2, 12345, group.p - 2):
            assert pow(int.from_bytes(group.map_integrated(number), "big"), group.q, group.p) == 1
        for number in (0, 1, group.p - 1):
            with pytest.raises(PointError):
                group.map_integrated(number)


class TestWithoutTheOrder:
    """Parameters as PKCS #3 has them."""

    group = DhGroup("2048", STANDARDIZED[1].prime, 5, None)

    def test_both_sides_agree(self) -> None:
        first, second = key_pairs(self.group, 2)
        assert self.group.check_public_key(first.public) == first.public
        secret = self.group.shared_secret(first.private, second.public)
        assert secret == self.group.shared_secret(second.private, first.public)

    def test_the_range_is_checked_all_the_same(self) -> None:
        for number in (0, 1, self.group.p - 1, self.group.p):
            with pytest.raises(PointError):
                self.group.check_public_key(number.to_bytes(256, "big"))

    def test_no_integrated_mapping(self) -> None:
        with pytest.raises(UnsupportedAlgorithm):
            self.group.map_integrated(5)


@given(st.sampled_from(list(STANDARDIZED.values())), st.binary(max_size=300))
def test_any_bytes_are_a_public_key_or_none(group: Group, received: bytes) -> None:
    try:
        canonical = group.check_public_key(received)
    except PointError:
        return
    assert group.check_public_key(canonical) == canonical


@given(st.integers(min_value=1, max_value=1 << 300), st.integers(min_value=1, max_value=1 << 300))
def test_agreement_multiplies_private_keys(first: int, second: int) -> None:
    for group in (SMALL_DH, STANDARDIZED[8]):
        if first % group.order and second % group.order:
            shared = group.agree(second, group.public_key(first))
            assert shared == group.public_key(first * second % group.order)
