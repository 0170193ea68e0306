"""`motcham verify`: the verdict of a recorded inspection, recomputed offline."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import errors
from cli import reading as shared
from cli.read import JsonOption, print_result

if TYPE_CHECKING:
    from reader.evidence import Evidence
    from reader.model import Inspection

EvidenceArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="What `motcham read --evidence` wrote.")
]


def verify(
    evidence: EvidenceArgument,
    trust: shared.TrustOption = None,
    crl: shared.CrlOption = None,
    at: shared.AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute the verdict of a recorded inspection, without the card.

    Output and exit codes as of `motcham read`. What only the reader could see is taken over and marked so: how the chip
    was opened, and that it used the keys of chip authentication.
    """
    from reader.errors import EvidenceError
    from reader.policy import Policy
    from reader.portrait import PortraitDecoder
    from reader.verification import verify_evidence

    recorded = _evidence(evidence)
    judged_at = recorded.at if at is None else shared.moment(at)
    store = shared.trust_store(trust or (), crl or (), judged_at)
    with closing(PortraitDecoder()) as portraits:
        try:
            found = verify_evidence(recorded, store, Policy(), portraits, judged_at)
        except EvidenceError as error:
            raise typer.BadParameter(f"{evidence}: {errors.in_a_line(error)}") from error
    print_result(found, as_json)
    _note_difference(recorded, found)
    raise typer.Exit(shared.exit_code(found))


def _evidence(path: Path) -> Evidence:
    from reader.errors import EvidenceError
    from reader.evidence import MAX_SIZE, decode

    try:
        with path.open("rb") as file:
            return decode(file.read(MAX_SIZE + 1))
    except (EvidenceError, OSError) as error:
        why = errors.in_a_line(error) if isinstance(error, EvidenceError) else (error.strerror or "it cannot be read")
        raise typer.BadParameter(f"{path}: {why}") from error


def _note_difference(recorded: Evidence, found: Inspection) -> None:
    if (recorded.verdict, recorded.reasons) != (found.verdict, found.reasons):
        reasons = f" ({', '.join(recorded.reasons)})" if recorded.reasons else ""
        typer.echo(f"motcham: when it was recorded the verdict was {recorded.verdict.value}{reasons}", err=True)
