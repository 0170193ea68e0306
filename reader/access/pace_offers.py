"""What a chip offers for PACE, best first (Doc 9303-11 sections 9.2.1 and 9.2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from crypto import public_keys, tlv
from crypto.ciphers import Suite
from crypto.ec_group import EcGroup
from crypto.errors import CryptoError, UnsupportedAlgorithm
from crypto.groups import STANDARDIZED, Group
from crypto.protocols import Agreement, NonceMapping, PaceProtocol, parse_pace_oid
from crypto.public_keys import DhPublicKey, EcPublicKey
from reader.lds.security_infos import PaceDomainParameterInfo, PaceInfo, SecurityInfo

_FIRST_OWN_ID: Final = 32
"""Identifiers below it are those of standardized domain parameters (Doc 9303-11 table 6)."""
_SEQUENCE: Final = 0x30
_BIT_STRING: Final = 0x03
_ANY_KEY: Final = bytes.fromhex("00020102")
"""No unused bits, INTEGER 2: makes a SubjectPublicKeyInfo of an AlgorithmIdentifier."""
_CIPHERS: Final = (Suite.TDES, Suite.AES128, Suite.AES192, Suite.AES256)
_MAPPINGS: Final = (NonceMapping.IM, NonceMapping.GM, NonceMapping.CAM)


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """A PACE protocol with its domain parameters, both of which we can do."""

    protocol: PaceProtocol
    group: Group
    parameter_id: int | None
    """As the chip numbers them."""
    ambiguous: bool = False
    """The chip offers several domain parameters, so that it must be told which."""


def offers(infos: Iterable[SecurityInfo]) -> tuple[PaceOffer, ...]:
    """The offers among a chip's SecurityInfos that we can do, best first; all else is passed over."""
    infos = tuple(infos)
    announced = [info for info in infos if isinstance(info, PaceInfo)]
    own = [info for info in infos if isinstance(info, PaceDomainParameterInfo)]
    several = len({info.parameter_id for info in announced}) > 1
    usable = [offer for info in announced if (offer := _usable(info, own, ambiguous=several)) is not None]
    return tuple(sorted(dict.fromkeys(usable), key=_merit, reverse=True))


def best_offer(infos: Iterable[SecurityInfo]) -> PaceOffer | None:
    """The first of `offers`; None where there is none."""
    return next(iter(offers(infos)), None)


def _merit(offer: PaceOffer) -> tuple[int, int, int]:
    """The cipher first: it guards all that follows. Then the group, which guards the keys of this one session. Only
    between equals the mapping: chip authentication mapping proves the chip as well, and of the other two more chips
    and readers have been tried with the generic one.
    """
    protocol = offer.protocol
    return _CIPHERS.index(protocol.suite), _security_bits(offer.group), _MAPPINGS.index(protocol.mapping)


def _security_bits(group: Group) -> int:
    """Bits of security (NIST SP 800-57 part 1, table 2): of a curve half its size, of a prime field less than that."""
    by_order = group.order.bit_length() // 2
    if group.agreement is Agreement.ECDH:
        return by_order
    return min(by_order, 80 if group.prime.bit_length() < 2048 else 112)


def _usable(info: PaceInfo, own: Sequence[PaceDomainParameterInfo], *, ambiguous: bool) -> PaceOffer | None:
    try:
        protocol = parse_pace_oid(info.protocol)
    except UnsupportedAlgorithm:
        return None
    group = _group(info.parameter_id, own)
    if group is None or group.agreement is not protocol.agreement:
        return None
    # The point encoding of appendix B takes a square root that exists for such primes only: not secp224r1.
    if protocol.mapping is NonceMapping.IM and group.agreement is Agreement.ECDH and group.prime % 4 != 3:
        return None
    return PaceOffer(protocol, group, info.parameter_id, ambiguous)


def _group(parameter_id: int | None, own: Sequence[PaceDomainParameterInfo]) -> Group | None:
    if parameter_id is None:
        return _known_group(own[0].domain_parameter) if len(own) == 1 else None
    if parameter_id < _FIRST_OWN_ID:
        return STANDARDIZED.get(parameter_id)
    return next((_known_group(info.domain_parameter) for info in own if info.parameter_id == parameter_id), None)


def _known_group(domain_parameter: bytes) -> Group | None:
    """The group of an AlgorithmIdentifier, where it is one that others have looked into: nobody signed these yet."""
    key_info = tlv.encode(_SEQUENCE, domain_parameter + tlv.encode(_BIT_STRING, _ANY_KEY))
    try:
        key = public_keys.parse(key_info)
    except CryptoError:
        return None
    if isinstance(key, EcPublicKey):
        return EcGroup(key.curve)
    return key.group if isinstance(key, DhPublicKey) and key.group in STANDARDIZED.values() else None
