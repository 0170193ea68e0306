"""Active authentication: Doc 9303-11 appendix F, the published RSA-1024 key of the BSI, and forgeries."""

from __future__ import annotations

import hashlib
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys
from Crypto.Util.number import getPrime, isPrime
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import active_authentication, ec, ecdsa, tlv
from crypto.active_authentication import (
    AaFault,
    AaResult,
    RsaPrivateKey,
    Trailer,
    check_representative,
    message_representative,
    recoverable_length,
    sign_ecdsa,
    sign_rsa,
    verify_ecdsa,
    verify_rsa,
)
from crypto.curves import BRAINPOOL_P256R1, SECP521R1, STANDARDIZED
from crypto.ec import Curve
from crypto.errors import UnsupportedAlgorithm
from crypto.iso7816 import CommandApdu

CHALLENGE = bytes.fromhex("F173589974BF40C6")


def bsi_key(shared_data: Path) -> RsaPrivateKey:
    raw = (shared_data / "bsi-tr03105-5" / "DG15_sk.pkcs8").read_bytes()
    numbers = keys.PrivateKeyInfo.load(raw)["private_key"].parsed.native
    return RsaPrivateKey(
        numbers["modulus"],
        numbers["public_exponent"],
        numbers["private_exponent"],
        numbers["prime1"],
        numbers["prime2"],
    )


@pytest.fixture(scope="module")
def key(shared_data: Path) -> RsaPrivateKey:
    return bsi_key(shared_data)


def m1(key: RsaPrivateKey, trailer: Trailer) -> bytes:
    return random.Random(trailer.name).randbytes(recoverable_length(key.length, trailer))


class TestAppendixF:
    def test_command(self, doc9303_11: dict[str, Any]) -> None:
        example = doc9303_11["f_active_authentication"]
        command = CommandApdu(0, 0x88, 0, 0, bytes.fromhex(example["rnd_ifd"]), 256)
        assert command.encode().hex().upper() == example["internal_authenticate_command"]

    def test_representative(self, doc9303_11: dict[str, Any]) -> None:
        example = doc9303_11["f_active_authentication"]
        length = example["k"] // 8
        assert Trailer.BC.octets.hex().upper() == example["t"]
        assert 8 * Trailer.BC.hash_length == example["l_h"]
        assert 8 * recoverable_length(length, Trailer.BC) == example["l_m1"]
        first, second = bytes.fromhex(example["m1"]), bytes.fromhex(example["m2"])
        assert (first + second).hex().upper() == example["m"] == example["m_star"]
        digest = hashlib.sha1(first + second).hexdigest().upper()
        assert digest == example["h"] == example["d"] == example["d_star"]
        representative = message_representative(first, second, Trailer.BC, example["k"])
        assert representative.hex().upper() == example["f"]
        result = check_representative(representative, second)
        assert (result.valid, result.key_bits, result.form, result.hash_name) == (True, 1024, "BC", "sha1")

    def test_another_challenge(self, doc9303_11: dict[str, Any]) -> None:
        representative = bytes.fromhex(doc9303_11["f_active_authentication"]["f"])
        assert check_representative(representative, bytes(8)).fault is AaFault.DIGEST


class TestRsa:
    def test_the_private_key_belongs_to_dg15(self, key: RsaPrivateKey, shared_data: Path) -> None:
        data_group = tlv.parse_one((shared_data / "bsi-tr03105-5" / "Datagroup15.bin").read_bytes())
        public = keys.PublicKeyInfo.load(data_group.value)["public_key"].parsed.native
        assert (public["modulus"], public["public_exponent"]) == (key.n, key.e)
        assert key.p * key.q == key.n

    @pytest.mark.parametrize("trailer", Trailer, ids=lambda trailer: trailer.name)
    def test_what_the_chip_signs_the_terminal_accepts(self, key: RsaPrivateKey, trailer: Trailer) -> None:
        signature = sign_rsa(key, CHALLENGE, m1(key, trailer), trailer)
        assert len(signature) == 128
        result = verify_rsa(key.n, key.e, CHALLENGE, signature)
        assert result.valid
        assert (result.form, result.hash_name) == (trailer.octets.hex().upper(), trailer.hash_name)
        assert int.from_bytes(signature, "big") == pow(
            int.from_bytes(message_representative(m1(key, trailer), CHALLENGE, trailer, 1024), "big"), key.d, key.n
        )

    @pytest.mark.parametrize("trailer", Trailer, ids=lambda trailer: trailer.name)
    @pytest.mark.parametrize("missing", [1, 2, 3, 20])
    def test_a_shorter_m1_is_filled(self, key: RsaPrivateKey, trailer: Trailer, missing: int) -> None:
        short = m1(key, trailer)[missing:]
        assert verify_rsa(key.n, key.e, CHALLENGE, sign_rsa(key, CHALLENGE, short, trailer)).valid

    def test_the_smaller_of_both_roots_is_accepted(self, key: RsaPrivateKey) -> None:
        signature = int.from_bytes(sign_rsa(key, CHALLENGE, m1(key, Trailer.BC), Trailer.BC), "big")
        for root in (signature, key.n - signature):
            assert verify_rsa(key.n, key.e, CHALLENGE, root.to_bytes(128, "big")).valid

    def test_leading_zeros_may_be_missing(self, key: RsaPrivateKey) -> None:
        for attempt in range(3000):
            first = attempt.to_bytes(2, "big") + m1(key, Trailer.BC)[2:]
            signature = sign_rsa(key, CHALLENGE, first, Trailer.BC)
            if signature[0] == 0:
                break
        assert signature[0] == 0
        assert verify_rsa(key.n, key.e, CHALLENGE, signature).valid
        assert verify_rsa(key.n, key.e, CHALLENGE, signature.lstrip(b"\x00")).valid

    def test_another_challenge_fails(self, key: RsaPrivateKey) -> None:
        signature = sign_rsa(key, CHALLENGE, m1(key, Trailer.SHA256), Trailer.SHA256)
        result = verify_rsa(key.n, key.e, bytes(8), signature)
        assert (result.valid, result.fault, result.form) == (False, AaFault.DIGEST, "34CC")

    def test_every_byte_of_the_signature_counts(self, key: RsaPrivateKey) -> None:
        signature = sign_rsa(key, CHALLENGE, m1(key, Trailer.BC), Trailer.BC)
        for position in range(len(signature)):
            changed = bytearray(signature)
            changed[position] ^= 1
            assert not verify_rsa(key.n, key.e, CHALLENGE, bytes(changed)).valid

    @given(st.binary(max_size=140))
    @settings(max_examples=100, deadline=None)
    def test_no_noise_is_a_signature(self, key: RsaPrivateKey, signature: bytes) -> None:
        assert not verify_rsa(key.n, key.e, CHALLENGE, signature).valid

    def test_lengths_and_ranges(self, key: RsaPrivateKey) -> None:
        for signature in (b"", bytes(129), b"\x00" + sign_rsa(key, CHALLENGE, b"", Trailer.BC)):
            assert verify_rsa(key.n, key.e, CHALLENGE, signature).fault is AaFault.LENGTH
        for number in (0, key.n, key.n + 1):
            assert verify_rsa(key.n, key.e, CHALLENGE, number.to_bytes(128, "big")).fault is AaFault.RANGE

    @pytest.mark.parametrize(
        ("n", "e"),
        [
            (1 << 1022, 65537),
            (1 << 8199, 65537),
            ((1 << 1024) - 1, 1),
            ((1 << 1024) - 1, 4),
            ((1 << 1024) - 1, (1 << 300) + 1),
        ],
    )
    def test_odd_keys_are_unsupported(self, n: int, e: int) -> None:
        with pytest.raises(UnsupportedAlgorithm):
            verify_rsa(n, e, CHALLENGE, bytes(128))

    def test_m1_must_fit(self, key: RsaPrivateKey) -> None:
        with pytest.raises(UnsupportedAlgorithm):
            sign_rsa(key, CHALLENGE, m1(key, Trailer.BC) + b"\x00", Trailer.BC)

    def test_no_private_number_in_the_repr(self, key: RsaPrivateKey) -> None:
        assert not any(str(secret) in repr(key) for secret in (key.d, key.p, key.q))


@cache
def odd_key(bits: int) -> RsaPrivateKey:
    """A key whose modulus has exactly so many bits, the first three of them set."""
    source = random.Random(bits)
    p = getPrime(bits // 2, source.randbytes)
    q = next(
        q
        for _ in range(10_000)
        if isPrime(q := source.randrange((7 << bits - 3) // p, (1 << bits) // p) | 1) and q != p
    )
    return RsaPrivateKey(p * q, 65537, pow(65537, -1, (p - 1) * (q - 1)), p, q)


@pytest.mark.parametrize("bits", range(1017, 1025))
class TestModuliOfAnyLength:
    @pytest.mark.parametrize("trailer", Trailer, ids=lambda trailer: trailer.name)
    def test_what_the_chip_signs_the_terminal_accepts(self, bits: int, trailer: Trailer) -> None:
        key = odd_key(bits)
        for missing in (0, 1, 30):
            short = random.Random(bits).randbytes(recoverable_length(bits // 8, trailer) - missing)
            signature = sign_rsa(key, CHALLENGE, short, trailer)
            assert len(signature) == key.length == -(-bits // 8)
            assert verify_rsa(key.n, key.e, CHALLENGE, signature) == AaResult(
                bits, trailer.octets.hex().upper(), trailer.hash_name, None
            )
            assert verify_rsa(key.n, key.e, bytes(8), signature).fault is AaFault.DIGEST

    def test_a_signer_may_round_to_whole_bytes(self, bits: int) -> None:
        key = odd_key(bits)
        roundings = {bits // 8 - 1: AaFault.STRUCTURE, bits // 8: None}
        if bits % 8 == 7:  # else the representative would not be below the modulus
            roundings[bits // 8 + 1] = None
        for length, fault in roundings.items():
            message = bytes(recoverable_length(length, Trailer.BC))
            number = int.from_bytes(message_representative(message, CHALLENGE, Trailer.BC, 8 * length), "big")
            signature = pow(number, key.d, key.n).to_bytes(key.length, "big")
            assert verify_rsa(key.n, key.e, CHALLENGE, signature).fault is fault


class TestForgedRepresentatives:
    """What an owner of the key may have signed, and must not count."""

    def genuine(self) -> bytes:
        return message_representative(bytes(106), CHALLENGE, Trailer.BC, 1024)

    def test_the_genuine_one_counts(self) -> None:
        assert check_representative(self.genuine(), CHALLENGE).valid

    @pytest.mark.parametrize("header", [0x4A, 0x4B, 0x00, 0x6C, 0xEA, 0x2A, 0xBA])
    def test_another_header(self, header: int) -> None:
        assert check_representative(bytes([header]) + self.genuine()[1:], CHALLENGE).fault is AaFault.STRUCTURE

    def test_total_recovery_would_leave_the_challenge_out(self) -> None:
        message = bytes(106)
        representative = b"\x4a" + message + hashlib.sha1(message).digest() + b"\xbc"
        assert check_representative(representative, CHALLENGE).fault is AaFault.STRUCTURE

    @pytest.mark.parametrize("trailer", ["BD", "00CC", "31CC", "37CC", "CC", "BB"])
    def test_an_unknown_trailer(self, trailer: str) -> None:
        octets = bytes.fromhex(trailer)
        representative = self.genuine()[: -len(octets) - 1] + b"\x00" + octets
        assert check_representative(representative, CHALLENGE).fault is AaFault.TRAILER

    def test_the_trailer_says_which_hash(self) -> None:
        message = bytes(94)
        representative = b"\x6a" + message + hashlib.sha256(message + CHALLENGE).digest() + b"\xbc"
        assert check_representative(representative, CHALLENGE).fault is AaFault.DIGEST

    @pytest.mark.parametrize(
        "fill", ["6B", "6BBB", "6BBBBC", "6BAA", "6BBBBBAB", "6BBBA0", "60", "6C", "6BB0BA", "06BA", "006A"]
    )
    def test_fill_without_its_end(self, fill: str) -> None:
        start = bytes.fromhex(fill)
        assert check_representative(start + self.genuine()[len(start) :], CHALLENGE).fault is AaFault.STRUCTURE

    def test_no_room_for_the_digest(self) -> None:
        assert check_representative(b"\x6a" + bytes(64) + b"\x35\xcc", CHALLENGE).fault is AaFault.DIGEST
        assert check_representative(b"\x6a" + bytes(63) + b"\x35\xcc", CHALLENGE).fault is AaFault.STRUCTURE


@pytest.mark.parametrize("curve", STANDARDIZED.values(), ids=lambda curve: curve.name)
class TestEcdsa:
    @pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
    def test_plain_and_der_are_accepted(self, curve: Curve, hash_name: str) -> None:
        public = ec.multiply(curve, 5, curve.g)
        source = random.Random(curve.name).randbytes
        for form in ("plain", "DER"):
            signature = sign_ecdsa(curve, 5, hash_name, CHALLENGE, source, der=form == "DER")
            result = verify_ecdsa(curve, public, hash_name, CHALLENGE, signature)
            assert result == AaResult(curve.n.bit_length(), form, hash_name, None)

    def test_a_der_signature_as_long_as_a_plain_one(self, curve: Curve) -> None:
        """One with a short s, made for the key that it gives."""
        z = int.from_bytes(hashlib.sha256(CHALLENGE).digest(), "big") >> max(0, 256 - curve.n.bit_length())
        r = ec.multiply(curve, 7, curve.g).x % curve.n
        length = 2 * curve.order_length
        s = next(1 << bits for bits in range(1, 4 * length, 8) if len(ecdsa.encode_der(r, 1 << bits)) == length)
        private = (s * 7 - z) * pow(r, -1, curve.n) % curve.n
        public = ec.multiply(curve, private, curve.g)
        signature = ecdsa.encode_der(r, s)
        assert verify_ecdsa(curve, public, "sha256", CHALLENGE, signature).form == "DER"
        assert verify_ecdsa(curve, public, "sha256", CHALLENGE, signature).valid
        assert verify_ecdsa(curve, public, "sha256", bytes(8), signature).fault is AaFault.SIGNATURE

    def test_what_has_neither_form(self, curve: Curve) -> None:
        for signature in (b"", b"\x30", bytes(2 * curve.order_length - 1), bytes(2 * curve.order_length + 1)):
            result = verify_ecdsa(curve, curve.g, "sha256", CHALLENGE, signature)
            assert (result.form, result.fault) == (None, AaFault.SIGNATURE)

    def test_another_challenge_hash_or_key_fails(self, curve: Curve) -> None:
        public = ec.multiply(curve, 5, curve.g)
        signature = sign_ecdsa(curve, 5, "sha256", CHALLENGE, random.Random(curve.name).randbytes)
        assert verify_ecdsa(curve, public, "sha256", bytes(8), signature).fault is AaFault.SIGNATURE
        assert verify_ecdsa(curve, public, "sha384", CHALLENGE, signature).fault is AaFault.SIGNATURE
        assert not verify_ecdsa(curve, curve.g, "sha256", CHALLENGE, signature).valid
        assert not verify_ecdsa(curve, public, "sha256", CHALLENGE, signature[:-1]).valid
        assert not verify_ecdsa(curve, public, "sha256", CHALLENGE, b"").valid


def test_a_plain_signature_that_begins_like_der() -> None:
    curve, digest = BRAINPOOL_P256R1, hashlib.sha256(CHALLENGE).digest()
    public = ec.multiply(curve, 5, curve.g)
    signature = b""
    ephemeral = 0
    while signature[:1] != b"\x30":
        ephemeral += 1
        signature = ecdsa.encode_plain(curve, *ecdsa.sign(curve, 5, digest, ephemeral))
    assert verify_ecdsa(curve, public, "sha256", CHALLENGE, signature).form == "plain"
    assert verify_ecdsa(curve, public, "sha256", CHALLENGE, signature).valid


def test_an_unknown_hash_is_unsupported() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        active_authentication.verify_ecdsa(SECP521R1, SECP521R1.g, "md5", CHALLENGE, bytes(132))
