"""Object identifiers of PACE and chip authentication, taken apart by their arcs (BSI TR-03110-3 appendix A.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from asn1crypto import core

from crypto.ciphers import Suite
from crypto.errors import UnsupportedAlgorithm

_PACE: Final = "0.4.0.127.0.7.2.2.4."
_CHIP_AUTHENTICATION: Final = "0.4.0.127.0.7.2.2.3."


class Agreement(StrEnum):
    """The group that a key agreement runs in."""

    DH = "DH"
    ECDH = "ECDH"


class NonceMapping(StrEnum):
    """How PACE maps the nonce to a generator: generic, integrated, or with chip authentication."""

    GM = "GM"
    IM = "IM"
    CAM = "CAM"


@dataclass(frozen=True, slots=True)
class PaceProtocol:
    """A PACE protocol (Doc 9303-11 section 9.2.1)."""

    oid: str
    agreement: Agreement
    mapping: NonceMapping
    suite: Suite


@dataclass(frozen=True, slots=True)
class ChipAuthenticationProtocol:
    """A chip authentication protocol, version 1 or 2 alike (Doc 9303-11 section 9.2.5)."""

    oid: str
    agreement: Agreement
    suite: Suite


_SUITES: Final = {"1": Suite.TDES, "2": Suite.AES128, "3": Suite.AES192, "4": Suite.AES256}
_AGREEMENTS: Final = {"1": Agreement.DH, "2": Agreement.ECDH}
_MAPPINGS: Final = {
    "1": (Agreement.DH, NonceMapping.GM),
    "2": (Agreement.ECDH, NonceMapping.GM),
    "3": (Agreement.DH, NonceMapping.IM),
    "4": (Agreement.ECDH, NonceMapping.IM),
    "6": (Agreement.ECDH, NonceMapping.CAM),
}


def parse_pace_oid(oid: str) -> PaceProtocol:
    """Tell which PACE protocol an object identifier in dotted form names.

    Raises:
        UnsupportedAlgorithm: none.
    """
    group, _, cipher = oid.removeprefix(_PACE).partition(".")
    if not oid.startswith(_PACE) or group not in _MAPPINGS or cipher not in _SUITES:
        raise UnsupportedAlgorithm(f"{oid} is no PACE protocol")
    agreement, mapping = _MAPPINGS[group]
    suite = _SUITES[cipher]
    if mapping is NonceMapping.CAM and suite is Suite.TDES:
        raise UnsupportedAlgorithm("PACE with chip authentication mapping does not exist with 3DES")
    return PaceProtocol(oid, agreement, mapping, suite)


def parse_ca_oid(oid: str) -> ChipAuthenticationProtocol:
    """Tell which chip authentication protocol an object identifier in dotted form names.

    Raises:
        UnsupportedAlgorithm: none.
    """
    group, _, cipher = oid.removeprefix(_CHIP_AUTHENTICATION).partition(".")
    if not oid.startswith(_CHIP_AUTHENTICATION) or group not in _AGREEMENTS or cipher not in _SUITES:
        raise UnsupportedAlgorithm(f"{oid} is no chip authentication protocol")
    return ChipAuthenticationProtocol(oid, _AGREEMENTS[group], _SUITES[cipher])


def oid_der(oid: str) -> bytes:
    """Give the value of an object identifier without its tag and length, as MSE:Set AT carries it."""
    value: bytes = core.ObjectIdentifier(oid).contents
    return value


def oid_text(value: bytes) -> str:
    """Read the value of an object identifier without its tag and length.

    Raises:
        UnsupportedAlgorithm: not the value of an object identifier.
    """
    if not value or value[-1] & 0x80 or len(value) > 32:
        raise UnsupportedAlgorithm("not an object identifier")
    dotted: str = core.ObjectIdentifier(contents=value).dotted
    return dotted
