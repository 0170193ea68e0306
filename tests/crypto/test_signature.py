"""Signature schemes against OpenSSL's own signatures, and against what must not pass for a signature."""

from __future__ import annotations

import hashlib

import pytest
from asn1crypto.core import Integer

from crypto import asn1, curves, ec, ecdsa, public_keys, signature, tlv
from crypto.errors import CertificateError, SignatureError, UnsupportedAlgorithm
from crypto.public_keys import EcPublicKey
from crypto.signature import PssParameters, Scheme, SignatureAlgorithm
from simulator import signing_key
from simulator.signing_key import KeyKind, SigningKey

_MESSAGE = b"what was signed"


@pytest.fixture(scope="module")
def rsa_pkcs8() -> bytes:
    return signing_key.generate(KeyKind.RSA_2048)


@pytest.mark.parametrize("explicit", [False, True], ids=["named", "explicit"])
@pytest.mark.parametrize(
    ("kind", "digest"),
    [
        (KeyKind.SECP224R1, "sha224"),
        (KeyKind.SECP256R1, "sha1"),
        (KeyKind.SECP384R1, "sha384"),
        (KeyKind.SECP521R1, "sha512"),
        (KeyKind.BRAINPOOL_P256R1, "sha256"),
        (KeyKind.BRAINPOOL_P512R1, "sha512"),
    ],
)
def test_ecdsa_verifies_with_named_and_explicit_parameters(kind: KeyKind, digest: str, explicit: bool) -> None:
    key = SigningKey.load(signing_key.generate(kind), digest=digest, explicit_parameters=explicit)
    signed = key.sign(_MESSAGE)
    signature.verify(key.public_key_info, key.algorithm, _MESSAGE, signed)
    with pytest.raises(SignatureError):
        signature.verify(key.public_key_info, key.algorithm, _MESSAGE + b".", signed)


@pytest.mark.parametrize("pss", [False, True], ids=["pkcs1", "pss"])
@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_rsa_verifies(rsa_pkcs8: bytes, digest: str, pss: bool) -> None:
    key = SigningKey.load(rsa_pkcs8, digest=digest, pss=pss)
    signed = key.sign(_MESSAGE)
    signature.verify(key.public_key_info, key.algorithm, _MESSAGE, signed)
    for wrong in (b"\0" + signed, signed[:-1], signed[:-1] + bytes([signed[-1] ^ 1]), b""):
        with pytest.raises(SignatureError):
            signature.verify(key.public_key_info, key.algorithm, _MESSAGE, wrong)


@pytest.mark.parametrize("curve", [curves.BRAINPOOL_P192R1, curves.BRAINPOOL_P224R1, curves.BRAINPOOL_P320R1])
def test_curves_that_openssl_lacks_verify_by_own_arithmetic(curve: ec.Curve) -> None:
    private, digest = 0x123456789ABCDEF, hashlib.sha256(_MESSAGE).digest()
    info = _ec_public_key_info(curve, ec.encode_point(curve, ec.multiply(curve, private, curve.g)))
    signed = ecdsa.encode_der(*ecdsa.sign(curve, private, digest, ephemeral_key=0xFEDCBA987654321))
    algorithm = SignatureAlgorithm(Scheme.ECDSA, "sha256")
    signature.verify(info, algorithm, _MESSAGE, signed)
    with pytest.raises(SignatureError):
        signature.verify(info, algorithm, b"something else", signed)
    off_the_curve = _ec_public_key_info(curve, b"\x04" + bytes(2 * curve.field_length))
    with pytest.raises(SignatureError):
        signature.verify(off_the_curve, algorithm, _MESSAGE, signed)


def test_parameters_with_another_generator_are_no_named_curve() -> None:
    """CVE-2020-0601: with a generator of one's own choice anybody's public key has a known private one."""
    key = SigningKey.load(signing_key.generate(KeyKind.SECP256R1), explicit_parameters=True)
    info = asn1.SubjectPublicKeyInfo.load(key.public_key_info)
    parameters = info["algorithm"]["parameters"].parse(asn1.SpecifiedCurve)
    point = info["public_key"].native
    assert len(point) == 8 * 65
    parameters["base"] = asn1.whole_bytes(info["public_key"])
    info["algorithm"]["parameters"] = parameters
    with pytest.raises(UnsupportedAlgorithm):
        public_keys.parse(info.dump(force=True))


def test_explicit_parameters_give_the_named_curve() -> None:
    key = SigningKey.load(signing_key.generate(KeyKind.BRAINPOOL_P384R1), explicit_parameters=True)
    parsed = public_keys.parse(key.public_key_info)
    assert isinstance(parsed, EcPublicKey)
    assert parsed.curve is curves.BRAINPOOL_P384R1


def test_padding_with_room_for_forgery_is_refused() -> None:
    """Bleichenbacher 2006: with e = 3 a cube root forges whatever follows a short PKCS #1 v1.5 padding."""
    modulus = (1 << 2047) + 9
    prefix = bytes.fromhex("0001FFFFFFFFFFFFFFFF003031300d060960864801650304020105000420")
    wanted = int.from_bytes((prefix + hashlib.sha256(_MESSAGE).digest()).ljust(256, b"\0"), "big")
    root = _cube_root(wanted) + 1
    assert (root**3 % modulus).to_bytes(256, "big").startswith(prefix[:11])
    info = _rsa_public_key_info(modulus, 3)
    with pytest.raises(SignatureError):
        signature.verify(info, SignatureAlgorithm(Scheme.PKCS1, "sha256"), _MESSAGE, root.to_bytes(256, "big"))


@pytest.mark.parametrize(
    ("modulus", "exponent"),
    [((1 << 511) + 111, 65537), ((1 << 16384) + 1, 65537), ((1 << 2047) + 9, 1), ((1 << 2047) + 8, 65537), (-9, 3)],
    ids=["short", "long", "exponent one", "even", "negative"],
)
def test_unsafe_rsa_keys_are_refused(modulus: int, exponent: int) -> None:
    info = _rsa_public_key_info(modulus, exponent)
    with pytest.raises(UnsupportedAlgorithm):
        signature.verify(info, SignatureAlgorithm(Scheme.PKCS1, "sha256"), _MESSAGE, bytes(64))


def test_pss_takes_its_parameters_from_the_algorithm_identifier(rsa_pkcs8: bytes) -> None:
    key = SigningKey.load(rsa_pkcs8, digest="sha256", pss=True)
    signed = key.sign(_MESSAGE)
    for pss in (PssParameters("sha256", 20), PssParameters("sha1", 32)):
        with pytest.raises(SignatureError):
            signature.verify(key.public_key_info, SignatureAlgorithm(Scheme.PSS, "sha256", pss), _MESSAGE, signed)


def test_absent_pss_parameters_have_their_defaults() -> None:
    parsed = signature.parse_algorithm(bytes.fromhex("300B06092A864886F70D01010A"))
    assert parsed == SignatureAlgorithm(Scheme.PSS, "sha1", PssParameters("sha1", 20))


@pytest.mark.parametrize(
    "identifier",
    [
        "300D06092A864886F70D0101040500",  # MD5 with RSA
        "300D06092A864886F70D01010B0400",  # parameters that are no NULL
        "300906072A8648CE380403",  # DSA
        "301206092A864886F70D01010A3005A303020102",  # a trailer field of 2
        "301306092A864886F70D01010A3006A2040202FFFF",  # a negative salt
        "301A06092A864886F70D01010A300DA10B300906052B0E03021A0500",  # a mask that is no MGF1
        "301C06092A864886F70D01010A300FA10D300B06092A864886F70D010108",  # MGF1 on no hash
        # The NULL that belongs to the hash stands behind it: within its explicit tag, or among MGF1's fields.
        "304106092A864886F70D01010A3034A00F300B06096086480165030402010500"
        "A11C301A06092A864886F70D010108300D06096086480165030402010500A203020120",
        "304106092A864886F70D01010A3034A00F300D06096086480165030402010500"
        "A11C301A06092A864886F70D010108300B06096086480165030402010500A203020120",
        "300F06092A864886F70D01010B05000500",  # one field too many
        "300D06092A864886F70D0101010500",  # rsaEncryption where no hash is known
        "0500",
    ],
)
def test_other_algorithms_are_refused(identifier: str) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        signature.parse_algorithm(bytes.fromhex(identifier))


def test_the_usual_pss_parameters_are_read() -> None:
    """Against the refusals above, which differ from this in one byte."""
    parsed = signature.parse_algorithm(
        bytes.fromhex(
            "304106092A864886F70D01010A3034A00F300D06096086480165030402010500"
            "A11C301A06092A864886F70D010108300D06096086480165030402010500A203020120"
        )
    )
    assert parsed == SignatureAlgorithm(Scheme.PSS, "sha256", PssParameters("sha256", 32))


def test_bare_rsa_encryption_takes_the_digest_stated_elsewhere() -> None:
    parsed = signature.parse_algorithm(bytes.fromhex("300D06092A864886F70D0101010500"), "sha256")
    assert parsed == SignatureAlgorithm(Scheme.PKCS1, "sha256")


@pytest.mark.parametrize(
    "algorithm",
    [
        SignatureAlgorithm(Scheme.PKCS1, "sha384"),
        SignatureAlgorithm(Scheme.ECDSA, "sha224"),
        SignatureAlgorithm(Scheme.PSS, "sha512", PssParameters("sha256", 20)),
    ],
)
def test_algorithm_identifiers_survive_the_round_trip(algorithm: SignatureAlgorithm) -> None:
    assert signature.parse_algorithm(signature.encode_algorithm(algorithm)) == algorithm


def test_algorithm_and_key_must_be_of_one_kind(rsa_pkcs8: bytes) -> None:
    rsa = SigningKey.load(rsa_pkcs8)
    ecc = SigningKey.load(signing_key.generate(KeyKind.SECP256R1))
    with pytest.raises(SignatureError):
        signature.verify(ecc.public_key_info, rsa.algorithm, _MESSAGE, rsa.sign(_MESSAGE))
    with pytest.raises(SignatureError):
        signature.verify(rsa.public_key_info, ecc.algorithm, _MESSAGE, ecc.sign(_MESSAGE))


@pytest.mark.parametrize("wrong", ["r=0", "s=n", "plain", "padded"])
def test_ecdsa_values_outside_their_form_and_range_are_refused(wrong: str) -> None:
    key = SigningKey.load(signing_key.generate(KeyKind.SECP256R1))
    curve = curves.SECP256R1
    r, s = ecdsa.decode_der(key.sign(_MESSAGE))
    signed = {
        "r=0": ecdsa.encode_der(0, s),
        "s=n": ecdsa.encode_der(r, s + curve.n),
        "plain": ecdsa.encode_plain(curve, r, s),
        "padded": tlv.encode(0x30, b"".join(tlv.encode(2, n.to_bytes(n.bit_length() // 8 + 2, "big")) for n in (r, s))),
    }[wrong]
    with pytest.raises(SignatureError):
        signature.verify(key.public_key_info, key.algorithm, _MESSAGE, signed)


def test_a_key_bound_to_pss_serves_for_nothing_else(rsa_pkcs8: bytes) -> None:
    pss, pkcs1 = SigningKey.load(rsa_pkcs8, pss=True), SigningKey.load(rsa_pkcs8)
    info = asn1.SubjectPublicKeyInfo.load(pss.public_key_info)
    info["algorithm"] = asn1.AlgorithmIdentifier.load(signature.encode_algorithm(pss.algorithm))
    bound = info.dump(force=True)
    signature.verify(bound, pss.algorithm, _MESSAGE, pss.sign(_MESSAGE))
    with pytest.raises(SignatureError):
        signature.verify(bound, pkcs1.algorithm, _MESSAGE, pkcs1.sign(_MESSAGE))
    other = SigningKey.load(rsa_pkcs8, digest="sha512", pss=True)
    with pytest.raises(SignatureError):
        signature.verify(bound, other.algorithm, _MESSAGE, other.sign(_MESSAGE))


@pytest.mark.parametrize(
    ("algorithm", "bits"),
    [("1.2.840.113549.1.1.1", (1, 0, 1)), ("1.2.840.113549.1.1.1", (0,) * 8), ("1.2.840.10045.2.1", (0,) * 8)],
    ids=["unused bits", "no RSA key", "no curve"],
)
def test_malformed_keys_are_certificate_errors(algorithm: str, bits: tuple[int, ...]) -> None:
    info = asn1.SubjectPublicKeyInfo({"algorithm": {"algorithm": algorithm}, "public_key": bits})
    with pytest.raises(CertificateError):
        public_keys.parse(info.dump())


def _ec_public_key_info(curve: ec.Curve, point: bytes) -> bytes:
    identifier = next(oid for oid, found in curves.NAMED.items() if found is curve)
    algorithm = {"algorithm": "1.2.840.10045.2.1", "parameters": asn1.ObjectIdentifier(identifier)}
    encoded: bytes = asn1.SubjectPublicKeyInfo(
        {"algorithm": algorithm, "public_key": asn1.BitString(contents=b"\0" + point)}
    ).dump()
    return encoded


def _rsa_public_key_info(modulus: int, exponent: int) -> bytes:
    key = asn1.RsaPublicKey({"modulus": Integer(modulus), "exponent": Integer(exponent)}).dump()
    encoded: bytes = asn1.SubjectPublicKeyInfo(
        {"algorithm": {"algorithm": "1.2.840.113549.1.1.1"}, "public_key": asn1.BitString(contents=b"\0" + key)}
    ).dump()
    return encoded


def _cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low
