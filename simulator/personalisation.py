"""What an issuer writes into a chip: its files, its private keys, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from crypto import mrz_key
from crypto.active_authentication import RsaPrivateKey
from crypto.ec import Curve
from reader.lds.files import EMRTD_AID
from reader.lds.mrz import Mrz
from reader.lds.security_infos import PaceInfo


@dataclass(frozen=True, slots=True)
class ChipAuthenticationKey:
    """The static key pair behind a DG14, and the protocols that the chip runs with it."""

    curve: Curve
    private: int = field(repr=False)
    protocols: tuple[str, ...]
    """Object identifiers, such as 0.4.0.127.0.7.2.2.3.2.2."""
    key_id: int | None = None


@dataclass(frozen=True, slots=True)
class Personalisation:
    """One chip as it leaves the issuer. Everything in it is a secret or personal."""

    files: Mapping[str, bytes] = field(repr=False)
    """Complete content by name: ``EF.COM``, ``DG1``, ``EF.SOD``, ``EF.CardAccess`` …"""
    mrz: Mrz | None = field(default=None, repr=False)
    """Opens the chip, by BAC and by PACE where the chip has it."""
    can: str | None = field(default=None, repr=False)
    """Opens the chip by PACE."""
    pace: tuple[PaceInfo, ...] = ()
    ca_key: ChipAuthenticationKey | None = None
    aa_key: RsaPrivateKey | None = None
    application: bytes = EMRTD_AID
    """Identifier of the only application."""

    @property
    def mrz_information(self) -> str | None:
        """What BAC and PACE derive their MRZ key from (Doc 9303-11, 4.3.2)."""
        if self.mrz is None:
            return None
        return mrz_key.mrz_information(self.mrz.document_number, self.mrz.birth_yymmdd, self.mrz.expiry_yymmdd)

    def with_file(self, name: str, raw: bytes) -> Personalisation:
        """The same chip with one file replaced or added."""
        return replace(self, files=MappingProxyType({**self.files, name: raw}))
