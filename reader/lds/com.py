"""EF.COM: the versions of the LDS and of Unicode, and which data groups there are (Doc 9303-10, 4.6.1).

It is not signed: EF.SOD is what counts, and a difference between the two is a finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from crypto import tlv
from reader.errors import LdsError
from reader.lds.content import reading, unwrap, wrap
from reader.lds.files import ELEMENTARY_FILES, data_group_of_tag

_FILE: Final = ELEMENTARY_FILES["EF.COM"]
_LDS_VERSION: Final = 0x5F01
_UNICODE_VERSION: Final = 0x5F36
_TAG_LIST: Final = 0x5C
_VERSIONS: Final = re.compile(rb"[0-9]{10}")


@dataclass(frozen=True, slots=True)
class Com:
    """The content of EF.COM."""

    tags: tuple[int, ...]
    """The data groups' tags as listed, unknown ones too."""
    lds_version: str = "0107"
    """Four digits: 0107 is version 1.7."""
    unicode_version: str = "040000"
    """Six digits: 040000 is version 4.0.0."""

    @property
    def data_groups(self) -> tuple[int, ...]:
        """The numbers of the data groups listed."""
        numbers = (data_group_of_tag(tag) for tag in self.tags)
        return tuple(number for number in numbers if number is not None)


def parse(raw: bytes) -> Com:
    """Read the complete file; raises LdsError when it is malformed."""
    value = unwrap(raw, _FILE)
    with reading(_FILE):
        objects = tlv.parse(value)
        lds_version = tlv.require(objects, _LDS_VERSION)
        unicode_version = tlv.require(objects, _UNICODE_VERSION)
        tags = tlv.require(objects, _TAG_LIST)
    if len(lds_version) != 4 or _VERSIONS.fullmatch(lds_version + unicode_version) is None:
        raise LdsError(f"{_FILE.name}: the versions are no four and six digits")
    return Com(tuple(tags), lds_version.decode("ascii"), unicode_version.decode("ascii"))


def encode(com: Com) -> bytes:
    """Write the complete file."""
    return wrap(
        tlv.encode(_LDS_VERSION, com.lds_version.encode("ascii"))
        + tlv.encode(_UNICODE_VERSION, com.unicode_version.encode("ascii"))
        + tlv.encode(_TAG_LIST, bytes(com.tags)),
        _FILE,
    )
