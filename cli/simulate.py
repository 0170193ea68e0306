"""`motcham simulate`: cards that exist only in software, in a virtual PC/SC reader."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from cli import errors

if TYPE_CHECKING:
    from simulator.sample_card import SampleCard

SCHEMA: Final = "motcham.simulate/1"
_FIRST_PORT: Final = 35963
_PATTERN_HELP: Final = "a passport with this PACE only, such as pace:CAM-ECDH-AES-256:16:CAN"


class _CardByDefault(TyperGroup):
    """`motcham simulate --profile …` is short for `motcham simulate card --profile …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["card", *args]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


simulate_app = typer.Typer(
    cls=_CardByDefault,
    help="Cards that exist only in software, in a virtual PC/SC reader. Without a command: `card`.",
    epilog="Example: motcham simulate --profile cccd",
)


@simulate_app.command(epilog="Example: motcham simulate --profile cccd --fault pulled-away")
def card(
    profile: Annotated[str, typer.Option(help="Which card; `motcham simulate list` names them.")] = "cccd",
    fault: Annotated[
        str | None, typer.Option(help="What is wrong with it; also flip:FILE:OFFSET, such as flip:DG2:1000.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Another invented holder, by id.")] = None,
    port: Annotated[int, typer.Option(help="Slot of vpcd: 35963 or 35964.", min=1, max=65535)] = _FIRST_PORT,
    files: Annotated[
        Path | None,
        typer.Option(help="Make the chip of a folder of files and their private keys, in place of a profile."),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(help="With --files: put this file on the chip though EF.COM does not name it. Repeatable."),
    ] = None,
    dg2_size: Annotated[int | None, typer.Option(help="Exact bytes of DG2, for measurements.", min=1)] = None,
    short_length: Annotated[bool, typer.Option("--short-length", help="A chip without extended length.")] = False,
    field: Annotated[
        str | None,
        typer.Option(metavar="KBIT:MS", help="Slow the link down to so many kbit/s and ms a command: 423.8:5."),
    ] = None,
    trust: Annotated[
        bool, typer.Option(help="Keep the simulated issuer in the trust store while the card is in.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Put a simulated card into a virtual PC/SC reader until Ctrl-C, and tell what opens it."""
    from simulator.errors import SimulatorError, SizeUnreachable, UnknownName, UnusableField, UnusableFolder
    from simulator.pcscd import ensure_pcscd
    from simulator.radio_field import RadioField
    from simulator.simulated_trust import trusted_issuer

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        radio = None if field is None else RadioField.parse(field)
        sample, csca = _make(profile, fault, person, files, add or [], dg2_size)
        with ExitStack() as stack:
            if stack.enter_context(ensure_pcscd()):
                print("The PC/SC service was started; it stops with this command.", file=sys.stderr)
            anchor = None
            if trust and csca is not None:
                anchor = stack.enter_context(trusted_issuer(_trust_folder(), csca))
            manners = replace(sample.manners, extended_length=False) if short_length else sample.manners
            stack.enter_context(sample.virtual_card(secrets.token_bytes, port=port, manners=manners, radio=radio))
            _tell(_description(sample, None if files else profile, port, anchor), as_json)
            stop.wait()
    except (UnknownName, UnusableFolder, SizeUnreachable, UnusableField) as error:
        errors.explain(error)
        raise typer.Exit(errors.USAGE) from error
    except SimulatorError as error:
        errors.explain(error)
        raise typer.Exit(errors.NOTHING_TO_READ) from error


@simulate_app.command("list", epilog="Example: motcham simulate list --json")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Name every profile, fault and invented person, and what a reader must make of each."""
    from simulator.faults import named_faults
    from simulator.pace_variants import every_variant
    from simulator.people import sample_people
    from simulator.profiles import PACE_PATTERN, named_profiles
    from simulator.travellers import sample_travellers

    profiles, faults, people = named_profiles().values(), named_faults().values(), sample_people().values()
    travellers = sample_travellers().values()
    if as_json:
        found = {
            "schema": "motcham.simulate-list/1",
            "profiles": [{"name": p.name, "summary": p.summary, "expected": p.expected} for p in profiles],
            "faults": [{"name": f.name, "summary": f.summary, "expected": f.expected} for f in faults],
            "people": [{"id": person.id, "name": person.name} for person in people],
            "travellers": [{"id": traveller.id, "name": traveller.full_name} for traveller in travellers],
            "pace": [PACE_PATTERN + variant.name for variant in every_variant()],
        }
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for title, entries in (("Profiles", profiles), ("Faults", faults)):
        typer.echo(title)
        for entry in entries:
            typer.echo(f"  {entry.name:24} {entry.summary}\n{'':27}→ {entry.expected}")
        if title == "Profiles":
            typer.echo(f"  {PACE_PATTERN + 'PROTOCOL:NUMBER:PASSWORD'}\n{'':27}{_PATTERN_HELP}")
    typer.echo(f"  {'flip:FILE:OFFSET[:MASK]':24} one byte of a file is another\n{'':27}→ reject: passive.hashes")
    typer.echo("People (citizen's cards)")
    for person in people:
        typer.echo(f"  {person.id:24} {person.name}")
    typer.echo("Travellers (passports and identity cards of Utopia)")
    for traveller in travellers:
        typer.echo(f"  {traveller.id:24} {traveller.full_name}")


@simulate_app.command(epilog="Example: motcham simulate people > people.json; motcham registry seed --add people.json")
def people() -> None:
    """Write the invented people with their insurance as JSON, as `motcham registry seed --add` takes them."""
    typer.echo(json.dumps(citizen_records(), ensure_ascii=False, indent=2))


def citizen_records() -> list[dict[str, str]]:
    """The invented people with their insurance, as the registry's seed takes them; dates in ISO 8601."""
    from simulator.people import sample_people

    return [
        {
            "personal_number": person.personal_number,
            "name": person.name,
            "birth_date": person.birth_date.isoformat(),
            "sex": person.sex,
            "address": person.residence,
            "insurance_number": person.insurance.card_number,
            "insured_from": person.insurance.valid_from.isoformat(),
            "insured_until": person.insurance.valid_until.isoformat(),
        }
        for person in sample_people().values()
    ]


def _make(
    profile: str, fault: str | None, person: str | None, files: Path | None, add: list[str], dg2_size: int | None
) -> tuple[SampleCard, bytes | None]:
    """The card, and its issuer's CSCA where a reader is to trust it."""
    from simulator.card_folder import load_card_folder
    from simulator.citizen_card import ChipKeys
    from simulator.faults import find_fault
    from simulator.issuer import Issuer
    from simulator.profiles import find_profile
    from simulator.sample_card import SampleCard, make_card, with_fault

    what = None if fault is None else find_fault(fault)
    if files is not None:
        found = SampleCard(load_card_folder(files, add))
        return found if what is None else with_fault(found, what, secrets.token_bytes), None
    kind = find_profile(profile)
    issuer = Issuer.create(kind.country, now=datetime.now(UTC), random_bytes=secrets.token_bytes)
    keys = ChipKeys.generate(secrets.token_bytes)
    made = make_card(kind, issuer, keys, secrets.token_bytes, fault=what, person=person, dg2_size=dg2_size)
    return made, issuer.csca_der if made.issued and (what is None or what.issuer_known) else None


def _trust_folder() -> Path:
    from kiosk.settings import Settings

    return Settings.load().trust_folder


def _description(sample: SampleCard, profile: str | None, port: int, anchor: Path | None) -> dict[str, Any]:
    """What a person needs to open the card. All of it is invented, or lies in the folder that was given."""
    mrz = sample.personalisation.mrz
    return {
        "schema": SCHEMA,
        "profile": profile,
        "fault": None if sample.fault is None else sample.fault.name,
        "reader": f"Virtual PCD 00 {port - _FIRST_PORT:02d}",
        "port": port,
        "personal_number": None if sample.person is None else sample.person.personal_number,
        "qr": sample.qr_text,
        "can": sample.personalisation.can,
        "pin": sample.personalisation.pin,
        "puk": sample.personalisation.puk,
        "mrz": None if mrz is None else mrz.text,
        "trust": None if anchor is None else str(anchor),
    }


def _tell(description: dict[str, Any], as_json: bool) -> None:
    if as_json:
        text = json.dumps(description, ensure_ascii=False)
    else:
        shown = {label: value for label, value in description.items() if label != "schema" and value is not None}
        text = "\n".join(f"{label}: {value}" for label, value in shown.items())
    # A script waits for this line in a pipe, while the command goes on.
    print(text, flush=True)
