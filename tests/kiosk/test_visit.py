from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kiosk.visit.effects import (
    AbandonRecord,
    ForgetPerson,
    LoadClinics,
    LookUpInsurance,
    NoteDenial,
    Record,
    SetCamera,
    StartReading,
    StopReading,
)
from kiosk.visit.events import (
    CardPlaced,
    CardTaken,
    ClinicChosen,
    CodeScanned,
    Continued,
    DigitErased,
    DigitTyped,
    InsuranceAnswered,
    ReaderGone,
    ReaderReady,
    ReadingEnded,
    ReadingInterrupted,
    ReadingProgressed,
    Recorded,
    RecordingFailed,
    StoreGone,
    StoreReady,
    Touched,
    WentBack,
)
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
    OutOfServiceReason,
    Problem,
    ProblemKind,
    Reading,
    Recording,
    Rest,
    StillThere,
    Ticket,
    TicketIssued,
)
from reader.examiner import ExaminationOutcome, ExaminationResult
from reader.model import Verdict
from reader.progress import IdentityVerified, Phase, Progressed
from reader.transcript import Transcript

# `stage` and the people are fixtures of conftest.py, whose classes a test module cannot import.
MakeStage = Callable[..., Any]
VALID = Insurance(InsuranceStanding.VALID, "GD4010000000001", date(2026, 1, 1), date(2026, 12, 31))
TICKET = Ticket("A012", None, datetime(2026, 3, 2, 1, tzinfo=UTC), "r-1", confirmed=True)


def issue_ticket(play: Any, person: Any, clinics: tuple[Clinic, ...]) -> None:
    play.read(person)
    play.send(InsuranceAnswered(VALID, clinics), Continued(), ClinicChosen("eyes"), Recorded(TICKET))


def test_the_common_path_takes_two_touches(stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]) -> None:
    play = stage()
    assert play.send(CardPlaced()) == AskingForKey()
    assert isinstance(play.send(CodeScanned(lan.qr)), Reading)
    assert isinstance(play.take()[-2], StartReading)
    greeted = play.send(ReadingProgressed(IdentityVerified(lan.document)))
    assert greeted.document == lan.document
    (asked,) = play.take()
    assert isinstance(asked, LookUpInsurance)
    here = play.send(ReadingEnded(lan.inspection()))
    assert here.insurance == Insurance(InsuranceStanding.ASKING)
    assert play.send(Continued()) == here, "nobody goes on before the answer"
    here = play.send(InsuranceAnswered(VALID, clinics, asked.job))
    assert here.insurance == VALID
    assert play.send(Continued()) == ChoosingClinic(lan.document, VALID, clinics)
    assert play.send(ClinicChosen("eyes")) == Recording(lan.document, clinics[1])
    (record,) = play.take()
    assert record == Record(record.job, lan.document, Verdict.ACCEPT, (), InsuranceStanding.VALID, clinics[1])
    assert play.send(Recorded(TICKET, record.job)) == TicketIssued(lan.document, VALID, TICKET)
    play.send(CardTaken())
    assert play.wait(2.5) == TicketIssued(lan.document, VALID, TICKET, card_present=False)
    assert play.wait(0.5) == Farewell(card_present=False)
    assert play.wait(4) == Rest()
    assert play.take() == [ForgetPerson(), LoadClinics(), SetCamera(on=True)]


def test_the_code_may_come_before_the_card(stage: MakeStage, lan: Any) -> None:
    play = stage()
    assert play.send(CodeScanned(lan.qr)) == AskingForCard()
    assert play.take() == [SetCamera(on=False)]
    assert isinstance(play.send(CardPlaced()), Reading)


def test_a_number_is_typed_with_the_card_lifted_for_a_look(stage: MakeStage, lan: Any) -> None:
    play = stage()
    play.send(CardPlaced(), *map(DigitTyped, "00"), CardTaken(), DigitErased())
    assert play.send(*map(DigitTyped, lan.number[1:-1])) == AskingForKey(lan.number[:-1])
    assert play.send(DigitTyped(lan.number[-1])) == AskingForCard()
    assert isinstance(play.send(CardPlaced()), Reading)


@pytest.mark.parametrize("number", ["099190000001", "001599000001"], ids=["no such province", "born in the future"])
def test_a_mistyped_number_stays_to_be_corrected(stage: MakeStage, number: str) -> None:
    play = stage()
    play.send(CardPlaced(), *map(DigitTyped, number), DigitTyped("1"))
    assert play.state == AskingForKey(number, rejected=True)
    assert play.send(DigitErased(), DigitTyped("x")) == AskingForKey(number[:-1])


def test_progress_never_falls_also_after_the_card_was_lifted(stage: MakeStage, lan: Any) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr))
    play.send(ReadingProgressed(Progressed(Phase.PHOTO, "DG2", 0.6)), ReadingProgressed(IdentityVerified(lan.document)))
    assert play.send(ReadingProgressed(Progressed(Phase.PHOTO, "DG2", 0.5))).fraction == 0.6
    play.take()
    lifted = play.send(CardTaken(), ReadingInterrupted())
    assert lifted == CardLifted(0.6, 15, lan.document)
    assert play.wait(5).seconds_left == 10
    resumed = play.send(CardPlaced())
    assert (resumed.fraction, resumed.document) == (0.6, lan.document)
    (again,) = play.take()
    assert isinstance(again, StartReading), "nothing is stopped or forgotten in between"


def test_a_card_put_back_before_the_reading_noticed_goes_on_at_once(stage: MakeStage, lan: Any) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr), CardTaken(), CardPlaced())
    assert isinstance(play.send(ReadingInterrupted()), Reading)


def test_a_card_that_never_left_is_read_again_by_itself_but_not_for_ever(stage: MakeStage, lan: Any) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr))
    for _ in range(10):
        play.send(ReadingInterrupted())
        assert isinstance(play.wait(2), Reading)
    assert play.send(ReadingInterrupted()) == Problem(ProblemKind.READING_FAILED, "link.card_removed", True)


def test_a_lifted_card_that_stays_away_ends_the_visit(stage: MakeStage, lan: Any) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr), CardTaken(), ReadingInterrupted())
    play.wait(10)
    play.send(Touched())
    assert isinstance(play.wait(14), CardLifted)
    assert play.wait(1) == Farewell(card_present=False)
    assert play.situation.visit is None


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ("access.key_refused", ProblemKind.WRONG_KEY),
        ("access.key_refused.can", ProblemKind.WRONG_KEY),
        ("access.key_missing", ProblemKind.WRONG_KEY),
        ("access.key_refused_never", ProblemKind.READING_FAILED),
        ("document.not_supported", ProblemKind.NOT_A_DOCUMENT),
        ("link.timeout", ProblemKind.READING_FAILED),
    ],
)
def test_failures_have_a_screen_each(stage: MakeStage, lan: Any, failure: str, kind: ProblemKind) -> None:
    play = stage()
    assert play.read(lan, lan.inspection(failure=failure)) == Problem(kind, failure, card_present=True)
    assert play.send(CardTaken()) == Problem(kind, failure, card_present=False)
    assert play.wait(20) in (Farewell(card_present=False), Rest())


def test_a_wrong_number_is_told_from_a_wrong_code(stage: MakeStage, lan: Any, minh: Any) -> None:
    play = stage()
    play.send(CardPlaced())
    for digit in minh.document.personal_number:
        play.send(DigitTyped(digit))
    ended = play.send(ReadingEnded(lan.inspection(failure="access.key_refused")))
    assert ended == Problem(ProblemKind.WRONG_NUMBER, "access.key_refused", card_present=True)
    assert play.send(Continued()) == AskingForKey()


def test_from_a_wrong_key_another_code_or_number_or_card_goes_on(stage: MakeStage, lan: Any, minh: Any) -> None:
    refused = lan.inspection(failure="access.key_refused")
    play = stage()
    wrong = play.read(lan, refused)
    assert play.send(CodeScanned(lan.qr)) == wrong, "the same code before the camera changes nothing"
    assert isinstance(play.send(CodeScanned(minh.qr)), Reading)
    play = stage()
    play.read(lan, refused)
    assert play.send(DigitTyped("0")) == AskingForKey("0")
    play = stage()
    play.read(lan, refused)
    assert play.send(Continued()) == AskingForKey()
    play = stage()
    play.read(lan, refused)
    play.send(CardTaken())
    play.wait(2)
    assert isinstance(play.send(CardPlaced()), Reading), "it may be the card that this code belongs to"


def test_an_unknown_code_is_said_and_does_not_hold_the_screen(stage: MakeStage, lan: Any) -> None:
    play = stage()
    problem = play.send(CodeScanned("https://example.org/"))
    assert problem.kind is ProblemKind.UNKNOWN_CODE
    for _ in range(19):
        play.wait(1)
        assert play.send(CodeScanned("https://example.org/")) == problem
    assert play.wait(1) == Rest()


@pytest.mark.parametrize("desk", list(Desk))
@pytest.mark.parametrize("verdict", [Verdict.ACCEPT, Verdict.REVIEW, Verdict.REJECT])
def test_each_desk_serves_its_verdicts(stage: MakeStage, lan: Any, desk: Desk, verdict: Verdict) -> None:
    play = stage(desk)
    served = {
        Desk.INSURANCE: {Verdict.ACCEPT},
        Desk.RESIDENCE: {Verdict.ACCEPT, Verdict.REVIEW},
        Desk.COUNTER: {Verdict.ACCEPT, Verdict.REVIEW, Verdict.REJECT},
    }
    state = play.read(lan, lan.inspection(verdict, ("passive.hashes",) if verdict is not Verdict.ACCEPT else ()))
    noted = [effect for effect in play.take() if isinstance(effect, NoteDenial)]
    if verdict in served[desk]:
        assert isinstance(state, HereYouAre)
        assert (state.verdict, state.checks) == (verdict, lan.inspection().checks)
    else:
        assert state == Problem(ProblemKind.CANNOT_CONFIRM, "passive.hashes", card_present=True)
    assert bool(noted) == (verdict is Verdict.REJECT or verdict not in served[desk])


def test_an_officer_cannot_check_a_rejected_document_in(stage: MakeStage, lan: Any) -> None:
    play = stage(Desk.COUNTER)
    play.read(lan, lan.inspection(Verdict.REJECT, ("passive.signature",)))
    assert play.send(Continued()) == Problem(ProblemKind.CANNOT_CONFIRM, "passive.signature", card_present=True)
    assert not [effect for effect in play.take() if isinstance(effect, Record)]


def test_a_document_without_verified_fields_is_nobody(stage: MakeStage, lan: Any) -> None:
    play = stage(Desk.COUNTER)
    unverified = replace(lan.inspection(Verdict.REJECT), document=None)
    assert play.read(lan, unverified) == Problem(ProblemKind.CANNOT_CONFIRM, "document.unverified", card_present=True)


@pytest.mark.parametrize("desk", [Desk.RESIDENCE, Desk.COUNTER])
def test_other_desks_record_without_insurance_or_clinic(stage: MakeStage, lan: Any, desk: Desk) -> None:
    play = stage(desk)
    assert play.read(lan).insurance is None
    assert play.send(Continued()) == Recording(lan.document, None)
    record = play.take()[-1]
    assert (record.insurance, record.clinic) == (None, None)


@pytest.mark.parametrize(
    "standing", [InsuranceStanding.EXPIRED, InsuranceStanding.NOT_FOUND, InsuranceStanding.MISMATCH]
)
def test_whoever_needs_staff_gets_a_ticket_for_the_counter(
    stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...], standing: InsuranceStanding
) -> None:
    play = stage()
    play.read(lan)
    play.send(InsuranceAnswered(Insurance(standing), clinics), Continued())
    assert play.state.clinic.id == "counter"
    assert play.take()[-1].insurance is standing


def test_without_registry_the_person_chooses_from_what_is_known(
    stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]
) -> None:
    unconfirmed = Insurance(InsuranceStanding.UNCONFIRMED)
    play = stage()
    play.read(lan)
    assert isinstance(play.send(InsuranceAnswered(unconfirmed, clinics), Continued()), ChoosingClinic)
    play = stage()
    play.read(lan)
    assert play.send(InsuranceAnswered(unconfirmed, ()), Continued()).clinic.id == "counter"


def test_a_look_up_without_answer_becomes_unconfirmed(stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]) -> None:
    play = stage()
    play.read(lan)
    assert play.wait(8).insurance.standing is InsuranceStanding.UNCONFIRMED
    assert play.send(InsuranceAnswered(VALID, clinics)).insurance.standing is InsuranceStanding.UNCONFIRMED


def test_back_leads_back(stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]) -> None:
    play = stage()
    play.read(lan)
    here = play.send(InsuranceAnswered(VALID, clinics))
    play.send(Continued(), ClinicChosen("no such clinic"))
    assert play.send(WentBack()) == here
    assert play.send(WentBack()) == Farewell(card_present=True)


def test_nobody_is_told_to_be_checked_in_when_the_record_failed(
    stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]
) -> None:
    play = stage(Desk.RESIDENCE)
    play.read(lan)
    play.send(Continued())
    assert play.send(RecordingFailed("store.full")) == Problem(ProblemKind.NOT_RECORDED, "store.full", True)
    play = stage(Desk.RESIDENCE)
    play.read(lan)
    play.send(Continued())
    job = play.take()[-1].job
    assert play.wait(10) == Problem(ProblemKind.NOT_RECORDED, "store.timeout", True)
    assert AbandonRecord(job) in play.take()
    assert play.send(Recorded(TICKET, job)) == Problem(ProblemKind.NOT_RECORDED, "store.timeout", True)


def test_the_record_names_the_registrys_own_examination(stage: MakeStage, lan: Any) -> None:
    play = stage(Desk.RESIDENCE)
    examined = Transcript(examination=ExaminationResult("0" * 32, ExaminationOutcome.INCONCLUSIVE))
    play.read(lan, replace(lan.inspection(), transcript=examined))
    play.send(Continued())
    (record,) = (effect for effect in play.take() if isinstance(effect, Record))
    assert record.examination_id == "0" * 32


def test_a_stalled_reading_is_given_up_and_stopped(stage: MakeStage, lan: Any) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr))
    job = next(effect.job for effect in play.take() if isinstance(effect, StartReading))
    assert play.wait(30) == Problem(ProblemKind.READING_FAILED, "link.timeout", True)
    assert play.take()[0] == StopReading(job)
    assert isinstance(play.send(Continued()), Reading), "the same key tries again"


def test_answers_to_earlier_jobs_are_dropped(
    stage: MakeStage, lan: Any, minh: Any, clinics: tuple[Clinic, ...]
) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr), ReadingProgressed(IdentityVerified(lan.document)))
    effects = play.take()
    reading = next(effect.job for effect in effects if isinstance(effect, StartReading))
    asked = next(effect.job for effect in effects if isinstance(effect, LookUpInsurance))
    play.send(WentBack(), CardTaken())
    play.wait(5)
    state = play.send(CardPlaced(), CodeScanned(minh.qr))
    assert play.send(ReadingEnded(lan.inspection(), reading), InsuranceAnswered(VALID, clinics, asked)) == state
    assert play.situation.visit.insurance is None


def test_another_card_put_back_in_mid_read_takes_nothing_over(
    stage: MakeStage, lan: Any, minh: Any, clinics: tuple[Clinic, ...]
) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr), ReadingProgressed(IdentityVerified(lan.document)))
    play.send(InsuranceAnswered(VALID, clinics), CardTaken(), ReadingInterrupted(), CardPlaced())
    play.take()
    play.send(ReadingProgressed(IdentityVerified(minh.document)))
    assert play.situation.visit.insurance == Insurance(InsuranceStanding.ASKING)
    (asked,) = play.take()
    assert asked.document == minh.document


def test_idle_asks_and_then_clears(stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]) -> None:
    play = stage()
    play.read(lan)
    here = play.send(InsuranceAnswered(VALID, clinics))
    for _ in range(11):
        assert play.wait(40) == StillThere(20, here)
        play.wait(19)
        assert play.state.seconds_left == 1
        assert play.send(Touched()) == here
    play.wait(60)
    assert play.state == Farewell(card_present=True)
    assert play.situation.visit is None


def test_a_touch_beneath_the_question_does_not_press_a_button(
    stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]
) -> None:
    play = stage()
    play.read(lan)
    here = play.send(InsuranceAnswered(VALID, clinics))
    play.wait(40)
    assert play.send(Continued()) == here


def test_an_answer_and_a_taken_card_do_not_stop_the_countdown(
    stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]
) -> None:
    play = stage()
    play.limits = play.limits.model_copy(update={"insurance": 50.0})
    play.read(lan)
    play.wait(45)
    covered = play.send(CardTaken(), InsuranceAnswered(VALID, clinics))
    assert (covered.seconds_left, covered.beneath.insurance) == (15, VALID)
    assert play.wait(15) == Farewell(card_present=False)


def test_half_typed_numbers_do_not_stay(stage: MakeStage) -> None:
    play = stage()
    play.send(CardPlaced(), *map(DigitTyped, "00119"), CardTaken())
    play.wait(2)
    assert play.send(CardPlaced()) == AskingForKey()
    play.send(CardTaken())
    assert play.wait(15) == Rest(), "nobody and nothing is here"


def test_the_next_person_starts_anew_while_a_ticket_is_shown(
    stage: MakeStage, lan: Any, minh: Any, clinics: tuple[Clinic, ...]
) -> None:
    play = stage()
    issue_ticket(play, lan, clinics)
    ticket = play.state
    assert play.send(CodeScanned("something else"), CodeScanned(lan.qr)) == ticket
    assert play.send(CodeScanned(minh.qr)) == AskingForCard(), "the card there is the last person's"
    play.send(CardTaken())
    play.wait(1)
    assert isinstance(play.send(CardPlaced()), Reading)
    play = stage()
    issue_ticket(play, lan, clinics)
    play.send(CardTaken())
    play.wait(1)
    assert play.send(CardPlaced()) == AskingForKey()
    assert play.situation.visit is None


def test_a_card_laid_down_while_another_visit_is_stored_has_its_turn_afterwards(
    stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]
) -> None:
    play = stage()
    play.read(lan)
    play.send(InsuranceAnswered(VALID, clinics), Continued(), ClinicChosen("eyes"), CardTaken())
    play.wait(1)
    play.send(CardPlaced(), Recorded(TICKET))
    assert isinstance(play.state, TicketIssued), "the first person still needs the number"
    play.wait(15)
    assert play.wait(4) == AskingForKey()


def test_a_card_that_blinks_is_the_same_card(stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]) -> None:
    play = stage()
    here = play.read(lan)
    assert play.send(CardTaken(), CardPlaced()) == here
    play.wait(1)
    play.send(CardTaken())
    play.wait(1)
    assert play.send(CardPlaced()) == AskingForKey(), "this one may be anybody's"
    play = stage()
    issue_ticket(play, lan, clinics)
    ticket = play.state
    assert play.send(CardTaken(), CardPlaced()) == ticket
    play.wait(20)
    assert play.send(CardTaken(), CardPlaced()) == Rest(), "a forgotten card is not offered again"


def test_a_ticket_clears_by_itself(stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]) -> None:
    play = stage()
    issue_ticket(play, lan, clinics)
    play.wait(10)
    play.send(Touched())
    assert isinstance(play.wait(14), TicketIssued)
    assert play.wait(1) == Farewell(card_present=True)
    assert play.send(CardTaken()) == Farewell(card_present=False)


def test_without_reader_nobody_is_asked_in(stage: MakeStage, lan: Any, clinics: tuple[Clinic, ...]) -> None:
    play = stage()
    play.send(CardPlaced(), CodeScanned(lan.qr), ReadingProgressed(IdentityVerified(lan.document)))
    assert play.send(ReaderGone(OutOfServiceReason.READER_LOST)) == OutOfService(OutOfServiceReason.READER_LOST)
    assert play.situation.visit is None
    assert ForgetPerson() in play.take()
    assert play.send(Touched(), CodeScanned(lan.qr)) == OutOfService(OutOfServiceReason.READER_LOST)
    assert play.send(ReaderReady()) == Rest()
    issue_ticket(play, lan, clinics)
    assert isinstance(play.send(ReaderGone(OutOfServiceReason.NO_SERVICE)), TicketIssued), "the reading is over"
    play.wait(3)
    assert play.wait(4) == OutOfService(OutOfServiceReason.NO_SERVICE)


def test_without_store_nobody_is_asked_in(stage: MakeStage) -> None:
    play = stage()
    assert play.send(StoreGone(), ReaderReady()) == OutOfService(OutOfServiceReason.STORE_UNUSABLE)
    assert play.send(CardPlaced()) == OutOfService(OutOfServiceReason.STORE_UNUSABLE)
    assert play.send(StoreReady()) == AskingForKey()
