"""From a signer to a trust anchor: the certification path of Doc 9303-12 section 5 and RFC 5280 section 6.

Names and key identifiers only find candidates, which in the CSCA world are many: issuers keep one name through several
keys, write it in other string types and leave key identifiers out. Every candidate is tried; a signature decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from crypto.certificates import Certificate, KeyUsage, verify_issued
from crypto.errors import CryptoError, SignatureError, UnsupportedAlgorithm
from crypto.signature import parse_algorithm

_MAX_DEPTH: Final = 3
_MAX_CANDIDATES: Final = 32


class ChainFault(IntEnum):
    """Why no path was found. Of several candidates, the one that came furthest (the greatest value) is reported."""

    ISSUER_UNKNOWN = 1
    """No candidate by name or key identifier: nothing can be said about the signer."""
    ISSUER_KEY_UNKNOWN = 2
    """The issuer's name is known, its key identifier is not, and no key of that name signed this."""
    SIGNATURE = 3
    """A candidate has the issuer's key identifier (or the signer names none), and its key did not sign this.

    So is an algorithm that Doc 9303-12 does not know: a forger chooses it freely.
    """
    UNVERIFIABLE = 4
    """An anchor's key is of a kind that cannot be used here."""
    NOT_A_CA = 5
    PATH_LENGTH = 6
    CRITICAL_EXTENSION = 7
    COUNTRY = 8
    VALIDITY = 9
    SIGNER_KEY_USAGE = 10
    """The signer may not sign documents, or may sign certificates."""
    SIGNER_PURPOSE = 11
    """The signer lacks the extended key usage that was asked for."""


@dataclass(frozen=True, slots=True)
class ChainResult:
    """`path` runs from the signer to the anchor, and holds the signer alone when `fault` says why there is no path.

    `subject` is the certificate that the fault is about.
    """

    path: tuple[Certificate, ...]
    fault: ChainFault | None = None
    subject: Certificate | None = None

    @property
    def anchor(self) -> Certificate | None:
        return self.path[-1] if self.fault is None else None


def build_chain(
    signer: Certificate,
    anchors: Iterable[Certificate],
    at: datetime,
    *,
    intermediates: Sequence[Certificate] = (),
    purpose: str | None = None,
) -> ChainResult:
    """Find a path from `signer` to one of `anchors`, at most three certificates above it.

    Every certificate of the path is valid at `at`, has no unknown critical extension, and bears the country of the next
    one (compared without case); every issuer is a CA with keyCertSign; the signer has digitalSignature and not
    keyCertSign. An anchor ends the path, whoever issued it: link certificates are anchors of their own once they are in
    the trust store.

    Args:
        anchors: certificates trusted as such.
        at: aware moment that validity is judged at, normally when the signature was made.
        intermediates: certificates from anywhere, for example link certificates that came with the signature.
        purpose: extended key usage that the signer must have.
    """
    fault = _signer_fault(signer, at, purpose)
    if fault is not None:
        return ChainResult((signer,), fault, signer)
    return _extend((signer,), tuple(anchors), at, intermediates)


def _signer_fault(signer: Certificate, at: datetime, purpose: str | None) -> ChainFault | None:
    usage = signer.key_usage
    if signer.is_ca or usage is None or KeyUsage.DIGITAL_SIGNATURE not in usage or KeyUsage.KEY_CERT_SIGN in usage:
        return ChainFault.SIGNER_KEY_USAGE
    if purpose is not None and purpose not in signer.extended_key_usage:
        return ChainFault.SIGNER_PURPOSE
    if signer.unknown_critical:
        return ChainFault.CRITICAL_EXTENSION
    if not signer.is_valid_at(at):
        return ChainFault.VALIDITY
    return None


def _extend(
    path: tuple[Certificate, ...],
    anchors: tuple[Certificate, ...],
    at: datetime,
    intermediates: Sequence[Certificate],
) -> ChainResult:
    child = path[-1]
    best = ChainResult((path[0],), ChainFault.ISSUER_UNKNOWN, child)
    found = [(issuer, True) for issuer in anchors if child.may_be_issued_by(issuer)]
    if len(path) < _MAX_DEPTH:
        found += [(issuer, False) for issuer in intermediates if issuer not in path and child.may_be_issued_by(issuer)]
    found.sort(key=lambda candidate: candidate[0].subject_key_identifier != child.authority_key_identifier)
    for issuer, trusted in found[:_MAX_CANDIDATES]:
        fault = _issuer_fault(path, issuer, at, trusted=trusted)
        if fault is not None:
            result = ChainResult((path[0],), fault, child if fault < ChainFault.NOT_A_CA else issuer)
        elif trusted:
            return ChainResult((*path, issuer))
        else:
            result = _extend((*path, issuer), anchors, at, intermediates)
            if result.fault is None:
                return result
        if best.fault is None or result.fault is None or result.fault > best.fault:
            best = result
    return best


def _issuer_fault(
    path: tuple[Certificate, ...], issuer: Certificate, at: datetime, *, trusted: bool
) -> ChainFault | None:
    child = path[-1]
    try:
        parse_algorithm(child.signature_algorithm)
    except UnsupportedAlgorithm:
        return ChainFault.SIGNATURE
    try:
        verify_issued(child, issuer)
    except SignatureError:
        named = child.authority_key_identifier
        other_key = named is not None and issuer.subject_key_identifier not in (None, named)
        return ChainFault.ISSUER_KEY_UNKNOWN if other_key else ChainFault.SIGNATURE
    except CryptoError:
        # What came with the document proves nothing by being unusable; an installed key may well be the right one.
        return ChainFault.UNVERIFIABLE if trusted else ChainFault.SIGNATURE
    if not issuer.is_ca or issuer.key_usage is None or KeyUsage.KEY_CERT_SIGN not in issuer.key_usage:
        return ChainFault.NOT_A_CA
    authorities_below = sum(1 for certificate in path[1:] if not certificate.is_self_issued)
    if issuer.path_length is not None and issuer.path_length < authorities_below:
        return ChainFault.PATH_LENGTH
    if issuer.unknown_critical:
        return ChainFault.CRITICAL_EXTENSION
    if issuer.country is None or issuer.country != child.country:
        return ChainFault.COUNTRY
    if not issuer.is_valid_at(at):
        return ChainFault.VALIDITY
    return None
