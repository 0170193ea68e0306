"""`motcham demo`: the whole product without hardware."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from cli import errors
from kiosk.visit.states import Desk


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Play the visits without a window; so it is without a display.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the screenshots of --headless.", file_okay=False)] = Path(
        "shots"
    ),
    desk: Annotated[Desk, typer.Option(help="Which desk the kiosk stands for.")] = Desk.INSURANCE,
) -> None:
    """Show the whole product: virtual PC/SC reader, simulated cards, embedded registry, kiosk.

    With a display the window opens beside a panel that presents sample cards. With --headless every kind of visit is
    played, its timeline printed, and each screen saved as a picture in both languages.
    """
    from cli.demonstration.stage import prepared
    from cli.doctor import examine, show
    from simulator.errors import SimulatorError

    # What was started for the demonstration ends with it, whichever way it is ended.
    signal.signal(signal.SIGTERM, _end)
    try:
        with prepared(_note) as stage:
            if headless or not _has_display():
                from cli.demonstration.headless import play_all
                from cli.demonstration.stage import SIMULATED

                show(examine(stage.settings(desk=desk), SIMULATED))
                if not play_all(stage, desk, out, typer.echo):
                    raise typer.Exit(errors.DEFECT)
                return
            from cli.demonstration.windowed import play

            play(stage, desk)
    except SimulatorError as error:
        errors.explain(error)
        raise typer.Exit(errors.NOTHING_TO_READ) from error


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _note(text: str) -> None:
    typer.echo(f"demo: {text}", err=True)


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
