"""Basic access control: Doc 9303-11 appendix D.3, and both ends against each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import bac, ciphers
from crypto.bac import BacKeys
from crypto.ciphers import Suite
from crypto.errors import ChipChallengeError, CryptogramLengthError, CryptogramMacError, TerminalChallengeError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.padding import pad
from crypto.secure_messaging import ChipChannel, TerminalChannel

KEYS = BacKeys.from_mrz_information("L898902C<369080619406236")
OTHER_KEYS = BacKeys.from_mrz_information("L898902C<369080619406237")

challenges = st.binary(min_size=8, max_size=8)
key_halves = st.binary(min_size=16, max_size=16)


def sealed(plain: bytes, keys: BacKeys = KEYS) -> bytes:
    """What only the owner of the keys can make, with any content."""
    encrypted = ciphers.encrypt_cbc(Suite.TDES, keys.k_enc, bytes(8), plain)
    return encrypted + ciphers.mac(Suite.TDES, keys.k_mac, pad(encrypted, 8))


def test_every_value_of_appendix_d3(doc9303_11: dict[str, Any]) -> None:
    example = {name: bytes.fromhex(value) for name, value in doc9303_11["d3_bac"].items()}
    keys = BacKeys.from_mrz_information(doc9303_11["d2_kdf"]["mrz_information"])
    assert (keys.k_enc, keys.k_mac) == (example["k_enc"], example["k_mac"])
    assert CommandApdu(0, 0x84, 0, 0, le=8).encode() == example["get_challenge_command"]
    assert ResponseApdu.decode(example["get_challenge_response"]).data == example["rnd_ic"]

    assert example["rnd_ifd"] + example["rnd_ic"] + example["k_ifd"] == example["s"]
    assert ciphers.encrypt_cbc(Suite.TDES, keys.k_enc, bytes(8), example["s"]) == example["e_ifd"]
    assert ciphers.mac(Suite.TDES, keys.k_mac, pad(example["e_ifd"], 8)) == example["m_ifd"]
    command = bac.terminal_cryptogram(keys, example["rnd_ic"], example["rnd_ifd"], example["k_ifd"])
    assert command == example["cmd_data"]
    assert CommandApdu(0, 0x82, 0, 0, command, 40).encode() == example["external_authenticate_command"]

    answer, chip_keys, chip_ssc = bac.answer_cryptogram(keys, command, example["rnd_ic"], example["k_ic"])
    assert ciphers.encrypt_cbc(Suite.TDES, keys.k_enc, bytes(8), example["r"]) == example["e_ic"] == answer[:32]
    assert answer[32:] == example["m_ic"]
    assert answer == example["resp_data"]
    assert ResponseApdu(answer, 0x9000).encode() == example["external_authenticate_response"]

    assert bytes(a ^ b for a, b in zip(example["k_ifd"], example["k_ic"], strict=True)) == example["k_seed"]
    session, ssc = bac.finish_terminal(keys, answer, example["rnd_ic"], example["rnd_ifd"], example["k_ifd"])
    assert (session.suite, session.k_enc, session.k_mac) == (Suite.TDES, example["ks_enc"], example["ks_mac"])
    assert ssc == example["ssc"] == chip_ssc
    assert chip_keys == session


@given(challenges, challenges, key_halves, key_halves)
@settings(max_examples=30, deadline=None)
def test_both_ends_open_the_same_channel(rnd_ic: bytes, rnd_ifd: bytes, k_ic: bytes, k_ifd: bytes) -> None:
    command = bac.terminal_cryptogram(KEYS, rnd_ic, rnd_ifd, k_ifd)
    answer, chip_keys, chip_ssc = bac.answer_cryptogram(KEYS, command, rnd_ic, k_ic)
    keys, ssc = bac.finish_terminal(KEYS, answer, rnd_ic, rnd_ifd, k_ifd)
    terminal, chip = TerminalChannel(keys, ssc), ChipChannel(chip_keys, chip_ssc)
    read = CommandApdu(0, 0xB0, 0x9E, 0, le=4)
    assert chip.unprotect(terminal.protect(read)) == read
    assert terminal.unprotect(chip.protect(ResponseApdu(b"\x60\x16", 0x9000))).data == b"\x60\x16"


def test_another_mrz_is_seen_by_either_end() -> None:
    command = bac.terminal_cryptogram(OTHER_KEYS, bytes(8), bytes(8), bytes(16))
    with pytest.raises(CryptogramMacError):
        bac.answer_cryptogram(KEYS, command, bytes(8), bytes(16))
    with pytest.raises(CryptogramMacError):
        bac.finish_terminal(KEYS, sealed(bytes(32), OTHER_KEYS), bytes(8), bytes(8), bytes(16))


def test_every_byte_of_the_answer_counts() -> None:
    rnd_ic, rnd_ifd = b"CHIPCHIP", b"TERMINAL"
    answer = sealed(rnd_ic + rnd_ifd + bytes(16))
    bac.finish_terminal(KEYS, answer, rnd_ic, rnd_ifd, bytes(16))
    for position in range(len(answer)):
        changed = bytearray(answer)
        changed[position] ^= 1
        with pytest.raises(CryptogramMacError):
            bac.finish_terminal(KEYS, bytes(changed), rnd_ic, rnd_ifd, bytes(16))
    for wrong in (b"", answer[:-1], answer + b"\x00"):
        with pytest.raises(CryptogramLengthError):
            bac.finish_terminal(KEYS, wrong, rnd_ic, rnd_ifd, bytes(16))
        with pytest.raises(CryptogramLengthError):
            bac.answer_cryptogram(KEYS, wrong, rnd_ic, bytes(16))


def test_either_random_number_of_another_session_is_named() -> None:
    rnd_ic, rnd_ifd = b"CHIPCHIP", b"TERMINAL"
    with pytest.raises(ChipChallengeError):
        bac.finish_terminal(KEYS, sealed(b"CHIPCHAP" + rnd_ifd + bytes(16)), rnd_ic, rnd_ifd, bytes(16))
    with pytest.raises(TerminalChallengeError):
        bac.finish_terminal(KEYS, sealed(rnd_ic + b"TERMONAL" + bytes(16)), rnd_ic, rnd_ifd, bytes(16))
    with pytest.raises(ChipChallengeError):
        bac.answer_cryptogram(KEYS, sealed(rnd_ifd + b"CHIPCHAP" + bytes(16)), rnd_ic, bytes(16))


def test_the_terminal_s_own_cryptogram_sent_back_is_refused() -> None:
    rnd_ic, rnd_ifd = b"CHIPCHIP", b"TERMINAL"
    command = bac.terminal_cryptogram(KEYS, rnd_ic, rnd_ifd, bytes(16))
    with pytest.raises(ChipChallengeError):
        bac.finish_terminal(KEYS, command, rnd_ic, rnd_ifd, bytes(16))


def test_no_key_in_the_repr() -> None:
    assert repr(KEYS) == "BacKeys()"
