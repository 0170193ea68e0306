"""The keys that a chip is proved genuine with, out of what its issuer signed (Doc 9303-11, 9.2.5 to 9.2.7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crypto import public_keys
from crypto.ciphers import Suite
from crypto.errors import CryptoError, UnsupportedAlgorithm
from crypto.groups import Group
from crypto.protocols import Agreement, ChipAuthenticationProtocol, parse_ca_oid
from reader.lds.security_infos import ID_CA, ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfos

_VERSION: Final = 1
_MAX_KEYS: Final = 4
"""Looked at, of a document that has more: a key in a large prime field takes a tenth of a second to check."""
_STRENGTH: Final = (Suite.TDES, Suite.AES128, Suite.AES192, Suite.AES256)
_INFERRED: Final = {Agreement.DH: f"{ID_CA}.1.1", Agreement.ECDH: f"{ID_CA}.2.1"}


@dataclass(frozen=True, slots=True)
class StaticKey:
    """A static key of the chip, with a protocol of chip authentication that it is for.

    Attributes:
        key_id: as the issuer numbers it; None where the chip has only one.
        public: canonical encoding, checked.
        inferred: no ChipAuthenticationInfo names the protocol; it follows from the kind of the key.
    """

    protocol: ChipAuthenticationProtocol
    key_id: int | None
    group: Group
    public: bytes
    inferred: bool

    @property
    def rank(self) -> tuple[bool, int, bool, int]:
        """The higher, the better: named before inferred, strong ciphers before weak ones, curves, large fields."""
        curve = self.group.agreement is Agreement.ECDH
        return (not self.inferred, _STRENGTH.index(self.protocol.suite), curve, self.group.prime.bit_length())


def agreement_keys(infos: SecurityInfos) -> tuple[StaticKey, ...]:
    """Every key with every protocol of chip authentication that we can do, the best first.

    Early passports have a key and no ChipAuthenticationInfo; the protocol is then the 3DES one, which is all that there
    was (TR-03110 version 1). Such a guess comes last.

    Args:
        infos: from a verified DG14.

    Raises:
        CryptoError: there are keys, and none that we can use; about the last of them.
    """
    usable, reason = [], None
    for offered, named in _pairs(infos):
        try:
            group, public = public_keys.agreement_key(public_keys.parse(offered.public_key))
        except CryptoError as error:
            reason = error
            continue
        for info in named:
            try:
                usable.append(_static_key(offered.key_id, group, public, info))
            except CryptoError as error:
                reason = error
    if reason is not None and not usable:
        raise reason
    return tuple(sorted(usable, key=lambda key: key.rank, reverse=True))


def static_keys(infos: SecurityInfos | None) -> Iterator[tuple[int | None, Group, bytes]]:
    """Identifier, group and public key of each static key; those that cannot be read are passed over."""
    for offered in () if infos is None else infos.of(ChipAuthenticationPublicKeyInfo)[:_MAX_KEYS]:
        try:
            yield (offered.key_id, *public_keys.agreement_key(public_keys.parse(offered.public_key)))
        except CryptoError:
            continue


def _pairs(
    infos: SecurityInfos,
) -> Iterator[tuple[ChipAuthenticationPublicKeyInfo, Sequence[ChipAuthenticationInfo | None]]]:
    """Keys with the infos of the same identifier; with a single key every info goes, whatever it is numbered."""
    keys = infos.of(ChipAuthenticationPublicKeyInfo)
    for key in keys[:_MAX_KEYS]:
        named = [info for info in infos.of(ChipAuthenticationInfo) if len(keys) == 1 or info.key_id == key.key_id]
        yield key, named or (None,)


def _static_key(key_id: int | None, group: Group, public: bytes, info: ChipAuthenticationInfo | None) -> StaticKey:
    if info is not None and info.version != _VERSION:
        raise UnsupportedAlgorithm(f"chip authentication of version {info.version}")
    protocol = parse_ca_oid(_INFERRED[group.agreement] if info is None else info.protocol)
    if protocol.agreement is not group.agreement:
        raise UnsupportedAlgorithm("a protocol of chip authentication for another kind of key")
    key_id = key_id if key_id is not None or info is None else info.key_id
    if key_id is not None and key_id < 0:
        raise UnsupportedAlgorithm("a negative key identifier")
    return StaticKey(protocol, key_id, group, public, inferred=info is None)
