"""Distinguished names of issuers and subjects (RFC 5280 section 7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from crypto import asn1

_COUNTRY: Final = "2.5.4.6"
_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "2.5.4.3": "CN",
        "2.5.4.5": "serialNumber",
        _COUNTRY: "C",
        "2.5.4.7": "L",
        "2.5.4.8": "ST",
        "2.5.4.10": "O",
        "2.5.4.11": "OU",
    }
)
_ENCODINGS: Final[Mapping[int, str]] = MappingProxyType(
    {
        12: "utf-8",
        18: "ascii",
        19: "latin-1",
        20: "latin-1",
        22: "latin-1",
        26: "ascii",
        28: "utf-32-be",
        30: "utf-16-be",
    }
)
"""ASN.1 string type → codec. Issuers write letters beyond ASCII into PrintableString and IA5String too."""


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """A name as its attributes (object identifier, text), with the DER that it came from.

    `folded` is for finding candidates: blind to case, spaces, string types and the order of the attributes. Equal names
    prove nothing; a signature decides.
    """

    der: bytes = field(repr=False)
    attributes: tuple[tuple[str, str], ...]
    folded: frozenset[tuple[str, str]] = field(repr=False)

    @property
    def country(self) -> str | None:
        """The country's two letters in upper case; five issuers write them in lower case."""
        return next((text.strip().upper() for kind, text in self.attributes if kind == _COUNTRY), None)

    @property
    def common_name(self) -> str | None:
        return next((text for kind, text in self.attributes if _SHORT.get(kind) == "CN"), None)

    def __str__(self) -> str:
        return ", ".join(f"{_SHORT.get(kind, kind)}={text}" for kind, text in self.attributes)


def from_asn1(name: Any) -> DistinguishedName:
    """Take a name out of a parsed `crypto.asn1.Name`; raises ValueError as asn1crypto does."""
    attributes = tuple(
        (pair["type"].dotted, _text(asn1.encoded(pair["value"]))) for relative in name for pair in relative
    )
    folded = frozenset((kind, " ".join(text.casefold().split())) for kind, text in attributes)
    return DistinguishedName(asn1.encoded(name), attributes, folded)


def _text(encoded: bytes) -> str:
    header = 2 if encoded[1] < 0x80 else 2 + (encoded[1] & 0x7F)
    encoding = _ENCODINGS.get(encoded[0])
    if encoding is None:
        return encoded.hex()
    return encoded[header:].decode(encoding)
