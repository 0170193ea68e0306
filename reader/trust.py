"""The trust store: which issuers' signatures count, where each came from, and whom they have revoked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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

_MAX_FILE: Final = 16 * 1024 * 1024
_MAX_FILES: Final = 10_000
_MAX_PEM_OBJECTS: Final = 5_000

Material = Certificate | MasterList | RevocationList
"""What a file of trust material can hold."""


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
    subfolders, save `simulated`, whose content is kept apart. What a folder holds besides trust material, or what does
    not verify, becomes a problem of the store and not an error.

    Args:
        paths: files or folders.
        at: aware moment that a master list's signer is judged at when the list does not say when it was signed.

    Raises:
        TrustError: a path does not exist, or a file named as such is not trust material.
    """
    real, simulated = _Collection(), _Collection()
    for path in paths:
        if path.is_dir():
            real.read_folder(path)
            simulated.read_folder(path / SIMULATED_FOLDER)
        else:
            real.read(path)
    return merge(real.store(at, simulated=False), simulated.store(at, simulated=True))


def merge(first: TrustStore, second: TrustStore) -> TrustStore:
    """Put two stores together; where both have a certificate, `first` says where it is from."""
    known = {anchor.certificate.raw for anchor in first.anchors}
    return TrustStore(
        (*first.anchors, *(anchor for anchor in second.anchors if anchor.certificate.raw not in known)),
        (*first.crls, *second.crls),
        (*first.problems, *second.problems),
    )


def read_material(data: bytes) -> list[Material]:
    """Recognise what a file holds by its content; PEM may hold several objects.

    Raises:
        TrustError: nothing of what a trust store is made of.
    """
    if not pem.detect(data):
        return [_parse(data)]
    try:
        blocks = [block for _, _, block in pem.unarmor(data, multiple=True)]
    except ValueError as cause:
        raise TrustError("the PEM text is damaged", code="trust.malformed") from cause
    if len(blocks) > _MAX_PEM_OBJECTS:
        raise TrustError(f"{len(blocks)} objects in one file", code="trust.too_large")
    return [_parse(block) for block in blocks]


def read_file(path: Path) -> list[Material]:
    """As `read_material`, for a file of at most 16 MiB."""
    return read_material(_read_bounded(path))


def list_signer(master_list: MasterList) -> str:
    """How people call the signer of a list: by the common name and country of its certificate."""
    certificate = next(
        (found for found in master_list.signed_data.certificates if master_list.signed_data.signer.is_signed_by(found)),
        None,
    )
    if certificate is None:
        return "an unknown signer"
    return f"{certificate.subject.common_name}, {certificate.country}"


class _Collection:
    """What was read from one class of places, before it is known which master lists count."""

    def __init__(self) -> None:
        self._certificates: list[tuple[str, Certificate]] = []
        self._lists: list[tuple[str, MasterList]] = []
        self._crls: list[tuple[str, RevocationList]] = []
        self._problems: list[TrustProblem] = []

    def read_folder(self, folder: Path) -> None:
        for path in _files_in(folder):
            try:
                self._add(path.name, read_file(path))
            except TrustError as error:
                self._problems.append(TrustProblem(path.name, error.code, error.message))

    def read(self, path: Path) -> None:
        try:
            self._add(path.name, read_file(path))
        except TrustError as error:
            raise TrustError(f"{path.name}: {error.message}", code=error.code) from error

    def _add(self, origin: str, materials: Iterable[Material]) -> None:
        for material in materials:
            if isinstance(material, Certificate):
                self._certificates.append((origin, material))
            elif isinstance(material, MasterList):
                self._lists.append((origin, material))
            else:
                self._crls.append((origin, material))

    def store(self, at: datetime, *, simulated: bool) -> TrustStore:
        anchors = {given.raw: Anchor(given, origin, simulated) for origin, given in self._certificates}
        roots = tuple(given for _, given in self._certificates)
        problems = list(self._problems)
        for origin, master_list in self._lists:
            if not master_list.verify(roots, at).is_valid:
                message = "the master list's signer leads to no certificate given beside it"
                problems.append(TrustProblem(origin, "trust.list_not_verified", message))
                continue
            source = f"{origin} ({list_signer(master_list)})"
            for listed in master_list.certificates:
                anchors.setdefault(listed.raw, Anchor(listed, source, simulated))
        crls = tuple(InstalledCrl(crl, origin, simulated) for origin, crl in self._crls)
        return TrustStore(tuple(anchors.values()), crls, tuple(problems))


def _parse(data: bytes) -> Material:
    for kind in (Certificate, RevocationList, MasterList):
        try:
            return kind.parse(data)
        except CryptoError:
            # Not of this kind, or malformed: the next kind is tried, and none fitting is an error.
            continue
    raise TrustError("neither a certificate nor a master list nor a CRL", code="trust.malformed")


def _files_in(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if len(files) > _MAX_FILES:
        raise TrustError(f"{len(files)} files in one folder of trust material", code="trust.too_large")
    yield from files


def _read_bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as cause:
        raise TrustError(f"cannot be read: {cause.strerror}", code="trust.unreadable") from cause
    if len(data) > _MAX_FILE:
        raise TrustError("larger than 16 MiB", code="trust.too_large")
    return data
