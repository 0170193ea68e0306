"""What each screen shows: from a state of the visit to words, numbers and the names of pictures. Pure; no Qt.

`present` gives one `Screen` for one state. QML binds to its fields and contains no words and no decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Final

from kiosk.visit.states import (
    AskingForCard,
    AskingForKey,
    CardLifted,
    ChoosingClinic,
    Clinic,
    Desk,
    Farewell,
    HereYouAre,
    Insurance,
    InsuranceStanding,
    OutOfService,
    Problem,
    ProblemKind,
    Reading,
    Recording,
    Rest,
    StillThere,
    TicketIssued,
    VisitState,
)
from reader.checks import Check, CheckStatus
from reader.model import Document, Verdict
from reader.progress import Phase
from ui.view_models.person import (
    address,
    called_name,
    clinic_floor,
    clinic_name,
    full_name,
    masked,
    masked_while_typing,
)
from ui.view_models.words import Words

CITIZEN_NUMBER_LENGTH: Final = 12
CLINICS_A_PAGE: Final = 6

_STEPS: Final = (Phase.OPENING, Phase.VERIFYING, Phase.PHOTO, Phase.PROVING)

_TONES: Final[Mapping[InsuranceStanding, tuple[str, str]]] = {
    InsuranceStanding.ASKING: ("calm", "waiting"),
    InsuranceStanding.VALID: ("done", "check"),
    InsuranceStanding.EXPIRED: ("attention", "clock"),
    InsuranceStanding.NOT_FOUND: ("attention", "question"),
    InsuranceStanding.MISMATCH: ("attention", "attention"),
    InsuranceStanding.UNCONFIRMED: ("calm", "cloud_off"),
}
_VERDICTS: Final[Mapping[Verdict, tuple[str, str]]] = {
    Verdict.ACCEPT: ("done", "check"),
    Verdict.REVIEW: ("attention", "attention"),
    Verdict.REJECT: ("stop", "cross"),
    Verdict.NONE: ("calm", "question"),
}
_STATUSES: Final[Mapping[CheckStatus, tuple[str, str]]] = {
    CheckStatus.PASSED: ("done", "check"),
    CheckStatus.FAILED: ("stop", "cross"),
    CheckStatus.INCONCLUSIVE: ("attention", "question"),
    CheckStatus.NOT_APPLICABLE: ("calm", "dash"),
    CheckStatus.UNAVAILABLE: ("calm", "dash"),
}
_PROBLEM_PICTURES: Final[Mapping[ProblemKind, str]] = {
    ProblemKind.WRONG_KEY: "code",
    ProblemKind.WRONG_NUMBER: "code",
    ProblemKind.NOT_A_DOCUMENT: "card",
    ProblemKind.UNKNOWN_CODE: "code",
    ProblemKind.READING_FAILED: "card",
    ProblemKind.CANNOT_CONFIRM: "reception",
    ProblemKind.NOT_RECORDED: "reception",
}
_MENDED_HERE: Final = frozenset(
    {
        ProblemKind.WRONG_KEY,
        ProblemKind.WRONG_NUMBER,
        ProblemKind.NOT_A_DOCUMENT,
        ProblemKind.UNKNOWN_CODE,
        ProblemKind.READING_FAILED,
    }
)
"""Problems that the person can solve at this machine; the others are solved at a counter."""
_TRIED_AGAIN: Final = _MENDED_HERE - {ProblemKind.NOT_A_DOCUMENT}
"""Problems whose main button goes on with the visit."""
_SERVED_BY_CLINICS: Final = frozenset({InsuranceStanding.VALID, InsuranceStanding.UNCONFIRMED})
"""What the registry must say for the person to choose a clinic; everybody else gets a number for the counter."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: the parts that all have, and `detail` for what is its own: plain values, as its QML names them."""

    name: str
    """The QML file in qml/screens, without its extension."""
    headline: str = field(repr=False)
    text: str = field(default="", repr=False)
    action: str = ""
    """Label of the main button; "" where there is none."""
    back: str = ""
    """Label of the back button; "" where there is none."""
    code: str = ""
    """Stable code for staff; "" where there is none."""
    detail: Mapping[str, object] = field(default_factory=dict, repr=False)

    def as_map(self) -> dict[str, object]:
        return {
            "screen": self.name,
            "headline": self.headline,
            "text": self.text,
            "action": self.action,
            "back": self.back,
            "code": self.code,
            **self.detail,
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """What a screen must know beyond the state: the words, the place's day and zone, the desk, the helping counter."""

    words: Words
    today: date
    zone: tzinfo
    desk: Desk
    counter: str

    def say(self, key: str, document: Document | None = None, **values: object) -> str:
        """Words with "you", the person's name, and the counter filled in."""
        you = address(document, self.words, self.today)
        name = called_name(document) if document else ""
        return self.words.text(key, you=you, You=you.capitalize(), name=name, counter=self.counter, **values)


def present(state: VisitState, setting: Setting) -> Screen:
    """The screen of a state."""
    match state:
        case Rest():
            return _plain("Rest", "rest", setting, detail={"picture": setting.say("rest.picture")})
        case OutOfService():
            return _out_of_service(state, setting)
        case AskingForKey():
            return _asking_for_key(state, setting)
        case AskingForCard():
            return _plain("AskingForCard", "asking_for_card", setting, back="common.back")
        case Reading():
            return _reading(state, setting)
        case CardLifted():
            return _card_lifted(state, setting)
        case HereYouAre():
            return _staff_verdict(state, setting) if setting.desk is Desk.COUNTER else _here_you_are(state, setting)
        case ChoosingClinic():
            return _choosing_clinic(state, setting)
        case Recording():
            return _recording(state, setting)
        case TicketIssued():
            return _ticket_issued(state, setting)
        case Farewell():
            return _farewell(state, setting)
        case Problem():
            return _problem(state, setting)
        case StillThere():
            return _still_there(state, setting)


def _plain(
    name: str, section: str, setting: Setting, back: str = "", detail: Mapping[str, object] | None = None
) -> Screen:
    return Screen(
        name,
        setting.say(f"{section}.headline"),
        setting.say(f"{section}.text"),
        back=setting.say(back) if back else "",
        detail=detail or {},
    )


def _out_of_service(state: OutOfService, setting: Setting) -> Screen:
    cure = state.reason.value.rpartition(".")[2]
    return Screen(
        "OutOfService",
        setting.say("out_of_service.headline"),
        setting.say("out_of_service.text"),
        code=state.reason.value,
        detail={"cure": setting.say(f"out_of_service_staff.{cure}"), **_sign(setting)},
    )


def _asking_for_key(state: AskingForKey, setting: Setting) -> Screen:
    return Screen(
        "AskingForKey",
        setting.say("asking_for_key.headline"),
        setting.say("asking_for_key.rejected" if state.rejected else "asking_for_key.text"),
        back=setting.say("common.back"),
        detail={
            "places": masked_while_typing(state.typed, CITIZEN_NUMBER_LENGTH),
            "typed": setting.say("asking_for_key.typed", count=len(state.typed)),
            "rejected": state.rejected,
            "keys": [{"digit": digit, "name": setting.say("common.digit", digit=digit)} for digit in "1234567890"],
            "erase": setting.say("common.erase"),
        },
    )


def _reading(state: Reading, setting: Setting) -> Screen:
    doing = setting.say(f"reading.{state.phase}")
    return Screen(
        "Reading",
        _greeting_or(state.document, "reading.headline", setting),
        doing if state.document is None else setting.say("reading.doing", doing=doing),
        back=setting.say("common.stop"),
        detail={"steps": _steps(state.phase, setting), **_progress(state.fraction, setting)},
    )


def _card_lifted(state: CardLifted, setting: Setting) -> Screen:
    return Screen(
        "CardLifted",
        setting.say("card_lifted.headline", state.document),
        setting.say("card_lifted.text", state.document),
        back=setting.say("common.stop"),
        detail={
            "countdown": setting.say("common.seconds", seconds=state.seconds_left),
            **_progress(state.fraction, setting),
        },
    )


def _here_you_are(state: HereYouAre, setting: Setting) -> Screen:
    document = state.document
    accepted = state.verdict is Verdict.ACCEPT
    return Screen(
        "HereYouAre",
        setting.say("here_you_are.headline", document),
        action=_onward(state.insurance, setting),
        back=setting.say("common.stop"),
        code="" if accepted else (state.reasons[0] if state.reasons else ""),
        detail={
            "name": full_name(document),
            "facts": [
                {"label": _number_label(document, "here_you_are", setting), "value": _masked_number(document)},
                *_birth_year(document, setting),
            ],
            "genuine": {
                "text": setting.say(f"here_you_are.{'genuine' if accepted else 'review'}", document),
                "tone": "done" if accepted else "attention",
                "icon": "shield" if accepted else "attention",
            },
            "notices": [_insurance_notice(state.insurance, setting)] if state.insurance else [],
            "portraitName": setting.say("common.portrait"),
        },
    )


def _onward(insurance: Insurance | None, setting: Setting) -> str:
    if insurance is None or insurance.standing in _SERVED_BY_CLINICS:
        return setting.say("common.go_on")
    if insurance.standing is InsuranceStanding.ASKING:
        return ""
    return setting.say("here_you_are.to_counter")


def _staff_verdict(state: HereYouAre, setting: Setting) -> Screen:
    document = state.document
    tone, icon = _VERDICTS[state.verdict]
    return Screen(
        "StaffVerdict",
        full_name(document),
        action=setting.say("common.finish" if state.verdict is Verdict.REJECT else "staff.record"),
        back=setting.say("common.back"),
        code=state.reasons[0] if state.reasons else "",
        detail={
            "verdict": {"text": setting.say(f"staff.{state.verdict}"), "tone": tone, "icon": icon},
            "reasonsLabel": setting.say("staff.reasons"),
            "reasons": list(state.reasons),
            "facts": _staff_facts(document, setting),
            "checksLabel": setting.say("staff.checks"),
            "checks": [_check_row(check, setting) for check in state.checks],
            "portraitName": setting.say("common.portrait"),
            "noPortrait": setting.say("staff.no_portrait"),
        },
    )


def _choosing_clinic(state: ChoosingClinic, setting: Setting) -> Screen:
    return Screen(
        "ChoosingClinic",
        setting.say("choosing_clinic.headline", state.document),
        back=setting.say("common.back"),
        detail={
            "clinics": [_clinic_card(clinic, setting) for clinic in state.clinics],
            "page": CLINICS_A_PAGE,
            "more": setting.say("common.more") if len(state.clinics) > CLINICS_A_PAGE else "",
        },
    )


def _recording(state: Recording, setting: Setting) -> Screen:
    return Screen(
        "Recording",
        setting.say("recording.headline" if state.clinic else "recording.headline_plain"),
        setting.say("recording.text", state.document),
        detail={"place": clinic_name(state.clinic, setting.words) if state.clinic else ""},
    )


def _ticket_issued(state: TicketIssued, setting: Setting) -> Screen:
    ticket, document = state.ticket, state.document
    issued = ticket.issued_at.astimezone(setting.zone)
    waiting = "offline" if state.insurance else "offline_plain"
    recorded = "confirmed" if ticket.confirmed else waiting
    return Screen(
        "TicketIssued",
        setting.say("ticket_issued.headline" if ticket.clinic else "ticket_issued.headline_plain", document),
        _way(ticket.clinic, document, setting) if ticket.clinic else "",
        action=setting.say("common.finish"),
        detail={
            "numberLabel": setting.say("ticket_issued.number"),
            "number": ticket.number,
            "place": clinic_name(ticket.clinic, setting.words) if ticket.clinic else "",
            "room": _room(ticket.clinic, setting) if ticket.clinic else "",
            "waiting": _people_before(ticket.clinic, document, setting) if ticket.clinic else "",
            "issued": setting.say(
                "ticket_issued.issued",
                time=f"{issued:%H:%M}",
                date=setting.words.day(issued.date()),
            ),
            "recorded": {
                "text": setting.say(f"ticket_issued.{recorded}", document),
                "tone": "done" if ticket.confirmed else "calm",
                "icon": "check" if ticket.confirmed else "cloud_off",
            },
            "takeCard": setting.say("ticket_issued.take_card") if state.card_present else "",
        },
    )


def _farewell(state: Farewell, setting: Setting) -> Screen:
    headline = "farewell.headline" if state.card_present else "farewell.headline_card_taken"
    return Screen(
        "Farewell",
        setting.say(headline),
        setting.say("farewell.text"),
        detail={"cardPresent": state.card_present},
    )


def _problem(state: Problem, setting: Setting) -> Screen:
    mended_here, tried_again = state.kind in _MENDED_HERE, state.kind in _TRIED_AGAIN
    return Screen(
        "Problem",
        setting.say(f"problem.{state.kind}.headline"),
        setting.say(f"problem.{state.kind}.text"),
        action=setting.say("common.try_again" if tried_again else "common.finish"),
        back=setting.say("common.stop") if tried_again else "",
        code=state.code,
        detail={
            "picture": _PROBLEM_PICTURES[state.kind],
            "helper": setting.say("common.counter") if mended_here else "",
            "takeCard": setting.say("ticket_issued.take_card") if state.card_present and not mended_here else "",
            **_sign(setting),
        },
    )


def _still_there(state: StillThere, setting: Setting) -> Screen:
    document = getattr(state.beneath, "document", None)
    return Screen(
        "StillThere",
        setting.say("still_there.headline", document),
        setting.say("still_there.text", document, seconds=state.seconds_left),
        action=setting.say("common.go_on"),
        detail={"seconds": state.seconds_left},
    )


def _greeting_or(document: Document | None, otherwise: str, setting: Setting) -> str:
    return setting.say("reading.greeting", document) if document else setting.say(otherwise)


def _progress(fraction: float, setting: Setting) -> dict[str, object]:
    return {"fraction": fraction, "progressName": setting.say("common.percent", percent=int(fraction * 100))}


def _steps(phase: Phase, setting: Setting) -> list[dict[str, str]]:
    at = len(_STEPS) if phase is Phase.DONE else _STEPS.index(phase)
    rows = []
    for place, step in enumerate(_STEPS):
        standing = "finished" if place < at else "current" if place == at else "to_come"
        rows.append(
            {
                "text": setting.say(f"reading_step.{step}"),
                "standing": standing,
                "standingName": setting.say(f"reading_step.{standing}"),
            }
        )
    return rows


def _sign(setting: Setting) -> dict[str, object]:
    return {"sign": setting.say("common.counter_sign"), "counter": setting.counter}


def _insurance_notice(insurance: Insurance, setting: Setting) -> dict[str, str]:
    tone, icon = _TONES[insurance.standing]
    key = f"here_you_are.{insurance.standing}"
    day = ""
    if insurance.standing in (InsuranceStanding.VALID, InsuranceStanding.EXPIRED):
        if insurance.valid_until:
            day = setting.words.day(insurance.valid_until)
        else:
            key += "_without_end" if insurance.standing is InsuranceStanding.VALID else "_undated"
    return {"text": setting.say(key, date=day), "tone": tone, "icon": icon}


def _number_label(document: Document, section: str, setting: Setting) -> str:
    return setting.say(f"{section}.{'number' if document.personal_number else 'document_number'}")


def _masked_number(document: Document) -> str:
    return masked(document.personal_number or document.number)


def _birth_year(document: Document, setting: Setting) -> list[dict[str, str]]:
    if document.birth_date is None:
        return []
    return [{"label": setting.say("here_you_are.birth_year"), "value": str(document.birth_date.year)}]


def _staff_facts(document: Document, setting: Setting) -> list[dict[str, str]]:
    day = setting.words.day
    sexes = {"M": "male", "F": "female"}
    facts = [
        (_number_label(document, "staff", setting), _masked_number(document)),
        (setting.say("staff.birth_date"), day(document.birth_date) if document.birth_date else "–"),
        (setting.say("staff.sex"), setting.say(f"staff.{sexes.get(document.sex, 'other')}")),
        (setting.say("staff.nationality"), document.nationality),
        (
            setting.say("staff.expiry"),
            day(document.expiry_date) if document.expiry_date else setting.say("staff.no_expiry"),
        ),
    ]
    return [{"label": label, "value": value} for label, value in facts]


def _check_row(check: Check, setting: Setting) -> dict[str, str]:
    tone, icon = _STATUSES[check.status]
    return {
        "name": setting.say(f"check.{check.id.replace('.', '_')}"),
        "status": setting.say(f"check_status.{check.status}"),
        "reason": check.reason or "",
        "tone": tone,
        "icon": icon,
    }


def _room(clinic: Clinic, setting: Setting) -> str:
    return setting.say("choosing_clinic.place", room=clinic.room, floor=clinic_floor(clinic, setting.words))


def _way(clinic: Clinic, document: Document, setting: Setting) -> str:
    room, floor = (_unbroken(part) for part in (clinic.room, clinic_floor(clinic, setting.words)))
    return setting.say("ticket_issued.next", document, room=room, floor=floor)


def _unbroken(text: str) -> str:
    """The same words, never split between two lines."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _people_before(clinic: Clinic, document: Document, setting: Setting) -> str:
    if clinic.waiting is None:
        return ""
    key = "ticket_issued.waiting" if clinic.waiting else "ticket_issued.waiting_none"
    return setting.say(key, document, count=clinic.waiting)


def _clinic_card(clinic: Clinic, setting: Setting) -> dict[str, str]:
    waiting = ""
    if clinic.waiting is not None:
        key = "choosing_clinic.waiting" if clinic.waiting else "choosing_clinic.waiting_none"
        waiting = setting.say(key, count=clinic.waiting)
    return {
        "id": clinic.id,
        "name": clinic_name(clinic, setting.words),
        "place": _room(clinic, setting),
        "waiting": waiting,
    }
