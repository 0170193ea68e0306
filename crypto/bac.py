"""Basic access control (Doc 9303-11 section 4.3, appendix D.3): both ends as pure functions."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

from crypto import ciphers, kdf, mrz_key
from crypto.ciphers import MAC_LENGTH, Suite
from crypto.errors import ChipChallengeError, CryptogramLengthError, CryptogramMacError, TerminalChallengeError
from crypto.padding import pad
from crypto.secure_messaging import SessionKeys

CHALLENGE_LENGTH: Final = 8
"""Bytes of RND.IC and of RND.IFD."""

KEY_LENGTH: Final = 16
"""Bytes of K.IC and of K.IFD."""

_SEED_LENGTH: Final = 16
_BLOCK: Final = Suite.TDES.block_size
_CRYPTOGRAM_LENGTH: Final = 2 * CHALLENGE_LENGTH + KEY_LENGTH + MAC_LENGTH


@dataclass(frozen=True, slots=True)
class BacKeys:
    """The document basic access keys, derived from the MRZ."""

    k_enc: bytes = field(repr=False)
    k_mac: bytes = field(repr=False)

    @classmethod
    def from_mrz_information(cls, information: str) -> BacKeys:
        """Derive the keys (Doc 9303-11 section 9.7.2).

        Args:
            information: as `mrz_key.mrz_information` makes it.

        Raises:
            MrzTextError: a character that has no place in an MRZ.
        """
        seed = mrz_key.mrz_seed(information)[:_SEED_LENGTH]
        return cls(kdf.derive_key(seed, kdf.ENC, Suite.TDES), kdf.derive_key(seed, kdf.MAC, Suite.TDES))


def terminal_cryptogram(keys: BacKeys, rnd_ic: bytes, rnd_ifd: bytes, k_ifd: bytes) -> bytes:
    """Make the 40 bytes of EXTERNAL AUTHENTICATE: E(RND.IFD ‖ RND.IC ‖ K.IFD) and its MAC.

    Args:
        rnd_ic: 8 bytes, the chip's challenge.
        rnd_ifd: 8 random bytes.
        k_ifd: 16 random bytes.
    """
    return _sealed(keys, rnd_ifd + rnd_ic + k_ifd)


def finish_terminal(
    keys: BacKeys, response: bytes, rnd_ic: bytes, rnd_ifd: bytes, k_ifd: bytes
) -> tuple[SessionKeys, bytes]:
    """Check the chip's 40 bytes and derive the session keys and the start of the send sequence counter.

    Raises:
        CryptogramLengthError: not 40 bytes.
        CryptogramMacError: the MAC is wrong.
        ChipChallengeError: not this session's RND.IC.
        TerminalChallengeError: not this session's RND.IFD.
    """
    returned_ic, returned_ifd, k_ic = _opened(keys, response)
    _check_chip_challenge(returned_ic, rnd_ic)
    if not hmac.compare_digest(returned_ifd, rnd_ifd):
        raise TerminalChallengeError("the cryptogram carries another RND.IFD")
    return _session(k_ifd, k_ic, rnd_ic, rnd_ifd)


def answer_cryptogram(keys: BacKeys, command: bytes, rnd_ic: bytes, k_ic: bytes) -> tuple[bytes, SessionKeys, bytes]:
    """Check the terminal's 40 bytes as the chip does; give its 40 bytes, the session keys and the counter's start.

    Args:
        rnd_ic: 8 bytes, the challenge that this chip gave.
        k_ic: 16 random bytes.

    Raises:
        CryptogramLengthError: not 40 bytes.
        CryptogramMacError: the MAC is wrong: the terminal read another MRZ.
        ChipChallengeError: not this session's RND.IC.
    """
    rnd_ifd, returned_ic, k_ifd = _opened(keys, command)
    _check_chip_challenge(returned_ic, rnd_ic)
    session_keys, ssc = _session(k_ifd, k_ic, rnd_ic, rnd_ifd)
    return _sealed(keys, rnd_ic + rnd_ifd + k_ic), session_keys, ssc


def _sealed(keys: BacKeys, plain: bytes) -> bytes:
    encrypted = ciphers.encrypt_cbc(Suite.TDES, keys.k_enc, bytes(_BLOCK), plain)
    return encrypted + ciphers.mac(Suite.TDES, keys.k_mac, pad(encrypted, _BLOCK))


def _opened(keys: BacKeys, cryptogram: bytes) -> tuple[bytes, bytes, bytes]:
    """Check and decrypt a cryptogram; give the sender's challenge, the receiver's and the sender's key."""
    if len(cryptogram) != _CRYPTOGRAM_LENGTH:
        raise CryptogramLengthError(f"a cryptogram of {len(cryptogram)} bytes")
    encrypted, received = cryptogram[:-MAC_LENGTH], cryptogram[-MAC_LENGTH:]
    if not hmac.compare_digest(ciphers.mac(Suite.TDES, keys.k_mac, pad(encrypted, _BLOCK)), received):
        raise CryptogramMacError("the MAC of the cryptogram is wrong")
    plain = ciphers.decrypt_cbc(Suite.TDES, keys.k_enc, bytes(_BLOCK), encrypted)
    return plain[:CHALLENGE_LENGTH], plain[CHALLENGE_LENGTH : 2 * CHALLENGE_LENGTH], plain[2 * CHALLENGE_LENGTH :]


def _check_chip_challenge(returned: bytes, rnd_ic: bytes) -> None:
    if not hmac.compare_digest(returned, rnd_ic):
        raise ChipChallengeError("the cryptogram carries another RND.IC")


def _session(k_ifd: bytes, k_ic: bytes, rnd_ic: bytes, rnd_ifd: bytes) -> tuple[SessionKeys, bytes]:
    seed = bytes(a ^ b for a, b in zip(k_ifd, k_ic, strict=True))
    return SessionKeys.derive(seed, Suite.TDES), rnd_ic[-4:] + rnd_ifd[-4:]
