"""`motcham read`: one document on a PC/SC reader, read and verified."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import errors
from cli import reading as shared
from cli.beside_reading import (
    PICTURES,
    ask_for_key,
    check_outputs,
    logged,
    private_file,
    progress,
    save_evidence,
    save_photo,
)
from cli.reading import Key, Request, exit_code, group_numbers, moment, read_document, trust_store, unread

if TYPE_CHECKING:
    from reader.model import Inspection

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
    if photo is not None and photo.suffix.lower() not in PICTURES:
        raise typer.BadParameter("--photo takes a name that ends with .jpg or .png")
    check_outputs(photo, evidence, apdu_log)
    judged_at = moment(at)
    numbers = group_numbers(groups)
    key = Key(qr, id_number, can, mrz, document_number, birth, expiry, access)
    opening = key.opening(judged_at.date(), ask_for_key)
    store = trust_store(trust or (), crl or (), judged_at)
    from reader.errors import ReaderError
    from reader.policy import Policy

    with ExitStack() as stack:
        around = None if apdu_log is None else logged(stack.enter_context(private_file(apdu_log)))
        request = Request(opening, store, Policy(), judged_at, reader, wait, timeout, numbers, around)
        try:
            with progress() as (listener, say):
                inspection = read_document(request, listener, say)
        except ReaderError as error:
            inspection = unread(error.code, error.message, error.remedy)
        except Exception as error:  # noqa: BLE001 - also a defect ends with one object on stdout and no traceback
            errors.explain(error)
            inspection = unread("program.defect", "a defect of the program", "Please report it.")
    print_result(inspection, as_json)
    if evidence is not None:
        save_evidence(inspection, judged_at, evidence)
    if photo is not None:
        save_photo(inspection, photo)
    raise typer.Exit(exit_code(inspection))


def print_result(inspection: Inspection, as_json: bool) -> None:
    """One JSON object on stdout, or words for people; what failed goes to stderr then."""
    from cli.inspection_table import print_inspection
    from reader.report import to_json

    if as_json:
        typer.echo(json.dumps(to_json(inspection), ensure_ascii=False))
    elif inspection.failure is not None:
        failure = inspection.failure
        typer.echo(f"motcham: {failure.message} [{failure.code}]\n         {failure.remedy}", err=True)
    else:
        print_inspection(inspection)
