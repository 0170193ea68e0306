"""What a document says, group by group: typed, and only what its issuer signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from reader.lds import dg1, dg2, dg5, dg7, dg11, dg12, dg13, dg14, dg15, dg16
from reader.lds.com import Com
from reader.lds.dg2 import Dg2
from reader.lds.dg11 import Dg11
from reader.lds.dg12 import Dg12
from reader.lds.dg13 import Dg13
from reader.lds.dg15 import Dg15
from reader.lds.dg16 import PersonToNotify
from reader.lds.images import StoredImage
from reader.lds.mrz import Mrz
from reader.lds.security_infos import SecurityInfos


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """The data groups that were read and are as the issuer signed them; what is None was not, or cannot be read.

    Personal data throughout. EF.COM alone is not signed: `passive.completeness` says whether it agrees with EF.SOD.
    """

    com: Com | None = None
    mrz: Mrz | None = field(default=None, repr=False)
    """DG1."""
    face: Dg2 | None = field(default=None, repr=False)
    """DG2."""
    displayed_portraits: tuple[StoredImage, ...] | None = field(default=None, repr=False)
    """DG5."""
    signature_images: tuple[StoredImage, ...] | None = field(default=None, repr=False)
    """DG7."""
    personal_details: Dg11 | None = field(default=None, repr=False)
    """DG11."""
    document_details: Dg12 | None = field(default=None, repr=False)
    """DG12."""
    citizen_details: Dg13 | None = field(default=None, repr=False)
    """DG13 of a Vietnamese card; elsewhere DG13 is the issuer's own affair (Doc 9303-10, 4.7.13)."""
    security_infos: SecurityInfos | None = None
    """DG14."""
    active_authentication_key: Dg15 | None = None
    """DG15."""
    persons_to_notify: tuple[PersonToNotify, ...] | None = field(default=None, repr=False)
    """DG16."""
    closed_groups: tuple[int, ...] = ()
    """DG3 and DG4, where the issuer signed them: fingers and irises need extended access control and are not read."""

    def with_group(self, number: int, raw: bytes) -> DocumentContent:
        """The same with one more data group.

        Args:
            raw: complete file, as the issuer signed it. A group without a known content changes nothing.

        Raises:
            LdsError: it is malformed.
        """
        if number not in _GROUPS:
            return self
        name, parse = _GROUPS[number]
        found: dict[str, Any] = {name: parse(raw)}
        return replace(self, **found)


_GROUPS: Final[Mapping[int, tuple[str, Callable[[bytes], object]]]] = MappingProxyType(
    {
        1: ("mrz", dg1.parse),
        2: ("face", dg2.parse),
        5: ("displayed_portraits", dg5.parse),
        7: ("signature_images", dg7.parse),
        11: ("personal_details", dg11.parse),
        12: ("document_details", dg12.parse),
        13: ("citizen_details", dg13.parse),
        14: ("security_infos", dg14.parse),
        15: ("active_authentication_key", dg15.parse),
        16: ("persons_to_notify", dg16.parse),
    }
)
