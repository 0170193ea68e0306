"""`motcham checkin`: one visit without a screen."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from cli import reading as shared
from cli.beside_reading import (
    PICTURES,
    ask_for_key,
    check_outputs,
    logged,
    private_file,
    progress,
    save_evidence,
    save_photo,
)
from cli.kiosk import DeskOption
from cli.outbox import ConfigOption
from cli.read import ApduLogOption, EvidenceOption, JsonOption, PhotoOption

if TYPE_CHECKING:
    from cli.headless_visit import Outcome
    from kiosk.settings import Settings
    from kiosk.visit.states import Clinic, Desk
    from reader.model import Failure, Inspection

SCHEMA: Final = "motcham.checkin/1"

RegistryOption = Annotated[
    str | None, typer.Option("--registry", help="Address of the registry; default: the settings', or an embedded one.")
]
ClinicOption = Annotated[str | None, typer.Option("--clinic", help="Id of the clinic to go to; default: the first.")]


def checkin(
    desk: DeskOption = None,
    registry: RegistryOption = None,
    clinic: ClinicOption = None,
    config: ConfigOption = None,
    reader: shared.ReaderOption = None,
    wait: shared.WaitOption = 15.0,
    timeout: shared.TimeoutOption = 30.0,
    qr: shared.QrOption = None,
    id_number: shared.NumberOption = None,
    can: shared.CanOption = None,
    mrz: shared.MrzOption = None,
    document_number: shared.DocumentNumberOption = None,
    birth: shared.BirthOption = None,
    expiry: shared.ExpiryOption = None,
    access: shared.AccessOption = "auto",
    trust: shared.TrustOption = None,
    crl: shared.CrlOption = None,
    at: shared.AtOption = None,
    groups: shared.GroupsOption = None,
    as_json: JsonOption = False,
    photo: PhotoOption = None,
    evidence: EvidenceOption = None,
    apdu_log: ApduLogOption = None,
) -> None:
    """Check one person in by the document on the reader: read it, ask the registry, record, print the ticket.

    Exit codes as of `motcham read`. Without network the visit is recorded and sent by the next kiosk or check-in.
    """
    from cli.headless_visit import Companion, play_visit
    from cli.registry_access import registry_of
    from kiosk.assembly import Extras, assembled
    from reader.progress import Progressed

    if photo is not None and photo.suffix.lower() not in PICTURES:
        raise typer.BadParameter("--photo takes a name that ends with .jpg or .png")
    check_outputs(photo, evidence, apdu_log)
    if registry is not None and not registry.startswith(("http://", "https://")):
        raise typer.BadParameter("--registry takes an address such as https://registry.example:8600")
    judged_at = shared.moment(at)
    key = shared.Key(qr, id_number, can, mrz, document_number, birth, expiry, access)
    numbers = shared.group_numbers(groups)
    opening = key.opening(judged_at.date(), ask_for_key)
    settings = _settings(config, desk, reader, timeout)
    store = shared.trust_store(trust or (), crl or (), judged_at)
    seen = _Seen()
    with ExitStack() as stack:
        around = None if apdu_log is None else logged(stack.enter_context(private_file(apdu_log)))
        extras = Extras(
            code_devices=False,
            moment=(lambda: judged_at) if at is not None else None,
            groups=numbers,
            around=around,
            on_inspection=seen.note,
        )
        client = stack.enter_context(registry_of(settings, registry, trust or ()))
        conductor = stack.enter_context(assembled(settings, client, store, extras))
        listener, say = stack.enter_context(progress())
        companion = Companion(
            choose=lambda clinics: _choose(clinics, clinic),
            progress=lambda phase, step, fraction: listener(Progressed(phase, step, fraction)),
            say=say,
        )
        conductor.start()
        outcome = play_visit(conductor, opening, companion, wait=wait, timeout=timeout)
    inspection = seen.inspection
    failure = _failure(outcome, inspection)
    _print(settings, outcome, inspection, failure, as_json)
    if inspection is not None and evidence is not None:
        save_evidence(inspection, judged_at, evidence)
    if inspection is not None and photo is not None:
        save_photo(inspection, photo)
    raise typer.Exit(_exit_code(inspection, failure))


@dataclass(slots=True)
class _Seen:
    """The last inspection, for what the ticket does not tell."""

    inspection: Inspection | None = field(default=None, repr=False)

    def note(self, inspection: Inspection) -> None:
        self.inspection = inspection


def _settings(config: Path | None, desk: Desk | None, reader: str | None, timeout: float) -> Settings:
    from kiosk.settings import Settings

    given: dict[str, Any] = {
        "limits": {"reading": timeout, "reading_stalled": timeout, "card_lifted": timeout},
    }
    if desk is not None:
        given["desk"] = desk
    if reader is not None:
        given["devices"] = {"reader": reader}
    return Settings.load(config, **given)


def _choose(clinics: tuple[Clinic, ...], wanted: str | None) -> str:
    if wanted is None:
        return clinics[0].id
    if wanted not in {clinic.id for clinic in clinics}:
        raise typer.BadParameter(f"--clinic is one of {', '.join(clinic.id for clinic in clinics)}")
    return wanted


def _failure(outcome: Outcome, inspection: Inspection | None) -> Failure | None:
    """Why there is no ticket, unless it is the verdict itself that says so."""
    from reader.model import Verdict

    if outcome.code is None:
        return None
    if inspection is not None and inspection.failure is not None and inspection.failure.code == outcome.code:
        return inspection.failure
    if inspection is not None and inspection.verdict is not Verdict.NONE and outcome.code in _denials(inspection):
        return None
    return _explained(outcome.code)


def _denials(inspection: Inspection) -> tuple[str, ...]:
    from kiosk.visit.reading import denial_code

    return (denial_code(inspection.reasons),)


def _explained(code: str) -> Failure:
    from kiosk.errors import OutboxUnusable
    from reader import errors as reading
    from reader.model import Failure

    known: tuple[tuple[type[reading.ReaderError], str], ...] = (
        (reading.ServiceUnavailable, "the PC/SC service is not running"),
        (reading.NoReader, "no reader is connected"),
        (reading.ReaderLost, "the reader went away"),
        (reading.ServiceLost, "the PC/SC service stopped"),
        (reading.NoCard, "no card came in time"),
        (reading.LinkTimeout, "the visit took too long"),
        (reading.CardRemoved, "the card left the reader"),
    )
    found = next(((message, kind.remedy) for kind, message in known if kind.code == code), None)
    message, remedy = found or ("the visit could not be recorded", OutboxUnusable.remedy)
    return Failure(code, message, remedy)


def _exit_code(inspection: Inspection | None, failure: Failure | None) -> int:
    if failure is not None:
        return shared.exit_code(shared.unread(failure.code, failure.message, failure.remedy))
    if inspection is None:
        raise ValueError("a visit without inspection has a failure")
    return shared.exit_code(inspection)


def _print(
    settings: Settings, outcome: Outcome, inspection: Inspection | None, failure: Failure | None, as_json: bool
) -> None:
    from kiosk.ticket import ticket_content

    issued = outcome.issued
    content = (
        None if issued is None else ticket_content(issued.ticket, issued.insurance, ZoneInfo(settings.place.timezone))
    )
    if as_json:
        result: dict[str, Any] = {
            "schema": SCHEMA,
            "desk": settings.desk.value,
            "verdict": "none" if inspection is None else inspection.verdict.value,
            "reasons": [] if inspection is None else list(inspection.reasons),
            "ticket": None
            if content is None
            else {**content.to_json(), "lines": {"vi": content.lines("vi"), "en": content.lines("en")}},
        }
        if failure is not None:
            result["error"] = {"code": failure.code, "message": failure.message, "remedy": failure.remedy}
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    if content is not None:
        typer.echo("\n".join((*content.lines("vi"), "", *content.lines("en"))))
    elif failure is not None:
        typer.echo(f"motcham: {failure.message} [{failure.code}]\n         {failure.remedy}", err=True)
    elif inspection is not None:
        typer.echo(f"motcham: verdict {inspection.verdict.value}: {', '.join(inspection.reasons)}", err=True)
