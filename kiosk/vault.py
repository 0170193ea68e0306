"""Seals what the kiosk keeps of people, so that whoever takes its disk learns nothing.

Each record is sealed with a data key of its own, and that key with the kiosk's sealing key (envelope encryption). Both
use AES-256-GCM with the record's table, id and version as associated data: a sealed record opens only in its own place.

The key file holds, in this order: the four bytes ``MCV1``, the sealing key, and the key of pseudonyms, 32 bytes each.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.errors import KeyLost, KeyUnusable, SealBroken
from kiosk.record_id import RandomBytes

_MAGIC: Final = b"MCV1"
_KEY_BYTES: Final = 32
_FILE_BYTES: Final = len(_MAGIC) + 2 * _KEY_BYTES
_SEAL_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_WRAPPED_BYTES: Final = _KEY_BYTES + 16
_SHORTEST_SEAL: Final = len(_SEAL_VERSION) + _NONCE_BYTES + _WRAPPED_BYTES + _NONCE_BYTES + 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed record belongs: it opens nowhere else."""

    table: str
    record_id: str
    version: int = 1

    def associated_data(self) -> bytes:
        return "\x1f".join((self.table, self.record_id, str(self.version))).encode()


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens records with one kiosk's keys."""

    _sealing_key: bytes = field(repr=False)
    _pseudonym_key: bytes = field(repr=False)
    _random: RandomBytes = field(repr=False)

    @classmethod
    def open(cls, key_file: Path, *, may_create: bool, random: RandomBytes = os.urandom) -> Vault:
        """Load the keys, or make them where there are none yet.

        Args:
            key_file: regular file that nobody but its owner may read.
            may_create: False when sealed records exist: a new key could not open them.
            random: gives that many random bytes.

        Raises:
            KeyLost: there is no key file and none may be made.
            KeyUnusable: the file cannot be read or written, is damaged, or others may read it.
        """
        try:
            if not key_file.exists():
                if not may_create:
                    raise KeyLost("records are sealed and their key file is missing")
                _create(key_file, _MAGIC + random(2 * _KEY_BYTES))
            content = _read(key_file)
        except OSError as error:
            raise KeyUnusable(f"the key file: {error.strerror}") from error
        return cls(content[4 : 4 + _KEY_BYTES], content[4 + _KEY_BYTES :], random)

    @property
    def key_id(self) -> str:
        """Names the sealing key without telling anything of it."""
        return hashlib.sha256(b"motcham sealing key\x00" + self._sealing_key).hexdigest()[:16]

    def seal(self, plain: bytes, place: Place) -> bytes:
        """Encrypt a record for its place."""
        bound = place.associated_data()
        data_key, outer_nonce, inner_nonce = self._random(_KEY_BYTES), self._random(12), self._random(12)
        wrapped = AESGCM(self._sealing_key).encrypt(outer_nonce, data_key, bound)
        return _SEAL_VERSION + outer_nonce + wrapped + inner_nonce + AESGCM(data_key).encrypt(inner_nonce, plain, bound)

    def unseal(self, sealed: bytes, place: Place) -> bytes:
        """Decrypt a record. Raises SealBroken when it was changed, moved, or sealed with another key."""
        if len(sealed) < _SHORTEST_SEAL or sealed[:1] != _SEAL_VERSION:
            raise SealBroken("a sealed record is malformed")
        bound = place.associated_data()
        outer_nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        wrapped, rest = rest[:_WRAPPED_BYTES], rest[_WRAPPED_BYTES:]
        try:
            data_key = AESGCM(self._sealing_key).decrypt(outer_nonce, wrapped, bound)
            return AESGCM(data_key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound)
        except InvalidTag as error:
            raise SealBroken("a sealed record does not open in its place") from error

    def pseudonym(self, identity: str) -> str:
        """The same 32 hexadecimal digits for the same person, from which nobody without the key finds the person."""
        return self._keyed(b"pseudonym", identity.encode())[:16].hex()

    def fingerprint(self, content: bytes) -> bytes:
        """A keyed digest of 32 bytes: tells records apart, and says nothing of a content that somebody guesses."""
        return self._keyed(b"fingerprint", content)

    def _keyed(self, purpose: bytes, content: bytes) -> bytes:
        return hmac.digest(self._pseudonym_key, purpose + b"\x00" + content, "sha256")


def _create(key_file: Path, content: bytes) -> None:
    """Write the file whole or not at all; when two start at once, the first one's keys count."""
    key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = key_file.with_name(f"{key_file.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, key_file)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    sync_folder(key_file.parent)


def _read(key_file: Path) -> bytes:
    with key_file.open("rb") as handle:
        mode = os.fstat(handle.fileno()).st_mode
        content = handle.read(_FILE_BYTES + 1)
    if not stat.S_ISREG(mode):
        raise KeyUnusable("the key file is not a regular file")
    if os.name == "posix" and mode & 0o077:
        raise KeyUnusable("others on this machine may read the key file")
    if len(content) != _FILE_BYTES or not content.startswith(_MAGIC):
        raise KeyUnusable("the key file is damaged")
    return content


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder survive a power cut; a file that was just made there is otherwise lost with it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
