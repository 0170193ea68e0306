"""The trust store: which issuers' signatures count, where each came from, and whom they have revoked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from asn1crypto import pem

from crypto.certificates import Certificate
from crypto.crl import RevocationList
from crypto.errors import CryptoError
from crypto.master_list import MasterList
from reader.errors import TrustError

SIMULATED_FOLDER: Final = "simulated"
"""Subfolder of a trust folder for issuers that exist only in software."""

LIST_NOT_VERIFIED: Final = "trust.list_not_verified"
LIST_NOT_VERIFIED_MESSAGE: Final = "the master list's signer leads to no certificate given beside it"

_MAX_FILE: Final = 16 * 1024 * 1024
_MAX_FILES: Final = 10_000
_MAX_PEM_OBJECTS: Final = 5_000


@dataclass(frozen=True, slots=True)
class TrustItem:
    """One object out of a file: `origin` names the file, `der` is the object's encoding."""

    origin: str
    material: Certificate | MasterList | RevocationList
    der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate trusted as an issuer.

    `origin` names the file, and for a certificate out of a master list the list's signer. A `simulated` one counts only
    where the reader itself is simulated.
    """

    certificate: Certificate
    origin: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class InstalledCrl:
    """A revocation list, its signature not verified yet."""

    revocation_list: RevocationList
    origin: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class TrustProblem:
    """Why something given does not count: a stable code and a sentence."""

    origin: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Everything that is trusted, and what was given in vain."""

    anchors: tuple[Anchor, ...] = ()
    crls: tuple[InstalledCrl, ...] = ()
    problems: tuple[TrustProblem, ...] = ()

    def certificates(self, *, include_simulated: bool) -> tuple[Certificate, ...]:
        """The certificates that count, those of simulated issuers only with `include_simulated`."""
        return tuple(anchor.certificate for anchor in self.anchors if include_simulated or not anchor.simulated)

    def origin_of(self, certificate: Certificate) -> str:
        """Where this certificate came from; raises KeyError for one that is not in the store."""
        for anchor in self.anchors:
            if anchor.certificate.raw == certificate.raw:
                return anchor.origin
        raise KeyError(certificate.fingerprint)

    def crls_of(self, issuer: Certificate, *, include_simulated: bool) -> tuple[InstalledCrl, ...]:
        """The revocation lists that bear the name of `issuer`."""
        return tuple(
            crl
            for crl in self.crls
            if crl.revocation_list.issuer.folded == issuer.subject.folded and (include_simulated or not crl.simulated)
        )


def load(paths: Iterable[Path], at: datetime) -> TrustStore:
    """Read certificates, master lists and CRLs, in DER or PEM, from files and folders.

    A master list counts only when its signer leads to a certificate among `paths`. A folder is read without its
    subfolders, save `simulated`, whose content is kept apart, also where that folder or a file of it is named. What a
    folder holds besides trust material, or what does not verify, becomes a problem of the store and not an error.

    Args:
        paths: files or folders.
        at: aware moment that a master list's signer is judged at when the list does not say when it was signed.

    Raises:
        TrustError: a path does not exist, or a file named as such is not trust material.
    """
    real: list[TrustItem] = []
    simulated: list[TrustItem] = []
    problems: list[TrustProblem] = []
    for path in paths:
        is_folder = path.is_dir()
        in_software = (path if is_folder else path.parent).resolve().name == SIMULATED_FOLDER
        own = simulated if in_software else real
        if is_folder:
            for folder, items in ((path, own), (path / SIMULATED_FOLDER, simulated)):
                found, unusable = read_folder(folder)
                items += found
                problems += unusable
        else:
            own += read_file(path)
    store = merge(_store(real, at, simulated=False), _store(simulated, at, simulated=True))
    return replace(store, problems=(*problems, *store.problems))


def merge(first: TrustStore, second: TrustStore) -> TrustStore:
    """Put two stores together; where both have a certificate, `first` says where it is from."""
    known = {anchor.certificate.raw for anchor in first.anchors}
    return TrustStore(
        (*first.anchors, *(anchor for anchor in second.anchors if anchor.certificate.raw not in known)),
        (*first.crls, *second.crls),
        (*first.problems, *second.problems),
    )


def read_file(path: Path) -> list[TrustItem]:
    """Recognise what a file of at most 16 MiB holds by its content; PEM may hold several objects.

    Raises:
        TrustError: it cannot be read, or holds something else than a trust store is made of.
    """
    try:
        return [TrustItem(path.name, _parse(der), der) for der in _decode(_read_bounded(path))]
    except TrustError as error:
        raise TrustError(f"{path.name}: {error.message}", code=error.code) from error


def read_folder(folder: Path) -> tuple[list[TrustItem], list[TrustProblem]]:
    """Read the files of a folder in the order of their names, and tell which are no trust material.

    Raises:
        TrustError: it holds more than 10,000 files, or cannot be listed.
    """
    items: list[TrustItem] = []
    problems: list[TrustProblem] = []
    for path in _files_in(folder):
        try:
            items += read_file(path)
        except TrustError as error:
            problems.append(TrustProblem(path.name, error.code, error.message))
    return items, problems


def list_signer(master_list: MasterList) -> str:
    """How people call the signer of a list: by the common name and country of its certificate."""
    signer = master_list.signer
    return "an unknown signer" if signer is None else f"{signer.subject.common_name}, {signer.country}"


def is_signed_by_any(crl: RevocationList, issuers: Iterable[Certificate]) -> bool:
    """Whether one of these keys signed the list; issuers keep one name through several keys."""
    for issuer in issuers:
        try:
            crl.verify(issuer)
        except CryptoError:
            # Another issuer, or another key of the same one.
            continue
        return True
    return False


def _files_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as cause:
        raise TrustError(f"{folder.name} cannot be read: {cause.strerror}", code="trust.unreadable") from cause
    if len(files) > _MAX_FILES:
        raise TrustError(f"{len(files)} files in one folder of trust material", code="trust.too_large")
    return files


def _store(items: Iterable[TrustItem], at: datetime, *, simulated: bool) -> TrustStore:
    anchors: dict[bytes, Anchor] = {}
    lists: list[tuple[str, MasterList]] = []
    crls: list[InstalledCrl] = []
    for item in items:
        if isinstance(item.material, Certificate):
            anchors[item.der] = Anchor(item.material, item.origin, simulated)
        elif isinstance(item.material, MasterList):
            lists.append((item.origin, item.material))
        else:
            crls.append(InstalledCrl(item.material, item.origin, simulated))
    roots = tuple(anchor.certificate for anchor in anchors.values())
    problems: list[TrustProblem] = []
    for origin, master_list in lists:
        if not master_list.verify(roots, at).is_valid:
            problems.append(TrustProblem(origin, LIST_NOT_VERIFIED, f"{origin}: {LIST_NOT_VERIFIED_MESSAGE}"))
            continue
        source = f"{origin} ({list_signer(master_list)})"
        for listed in master_list.certificates:
            anchors.setdefault(listed.raw, Anchor(listed, source, simulated))
    return TrustStore(tuple(anchors.values()), tuple(crls), tuple(problems))


def _decode(data: bytes) -> list[bytes]:
    if not pem.detect(data):
        return [data]
    try:
        blocks = [block for _, _, block in pem.unarmor(data, multiple=True)]
    except ValueError as cause:
        raise TrustError("the PEM text is damaged", code="trust.malformed") from cause
    if len(blocks) > _MAX_PEM_OBJECTS:
        raise TrustError(f"{len(blocks)} objects in one file", code="trust.too_large")
    return blocks


def _parse(der: bytes) -> Certificate | MasterList | RevocationList:
    for kind in (Certificate, RevocationList, MasterList):
        try:
            return kind.parse(der)
        except CryptoError:
            # Not of this kind, or malformed: the next kind is tried, and none fitting is an error.
            continue
    raise TrustError("neither a certificate nor a master list nor a CRL", code="trust.malformed")


def _read_bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as cause:
        raise TrustError(f"cannot be read: {cause.strerror}", code="trust.unreadable") from cause
    if len(data) > _MAX_FILE:
        raise TrustError("larger than 16 MiB", code="trust.too_large")
    return data
