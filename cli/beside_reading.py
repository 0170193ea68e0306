"""What stands around a reading on the command line: asking for the key, progress, files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from reader.model import Inspection
    from reader.progress import ProgressEvent, ProgressListener
    from reader.transport import Transport

_OWNER_ONLY: Final = 0o600
PICTURES: Final = (".jpg", ".jpeg", ".png")
"""The endings that a photo's file may have."""


def ask_for_key() -> str | None:
    """Ask for the key on a terminal; elsewhere there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    question = "What opens the chip? The 12-digit number, the CAN, the QR code's text or the MRZ"
    answer: str = typer.prompt(question, err=True)
    return answer


def logged(file: TextIO) -> Callable[[Transport], Transport]:
    """Goes around a connection to the card and writes a redacted trace of it."""
    from reader.apdu_log import LoggedTransport

    return lambda transport: LoggedTransport(transport, file.write)


def check_outputs(*paths: Path | None) -> None:
    """Find out before the reading where its files cannot go; raises typer.BadParameter."""
    for path in paths:
        if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
            raise typer.BadParameter(f"no file can be written in the folder {path.parent}")


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """A new file that nobody but its owner reads: it will hold personal data."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8") as file:
        yield file


@contextmanager
def progress() -> Iterator[tuple[ProgressListener, Callable[[str], None]]]:
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


def save_evidence(inspection: Inspection, at: datetime, path: Path) -> None:
    """Write what the inspection leaves for others to judge again.

    Args:
        at: the moment that it judged validity at.
    """
    from reader.evidence import encode, evidence_of

    with private_file(path) as file:
        file.write(encode(evidence_of(inspection, at)).decode("utf-8"))


def save_photo(inspection: Inspection, path: Path) -> None:
    """Write the verified face image, by the file's ending as JPEG or PNG; says so where there is none."""
    if inspection.portrait is None:
        typer.echo("motcham: there is no verified face image to write", err=True)
        return
    from PIL import Image

    portrait = inspection.portrait
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
        image = Image.frombytes("RGB", (portrait.width, portrait.height), portrait.rgb)
        image.save(file, "PNG" if path.suffix.lower() == ".png" else "JPEG")
