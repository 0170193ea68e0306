"""Screenshots of what a visit showed: each different screen once, in every language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kiosk.visit.states import (
    AskingForKey,
    Desk,
    HereYouAre,
    OutOfService,
    OutOfServiceReason,
    Problem,
    ProblemKind,
    Reading,
    StillThere,
    TicketIssued,
    VisitState,
)
from ui.screenshots import capture
from ui.view_models.words import Language


@dataclass(slots=True)
class Album:
    """A folder of screenshots.

    Attributes:
        taken: the screens that are in it already, so that none is taken twice.
    """

    folder: Path
    desk: Desk
    counter: str
    today: date
    taken: set[str] = field(default_factory=set)

    def add(self, scene: str, states: Iterable[VisitState]) -> int:
        """Take a picture of every screen that is new, in both languages; gives how many screens. Main thread only."""
        new = 0
        for state in states:
            name = screen_name(state)
            if name in self.taken:
                continue
            self.taken.add(name)
            new += 1
            for language in Language:
                picture = capture(state, language, desk=self.desk, counter=self.counter, today=self.today)
                number = f"{len(self.taken):02d}"
                (self.folder / f"{number}-{scene}-{name}.{language.value}.png").write_bytes(picture)
        return new


def screen_name(state: VisitState) -> str:
    """Names what a state looks like: states with the same name show the same screen with other values."""
    kind = _words(type(state).__name__)
    match state:
        case Reading(phase=phase, document=document):
            return f"{kind}-{phase.value}" + ("" if document is None else "-named")
        case HereYouAre(verdict=verdict, insurance=insurance):
            return f"{kind}-{verdict.value}" + ("" if insurance is None else f"-{insurance.standing.value}")
        case TicketIssued(ticket=ticket):
            return f"{kind}-{'confirmed' if ticket.confirmed else 'offline'}-{'clinic' if ticket.clinic else 'receipt'}"
        case Problem(kind=problem):
            return f"{kind}-{problem.value}"
        case OutOfService(reason=reason):
            return f"{kind}-{reason.value}"
        case AskingForKey(typed=typed):
            return f"{kind}-typing" if typed else kind
        case StillThere():
            return kind
    return kind


def unseen_screens(taken: set[str]) -> Iterator[VisitState]:
    """Screens for troubles that the demonstration cannot make by itself, such as a reader that is unplugged."""
    troubles: list[VisitState] = [OutOfService(reason) for reason in OutOfServiceReason]
    troubles += [Problem(kind, _CODES[kind], card_present=True) for kind in _CODES]
    return (state for state in troubles if screen_name(state) not in taken)


_CODES = {ProblemKind.READING_FAILED: "link.timeout", ProblemKind.NOT_RECORDED: "store.full"}


def _words(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
