"""What each state shows, without Qt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kiosk.visit.states import (
    CardLifted,
    ChoosingClinic,
    Desk,
    HereYouAre,
    Insurance,
    InsuranceStanding,
    OutOfService,
    OutOfServiceReason,
    Problem,
    ProblemKind,
    Reading,
    TicketIssued,
)
from reader.checks import CheckId, CheckStatus
from reader.model import Document, Verdict
from reader.progress import Phase
from ui.view_models.screens import Screen, Setting, present
from ui.view_models.words import Language

SettingIn = Callable[..., Setting]


def texts(shown: object) -> Iterator[str]:
    """Every string of a screen, however deep."""
    if isinstance(shown, str):
        yield shown
    elif isinstance(shown, dict):
        for value in shown.values():
            yield from texts(value)
    elif isinstance(shown, list):
        for value in shown:
            yield from texts(value)


def plain(text: str) -> str:
    """With ordinary spaces where lines may not break."""
    return text.replace("\u00a0", " ")


def vi(setting_in: SettingIn, state: Any, desk: Desk = Desk.INSURANCE) -> Screen:
    return present(state, setting_in(Language.VIETNAMESE, desk))


def test_every_state_has_its_qml_file(sample: Any, setting_in: SettingIn, repository: Path) -> None:
    screen = vi(setting_in, sample.state, sample.desk)
    assert (repository / "ui" / "qml" / "screens" / f"{screen.name}.qml").is_file()


def test_every_state_speaks_both_languages(sample: Any, setting_in: SettingIn) -> None:
    screens = [present(sample.state, setting_in(language, sample.desk)) for language in Language]
    shown = [list(texts(screen.as_map())) for screen in screens]
    assert screens[0].name == screens[1].name
    assert all(screen.headline for screen in screens)
    assert bool(screens[0].action) == bool(screens[1].action)
    assert len(shown[0]) == len(shown[1])
    assert shown[0] != shown[1]
    assert not [text for text in (*shown[0], *shown[1]) if "{" in text or "}" in text]


def test_no_number_is_shown_in_full(sample: Any, setting_in: SettingIn, person: Document) -> None:
    shown = repr(vi(setting_in, sample.state, sample.desk).as_map()).replace(" ", "")
    for secret in (person.personal_number, person.number, "HT3360100000102", "receipt-1"):
        assert secret is not None
        assert secret not in shown


def test_a_screen_may_be_logged(sample: Any, setting_in: SettingIn) -> None:
    logged = repr(vi(setting_in, sample.state, sample.desk))
    assert "Lan" not in logged
    assert "036" not in logged


@pytest.mark.parametrize("name", ["rest", "farewell", "farewell, card taken", "still there", "recording"])
def test_public_screens_name_nobody(samples: dict[str, Any], setting_in: SettingIn, name: str) -> None:
    assert "Lan" not in repr(vi(setting_in, samples[name].state).as_map())


def test_the_person_is_greeted_as_soon_as_known(setting_in: SettingIn, person: Document) -> None:
    unknown = vi(setting_in, Reading(Phase.OPENING, "", 0.1))
    known = vi(setting_in, Reading(Phase.VERIFYING, "", 0.5, person))
    assert unknown.headline == "Giữ yên thẻ"
    assert known.headline == "Chào bà Lan!"
    assert present(Reading(Phase.PHOTO, "", 0.5, person), setting_in(Language.ENGLISH)).headline == "Hello Lan!"


@pytest.mark.parametrize(
    ("phase", "standings"),
    [
        (Phase.OPENING, ["current", "to_come", "to_come", "to_come"]),
        (Phase.PHOTO, ["finished", "finished", "current", "to_come"]),
        (Phase.DONE, ["finished"] * 4),
    ],
)
def test_steps_follow_the_phase(setting_in: SettingIn, phase: Phase, standings: list[str]) -> None:
    steps: Any = vi(setting_in, Reading(phase, "", 0.5)).as_map()["steps"]
    assert [step["standing"] for step in steps] == standings


@pytest.mark.parametrize(
    ("standing", "action", "words"),
    [
        (InsuranceStanding.VALID, "Tiếp tục", "Thẻ bảo hiểm y tế còn hiệu lực đến 31/12/2026."),
        (InsuranceStanding.EXPIRED, "Lấy số quầy 3", "hết hạn từ 31/12/2026. Mời đến quầy 3"),
        (InsuranceStanding.NOT_FOUND, "Lấy số quầy 3", "Mời đến quầy 3"),
        (InsuranceStanding.MISMATCH, "Lấy số quầy 3", "Mời đến quầy 3"),
        (InsuranceStanding.UNCONFIRMED, "Tiếp tục", "kiểm tra lại khi có mạng"),
        (InsuranceStanding.ASKING, "", "Đang hỏi"),
    ],
)
def test_insurance_is_one_sentence_and_one_button(
    samples: dict[str, Any], setting_in: SettingIn, standing: InsuranceStanding, action: str, words: str
) -> None:
    screen = vi(setting_in, samples[f"here you are, {standing}"].state)
    notices: Any = screen.as_map()["notices"]
    assert plain(screen.action) == action
    assert len(notices) == 1
    assert words in plain(notices[0]["text"])


def test_insurance_without_an_end_says_so(samples: dict[str, Any], setting_in: SettingIn) -> None:
    here: HereYouAre = samples["here you are, valid"].state
    open_ended = replace(here, insurance=Insurance(InsuranceStanding.VALID))
    notices: Any = vi(setting_in, open_ended).as_map()["notices"]
    assert notices[0]["text"] == "Thẻ bảo hiểm y tế còn hiệu lực."


def test_desks_without_insurance_do_not_speak_of_it(samples: dict[str, Any], setting_in: SettingIn) -> None:
    screen = vi(setting_in, samples["here you are, review"].state, Desk.RESIDENCE)
    assert screen.as_map()["notices"] == []
    assert screen.action == "Tiếp tục"
    assert screen.code == "passive.hash_mismatch"


@pytest.mark.parametrize(
    ("verdict", "word", "action"),
    [
        (Verdict.ACCEPT, "Đạt", "Ghi nhận"),
        (Verdict.REVIEW, "Xem lại", "Ghi nhận"),
        (Verdict.REJECT, "Không đạt", "Xong"),
    ],
)
def test_an_officer_sees_verdict_and_checks(
    samples: dict[str, Any], setting_in: SettingIn, verdict: Verdict, word: str, action: str
) -> None:
    screen = vi(setting_in, samples[f"counter, {verdict}"].state, Desk.COUNTER)
    shown: Any = screen.as_map()
    assert screen.name == "StaffVerdict"
    assert screen.headline == "Trần Thị Lan"
    assert screen.action == action
    assert shown["verdict"]["text"] == word
    assert len(shown["checks"]) == len(samples[f"counter, {verdict}"].state.checks)


def test_every_check_and_status_has_its_words(setting_in: SettingIn) -> None:
    setting = setting_in(Language.VIETNAMESE)
    assert all(setting.say(f"check.{check.value.replace('.', '_')}") for check in CheckId)
    statuses = [setting.say(f"check_status.{status}") for status in CheckStatus]
    assert len(set(statuses)) == len(statuses)


def test_clinics_come_six_at_a_time(samples: dict[str, Any], setting_in: SettingIn) -> None:
    six = vi(setting_in, samples["choosing a clinic"].state)
    seven = vi(setting_in, samples["choosing a clinic, more"].state)
    assert six.as_map()["more"] == ""
    assert seven.as_map()["more"] == "Xem thêm"
    state: ChoosingClinic = samples["choosing a clinic"].state
    english: Any = present(state, setting_in(Language.ENGLISH)).as_map()["clinics"]
    assert english[0] == {
        "id": "c0",
        "name": "General medicine",
        "place": "Phòng 200 · Floor 2",
        "waiting": "4 waiting",
    }


def test_a_ticket_tells_number_way_and_local_time(samples: dict[str, Any], setting_in: SettingIn) -> None:
    screen = vi(setting_in, samples["ticket"].state)
    shown = screen.as_map()
    assert screen.headline == "Số của bà"
    assert screen.text == "Mời bà đến Phòng\u00a0200, Tầng\u00a02."
    assert shown["number"] == "A012"
    assert shown["issued"] == "Lấy lúc 08:42 ngày 02/11/2026"
    assert shown["takeCard"] == "Nhớ cầm thẻ"


def test_an_unsent_record_says_what_follows(samples: dict[str, Any], setting_in: SettingIn) -> None:
    with_insurance: Any = vi(setting_in, samples["ticket, offline"].state).as_map()
    without: Any = vi(setting_in, samples["ticket, no clinic"].state, Desk.COUNTER).as_map()
    assert "Bảo hiểm sẽ được kiểm tra lại" in with_insurance["recorded"]["text"]
    assert "Bảo hiểm" not in without["recorded"]["text"]
    assert with_insurance["takeCard"] == ""


@pytest.mark.parametrize("kind", ProblemKind)
def test_a_problem_offers_one_way_on(kind: ProblemKind, setting_in: SettingIn) -> None:
    screen = vi(setting_in, Problem(kind, "link.timeout", card_present=True))
    assert screen.action in ("Thử lại", "Xong")
    assert screen.code == "link.timeout"
    assert "quầy 3" in plain(f"{screen.headline} {screen.as_map()['helper']}").casefold()


@pytest.mark.parametrize("reason", OutOfServiceReason)
def test_out_of_service_tells_staff_the_cure(reason: OutOfServiceReason, setting_in: SettingIn) -> None:
    screen = vi(setting_in, OutOfService(reason))
    assert plain(screen.text) == "Mời đến quầy 3."
    assert screen.code == reason.value
    assert screen.as_map()["cure"]


def test_countdowns_name_their_seconds(samples: dict[str, Any], setting_in: SettingIn) -> None:
    lifted: CardLifted = samples["card lifted"].state
    assert "12" in str(vi(setting_in, lifted).as_map()["countdown"])
    still = vi(setting_in, samples["still there"].state)
    assert still.headline == "Bà còn ở đây không?"
    assert "17 giây" in still.text


def test_a_visa_free_guest_is_shown_the_passport_number(setting_in: SettingIn, person: Document) -> None:
    guest = replace(
        person, type="P", issuer="D", number="C01X00T47", personal_number=None, name="MUSTERMANN ERIKA",
        nationality="D", expiry_date=date(2031, 10, 31),
    )  # fmt: skip
    shown: Any = vi(setting_in, HereYouAre(guest, Verdict.ACCEPT, (), (), None, None), Desk.RESIDENCE).as_map()
    assert shown["facts"][0] == {"label": "Số giấy tờ", "value": "C01 ••• T47"}


def test_a_ticket_for_nobody_in_particular_has_no_way(samples: dict[str, Any], setting_in: SettingIn) -> None:
    issued: TicketIssued = samples["ticket, no clinic"].state
    screen = vi(setting_in, issued, Desk.COUNTER)
    assert screen.headline == "Đã ghi nhận"
    assert screen.text == ""


def test_qml_is_clean(repository: Path) -> None:
    # Theme itself is left out: linted alone, it does not see the qmldir that makes it a singleton.
    files = [file for file in (repository / "ui" / "qml").rglob("*.qml") if file.name != "Theme.qml"]
    linter = Path(sys.executable).parent / "pyside6-qmllint"
    linted = subprocess.run([linter, "--max-warnings", "0", *files], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr
