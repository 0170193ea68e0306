"""The installed trust store: a folder of verified files, to which only what verifies is added."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from crypto.certificates import Certificate
from crypto.crl import RevocationList
from crypto.master_list import MasterList
from reader import trust
from reader.errors import TrustError, TrustUnwritable
from reader.trust import SIMULATED_FOLDER, TrustItem, TrustProblem, TrustStore


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One file of the folder: what it is, whose, and how many certificates or revocations it brings."""

    name: str
    kind: str
    """"csca", "master-list" or "crl"."""
    issuer: str
    entries: int


@dataclass(frozen=True, slots=True)
class Installation:
    """What an import added and what it refused."""

    installed: tuple[InstalledFile, ...]
    refused: tuple[TrustProblem, ...]


class TrustFolder:
    """A folder of certificates, master lists and CRLs, with simulated issuers in a subfolder of their own.

    Every file bears the SHA-256 of its content in its name and is written whole or not at all. Lists and CRLs are
    verified again whenever the folder is loaded.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, at: datetime) -> TrustStore:
        """Read the folder, which may be missing; see `reader.trust.load`."""
        return trust.load([self._folder], at) if self._folder.is_dir() else TrustStore()

    def install(self, paths: Iterable[Path], at: datetime, *, simulated: bool = False) -> Installation:
        """Add what verifies: files, or folders of them.

        A certificate must be a CA's; it is trusted because the operator gives it. A master list must be signed by one
        whose path leads to a certificate given with it or installed as such before, and be newer than the installed
        list of the same signer's country. A CRL must be signed by an installed issuer and be newer than the installed
        one. A newer list or CRL takes the place of the older.

        Args:
            at: aware moment of the import.
            simulated: add to the issuers that exist only in software.

        Raises:
            TrustError: a file cannot be read or is not trust material, or the folder cannot be written.
        """
        folder = self._folder / SIMULATED_FOLDER if simulated else self._folder
        given: list[TrustItem] = []
        refused: list[TrustProblem] = []
        for path in paths:
            items, problems = trust.read_folder(path) if path.is_dir() else (trust.read_file(path), [])
            given += items
            refused += problems
        present, _ = trust.read_folder(folder)
        installed: list[InstalledFile] = []
        for item in sorted(given, key=_rank):
            try:
                outdated = _admit(item, [*present, *given], present, at)
            except TrustError as error:
                refused.append(TrustProblem(item.origin, error.code, error.message))
                continue
            file = _described(item)
            _write(folder, file.name, item.der)
            for old in outdated:
                # A file that somebody put there by hand may hold more than this one object.
                if old.origin == _described(old).name:
                    (folder / old.origin).unlink(missing_ok=True)
            present = [*(kept for kept in present if kept not in outdated), replace(item, origin=file.name)]
            installed.append(file)
        return Installation(tuple(installed), tuple(refused))


def _rank(item: TrustItem) -> int:
    """Certificates first, then what is verified with them."""
    return (Certificate, MasterList, RevocationList).index(type(item.material))


def _admit(item: TrustItem, known: Sequence[TrustItem], present: Sequence[TrustItem], at: datetime) -> list[TrustItem]:
    """Decide whether an object may be installed, and give the installed ones that it replaces.

    Raises:
        TrustError: it may not; the code says why.
    """
    roots = [other.material for other in known if isinstance(other.material, Certificate)]
    if isinstance(item.material, Certificate):
        if not item.material.is_ca:
            raise TrustError("not the certificate of a CA", code="trust.not_a_ca")
        return []
    if isinstance(item.material, MasterList):
        if not item.material.verify(roots, at).is_valid:
            raise TrustError(trust.LIST_NOT_VERIFIED_MESSAGE, code=trust.LIST_NOT_VERIFIED)
        return _outdated(item, present)
    listed = [
        found for other in present if isinstance(other.material, MasterList) for found in other.material.certificates
    ]
    if not trust.is_signed_by_any(item.material, [*roots, *listed]):
        raise TrustError("no installed issuer signed this CRL", code="trust.crl_not_verified")
    return _outdated(item, present)


def _outdated(item: TrustItem, present: Sequence[TrustItem]) -> list[TrustItem]:
    rivals = [other for other in present if other.der != item.der and _subject(other) == _subject(item)]
    if any(_moment(other) > _moment(item) for other in rivals):
        raise TrustError("older than the one that is installed", code="trust.older_than_installed")
    return rivals


def _subject(item: TrustItem) -> tuple[str, object]:
    """What there is one newest of: a country's master list, an issuer's CRL."""
    if isinstance(item.material, MasterList):
        return "master-list", _country(item.material)
    if isinstance(item.material, RevocationList):
        return "crl", item.material.issuer.folded
    return "csca", item.der


def _moment(item: TrustItem) -> datetime:
    if isinstance(item.material, MasterList):
        return item.material.signing_time or datetime.min.replace(tzinfo=UTC)
    if isinstance(item.material, RevocationList):
        return item.material.this_update
    return item.material.not_before


def _described(item: TrustItem) -> InstalledFile:
    material, fingerprint = item.material, hashlib.sha256(item.der).hexdigest()[:16]
    if isinstance(material, Certificate):
        name = f"csca-{_label(material.country)}-{fingerprint}.cer"
        return InstalledFile(name, "csca", str(material.subject), 1)
    if isinstance(material, MasterList):
        name = f"list-{_label(_country(material))}-{fingerprint}.ml"
        return InstalledFile(name, "master-list", trust.list_signer(material), len(material.certificates))
    name = f"crl-{_label(material.issuer.country)}-{fingerprint}.crl"
    return InstalledFile(name, "crl", str(material.issuer), len(material.revoked))


def _country(master_list: MasterList) -> str | None:
    return None if master_list.signer is None else master_list.signer.country


def _label(country: str | None) -> str:
    """Two letters for a file's name; whatever else a certificate claims stays out of the path."""
    return country if country is not None and len(country) == 2 and country.isascii() and country.isalpha() else "XX"


def _write(folder: Path, name: str, data: bytes) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = folder / f".{name}.{os.getpid()}"
        unfinished.write_bytes(data)
        unfinished.replace(folder / name)
    except OSError as cause:
        raise TrustUnwritable(f"the trust folder cannot be written: {cause.strerror}") from cause
