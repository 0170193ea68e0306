"""EF.SOD: the BSI reference file, round trips, and malformed ones."""

from __future__ import annotations

import hashlib
import random
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import tlv
from crypto.errors import CryptoError
from reader.errors import LdsError
from reader.lds import sod
from reader.lds.sod import LdsVersions, SecurityObject
from simulator import cms_writer
from simulator.cms_writer import Signer
from simulator.issuer import Issuer, IssuerKeys
from simulator.signing_key import KeyKind

HASHES = MappingProxyType({number: hashlib.sha256(bytes([number])).digest() for number in (1, 2, 13, 14, 15)})


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    keys = IssuerKeys.generate(KeyKind.SECP256R1, KeyKind.SECP256R1)
    return Issuer.create(now=datetime(2026, 11, 1, tzinfo=UTC), random_bytes=random.Random(1).randbytes, keys=keys)


@pytest.fixture(scope="module")
def raw_sod(issuer: Issuer) -> bytes:
    return issuer.sign_sod(HASHES)


def test_the_bsi_reference_file_signs_the_files_beside_it(shared_data: Path) -> None:
    folder = shared_data / "bsi-tr03105-5"
    security_object = sod.parse((folder / "EF_SOD.bin").read_bytes()).security_object
    assert security_object.digest_algorithm == "sha256"
    assert security_object.versions is None
    assert set(security_object.hashes) == {1, 2, 3, 4, 14}
    for number, signed in security_object.hashes.items():
        assert hashlib.sha256((folder / f"Datagroup{number}.bin").read_bytes()).digest() == signed


def test_the_file_is_given_back_byte_for_byte(shared_data: Path) -> None:
    raw = (shared_data / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes()
    assert sod.encode(tlv.parse_one(raw).value) == raw


@pytest.mark.parametrize("versions", [None, LdsVersions("0108", "040000")], ids=["LDS 1.7", "LDS 1.8"])
@given(data=st.data())
def test_security_objects_survive_the_round_trip(versions: LdsVersions | None, data: st.DataObject) -> None:
    digest = data.draw(st.sampled_from(["sha1", "sha224", "sha256", "sha384", "sha512"]))
    size = hashlib.new(digest).digest_size
    hashes = data.draw(
        st.dictionaries(st.integers(1, 16), st.binary(min_size=size, max_size=size), min_size=1, max_size=16)
    )
    original = SecurityObject(digest, hashes, versions)
    assert sod.parse_security_object(sod.encode_security_object(original)) == original


@pytest.mark.parametrize(
    "broken",
    [
        SecurityObject("sha256", {}),
        SecurityObject("sha256", {0: bytes(32)}),
        SecurityObject("sha256", {17: bytes(32)}),
        SecurityObject("sha256", {1: bytes(20)}),
    ],
    ids=["no hashes", "group 0", "group 17", "short hash"],
)
def test_security_objects_that_make_no_sense_are_refused(broken: SecurityObject) -> None:
    with pytest.raises(CryptoError):
        sod.parse_security_object(sod.encode_security_object(broken))


def test_a_group_named_twice_is_refused() -> None:
    once = sod.encode_security_object(SecurityObject("sha256", {1: bytes(32), 2: bytes(32)}))
    with pytest.raises(CryptoError):
        sod.parse_security_object(once.replace(b"\x02\x01\x02\x04\x20", b"\x02\x01\x01\x04\x20"))


def test_a_version_that_does_not_fit_is_refused() -> None:
    encoded = sod.encode_security_object(SecurityObject("sha256", HASHES))
    with pytest.raises(CryptoError):
        sod.parse_security_object(encoded.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1))


def test_md5_is_refused() -> None:
    encoded = sod.encode_security_object(SecurityObject("sha256", HASHES))
    sha256, md5 = bytes.fromhex("0609608648016503040201"), bytes.fromhex("06082A864886F70D0205")
    body = tlv.parse_one(encoded).value.replace(tlv.encode(0x30, sha256 + b"\5\0"), tlv.encode(0x30, md5 + b"\5\0"))
    with pytest.raises(CryptoError):
        sod.parse_security_object(tlv.encode(0x30, body))


@pytest.mark.parametrize("content_type", sorted(sod.CONTENT_TYPES))
def test_the_content_types_of_old_documents_are_read(issuer: Issuer, content_type: str) -> None:
    content = sod.encode_security_object(SecurityObject("sha256", HASHES))
    signer = Signer(issuer.document_signer_der, issuer.keys.document_signer)
    parsed = sod.parse(sod.encode(cms_writer.sign(content_type, content, signer)))
    assert parsed.security_object.hashes == HASHES
    assert parsed.signed_data.verify_signer().fault is None


def _as_streamed(signed_data: bytes) -> bytes:
    """Signed data as generators of Bouncy Castle write it: lengths not known beforehand."""

    def wrap(tag: int, *parts: bytes) -> bytes:
        return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"

    def split(encoded: bytes) -> list[bytes]:
        return [tlv.encode(item.tag, item.value) for item in tlv.parse(tlv.parse_one(encoded).value)]

    content_type, content = split(signed_data)
    (signed,) = split(content)
    version, digests, encapsulated, certificates, signers = split(signed)
    signed_type, explicit = split(encapsulated)
    (octets,) = split(explicit)
    value = tlv.parse_one(octets).value
    pieces = (tlv.encode(0x04, value[start : start + 100]) for start in range(0, len(value), 100))
    encapsulated = wrap(0x30, signed_type, wrap(0xA0, wrap(0x24, *pieces)))
    signed = wrap(0x30, version, digests, encapsulated, wrap(0xA0, *split(certificates)), signers)
    return wrap(0x30, content_type, wrap(0xA0, signed))


def test_indefinite_lengths_of_passports_of_the_united_states(raw_sod: bytes) -> None:
    """Proxmark3 pull request 1145; the outermost object has a length, which tells where the file ends."""
    found = sod.parse(sod.encode(_as_streamed(tlv.parse_one(raw_sod).value)))
    assert found == sod.parse(raw_sod)
    assert found.signed_data.verify_signer().fault is None


def test_no_bit_of_a_streamed_file_can_be_changed_unnoticed(raw_sod: bytes) -> None:
    streamed = sod.encode(_as_streamed(tlv.parse_one(raw_sod).value))
    genuine = sod.parse(raw_sod)
    for position in range(0, len(streamed), 3):
        altered = bytearray(streamed)
        altered[position] ^= 1 << position % 8
        with suppress(LdsError):
            found = sod.parse(bytes(altered))
            assert found.signed_data.verify_signer().fault is not None or found != genuine


def test_files_that_are_no_ef_sod_are_refused(issuer: Issuer) -> None:
    raw = issuer.sign_sod(HASHES)
    signer = Signer(issuer.document_signer_der, issuer.keys.document_signer)
    content = sod.encode_security_object(SecurityObject("sha256", HASHES))
    for wrong in (
        b"",
        raw[:-1],
        raw + b"\0",
        b"\x30" + raw[1:],
        tlv.parse_one(raw).value,
        raw.ljust(33 * 1024, b"\0"),
        b"\x77\x80" + tlv.parse_one(raw).value + b"\0\0",
        b"\x77\x83\0" + raw[2:],
        sod.encode(cms_writer.sign("1.2.840.113549.1.7.1", content, signer)),
        sod.encode(cms_writer.sign(sod.CONTENT_TYPE, b"\x30\x00", signer)),
    ):
        with pytest.raises(LdsError):
            sod.parse(wrong)


@given(changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_files_raise_our_errors_only(raw_sod: bytes, changes: list[tuple[int, int]]) -> None:
    raw = bytearray(raw_sod)
    for offset, value in changes:
        raw[offset % len(raw)] = value
    with suppress(LdsError):
        sod.parse(bytes(raw)).signed_data.verify_signer()


def test_the_hashes_are_not_in_the_repr() -> None:
    security_object = SecurityObject("sha256", HASHES)
    assert HASHES[1].hex() not in repr(security_object)
    assert repr(HASHES[1]) not in repr(replace(security_object, versions=LdsVersions("0108", "040000")))
