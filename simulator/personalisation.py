"""What an issuer writes into a chip: its files, its private keys, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from crypto import mrz_key
from crypto.active_authentication import RsaPrivateKey, Trailer
from crypto.ec import Curve
from crypto.groups import STANDARDIZED, Group
from reader.lds.files import EMRTD_AID
from reader.lds.mrz import Mrz
from reader.lds.security_infos import PaceInfo


@dataclass(frozen=True, slots=True)
class ChipAuthenticationKey:
    """A static key pair of the chip, and the protocols that it runs with it."""

    group: Group
    private: int = field(repr=False)
    protocols: tuple[str, ...]
    """Object identifiers of chip authentication, such as 0.4.0.127.0.7.2.2.3.2.2; none of PACE."""
    key_id: int | None = None

    @property
    def public(self) -> bytes:
        """The public key, as it goes over the wire."""
        return self.group.public_key(self.private)


@dataclass(frozen=True, slots=True)
class RsaAuthenticationKey:
    """Active authentication by RSA with message recovery (ISO/IEC 9796-2, scheme 1)."""

    key: RsaPrivateKey
    trailer: Trailer = Trailer.SHA256


@dataclass(frozen=True, slots=True)
class EcAuthenticationKey:
    """Active authentication by ECDSA."""

    curve: Curve
    private: int = field(repr=False)
    hash_name: str = "sha256"
    der: bool = False
    """True: signatures in DER, which the standard does not know and chips give all the same."""


ActiveAuthenticationKey = RsaAuthenticationKey | EcAuthenticationKey


@dataclass(frozen=True, slots=True)
class Personalisation:
    """One chip as it leaves the issuer. Everything in it is a secret or personal."""

    files: Mapping[str, bytes] = field(repr=False)
    """Complete content by name: ``EF.COM``, ``DG1``, ``EF.SOD``, ``EF.CardAccess`` …"""
    mrz: Mrz | None = field(default=None, repr=False)
    """Opens the chip, by BAC and by PACE where the chip has it."""
    can: str | None = field(default=None, repr=False)
    """Opens the chip by PACE, as do the next two."""
    pin: str | None = field(default=None, repr=False)
    puk: str | None = field(default=None, repr=False)
    bac: bool = True
    """False: the chip opens by PACE only."""
    pace: tuple[PaceInfo, ...] = ()
    pace_groups: Mapping[int, Group] = field(default_factory=lambda: STANDARDIZED)
    """Domain parameters by the number that `pace` and MSE:Set AT call them."""
    ca_keys: tuple[ChipAuthenticationKey, ...] = ()
    cam_keys: tuple[ChipAuthenticationKey, ...] = ()
    """For PACE with chip authentication mapping, one for each group."""
    aa_key: ActiveAuthenticationKey | None = None
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
