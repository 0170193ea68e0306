"""Key derivation of Doc 9303-11 appendix D.1 and D.2, ciphers and MACs."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from crypto import ciphers, kdf
from crypto.ciphers import BlockKey, Suite
from crypto.errors import PaddingError, UnsupportedAlgorithm

AES_SUITES = [Suite.AES128, Suite.AES192, Suite.AES256]


def hexadecimal(data: bytes) -> str:
    return data.hex().upper()


@pytest.mark.parametrize(
    ("example", "counter"), [("encryption_key", kdf.ENC), ("mac_computation_key", kdf.MAC)], ids=["enc", "mac"]
)
def test_keys_of_appendix_d1(doc9303_11: dict[str, Any], example: str, counter: int) -> None:
    steps = doc9303_11["d1_key_seed"][example]
    assert int(steps["c"], 16) == counter
    key = kdf.derive_key(bytes.fromhex(doc9303_11["d1_key_seed"]["k_seed"]), counter, Suite.TDES)
    assert hexadecimal(key) == steps["ka"] + steps["kb"]


def test_keys_of_appendix_d2(doc9303_11: dict[str, Any]) -> None:
    for example in [doc9303_11["d2_kdf"], *(e for e in doc9303_11["d2_mrz"] if "k_seed" in e)]:
        seed = bytes.fromhex(example["k_seed"])
        assert hexadecimal(kdf.derive_key(seed, kdf.ENC, Suite.TDES)) == example["k_enc"]
        assert hexadecimal(kdf.derive_key(seed, kdf.MAC, Suite.TDES)) == example["k_mac"]


def test_before_the_parity_the_hash_is_cut(doc9303_11: dict[str, Any]) -> None:
    seed = bytes.fromhex(doc9303_11["d1_key_seed"]["k_seed"])
    steps = doc9303_11["d1_key_seed"]["encryption_key"]
    assert hexadecimal(kdf.derive_key(seed, kdf.ENC, Suite.AES128)) == steps["ka_prime"] + steps["kb_prime"]


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
def test_keys_have_the_length_of_their_suite(suite: Suite) -> None:
    keys = {kdf.derive_key(b"secret", counter, suite) for counter in (kdf.ENC, kdf.MAC, kdf.PACE)}
    assert {len(key) for key in keys} == {suite.key_length}
    assert len(keys) == 3


def test_3des_keys_have_odd_parity() -> None:
    assert all(byte.bit_count() % 2 for byte in kdf.derive_key(b"secret", kdf.ENC, Suite.TDES))


def test_retail_mac_of_appendix_d3(doc9303_11: dict[str, Any]) -> None:
    example = doc9303_11["d3_bac"]
    padded = bytes.fromhex(example["e_ifd"]) + b"\x80" + bytes(7)
    assert hexadecimal(ciphers.mac(Suite.TDES, bytes.fromhex(example["k_mac"]), padded)) == example["m_ifd"]


@pytest.mark.parametrize("suite", AES_SUITES, ids=lambda suite: suite.label)
@given(data=st.binary(max_size=100))
def test_cmac_equals_openssl_s(suite: Suite, data: bytes) -> None:
    key = bytes(range(suite.key_length))
    theirs = CMAC(algorithms.AES(key))
    theirs.update(data)
    assert ciphers.mac(suite, key, data) == theirs.finalize()[:8]


def test_a_prepared_mac_key_forgets_the_last_message() -> None:
    for suite in Suite:
        key = ciphers.mac_key(suite, bytes(range(suite.key_length)))
        assert key.mac(bytes(16)) == key.mac(bytes(16)) != key.mac(b"\x01" + bytes(15))


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
@given(blocks=st.integers(min_value=0, max_value=4), seed=st.binary(min_size=1, max_size=8))
def test_cbc_comes_back(suite: Suite, blocks: int, seed: bytes) -> None:
    key = kdf.derive_key(seed, kdf.ENC, suite)
    iv = bytes(range(suite.block_size))
    data = (seed * 64)[: blocks * suite.block_size]
    encrypted = ciphers.encrypt_cbc(suite, key, iv, data)
    assert ciphers.decrypt_cbc(suite, key, iv, encrypted) == data
    if blocks:
        first = bytes(a ^ b for a, b in zip(iv, data, strict=False))
        assert encrypted[: suite.block_size] == ciphers.encrypt_block(suite, key, first)


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
def test_wrong_lengths_are_refused(suite: Suite) -> None:
    key = bytes(range(suite.key_length))
    with pytest.raises(UnsupportedAlgorithm):
        BlockKey(suite, key + b"\x00")
    with pytest.raises(UnsupportedAlgorithm):
        ciphers.mac_key(suite, key[:-1])
    for operation in (ciphers.encrypt_cbc, ciphers.decrypt_cbc):
        with pytest.raises(PaddingError):
            operation(suite, key, bytes(suite.block_size), bytes(suite.block_size + 1))


def test_3des_with_equal_halves_is_refused() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        BlockKey(Suite.TDES, bytes(16))


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(9)])
def test_the_retail_mac_wants_whole_blocks(data: bytes) -> None:
    with pytest.raises(PaddingError):
        ciphers.mac(Suite.TDES, bytes(range(16)), data)
