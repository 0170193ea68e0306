"""`motcham kiosk`: the kiosk's window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kiosk.visit.states import Desk

DeskOption = Annotated[Desk | None, typer.Option(help="Which desk the kiosk stands for; default: the settings'.")]
ConfigOption = Annotated[Path | None, typer.Option(help="Settings file.", dir_okay=False)]
WindowedOption = Annotated[bool, typer.Option("--windowed", help="In a window instead of the full screen.")]


def kiosk(desk: DeskOption = None, config: ConfigOption = None, windowed: WindowedOption = False) -> None:
    """Serve visitors: the kiosk's window."""
    from datetime import UTC, datetime

    from cli.registry_access import registry_of
    from kiosk.assembly import assembled
    from kiosk.settings import Settings
    from reader.trust_folder import TrustFolder
    from ui.window import run

    given: dict[str, Any] = {} if desk is None else {"desk": desk}
    settings = Settings.load(config, **given)
    trust = TrustFolder(settings.trust_folder).load(datetime.now(UTC))
    with registry_of(settings) as registry, assembled(settings, registry, trust) as conductor:
        conductor.start()
        raise typer.Exit(run(conductor, settings, windowed=windowed))


def kiosk_by_default(
    context: typer.Context, desk: DeskOption = None, config: ConfigOption = None, windowed: WindowedOption = False
) -> None:
    """Một Chạm: one tap and you are checked in. Without a command: the kiosk's window."""
    if context.invoked_subcommand is None:
        kiosk(desk, config, windowed)
