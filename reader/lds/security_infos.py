"""SecurityInfos: what a chip can do and with which keys (Doc 9303-11, 9.2; TR-03110-3, A.1).

SecurityInfos ::= SET OF SecurityInfo
SecurityInfo  ::= SEQUENCE { protocol OBJECT IDENTIFIER, requiredData ANY, optionalData ANY OPTIONAL }
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeVar

from asn1crypto.core import ObjectIdentifier

from crypto import der, tlv
from crypto.errors import DerError

ID_AA: Final = "2.23.136.1.1.5"
ID_PK: Final = "0.4.0.127.0.7.2.2.1"
ID_TA: Final = "0.4.0.127.0.7.2.2.2"
ID_CA: Final = "0.4.0.127.0.7.2.2.3"
ID_PACE: Final = "0.4.0.127.0.7.2.2.4"

_INTEGER: Final = 0x02
_OBJECT_IDENTIFIER: Final = 0x06
_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_MAX_INFOS: Final = 64
_MAX_INTEGER_SIZE: Final = 20
_MAX_OID_SIZE: Final = 64


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """PACE with a protocol, such as 0.4.0.127.0.7.2.2.4.2.2, on standardized or proprietary domain parameters."""

    protocol: str
    version: int
    parameter_id: int | None


@dataclass(frozen=True, slots=True)
class PaceDomainParameterInfo:
    """Domain parameters of the issuer's own for PACE."""

    protocol: str
    domain_parameter: bytes
    """DER of an AlgorithmIdentifier."""
    parameter_id: int | None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationInfo:
    """Chip authentication with a protocol, such as 0.4.0.127.0.7.2.2.3.2.2."""

    protocol: str
    version: int
    key_id: int | None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationPublicKeyInfo:
    """A static key of the chip for chip authentication."""

    protocol: str
    public_key: bytes = field(repr=False)
    """DER of a SubjectPublicKeyInfo."""
    key_id: int | None


@dataclass(frozen=True, slots=True)
class ActiveAuthenticationInfo:
    """The signature algorithm of active authentication with an elliptic-curve key."""

    version: int
    signature_algorithm: str
    protocol: str = ID_AA


@dataclass(frozen=True, slots=True)
class TerminalAuthenticationInfo:
    """Terminal authentication guards further data groups."""

    version: int
    cv_file: bytes | None = None
    """DER of the FileID of EF.CVCA."""
    protocol: str = ID_TA


@dataclass(frozen=True, slots=True)
class UnknownSecurityInfo:
    """Any other protocol, kept as it stands."""

    protocol: str
    data: bytes
    """DER of what follows the object identifier."""


SecurityInfo = (
    PaceInfo
    | PaceDomainParameterInfo
    | ChipAuthenticationInfo
    | ChipAuthenticationPublicKeyInfo
    | ActiveAuthenticationInfo
    | TerminalAuthenticationInfo
    | UnknownSecurityInfo
)
_KINDS: Final[tuple[tuple[str, int, type[SecurityInfo]], ...]] = (
    (ID_AA, 0, ActiveAuthenticationInfo),
    (ID_TA, 0, TerminalAuthenticationInfo),
    (ID_PK, 1, ChipAuthenticationPublicKeyInfo),
    (ID_CA, 2, ChipAuthenticationInfo),
    (ID_PACE, 1, PaceDomainParameterInfo),
    (ID_PACE, 2, PaceInfo),
)
_Info = TypeVar("_Info", bound=SecurityInfo)


@dataclass(frozen=True, slots=True)
class SecurityInfos:
    """All infos of one file, in its order."""

    infos: tuple[SecurityInfo, ...]

    def of(self, kind: type[_Info]) -> tuple[_Info, ...]:
        """The infos of one kind."""
        return tuple(info for info in self.infos if isinstance(info, kind))


def parse_security_infos(encoded: bytes) -> SecurityInfos:
    """Read the DER of a SET OF SecurityInfo; infos in any order are taken, as issuers write them.

    Raises:
        DerError: not strict DER, not this structure, or a known protocol with other contents.
        TlvError: the same, found one layer below.
    """
    der.check(encoded)
    outer = tlv.parse_one(encoded)
    if outer.tag != _SET:
        raise DerError("SecurityInfos are no SET")
    return SecurityInfos(tuple(_info(item) for item in tlv.parse(outer.value, max_objects=_MAX_INFOS)))


def encode_security_infos(infos: SecurityInfos) -> bytes:
    """Write the SET OF SecurityInfo in the order given, which DER would have sorted and issuers do not sort."""
    return tlv.encode(_SET, b"".join(_encode_info(info) for info in infos.infos))


def _info(item: tlv.Tlv) -> SecurityInfo:
    if item.tag != _SEQUENCE:
        raise DerError("a SecurityInfo is no SEQUENCE")
    objects = tlv.parse(item.value)
    if not objects:
        raise DerError("a SecurityInfo without protocol")
    protocol, data = _oid(objects[0]), objects[1:]
    kind = _kind(protocol)
    if kind is UnknownSecurityInfo:
        return UnknownSecurityInfo(protocol, b"".join(_encoded(part) for part in data))
    if len(data) not in (1, 2):
        raise DerError(f"the SecurityInfo {protocol} has {len(data)} values")
    required, optional = data[0], data[1] if len(data) == 2 else None
    if kind is TerminalAuthenticationInfo:
        return TerminalAuthenticationInfo(_integer(required), None if optional is None else _sequence(optional))
    if kind is ActiveAuthenticationInfo:
        if optional is None:
            raise DerError("an ActiveAuthenticationInfo without signature algorithm")
        return ActiveAuthenticationInfo(_integer(required), _oid(optional))
    number = None if optional is None else _integer(optional)
    if kind is ChipAuthenticationPublicKeyInfo:
        return ChipAuthenticationPublicKeyInfo(protocol, _sequence(required), number)
    if kind is PaceDomainParameterInfo:
        return PaceDomainParameterInfo(protocol, _sequence(required), number)
    if kind is PaceInfo:
        return PaceInfo(protocol, _integer(required), number)
    return ChipAuthenticationInfo(protocol, _integer(required), number)


def _kind(protocol: str) -> type[SecurityInfo]:
    """A protocol is its root with a fixed number of arcs after it: mechanism, then mapping or cipher."""
    for root, arcs, kind in _KINDS:
        if f"{protocol}.".startswith(f"{root}.") and protocol.count(".") == root.count(".") + arcs:
            return kind
    return UnknownSecurityInfo


def _encode_info(info: SecurityInfo) -> bytes:
    match info:
        case PaceInfo(protocol, version, number) | ChipAuthenticationInfo(protocol, version, number):
            data = _encode_integer(version) + _encode_optional(number)
        case PaceDomainParameterInfo(protocol, value, number) | ChipAuthenticationPublicKeyInfo(
            protocol, value, number
        ):
            data = value + _encode_optional(number)
        case ActiveAuthenticationInfo(version, algorithm, protocol):
            data = _encode_integer(version) + _encode_oid(algorithm)
        case TerminalAuthenticationInfo(version, cv_file, protocol):
            data = _encode_integer(version) + (cv_file or b"")
        case UnknownSecurityInfo(protocol, data):
            pass
    return tlv.encode(_SEQUENCE, _encode_oid(protocol) + data)


def _encode_optional(number: int | None) -> bytes:
    return b"" if number is None else _encode_integer(number)


def _encode_integer(number: int) -> bytes:
    return tlv.encode(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def _encode_oid(dotted: str) -> bytes:
    encoded: bytes = ObjectIdentifier(dotted).dump()
    return encoded


def _integer(item: tlv.Tlv) -> int:
    if item.tag != _INTEGER or not 0 < len(item.value) <= _MAX_INTEGER_SIZE:
        raise DerError("no INTEGER of a usable size")
    return int.from_bytes(item.value, "big", signed=True)


def _sequence(item: tlv.Tlv) -> bytes:
    if item.tag != _SEQUENCE:
        raise DerError("no SEQUENCE where one is due")
    return _encoded(item)


def _encoded(item: tlv.Tlv) -> bytes:
    return tlv.encode(item.tag, item.value)


def _oid(item: tlv.Tlv) -> str:
    if item.tag != _OBJECT_IDENTIFIER or len(item.value) > _MAX_OID_SIZE:
        raise DerError("no OBJECT IDENTIFIER of a usable size")
    try:
        dotted: str = ObjectIdentifier.load(_encoded(item)).dotted
        canonical = _encode_oid(dotted)
    except (ValueError, TypeError, IndexError) as cause:
        raise DerError("a malformed OBJECT IDENTIFIER") from cause
    if canonical != _encoded(item):
        raise DerError("an OBJECT IDENTIFIER that is not in its shortest form")
    return dotted
