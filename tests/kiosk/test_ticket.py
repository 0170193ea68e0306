from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from kiosk.ticket import ticket_content
from kiosk.visit.states import Clinic, Insurance, InsuranceStanding, Ticket

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
EYES = Clinic("eyes", "Mắt", "Eyes", "P.203", "Tầng 2", "Second floor", 3)
ISSUED = datetime(2026, 3, 2, 1, 5, tzinfo=UTC)


def test_a_confirmed_ticket_in_both_languages() -> None:
    insurance = Insurance(InsuranceStanding.VALID, "GD4010000000001", None, date(2026, 12, 31))
    content = ticket_content(Ticket("D001", EYES, ISSUED, "r-1", confirmed=True), insurance, ZONE)
    assert content.lines("vi") == (
        "Số của quý khách: D001",
        "Mắt",
        "P.203 · Tầng 2",
        "02/03/2026 08:05",
        "Thẻ bảo hiểm y tế còn hiệu lực đến 31/12/2026.",
    )
    assert content.lines("en")[1:3] == ("Eyes", "P.203 · Second floor")
    assert content.to_json()["issued_at"] == "2026-03-02T08:05:00+07:00"
    assert "GD4010000000001" not in str(content.to_json()) + "".join(content.lines("vi"))


@pytest.mark.parametrize("standing", list(InsuranceStanding))
@pytest.mark.parametrize("until", [None, date(2026, 1, 31)])
def test_every_standing_has_its_sentence(standing: InsuranceStanding, until: date | None) -> None:
    ticket = Ticket("K1-007", None, ISSUED)
    content = ticket_content(ticket, Insurance(standing, valid_until=until), ZONE)
    for language in ("vi", "en"):
        lines = content.lines(language)
        assert all(line and "{" not in line for line in lines)
        assert ("31/01/2026" in lines[2]) == (until is not None and standing in ("valid", "expired"))


def test_a_ticket_of_the_kiosk_itself_says_that_the_record_is_still_to_be_sent() -> None:
    content = ticket_content(Ticket("K1-007", None, ISSUED), None, ZONE)
    assert content.lines("en")[-1] == "Recorded. It will be sent when the network is back."
    unconfirmed = ticket_content(Ticket("K1-007", None, ISSUED), Insurance(InsuranceStanding.UNCONFIRMED), ZONE)
    assert unconfirmed.lines("en")[-1] == "Recorded. Insurance will be checked when the network is back."
