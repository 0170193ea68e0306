"""Plays every scene without a display, prints each visit's timeline and takes pictures of the screens."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cli.demonstration.pictures import Album, screen_name, unseen_screens
from cli.demonstration.player import Moment, NotSeen, Player
from cli.demonstration.scenes import Scene, scenes
from cli.demonstration.stage import Stage
from kiosk.assembly import Extras, assembled
from kiosk.visit.states import Desk, HereYouAre, Reading, Rest
from registry.client import RegistryClient

_SETTLE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Played:
    """How a scene went; `trouble` is None when it went as it should."""

    scene: Scene
    moments: tuple[Moment, ...]
    trouble: NotSeen | None


def play_all(stage: Stage, desk: Desk, out: Path, tell: Callable[[str], None]) -> bool:
    """Play a desk's scenes; True when each went as it should. Main thread only.

    Args:
        out: folder for the pictures, made where it is missing.
        tell: takes the lines of the timelines.
    """
    out.mkdir(parents=True, exist_ok=True)
    settings = stage.settings(desk=desk)
    today = datetime.now(ZoneInfo(settings.place.timezone)).date()
    album = Album(out, desk, settings.counter.number, today)
    well = True
    for scene in scenes(desk):
        if scene.needs_own_service and not stage.service.own:
            tell(f"\n{scene.title}: not played, the PC/SC service of this machine is not the demonstration's to stop")
            continue
        played = _play(scene, stage, desk)
        tell(f"\n{scene.title}")
        for line in timeline(played.moments):
            tell(f"  {line}")
        if played.trouble is not None:
            tell(f"  NOT AS IT SHOULD BE: {played.trouble}")
            well = False
        with _signals_held_back():
            album.add(scene.id, (moment.state for moment in played.moments))
    with _signals_held_back():
        album.add("shown", unseen_screens(album.taken))
    tell(f"\n{len(album.taken)} screens in both languages are in {out}")
    return well


def _play(scene: Scene, stage: Stage, desk: Desk) -> Played:
    access = stage.registry.running
    settings = stage.settings(desk=desk, limits=scene.limits)
    trouble = None
    with (
        RegistryClient(access.url, token=access.token) as client,
        assembled(settings, client, stage.trust, Extras(code_devices=False)) as conductor,
    ):
        conductor.start()
        with closing(Player(conductor)) as early:
            early.wait_for(Rest, seconds=_SETTLE_SECONDS)
        with closing(Player(conductor)) as player:
            try:
                scene.play(player, stage, desk)
            except NotSeen as missing:
                trouble = missing
        return Played(scene, player.moments, trouble)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Deliver SIGINT and SIGTERM after the block only: Qt swallows what a handler raises below it."""
    caught: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: caught.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if caught:
        signal.raise_signal(caught[0])


def timeline(moments: tuple[Moment, ...]) -> Iterator[str]:
    """One line a screen: seconds since the scene began, the screen, and what it says without personal data."""
    shown = None
    for moment in moments:
        name = screen_name(moment.state)
        if name != shown:
            yield f"{moment.at:7.3f} s  {name}{_detail(moment)}"
            shown = name


def _detail(moment: Moment) -> str:
    match moment.state:
        case Reading(step=step, fraction=fraction):
            return f"  {step}, {fraction:.0%}"
        case HereYouAre(verdict=verdict, checks=checks):
            passed = sum(check.status == "passed" for check in checks)
            return f"  verdict {verdict.value}, {passed} of {len(checks)} checks passed"
        case state:
            code = getattr(state, "code", None)
            number = getattr(getattr(state, "ticket", None), "number", None)
            return f"  {code or number}" if code or number else ""
