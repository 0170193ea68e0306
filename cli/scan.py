"""`motcham scan`: QR codes in picture files."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cli.errors import USAGE, exit_code_of, explain

if TYPE_CHECKING:
    from reader.errors import ImageError
    from reader.qr.decoder import QrDecoder
    from reader.qr.payload import QrPayload

SCHEMA = "motcham.scan/1"


class ScanKind(StrEnum):
    QR = "qr"
    MRZ = "mrz"
    AUTO = "auto"
    """Every kind that this version reads."""


class MrzNotAvailable(Exception):
    code: ClassVar[str] = "scan.mrz_not_available"
    message: ClassVar[str] = "this version does not read an MRZ from a picture"
    remedy: ClassVar[str] = "Scan the QR code with --kind qr, or give the MRZ to `motcham read --mrz`."


@dataclass(frozen=True, slots=True)
class _Found:
    text: str = field(repr=False)
    payload: QrPayload
    ms: float
    """Time in which all codes of the picture were found."""


def scan(
    images: Annotated[
        list[Path],
        typer.Argument(help="Picture files.", metavar="IMAGE...", exists=True, dir_okay=False, readable=True),
    ],
    kind: Annotated[ScanKind, typer.Option(help="What to look for.")] = ScanKind.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file, each on a line.")] = False,
) -> None:
    """Decode the QR codes in picture files.

    A picture without a code is a result, not a fault. A file that is no picture is told on stderr and makes the exit
    code 2; the others are scanned all the same.
    """
    report = _report_json if as_json else _report_plain
    if kind is ScanKind.MRZ:
        explain(MrzNotAvailable())
        for path in images:
            report(path, [], MrzNotAvailable())
        raise typer.Exit(USAGE)

    from reader.errors import ImageError
    from reader.qr.decoder import QrDecoder
    from reader.qr.engines import installed_engines

    decoder = QrDecoder(installed_engines())
    code = 0
    for path in _with_progress(images):
        try:
            report(path, _qr_codes(path, decoder), None)
        except ImageError as error:
            print(f"{path}:", file=sys.stderr)
            explain(error)
            report(path, [], error)
            code = exit_code_of(error)
    raise typer.Exit(code)


def _qr_codes(path: Path, decoder: QrDecoder) -> list[_Found]:
    from reader.frames import read_image
    from reader.qr.payload import parse

    image = read_image(path)
    begun = time.perf_counter()
    codes = decoder.decode(image)
    ms = round(1000 * (time.perf_counter() - begun), 3)
    return [_Found(code.text, parse(code.text), ms) for code in codes]


def _with_progress(images: Sequence[Path]) -> Iterable[Path]:
    """A bar while the results go elsewhere; on the terminal they are the progress themselves."""
    from rich.console import Console
    from rich.progress import track

    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    return track(images, "Scanning", console=Console(stderr=True), transient=True, disable=hidden)


def _report_json(path: Path, results: list[_Found], fault: ImageError | MrzNotAvailable | None) -> None:
    report: dict[str, object] = {
        "schema": SCHEMA,
        "file": str(path),
        "results": [
            {"kind": "qr", "text": found.text, "payload": found.payload.to_json(), "ms": found.ms} for found in results
        ],
    }
    if fault is not None:
        report["error"] = {"code": fault.code, "message": fault.message, "remedy": fault.remedy}
    print(json.dumps(report, ensure_ascii=False))


def _report_plain(path: Path, results: list[_Found], fault: ImageError | MrzNotAvailable | None) -> None:
    if fault is not None:
        return  # told on stderr
    if not results:
        print(f"{path}: no QR code found")
    for found in results:
        print(f"{path}: {found.payload.type}: {_printable(found.text)}")


def _printable(text: str) -> str:
    """A code may hold what commands a terminal; such characters are written out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
