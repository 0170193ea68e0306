"""Public keys for key agreement: every kind of SubjectPublicKeyInfo that documents carry."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from asn1crypto.core import Integer, ObjectIdentifier
from Crypto.Util.number import getPrime, isPrime
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dh, rsa

from crypto import asn1, public_keys, tlv
from crypto.curves import NAMED
from crypto.dh_group import DhGroup
from crypto.ec_group import EcGroup
from crypto.errors import CertificateError, CryptoError, PointError, UnsupportedAlgorithm
from crypto.groups import STANDARDIZED
from crypto.public_keys import DhPublicKey, EcPublicKey
from crypto.signature import Scheme, SignatureAlgorithm, verify

X942 = "1.2.840.10046.2.1"
PKCS3 = "1.2.840.113549.1.3.1"
STANDARDIZED_PARAMETERS = "0.4.0.127.0.7.1.2"
EC = "1.2.840.10045.2.1"


def der_sequence(*items: bytes) -> bytes:
    return tlv.encode(0x30, b"".join(items))


def integer(number: int) -> bytes:
    encoded: bytes = Integer(number).dump()
    return encoded


def key_info(oid: str, parameters: bytes, key: bytes) -> bytes:
    algorithm = der_sequence(ObjectIdentifier(oid).dump(), parameters)
    return der_sequence(algorithm, tlv.encode(0x03, b"\0" + key))


def dh_group(number: int) -> DhGroup:
    group = STANDARDIZED[number]
    assert isinstance(group, DhGroup)
    return group


def x942(group: DhGroup, public: int) -> bytes:
    assert group.q is not None
    return key_info(X942, der_sequence(*map(integer, (group.p, group.g, group.q))), integer(public))


def pkcs3(group: DhGroup, public: int, *, private_length: bool = False) -> bytes:
    numbers = [group.p, group.g, *([256] if private_length else [])]
    return key_info(PKCS3, der_sequence(*map(integer, numbers)), integer(public))


def own_group() -> DhGroup:
    """An issuer's own group of 1024 bits, with a subgroup of 160."""
    draw = random.Random(9303)
    q = getPrime(160, draw.randbytes)
    p = next(p for _ in range(20_000) if isPrime(p := 2 * q * draw.randrange(1 << 862, 1 << 863) + 1))
    return DhGroup("DH 1024/160", p, pow(2, (p - 1) // q, p), q)


@pytest.mark.parametrize("number", [0, 1, 2])
class TestDiffieHellman:
    def test_every_form_gives_the_group_and_the_key(self, number: int) -> None:
        group = dh_group(number)
        public = group.generate_key_pair(random.Random(1).randbytes).public
        value = int.from_bytes(public, "big")
        forms = (
            x942(group, value),
            pkcs3(group, value),
            pkcs3(group, value, private_length=True),
            key_info(STANDARDIZED_PARAMETERS, integer(number), integer(value)),
        )
        for form in forms:
            key = public_keys.parse(form)
            assert key == DhPublicKey(group, public)
            assert public_keys.agreement_key(key) == (group, public)

    @pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
    def test_as_openssl_writes_them(self, number: int) -> None:
        group = dh_group(number)
        private = group.generate_key_pair(random.Random(1).randbytes).private
        value = int.from_bytes(group.public_key(private), "big")
        for q in (group.q, None):
            parameters = dh.DHParameterNumbers(group.p, group.g, q)
            encoded = (
                dh.DHPublicNumbers(value, parameters)
                .public_key()
                .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            )
            assert public_keys.parse(encoded) == DhPublicKey(group, group.public_key(private))

    def test_keys_outside_the_subgroup(self, number: int) -> None:
        group = dh_group(number)
        for value in (1, 2, group.p - 1, group.p, group.p + group.g):
            with pytest.raises(PointError):
                public_keys.agreement_key(public_keys.parse(x942(group, value)))

    def test_no_signature_is_made_with_them(self, number: int) -> None:
        group = dh_group(number)
        with pytest.raises(UnsupportedAlgorithm):
            verify(x942(group, group.g), SignatureAlgorithm(Scheme.ECDSA, "sha256"), b"", b"")


class TestOwnParameters:
    group = own_group()

    def test_with_their_order(self) -> None:
        pair = self.group.generate_key_pair(random.Random(2).randbytes)
        found, public = public_keys.agreement_key(
            public_keys.parse(x942(self.group, int.from_bytes(pair.public, "big")))
        )
        assert (found, public) == (self.group, pair.public)
        with pytest.raises(PointError):
            public_keys.agreement_key(public_keys.parse(x942(self.group, 2)))

    def test_without_their_order(self) -> None:
        pair = self.group.generate_key_pair(random.Random(2).randbytes)
        key = public_keys.parse(pkcs3(self.group, int.from_bytes(pair.public, "big")))
        found, public = public_keys.agreement_key(key)
        assert isinstance(found, DhGroup)
        assert (found.p, found.g, found.q, public) == (self.group.p, self.group.g, None, pair.public)
        ours = found.generate_key_pair(random.Random(3).randbytes)
        assert found.shared_secret(ours.private, public) == self.group.shared_secret(pair.private, ours.public)

    def test_parameters_that_are_none(self) -> None:
        p, g, q = self.group.p, self.group.g, self.group.q
        assert q is not None
        wrong = [
            (p, 1, q),
            (p, p - 1, q),
            (p, 0, q),
            (p, g + 1, q),
            (p, g, q + 2),
            (p, g, 2),
            (p, g, -q),
            (p + 1, g, q),
        ]
        small, huge = getPrime(1023, random.Random(4).randbytes), (1 << 3072) + 1
        for numbers in (*wrong, (-p, g, q), (small, 2, small // 2), (huge, 2, q)):
            with pytest.raises(UnsupportedAlgorithm):
                public_keys.agreement_key(
                    public_keys.parse(key_info(X942, der_sequence(*map(integer, numbers)), integer(5)))
                )
        for p3, g3 in ((p, 1), (p, p - 1), (p + 1, g), (small, 2), (huge, 2), (-p, g)):
            with pytest.raises(UnsupportedAlgorithm):
                public_keys.parse(key_info(PKCS3, der_sequence(integer(p3), integer(g3)), integer(5)))

    def test_a_generator_of_rfc_5114_with_another_order(self) -> None:
        group = dh_group(1)
        assert group.q is not None
        with pytest.raises(UnsupportedAlgorithm):
            public_keys.parse(key_info(X942, der_sequence(*map(integer, (group.p, group.g, group.q + 2))), integer(5)))

    def test_malformed(self) -> None:
        group = dh_group(0)
        numbers = [integer(number) for number in (group.p, group.g, group.q or 0)]
        for oid, parameters, key in (
            (X942, der_sequence(*numbers[:2]), integer(5)),
            (X942, der_sequence(*numbers), b"\x04\x01\x05"),
            (X942, der_sequence(*numbers), integer(0)),
            (X942, der_sequence(*numbers), integer(-5)),
            (X942, der_sequence(*numbers), integer(5) + b"\0"),
            (X942, numbers[0], integer(5)),
            (PKCS3, der_sequence(numbers[0]), integer(5)),
            (PKCS3, der_sequence(*numbers, integer(1)), integer(5)),
            (STANDARDIZED_PARAMETERS, der_sequence(), integer(5)),
        ):
            with pytest.raises(CryptoError) as caught:
                public_keys.parse(key_info(oid, parameters, key))
            assert isinstance(caught.value, CertificateError)


@pytest.mark.parametrize("number", range(8, 19), ids=lambda number: STANDARDIZED[number].name)
class TestCurves:
    def test_every_form_gives_the_curve_and_the_key(self, number: int) -> None:
        group = STANDARDIZED[number]
        assert isinstance(group, EcGroup)
        oid = next(oid for oid, curve in NAMED.items() if curve is group.curve)
        public = group.generate_key_pair(random.Random(1).randbytes).public
        curve = group.curve
        width = curve.field_length
        explicit = asn1.SpecifiedCurve(
            {
                "version": 1,
                "field": {"type": "1.2.840.10045.1.1", "parameters": Integer(curve.p)},
                "curve": {"a": curve.a.to_bytes(width, "big"), "b": curve.b.to_bytes(width, "big")},
                "base": group.generator,
                "order": curve.n,
                "cofactor": 1,
            }
        )
        forms = (
            key_info(STANDARDIZED_PARAMETERS, integer(number), public),
            key_info(EC, ObjectIdentifier(oid).dump(), public),
            key_info(EC, explicit.dump(), public),
        )
        for form in forms:
            key = public_keys.parse(form)
            assert key == EcPublicKey(curve, public)
            assert public_keys.agreement_key(key) == (group, public)

    def test_points_that_are_none(self, number: int) -> None:
        group = STANDARDIZED[number]
        public = group.generator
        for wrong in (b"", b"\0", public[:-1], public[:-1] + bytes((public[-1] ^ 1,))):
            with pytest.raises(PointError):
                public_keys.agreement_key(public_keys.parse(key_info(STANDARDIZED_PARAMETERS, integer(number), wrong)))


@pytest.mark.parametrize("number", [-1, 3, 7, 19, 31, 32, 1 << 64])
def test_numbers_that_are_not_standardized(number: int) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        public_keys.parse(key_info(STANDARDIZED_PARAMETERS, integer(number), integer(5)))


def test_nobody_agrees_with_an_rsa_key() -> None:
    encoded = (
        rsa.RSAPublicNumbers(65537, (1 << 2047) + 1)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(UnsupportedAlgorithm):
        public_keys.agreement_key(public_keys.parse(encoded))


def test_the_reference_documents_key(shared_data: Path) -> None:
    """Explicit curve parameters, as the BSI's EF.DG14 has them."""
    raw = (shared_data / "bsi-tr03105-5" / "DG14_pk.bin").read_bytes()
    group, public = public_keys.agreement_key(public_keys.parse(raw))
    assert (group.name, len(public)) == ("brainpoolP224r1", 57)
