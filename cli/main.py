"""The command `motcham`. Each command imports what it needs when it is called."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from cli.audit import audit_app
from cli.checkin import checkin
from cli.demo import demo
from cli.doctor import doctor
from cli.errors import exit_code_of, explain
from cli.kiosk import kiosk, kiosk_by_default
from cli.outbox import outbox_app
from cli.read import read
from cli.registry import registry_app
from cli.scan import scan
from cli.simulate import simulate_app
from cli.trust import trust_app
from cli.verify import verify


def build_app() -> typer.Typer:
    """All commands of the outside contract that exist so far."""
    app = typer.Typer(
        name="motcham",
        help="Một Chạm: one tap and you are checked in. Reads and verifies chip ID cards and passports.",
        pretty_exceptions_enable=False,
        add_completion=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Example: motcham demo",
    )
    app.callback(invoke_without_command=True)(kiosk_by_default)
    app.command(epilog="Example: motcham kiosk --desk insurance")(kiosk)
    app.command(epilog="Example: motcham demo --headless --out shots")(demo)
    app.command(epilog="Example: motcham read --id-number 001099000001 --json")(read)
    app.command(epilog="Example: motcham verify visit.json --trust csca/ --json")(verify)
    app.command(epilog="Example: motcham scan card.jpg --json")(scan)
    app.command(epilog="Example: motcham checkin --id-number 001099000001")(checkin)
    app.command(epilog="Example: motcham doctor --json")(doctor)
    app.add_typer(trust_app, name="trust")
    app.add_typer(registry_app, name="registry")
    app.add_typer(simulate_app, name="simulate")
    app.add_typer(outbox_app, name="outbox")
    app.add_typer(audit_app, name="audit")
    return app


def run() -> None:
    """Entry point: an error that a command let through becomes a message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A file's name may be no UTF-8, and a terminal may know no Vietnamese; both are written out then.
            stream.reconfigure(errors="backslashreplace")
    try:
        build_app()()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 (the last line of defence: no traceback reaches a user)
        explain(error)
        sys.exit(exit_code_of(error))


if __name__ == "__main__":
    run()
