"""What stands on a ticket, as data and as plain text. No name and no number of the person: tickets get lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo

from kiosk.visit.states import Clinic, Insurance, InsuranceStanding, Ticket

Language = Literal["vi", "en"]

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        "vi": MappingProxyType(
            {
                "number": "Số của quý khách: {number}",
                "valid": "Thẻ bảo hiểm y tế còn hiệu lực đến {date}.",
                "valid_open": "Thẻ bảo hiểm y tế còn hiệu lực.",
                "expired": "Thẻ bảo hiểm y tế đã hết hạn từ {date}.",
                "expired_open": "Thẻ bảo hiểm y tế đã hết hạn.",
                "not_found": "Chưa tìm thấy thẻ bảo hiểm y tế.",
                "mismatch": "Thông tin bảo hiểm y tế cần được đối chiếu.",
                "unconfirmed": "Đã ghi nhận. Bảo hiểm sẽ được kiểm tra lại khi có mạng.",
                "waiting": "Đã ghi nhận. Máy sẽ gửi khi có mạng.",
            }
        ),
        "en": MappingProxyType(
            {
                "number": "Your number: {number}",
                "valid": "Health insurance valid until {date}.",
                "valid_open": "Health insurance valid.",
                "expired": "Health insurance ended on {date}.",
                "expired_open": "Health insurance ended.",
                "not_found": "No health insurance was found.",
                "mismatch": "The health insurance data need to be compared.",
                "unconfirmed": "Recorded. Insurance will be checked when the network is back.",
                "waiting": "Recorded. It will be sent when the network is back.",
            }
        ),
    }
)


@dataclass(frozen=True, slots=True)
class TicketContent:
    """All that a ticket says. `insurance` is None at desks that do not ask for it."""

    number: str
    clinic: Clinic | None
    issued_at: datetime
    """In the place's own time."""
    insurance: Insurance | None
    confirmed: bool

    def lines(self, language: Language) -> tuple[str, ...]:
        """The ticket's lines from top to bottom."""
        words = _WORDS[language]
        lines = [words["number"].format(number=self.number)]
        if self.clinic is not None:
            vietnamese = language == "vi"
            floor = self.clinic.floor_vi if vietnamese else self.clinic.floor_en
            lines.append(self.clinic.name_vi if vietnamese else self.clinic.name_en)
            lines.append(f"{self.clinic.room} · {floor}")
        lines.append(f"{self.issued_at:%d/%m/%Y %H:%M}")
        if self.insurance is not None:
            lines.append(_insurance_line(self.insurance, words))
        unconfirmed = self.insurance is not None and self.insurance.standing is InsuranceStanding.UNCONFIRMED
        if not self.confirmed and not unconfirmed:
            lines.append(words["waiting"])
        return tuple(lines)

    def to_json(self) -> dict[str, object]:
        """For programs; dates in ISO 8601."""
        clinic, insurance = self.clinic, self.insurance
        return {
            "number": self.number,
            "clinic": None
            if clinic is None
            else {
                "id": clinic.id,
                "name_vi": clinic.name_vi,
                "name_en": clinic.name_en,
                "room": clinic.room,
                "floor_vi": clinic.floor_vi,
                "floor_en": clinic.floor_en,
            },
            "issued_at": self.issued_at.isoformat(timespec="seconds"),
            "insurance": None
            if insurance is None
            else {"standing": insurance.standing.value, "valid_until": _iso(insurance.valid_until)},
            "confirmed": self.confirmed,
        }


def ticket_content(ticket: Ticket, insurance: Insurance | None, zone: ZoneInfo) -> TicketContent:
    """What a ticket of this visit says, in the time of the place."""
    return TicketContent(ticket.number, ticket.clinic, ticket.issued_at.astimezone(zone), insurance, ticket.confirmed)


def _insurance_line(insurance: Insurance, words: Mapping[str, str]) -> str:
    match insurance.standing:
        case InsuranceStanding.VALID | InsuranceStanding.EXPIRED if insurance.valid_until is not None:
            return words[insurance.standing.value].format(date=f"{insurance.valid_until:%d/%m/%Y}")
        case InsuranceStanding.VALID | InsuranceStanding.EXPIRED:
            return words[f"{insurance.standing.value}_open"]
        case InsuranceStanding.ASKING:
            return words["unconfirmed"]
        case _:
            return words[insurance.standing.value]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
