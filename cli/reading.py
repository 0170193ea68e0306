"""What the commands that read a document share: their options, the patient reading itself, the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as day_time
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import errors

if TYPE_CHECKING:
    from reader.keys import Opening
    from reader.model import Inspection
    from reader.policy import Policy
    from reader.progress import ProgressListener
    from reader.transport import Transport
    from reader.trust import TrustStore

_VERDICTS: Final = MappingProxyType({"accept": errors.ACCEPT, "review": errors.REVIEW, "reject": errors.REJECT})
_FAILURES: Final = (
    ("access.", errors.KEY_REFUSED),
    ("link.no_", errors.NOTHING_TO_READ),
    ("link.nothing_to_read", errors.NOTHING_TO_READ),
    ("link.", errors.LINK_FAILED),
    ("document.not_supported", errors.NOT_A_DOCUMENT),
    ("program.", errors.DEFECT),
)

ReaderOption = Annotated[str | None, typer.Option("--reader", help="The first PC/SC reader whose name contains this.")]
WaitOption = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for a card.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, help="Seconds for the whole reading.")]
QrOption = Annotated[str | None, typer.Option("--qr", help="Text of the card's QR code.")]
NumberOption = Annotated[str | None, typer.Option("--id-number", help="The citizen's number, 12 digits.")]
CanOption = Annotated[str | None, typer.Option("--can", help="Card access number.")]
MrzOption = Annotated[str | None, typer.Option("--mrz", help="Lines of the MRZ, joined by line breaks or by nothing.")]
DocumentNumberOption = Annotated[str | None, typer.Option("--document-number", help="As in the MRZ.")]
BirthOption = Annotated[str | None, typer.Option("--birth", help="Date of birth, YYMMDD.")]
ExpiryOption = Annotated[str | None, typer.Option("--expiry", help="Date of expiry, YYMMDD.")]
AccessOption = Annotated[str, typer.Option("--access", help="auto, pace or bac.")]
TrustOption = Annotated[
    list[Path] | None,
    typer.Option("--trust", exists=True, help="Certificate, master list or folder; in place of the installed store."),
]
CrlOption = Annotated[list[Path] | None, typer.Option("--crl", exists=True, dir_okay=False, help="Revocation list.")]
AtOption = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="Judge validity on this day.")]
GroupsOption = Annotated[str | None, typer.Option("--groups", help="Data groups to read, such as 1,2,13.")]


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """What was given to open the chip; every field as on the command line. Its repr tells none of it."""

    qr: str | None = None
    number: str | None = None
    can: str | None = None
    mrz: str | None = None
    document_number: str | None = None
    birth: str | None = None
    expiry: str | None = None
    access: str = "auto"

    def opening(self, today: date, ask: Callable[[], str | None]) -> Opening:
        """The keys that this makes; `ask` is called where nothing was given.

        Raises:
            typer.BadParameter: nothing was given, more than one way, one that cannot be read, or no access protocol.
        """
        from reader import opening
        from reader.errors import KeyMissing, PayloadError
        from reader.keys import AccessMode

        if self.access not in set(AccessMode):
            raise typer.BadParameter("--access is one of auto, pace, bac")
        mode = AccessMode(self.access)
        fields = (self.document_number, self.birth, self.expiry)
        number, birth, expiry = (value or "" for value in fields)
        ways = (
            (self.qr, opening.opening_from_qr),
            (self.number, opening.opening_from_number),
            (self.can, opening.opening_from_can),
            (self.mrz, partial(opening.opening_from_mrz, today=today)),
        )
        given = [partial(way, value) for value, way in ways if value is not None]
        if any(fields):
            given.append(partial(opening.opening_from_fields, number, birth, expiry))
        if len(given) > 1:
            raise typer.BadParameter("give one of --qr, --id-number, --can, --mrz, --document-number")
        if not given:
            typed = ask()
            if not typed:
                raise typer.BadParameter(f"nothing was given that could open the chip. {KeyMissing.remedy}")
            given.append(partial(opening.opening_from_typed, typed, today))
        try:
            return given[0](mode=mode)
        except (KeyMissing, PayloadError) as error:
            raise typer.BadParameter(errors.in_a_line(error)) from error


def moment(at: datetime | None) -> datetime:
    """The moment that validity is judged at: noon of the day given, or now, in this machine's time zone."""
    return datetime.now(UTC).astimezone() if at is None else datetime.combine(at.date(), day_time(12)).astimezone()


def group_numbers(text: str | None) -> tuple[int, ...] | None:
    """Read ``1,2,13``; raises typer.BadParameter."""
    if text is None:
        return None
    numbers = text.split(",")
    if not all(number.strip().isdecimal() and 1 <= int(number) <= 16 for number in numbers):
        raise typer.BadParameter("--groups takes numbers from 1 to 16, such as 1,2,13")
    return tuple(int(number) for number in numbers)


def trust_store(given: Sequence[Path], crls: Sequence[Path], at: datetime) -> TrustStore:
    """What is given in place of the installed store, or that; CRLs are added to either.

    Raises:
        TrustError: a path holds no trust material.
    """
    from kiosk.settings import Settings
    from reader import trust
    from reader.trust_folder import TrustFolder

    store = trust.load(given, at) if given else TrustFolder(Settings.load().trust_folder).load(at)
    return trust.merge(store, trust.load(crls, at)) if crls else store


@dataclass(frozen=True, slots=True)
class Request:
    """One document to read.

    Attributes:
        reader: part of a PC/SC reader's name; None takes any.
        wait: seconds for the card to come.
        timeout: seconds for the reading, a card lifted and put back included.
        around: goes around each connection to the card, for a trace.
    """

    opening: Opening
    trust: TrustStore
    policy: Policy
    at: datetime
    reader: str | None = None
    wait: float = 15.0
    timeout: float = 30.0
    groups: tuple[int, ...] | None = None
    around: Callable[[Transport], Transport] | None = None


def read_document(request: Request, listener: ProgressListener, say: Callable[[str], None]) -> Inspection:
    """Wait for the card and read it. A card that is lifted is waited for, a bounded number of times.

    Args:
        say: tells the person what to do.

    Raises:
        NothingToRead: no service, no reader, or no card in time.
        CardRemoved, ReaderLost: the card was lifted and not put back in time, or too often; or the reader was.
    """
    from reader.library import read_card

    return read_card(
        request.opening,
        request.trust,
        policy=request.policy,
        at=request.at,
        reader=request.reader or "",
        groups=request.groups,
        listener=listener,
        on_interruption=lambda: say("The card left the reader. Put it back: the reading goes on where it stopped."),
        around=request.around,
        wait=request.wait,
        seconds=request.timeout,
    )


def unread(code: str, message: str, remedy: str) -> Inspection:
    """An inspection that ended before it began."""
    from reader.model import Failure, Inspection, LinkStatistics, Verdict

    failure = Failure(code, message, remedy)
    return Inspection(Verdict.NONE, (), (), None, None, {}, None, (), 0.0, LinkStatistics(), failure)


def exit_code(inspection: Inspection) -> int:
    """The contract's exit code."""
    if inspection.failure is None:
        return _VERDICTS[inspection.verdict]
    code = inspection.failure.code
    return next((number for prefix, number in _FAILURES if code.startswith(prefix)), errors.LINK_FAILED)
