"""The visits that the demonstration plays by itself: a good one, and each kind of trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cli.demonstration.player import Player
from cli.demonstration.stage import Stage
from kiosk.settings import TimeLimits
from kiosk.visit.events import ClinicChosen, Continued, DigitTyped, WentBack
from kiosk.visit.states import (
    AskingForCard,
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Desk,
    Farewell,
    HereYouAre,
    Insurance,
    InsuranceStanding,
    OutOfService,
    Problem,
    ProblemKind,
    Rest,
    StillThere,
    TicketIssued,
)

_BRIEF = TimeLimits(ticket_without_card=0.6, farewell=0.6, problem=1.5)
_IMPATIENT = TimeLimits(idle=0.8, countdown=3.0, farewell=0.6)
_FOREIGN_CODE = "https://example.invalid/menu"


@dataclass(frozen=True, slots=True)
class Scene:
    """One visit. `play` ends when all is as it should be, and raises NotSeen otherwise."""

    id: str
    title: str
    play: Callable[[Player, Stage, Desk], None]
    limits: TimeLimits = _BRIEF
    desks: frozenset[Desk] = frozenset(Desk)
    needs_own_service: bool = False


def scenes(desk: Desk) -> tuple[Scene, ...]:
    """What is played at a desk, in order."""
    insurance = frozenset({Desk.INSURANCE})
    every = (
        Scene("good", "A good card: from the code to the ticket", _good),
        Scene("typed", "The card first, its number typed; then nobody moves", _typed, _IMPATIENT),
        Scene("expired-insurance", "Insurance that has ended", _expired_insurance, desks=insurance),
        Scene("pulled-away", "The card is pulled away in mid-read and put back", _pulled_away),
        Scene(
            "tampered-portrait",
            "Another person's face on the chip",
            _refused("tampered-portrait", "passive.group_changed", Desk.COUNTER),
        ),
        Scene(
            "unknown-issuer",
            "An issuer that nobody vouches for",
            _refused("unknown-issuer", "passive.issuer_not_provisioned", Desk.COUNTER, Desk.RESIDENCE),
        ),
        Scene("wrong-code", "Another card's code", _wrong_code),
        Scene("wrong-number", "Another card's number, typed", _wrong_number),
        Scene("bank-card", "Not an identity document", _bank_card),
        Scene("unknown-code", "A code that is not an identity card's", _unknown_code),
        Scene("network-down", "The registry cannot be reached", _network_down),
        Scene("service-lost", "The PC/SC service stops and comes back", _service_lost, needs_own_service=True),
    )
    return tuple(scene for scene in every if desk in scene.desks)


def _good(player: Player, stage: Stage, desk: Desk) -> None:
    card = stage.card("cccd-no-expiry")
    player.wait_for(Rest)
    player.show_code(card.qr_text or "")
    player.wait_for(AskingForCard)
    player.place(card)
    _take_ticket(player, desk, InsuranceStanding.VALID)


def _take_ticket(player: Player, desk: Desk, standing: InsuranceStanding) -> None:
    """From the person's own screen to rest again."""
    player.wait_for(HereYouAre, lambda here: _settled(here.insurance, desk, standing))
    player.touch(Continued())
    if desk is Desk.INSURANCE and standing in (InsuranceStanding.VALID, InsuranceStanding.UNCONFIRMED):
        menu = player.wait_for(ChoosingClinic)
        player.touch(ClinicChosen(menu.clinics[0].id))
    player.wait_for(TicketIssued)
    player.take()
    player.wait_for(Farewell)
    player.wait_for(Rest)


def _settled(insurance: Insurance | None, desk: Desk, standing: InsuranceStanding) -> bool:
    return desk is not Desk.INSURANCE or (insurance is not None and insurance.standing is standing)


def _typed(player: Player, stage: Stage, desk: Desk) -> None:
    card = stage.card("can_cuoc_2024")
    player.place(card)
    player.wait_for(AskingForKey)
    number = card.person.personal_number if card.person else ""
    player.touch(*(DigitTyped(digit) for digit in number))
    player.wait_for(HereYouAre)
    player.wait_for(StillThere)
    player.wait_for(Farewell)


def _expired_insurance(player: Player, stage: Stage, desk: Desk) -> None:
    card = stage.card("cccd-expired-insurance")
    player.show_code(card.qr_text or "")
    player.place(card)
    _take_ticket(player, desk, InsuranceStanding.EXPIRED)


def _pulled_away(player: Player, stage: Stage, desk: Desk) -> None:
    card = stage.card("cccd", "pulled-away")
    player.show_code(card.qr_text or "")
    player.place(card)
    player.wait_for(CardLifted)
    _take_ticket(player, desk, InsuranceStanding.VALID)


def _refused(fault: str, code: str, *served: Desk) -> Callable[[Player, Stage, Desk], None]:
    """A card that is not accepted; the `served` desks see the person all the same, with the reason."""

    def play(player: Player, stage: Stage, desk: Desk) -> None:
        card = stage.card("cccd", fault)
        player.show_code(card.qr_text or "")
        player.place(card)
        if desk in served:
            player.wait_for(HereYouAre, lambda here: code in here.reasons)
        else:
            player.wait_for(Problem, lambda met: met.kind is ProblemKind.CANNOT_CONFIRM and met.code == code)
        player.touch(WentBack())
        player.take()
        player.wait_for(Rest)

    return play


def _wrong_code(player: Player, stage: Stage, desk: Desk) -> None:
    player.show_code(stage.card("cccd-expired-insurance").qr_text or "")
    player.place(stage.card("cccd"))
    player.wait_for(Problem, lambda met: met.kind is ProblemKind.WRONG_KEY and met.code == "access.key_refused")
    player.take()
    player.wait_for(Rest)


def _wrong_number(player: Player, stage: Stage, desk: Desk) -> None:
    player.place(stage.card("cccd"))
    player.wait_for(AskingForKey)
    holder = stage.card("can_cuoc_2024").person
    player.touch(*(DigitTyped(digit) for digit in (holder.personal_number if holder else "")))
    player.wait_for(Problem, lambda met: met.kind is ProblemKind.WRONG_NUMBER and met.code == "access.key_refused")
    player.take()
    player.wait_for(Rest)


def _bank_card(player: Player, stage: Stage, desk: Desk) -> None:
    player.show_code(stage.card("cccd").qr_text or "")
    player.place(stage.card("bank-card"))
    player.wait_for(Problem, lambda met: met.kind is ProblemKind.NOT_A_DOCUMENT)
    player.take()
    player.wait_for(Rest)


def _unknown_code(player: Player, stage: Stage, desk: Desk) -> None:
    player.show_code(_FOREIGN_CODE)
    player.wait_for(Problem, lambda met: met.kind is ProblemKind.UNKNOWN_CODE)
    player.wait_for(Rest)


def _network_down(player: Player, stage: Stage, desk: Desk) -> None:
    stage.registry.cut()
    try:
        card = stage.card("cccd")
        player.show_code(card.qr_text or "")
        player.place(card)
        _take_ticket(player, desk, InsuranceStanding.UNCONFIRMED)
    finally:
        stage.registry.restore()


def _service_lost(player: Player, stage: Stage, desk: Desk) -> None:
    player.wait_for(Rest)
    stage.service.stop()
    player.wait_for(OutOfService)
    stage.service.start()
    player.wait_for(Rest)
