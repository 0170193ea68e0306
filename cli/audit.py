"""`motcham audit`: the tamper-evident trail."""

from __future__ import annotations

import json
from typing import Final

import typer

from cli.errors import REJECT
from cli.outbox import ConfigOption, JsonOption, opened_outbox

SCHEMA: Final = "motcham.audit/1"

audit_app = typer.Typer(
    no_args_is_help=True,
    help="The kiosk's tamper-evident audit trail.",
    epilog="Example: motcham audit verify",
)


@audit_app.callback()
def audit() -> None:
    """The kiosk's tamper-evident audit trail."""


@audit_app.command(epilog="Example: motcham audit verify --json")
def verify(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Follow the trail from its start to its sealed end. Ends with 20 when it was changed anywhere."""
    from kiosk.errors import TrailBroken

    events, last_hash, broken_at, message = 0, None, None, None
    try:
        with opened_outbox(config) as outbox:
            if outbox is not None:
                report = outbox.trail.verify()
                events, last_hash = report.events, report.last_hash
    except TrailBroken as error:
        broken_at, message = error.sequence, error.message
    if as_json:
        found = {"intact": broken_at is None, "events": events, "last_hash": last_hash, "broken_at": broken_at}
        typer.echo(json.dumps({"schema": SCHEMA, **found}))
    elif broken_at is None:
        typer.echo(f"audit: {events} events, unchanged")
    if message is not None:
        typer.echo(f"motcham: {message} [{TrailBroken.code}]\n         {TrailBroken.remedy}", err=True)
        raise typer.Exit(REJECT)
