"""`motcham read`: one document on a PC/SC reader, read and verified."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TextIO

import typer

from cli import errors
from cli import reading as shared
from cli.reading import Key, Request, exit_code, group_numbers, moment, read_document, trust_store, unread

if TYPE_CHECKING:
    from reader.model import Inspection
    from reader.progress import ProgressEvent, ProgressListener
    from reader.transport import Transport

_OWNER_ONLY: Final = 0o600
_PICTURES: Final = (".jpg", ".jpeg", ".png")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
PhotoOption = Annotated[
    Path | None, typer.Option("--photo", dir_okay=False, help="Write the verified face image here, .jpg or .png.")
]
EvidenceOption = Annotated[
    Path | None,
    typer.Option("--evidence", dir_okay=False, help="Write all raw files, challenges and responses here, as JSON."),
]
ApduLogOption = Annotated[
    Path | None,
    typer.Option("--apdu-log", dir_okay=False, help="Write headers, lengths and status words here; no data."),
]


def read(
    reader: shared.ReaderOption = None,
    wait: shared.WaitOption = 15.0,
    timeout: shared.TimeoutOption = 30.0,
    qr: shared.QrOption = None,
    id_number: shared.NumberOption = None,
    can: shared.CanOption = None,
    mrz: shared.MrzOption = None,
    document_number: shared.DocumentNumberOption = None,
    birth: shared.BirthOption = None,
    expiry: shared.ExpiryOption = None,
    access: shared.AccessOption = "auto",
    trust: shared.TrustOption = None,
    crl: shared.CrlOption = None,
    at: shared.AtOption = None,
    groups: shared.GroupsOption = None,
    as_json: JsonOption = False,
    photo: PhotoOption = None,
    evidence: EvidenceOption = None,
    apdu_log: ApduLogOption = None,
) -> None:
    """Read and verify the document on the reader.

    Exit code 0 for the verdict accept, 10 review, 20 reject; 30 wrong key, 31 card or reader failed, 32 nothing to
    read, 33 not an identity document.
    """
    if photo is not None and photo.suffix.lower() not in _PICTURES:
        raise typer.BadParameter("--photo takes a name that ends with .jpg or .png")
    judged_at = moment(at)
    numbers = group_numbers(groups)
    key = Key(qr, id_number, can, mrz, document_number, birth, expiry, access)
    opening = key.opening(judged_at.date(), _ask)
    store = trust_store(trust or (), crl or (), judged_at)
    from reader.errors import ReaderError
    from reader.policy import Policy
    from reader.report import to_evidence

    with ExitStack() as stack:
        around = None if apdu_log is None else _logged(stack.enter_context(_private_file(apdu_log)))
        request = Request(opening, store, Policy(), judged_at, reader, wait, timeout, numbers, around)
        try:
            with _progress() as (listener, say):
                inspection = read_document(request, listener, say)
        except ReaderError as error:
            inspection = unread(error.code, error.message, error.remedy)
        except Exception as error:  # noqa: BLE001 - also a defect ends with one object on stdout and no traceback
            errors.explain(error)
            inspection = unread("program.defect", "a defect of the program", "Please report it.")
    if evidence is not None:
        with _private_file(evidence) as file:
            json.dump(to_evidence(inspection, judged_at), file, ensure_ascii=False)
    if photo is not None:
        _save_photo(inspection, photo)
    _print(inspection, as_json)
    raise typer.Exit(exit_code(inspection))


def _ask() -> str | None:
    """Ask for the key on a terminal; elsewhere there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    question = "What opens the chip? The 12-digit number, the CAN, the QR code's text or the MRZ"
    answer: str = typer.prompt(question, err=True)
    return answer


def _logged(file: TextIO) -> Callable[[Transport], Transport]:
    from reader.apdu_log import LoggedTransport

    return lambda transport: LoggedTransport(transport, file.write)


@contextmanager
def _private_file(path: Path) -> Iterator[TextIO]:
    """A new file that nobody but its owner reads: it will hold personal data."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8") as file:
        yield file


@contextmanager
def _progress() -> Iterator[tuple[ProgressListener, Callable[[str], None]]]:
    """A bar on a terminal, and words for the person; on stderr both."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    from reader.progress import Progressed

    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.percentage:>3.0f} %  {task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("waiting for the card", total=1.0)

        def listen(event: ProgressEvent) -> None:
            if isinstance(event, Progressed):
                bar.update(task, completed=event.fraction, description=f"{event.phase}: {event.step}")

        yield listen, console.print


def _save_photo(inspection: Inspection, path: Path) -> None:
    if inspection.portrait is None:
        typer.echo("motcham: there is no verified face image to write", err=True)
        return
    from PIL import Image

    portrait = inspection.portrait
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
        image = Image.frombytes("RGB", (portrait.width, portrait.height), portrait.rgb)
        image.save(file, "PNG" if path.suffix.lower() == ".png" else "JPEG")


def _print(inspection: Inspection, as_json: bool) -> None:
    from cli.inspection_table import print_inspection
    from reader.report import to_json

    if as_json:
        typer.echo(json.dumps(to_json(inspection), ensure_ascii=False))
    elif inspection.failure is not None:
        failure = inspection.failure
        typer.echo(f"motcham: {failure.message} [{failure.code}]\n         {failure.remedy}", err=True)
    else:
        print_inspection(inspection)
