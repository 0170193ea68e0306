"""`motcham registry`: the central service."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import uvicorn

    from registry.store import Store

registry_app = typer.Typer(
    no_args_is_help=True,
    help="The central registry that kiosks talk to.",
    epilog="Example: motcham registry serve",
)

Database = Annotated[
    str | None,
    typer.Option(help="SQLAlchemy URL; default: a SQLite file in the data folder.", metavar="URL"),
]
TOKEN_VARIABLE = "MOTCHAM_REGISTRY_TOKEN"


@registry_app.command(epilog="Example: motcham registry init")
def init(database: Database = None) -> None:
    """Make the tables that are missing."""

    store = _open(database)
    store.create_tables()
    store.close()
    typer.echo("registry: ready", err=True)


@registry_app.command(epilog="Example: motcham registry seed --citizens 10000")
def seed(
    database: Database = None,
    citizens: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many people to invent.")] = 10_000,
    seed_number: Annotated[int, typer.Option("--seed", help="The same number invents the same people.")] = 1,
    add: Annotated[
        list[Path] | None, typer.Option(help="JSON file of further people; repeatable.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Invent citizens with insurance, and a hospital's clinics."""
    from rich.console import Console
    from rich.progress import track

    from registry.errors import RecordRefused
    from registry.seed import hospital_clinics, invent_citizens, read_citizens

    try:
        further = [record.row() for path in add or () for record in read_citizens(path)]
    except RecordRefused as error:
        raise typer.BadParameter(error.message, param_hint="--add") from error
    store = _open(database)
    store.create_tables()
    store.add_clinics(hospital_clinics())
    invented = invent_citizens(citizens, seed=seed_number, today=datetime.now().astimezone().date())
    console = Console(stderr=True)
    hidden = not console.is_terminal
    store.add_citizens(track(invented, "Inventing", citizens, console=console, transient=True, disable=hidden))
    store.add_citizens(further)
    typer.echo(f"registry: {store.count_citizens()} citizens", err=True)
    store.close()


@registry_app.command(epilog="Example: motcham registry serve --port 8600")
def serve(
    database: Database = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8600,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust", exists=True, help="Certificate, master list or folder to examine chips by; default: the store."
        ),
    ] = None,
    simulated_issuers: Annotated[
        bool, typer.Option("--simulated-issuers", help="Believe issuers that exist only in software: for trials.")
    ] = False,
    until_stdin_ends: Annotated[bool, typer.Option("--until-stdin-ends", hidden=True)] = False,
) -> None:
    """Run the service until it is stopped. The first line on stdout is its address.

    Every call under /v1 needs the bearer token of the environment's MOTCHAM_REGISTRY_TOKEN. Without one the service
    listens on this machine's loopback only.
    """
    import uvicorn

    from cli.reading import trust_store
    from registry.app import create_app
    from registry.examinations import ChipExaminations

    token = os.environ.get(TOKEN_VARIABLE)
    if token is None and host not in ("127.0.0.1", "::1", "localhost"):
        raise typer.BadParameter(f"set {TOKEN_VARIABLE} to listen beyond this machine", param_hint="--host")
    anchors = trust_store(trust or (), (), datetime.now(UTC))
    store = _open(database)
    store.create_tables()
    examinations = ChipExaminations(
        store,
        anchors,
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        random=secrets.token_bytes,
        include_simulated=simulated_issuers,
    )
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise typer.BadParameter(f"cannot listen there: {error.strerror or error}") from error
    with listening as listener:
        name, chosen = listener.getsockname()[:2]
        typer.echo(f"http://{name}:{chosen}")
        app = create_app(store, token=token, examinations=examinations)
        server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning", server_header=False))
        if until_stdin_ends:
            threading.Thread(target=_stop_after_stdin, args=(server,), name="parent", daemon=True).start()
        server.run(sockets=[listener])
    store.close()


def _stop_after_stdin(server: uvicorn.Server) -> None:
    """A kiosk that is killed cannot stop its registry, but its end of the pipe closes with it."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.should_exit = True


def _url(database: str | None) -> str:
    if database is not None:
        return database
    from kiosk.settings import data_folder

    folder = data_folder() / "registry"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return f"sqlite:///{folder / 'registry.db'}"


def _open(database: str | None) -> Store:
    from sqlalchemy.exc import ArgumentError

    from registry.settings import RegistrySettings
    from registry.store import Store

    settings = RegistrySettings(_url(database))
    try:
        return Store(settings, clock=lambda: datetime.now(UTC), new_id=lambda: secrets.token_hex(16))
    except ArgumentError as error:
        message = "not an SQLAlchemy URL, such as sqlite:////srv/registry.db"
        raise typer.BadParameter(message, param_hint="--database") from error
    except ModuleNotFoundError as error:
        raise typer.BadParameter(f"the driver {error.name} is not installed", param_hint="--database") from error
