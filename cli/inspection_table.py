"""An inspection for people: the verdict in a word, then the checks as a short table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reader.checks import Check
    from reader.model import Document, Inspection

_VERDICTS: Final = {
    "accept": ("ACCEPT", "bold green"),
    "review": ("REVIEW", "bold yellow"),
    "reject": ("REJECT", "bold red"),
    "none": ("NO VERDICT", "bold"),
}
_STATUSES: Final = {
    "passed": ("passed", "green"),
    "failed": ("failed", "bold red"),
    "inconclusive": ("open", "yellow"),
    "not_applicable": ("-", "dim"),
    "unavailable": ("unavailable", "dim"),
}


def print_inspection(inspection: Inspection) -> None:
    """Print to stdout; plain text where that is no terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    word, style = _VERDICTS[inspection.verdict]
    console.print(Text(word, style), Text(", ".join(inspection.reasons), "default"))
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in inspection.checks:
        name, colour = _STATUSES[check.status]
        table.add_row(str(check.id), Text(name, colour), Text(_why(check)))
    console.print(table)
    if inspection.document is not None:
        details = Table(box=None, pad_edge=False, show_header=False)
        for label, value in _lines(inspection.document):
            details.add_row(label, Text(value))
        console.print(details)
    link = inspection.link
    console.print(
        f"{inspection.total_ms / 1000:.2f} s, {link.apdus} commands, "
        f"{link.bytes_sent} bytes sent, {link.bytes_received} received",
        style="dim",
    )


def _why(check: Check) -> str:
    return f"{check.detail} [{check.reason}]".strip() if check.reason else check.detail


def _lines(document: Document) -> Iterator[tuple[str, str]]:
    yield "name", document.name
    yield "number", document.personal_number or document.number
    yield "document", f"{document.type} {document.issuer} {document.number}"
    yield "born", "unknown" if document.birth_date is None else document.birth_date.isoformat()
    yield "sex", document.sex
    yield "nationality", document.nationality
    yield "valid until", "without expiry" if document.expiry_date is None else document.expiry_date.isoformat()
