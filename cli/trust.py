"""`motcham trust`: whose signatures count."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from cli.errors import REJECT

if TYPE_CHECKING:
    from crypto.certificates import Certificate
    from crypto.master_list import MasterListVerification
    from reader.trust_folder import TrustFolder

trust_app = typer.Typer(
    no_args_is_help=True,
    help="The trust store: CSCA certificates, master lists and CRLs.",
    epilog="Example: motcham trust import csca-root.cer master-list.ml",
)

Store = Annotated[
    Path | None, typer.Option(help="Folder of the trust store; default: the installed one.", file_okay=False)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@trust_app.command("import", epilog="Example: motcham trust import csca-root.cer master-list.ml VNM.crl")
def import_(
    paths: Annotated[
        list[Path], typer.Argument(help="Certificates (DER or PEM), master lists, CRLs, or folders.", exists=True)
    ],
    store: Store = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="As an issuer that counts on simulated readers only.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Install what verifies. A master list needs its root beside it, or installed before.

    Exit code 20 when something was refused; the rest is installed.
    """
    installation = _folder(store).install(paths, datetime.now(UTC), simulated=simulated)
    if as_json:
        _print(
            {
                "schema": "motcham.trust-import/1",
                "installed": [
                    {"file": file.name, "kind": file.kind, "issuer": file.issuer, "entries": file.entries}
                    for file in installation.installed
                ],
                "refused": [
                    {"file": problem.origin, "code": problem.code, "message": problem.message}
                    for problem in installation.refused
                ],
            }
        )
    else:
        for file in installation.installed:
            typer.echo(f"{file.kind:12} {file.entries:5}  {file.issuer}")
    for problem in installation.refused:
        typer.echo(f"motcham: refused {problem.origin}: {problem.message} [{problem.code}]", err=True)
    if installation.refused:
        raise typer.Exit(REJECT)


@trust_app.command("list", epilog="Example: motcham trust list --country VN")
def list_(
    store: Store = None,
    country: Annotated[str | None, typer.Option(help="Only this country's, two letters.")] = None,
    as_json: Json = False,
) -> None:
    """Show the installed issuers and where each came from."""
    trusted = _folder(store).load(datetime.now(UTC))
    anchors = [anchor for anchor in trusted.anchors if country is None or anchor.certificate.country == country.upper()]
    if as_json:
        _print(
            {
                "schema": "motcham.trust-list/1",
                "certificates": len(anchors),
                "countries": _countries(anchor.certificate for anchor in anchors),
                "anchors": [
                    {**_described(anchor.certificate), "origin": anchor.origin, "simulated": anchor.simulated}
                    for anchor in anchors
                ],
                "crls": [
                    {
                        "issuer": str(crl.revocation_list.issuer),
                        "this_update": crl.revocation_list.this_update.isoformat(),
                        "revoked": len(crl.revocation_list.revoked),
                        "origin": crl.origin,
                        "simulated": crl.simulated,
                    }
                    for crl in trusted.crls
                ],
                "problems": [
                    {"file": problem.origin, "code": problem.code, "message": problem.message}
                    for problem in trusted.problems
                ],
            }
        )
    else:
        for anchor in anchors:
            mark = "  (simulated)" if anchor.simulated else ""
            until = f"{anchor.certificate.not_after:%Y-%m-%d}"
            typer.echo(f"{anchor.certificate.country or '--'}  until {until}  {anchor.certificate.subject}{mark}")
        typer.echo(f"{len(anchors)} certificates, {len(trusted.crls)} CRLs", err=True)
    for problem in trusted.problems:
        typer.echo(f"motcham: {problem.message} [{problem.code}]", err=True)


@trust_app.command(epilog="Example: motcham trust verify master-list.ml --anchor csca-root.cer --json")
def verify(
    file: Annotated[Path, typer.Argument(help="A CSCA master list.", exists=True, dir_okay=False)],
    anchor: Annotated[
        list[Path], typer.Option(help="CSCA certificate (DER or PEM); repeatable.", exists=True, dir_okay=False)
    ],
    as_json: Json = False,
) -> None:
    """Check a master list up to the given root and count what is in it. Exit code 20 when it does not verify."""
    from crypto.certificates import Certificate
    from crypto.errors import CryptoError
    from crypto.master_list import MasterList
    from reader.errors import TrustError
    from reader.trust import list_signer, read_file

    roots = [item.material for path in anchor for item in read_file(path) if isinstance(item.material, Certificate)]
    if not roots:
        raise TrustError("--anchor names no certificate")
    result: dict[str, Any] = {"schema": "motcham.trust-verify/1", "file": file.name, "verified": False}
    try:
        master_list = MasterList.parse(file.read_bytes())
    except CryptoError as error:
        _refuse({**result, "reason": "trust.malformed", "detail": error.message}, as_json)
    verification = master_list.verify(roots, datetime.now(UTC))
    signed_at = master_list.signing_time
    result |= {
        "verified": verification.is_valid,
        "reason": _reason(verification),
        "signer": list_signer(master_list),
        "algorithm": verification.signer.algorithm,
        "signed_at": None if signed_at is None else signed_at.isoformat(),
        "path": [str(certificate) for certificate in verification.chain.path] if verification.chain else [],
        "certificates": len(master_list.certificates),
        "countries": _countries(master_list.certificates),
        "listed": [_described(certificate) for certificate in master_list.certificates],
    }
    if not verification.is_valid:
        _refuse(result, as_json)
    if as_json:
        _print(result)
        return
    typer.echo(f"{file.name}: verified")
    typer.echo(f"  signed by {result['signer']}, {result['signed_at']}, {result['algorithm']}")
    typer.echo(f"  path      {' ← '.join(result['path'])}")
    typer.echo(f"  holds     {result['certificates']} certificates of {len(result['countries'])} countries")


def _folder(store: Path | None) -> TrustFolder:
    from kiosk.settings import Settings
    from reader.trust_folder import TrustFolder

    return TrustFolder(store or Settings.load().trust_folder)


def _reason(verification: MasterListVerification) -> str | None:
    if verification.signer.fault is not None:
        return f"trust.list_{verification.signer.fault}"
    if verification.chain is not None and verification.chain.fault is not None:
        return f"trust.signer_{verification.chain.fault.name.lower()}"
    return None


def _refuse(result: dict[str, Any], as_json: bool) -> NoReturn:
    if as_json:
        _print(result)
    typer.echo(f"motcham: {result['file']} does not verify [{result['reason']}]", err=True)
    raise typer.Exit(REJECT)


def _countries(certificates: Iterable[Certificate]) -> dict[str, int]:
    return dict(sorted(Counter(certificate.country or "" for certificate in certificates).items()))


def _described(certificate: Certificate) -> dict[str, str | None]:
    return {
        "country": certificate.country,
        "subject": str(certificate.subject),
        "serial_number": f"{certificate.serial_number:x}",
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "sha256": certificate.fingerprint,
    }


def _print(result: dict[str, Any]) -> None:
    typer.echo(json.dumps(result, ensure_ascii=False))
