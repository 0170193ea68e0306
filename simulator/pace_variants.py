"""Every PACE that Doc 9303-11 allows, by name.

In ``CAM-ECDH-AES-256:16:CAN`` stand mapping, agreement and cipher, the number of the standardized domain parameters,
and the password.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crypto.errors import UnsupportedAlgorithm
from crypto.groups import STANDARDIZED, Group
from crypto.protocols import NonceMapping, PaceProtocol, parse_pace_oid
from reader.lds.security_infos import ID_PACE
from simulator.chip_pace import Password
from simulator.errors import UnknownName

_MECHANISMS: Final = range(1, 7)
_CIPHERS: Final = range(1, 5)


@dataclass(frozen=True, slots=True)
class PaceVariant:
    """One protocol on one group, opened with one password."""

    protocol: PaceProtocol
    parameter_id: int
    password: Password

    @property
    def group(self) -> Group:
        return STANDARDIZED[self.parameter_id]

    @property
    def name(self) -> str:
        return f"{protocol_name(self.protocol)}:{self.parameter_id}:{self.password.name}"

    @classmethod
    def parse(cls, name: str) -> PaceVariant:
        """Find it by its name; raises UnknownName."""
        variant = next((variant for variant in every_variant() if variant.name == name), None)
        if variant is None:
            raise UnknownName(f"the standard allows no PACE called {name}")
        return variant


def protocol_name(protocol: PaceProtocol) -> str:
    """Such as ``GM-ECDH-AES-128``."""
    return f"{protocol.mapping}-{protocol.agreement}-{protocol.suite.label}"


def every_protocol() -> tuple[PaceProtocol, ...]:
    """The PACE protocols of Doc 9303-11 section 9.2.1, nineteen in all."""
    found = []
    for mechanism in _MECHANISMS:
        for cipher in _CIPHERS:
            try:
                found.append(parse_pace_oid(f"{ID_PACE}.{mechanism}.{cipher}"))
            except UnsupportedAlgorithm:
                continue
    return tuple(found)


def every_variant() -> tuple[PaceVariant, ...]:
    """Each protocol on each group that it is allowed on, with each password."""
    return tuple(
        PaceVariant(protocol, number, password)
        for protocol in every_protocol()
        for number, group in STANDARDIZED.items()
        if allows(protocol, group)
        for password in Password
    )


def allows(protocol: PaceProtocol, group: Group) -> bool:
    """Whether the standard has this protocol on this group: the point encoding of appendix B wants p ≡ 3 (mod 4)."""
    if protocol.agreement is not group.agreement:
        return False
    is_curve = protocol.agreement == "ECDH"
    return not (protocol.mapping is NonceMapping.IM and is_curve and group.prime % 4 != 3)
