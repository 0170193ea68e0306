"""The files that go with any set of data groups: EF.COM lists them and EF.SOD signs them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from reader.lds import com
from reader.lds.com import Com
from reader.lds.files import data_group
from reader.lds.sod import LdsVersions
from simulator.issuer import Issuer

_LDS_1_7: Final = LdsVersions("0107", "040000")


def signed_files(issuer: Issuer, groups: Mapping[int, bytes], versions: LdsVersions | None = None) -> dict[str, bytes]:
    """Complete content by name.

    Args:
        groups: data group number → complete content, in the order that EF.COM is to have.
        versions: as for `Issuer.sign_sod`.
    """
    tags = tuple(tag for number in groups if (tag := data_group(number).tag) is not None)
    written = versions or _LDS_1_7
    return {
        "EF.COM": com.encode(Com(tags, written.lds, written.unicode)),
        **{data_group(number).name: raw for number, raw in groups.items()},
        "EF.SOD": issuer.sign_sod(
            {number: hashlib.sha256(raw).digest() for number, raw in groups.items()}, versions=versions
        ),
    }
