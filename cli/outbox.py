"""`motcham outbox`: what waits to be sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from kiosk.outbox import Outbox, RecordInfo

SCHEMA: Final = "motcham.outbox/1"
_OWNER_ONLY: Final = 0o600
_UNSENT: Final = frozenset({"sealed", "sending", "rejected", "quarantined"})

outbox_app = typer.Typer(
    no_args_is_help=True,
    help="Records that wait to be sent to the registry.",
    epilog="Example: motcham outbox list",
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file.", dir_okay=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@outbox_app.command("list", epilog="Example: motcham outbox list --json")
def list_records(
    config: ConfigOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that the registry has.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the records and how far they are; nothing of the people in them."""
    with opened_outbox(config) as outbox:
        found = () if outbox is None else outbox.records()
    shown = [record for record in found if every or record.state in _UNSENT]
    if as_json:
        typer.echo(json.dumps({"schema": SCHEMA, "records": [_summary(record) for record in shown]}))
    else:
        _show(shown)


@outbox_app.command(epilog="Example: motcham outbox retry 0190a1b2-…")
def retry(
    record: Annotated[
        str | None, typer.Argument(help="One record's id: it is sent again even if the registry refused it.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Send the waiting records as soon as the kiosk runs, whatever pause was set for them."""
    from kiosk.errors import NoSuchRecord

    with opened_outbox(config) as outbox:
        if outbox is None and record is not None:
            raise NoSuchRecord("no visit was recorded yet")
        count = 0 if outbox is None else outbox.retry(record)
    typer.echo(f"outbox: {count} due now", err=True)


@outbox_app.command(epilog="Example: motcham outbox export /media/usb/records.json")
def export(
    file: Annotated[Path, typer.Argument(help="A new file, for its owner only: it will hold personal data.")],
    config: ConfigOption = None,
) -> None:
    """Write the records that the registry does not have, as batches for its `/v1/check-ins/batch`.

    The export stands in the audit trail. The records stay in the outbox: the registry stores each once.
    """
    with opened_outbox(config) as outbox:
        found = () if outbox is None else outbox.export()
    items = [{"key": key, "record": json.loads(content)} for key, content in found]
    batches = [{"items": items[start : start + 100]} for start in range(0, len(items), 100)]
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8") as handle:
        json.dump({"schema": "motcham.outbox-export/1", "batches": batches}, handle, ensure_ascii=False)
    typer.echo(f"outbox: {len(items)} records, with personal data, in {file}", err=True)


@contextmanager
def opened_outbox(config: Path | None) -> Iterator[Outbox | None]:
    """The outbox of the settings, or None where no visit was recorded yet."""
    from kiosk.clock import SystemClock
    from kiosk.outbox import Outbox
    from kiosk.settings import Settings

    settings = Settings.load(config)
    if not settings.outbox_file.exists():
        yield None
        return
    with Outbox.open(settings.outbox_file, settings.key_file, clock=SystemClock(), repair=False) as outbox:
        yield outbox


def _summary(record: RecordInfo) -> dict[str, object]:
    return {
        "id": record.record_id,
        "sequence": record.sequence,
        "kind": record.kind,
        "state": record.state.value,
        "captured_at": record.captured_at.isoformat(),
        "attempts": record.attempts,
        "next_attempt_at": record.next_attempt_at.isoformat() if record.state == "sealed" else None,
        "last_code": record.last_code,
        "receipt": None if record.receipt is None else record.receipt.receipt_id,
    }


def _show(records: list[RecordInfo]) -> None:
    if not records:
        typer.echo("outbox: nothing waits", err=True)
        return
    # No table that fits itself to the terminal: ids are there to be copied whole.
    typer.echo(f"{'no.':>6}  {'id':36}  {'state':12}  {'captured':19}  attempts  last code")
    for record in records:
        captured = f"{record.captured_at.astimezone():%d/%m/%Y %H:%M:%S}"
        typer.echo(
            f"{record.sequence:6}  {record.record_id:36}  {record.state.value:12}  {captured}  {record.attempts:8}"
            f"  {record.last_code or ''}".rstrip()
        )
