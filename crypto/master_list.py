"""CSCA master lists: certificates of many countries under the signature of one (Doc 9303-12 section 9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from crypto import asn1, der
from crypto.certificates import MASTER_LIST_SIGNING, Certificate
from crypto.chain import ChainResult, build_chain
from crypto.cms import SignedData, SignerResult
from crypto.errors import CmsError

CONTENT_TYPE: Final = "2.23.136.1.1.2"

_MAX_SIZE: Final = 16 * 1024 * 1024
_MAX_NODES: Final = 1_000_000
_MAX_CERTIFICATES: Final = 5_000
_VERSION: Final = 0


@dataclass(frozen=True, slots=True)
class MasterListVerification:
    """What `MasterList.verify` found; the list counts when `is_valid`."""

    signer: SignerResult
    chain: ChainResult | None

    @property
    def is_valid(self) -> bool:
        return self.signer.fault is None and self.chain is not None and self.chain.fault is None


@dataclass(frozen=True, slots=True)
class MasterList:
    """A parsed list; its certificates are worth nothing before `verify`."""

    certificates: tuple[Certificate, ...] = field(repr=False)
    signed_data: SignedData = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> MasterList:
        """Read a master list of at most 16 MiB from its CMS container.

        Raises:
            DerError, CmsError, CertificateError: malformed, or not a master list.
        """
        signed = SignedData.parse(data, max_size=_MAX_SIZE)
        if signed.content_type != CONTENT_TYPE:
            raise CmsError(f"signed data of the type {signed.content_type}, not a master list")
        der.check(signed.content, max_size=_MAX_SIZE, max_nodes=_MAX_NODES)
        with asn1.decoding("the master list", CmsError):
            loaded = asn1.load(asn1.CscaMasterList, signed.content)
            if loaded["version"].native != _VERSION:
                raise CmsError("a master list of another version than 0")
            encoded = [asn1.encoded(item) for item in loaded["certificates"]]
        if len(encoded) > _MAX_CERTIFICATES:
            raise CmsError(f"a master list of {len(encoded)} certificates")
        return cls(tuple(Certificate.parse(item) for item in encoded), signed)

    @property
    def signer(self) -> Certificate | None:
        """The certificate that the list names as its signer's."""
        return self.signed_data.signer_certificate

    @property
    def signing_time(self) -> datetime | None:
        return self.signed_data.signer.signing_time

    def verify(self, roots: Iterable[Certificate], at: datetime) -> MasterListVerification:
        """Verify the signature, the signer's purpose 2.23.136.1.1.3 and its path up to one of `roots`.

        Args:
            roots: certificates trusted as such; those within the list's container serve as links only.
            at: aware moment that the path's validity is judged at where the list has no signing time.
        """
        signer = self.signed_data.verify_signer()
        if signer.fault is not None or signer.certificate is None:
            return MasterListVerification(signer, None)
        chain = build_chain(
            signer.certificate,
            roots,
            self.signing_time or at,
            intermediates=self.signed_data.certificates,
            purpose=MASTER_LIST_SIGNING,
        )
        return MasterListVerification(signer, chain)
