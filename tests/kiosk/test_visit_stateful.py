"""Whatever happens in whatever order: no screen and no memory holds two persons, every state leads back to rest."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kiosk.settings import CounterDesk, TimeLimits
from kiosk.visit.effects import (
    AbandonRecord,
    Effect,
    ForgetPerson,
    LookUpInsurance,
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
    Ticked,
    Touched,
    VisitEvent,
    WentBack,
)
from kiosk.visit.machine import step
from kiosk.visit.situation import Context, Situation
from kiosk.visit.states import (
    Clinic,
    Desk,
    Farewell,
    Insurance,
    InsuranceStanding,
    OutOfService,
    OutOfServiceReason,
    Reading,
    Recording,
    Rest,
    Ticket,
    TicketIssued,
)
from reader.citizen_number import load_provinces
from reader.model import Document, Failure, Inspection, LinkStatistics, Verdict
from reader.progress import IdentityVerified, Phase, Progressed

PEOPLE = tuple(f"{province}190{number:06d}" for province, number in (("001", 1), ("079", 2), ("048", 3)))
CLINICS = (Clinic("general", "Khám", "General", "P.1", "Tầng 1", "First floor"),)
NOW = datetime(2026, 3, 2, tzinfo=UTC)
PROVINCES = load_provinces()
people = st.sampled_from(PEOPLE)


def document_of(number: str) -> Document:
    return Document("ID", "VNM", number[3:], number, f"NGUOI {number}", number, date(1990, 1, 1), "F", "VNM", None)


def inspection_of(number: str, verdict: Verdict, failure: str | None) -> Inspection:
    return Inspection(
        Verdict.NONE if failure else verdict,
        () if verdict is Verdict.ACCEPT else ("passive.chain",),
        (),
        None,
        None if failure else document_of(number),
        {},
        None,
        (),
        0.0,
        LinkStatistics(),
        Failure(failure, "", "") if failure else None,
    )


def persons_in(value: Any) -> set[str]:
    """The people whose data stand anywhere in a value."""
    if isinstance(value, str):
        return {number for number in PEOPLE if number in value}
    if isinstance(value, tuple | list | set | frozenset):
        return set().union(*map(persons_in, value))
    if is_dataclass(value):
        return set().union(*(persons_in(getattr(value, each.name)) for each in fields(value)))
    return set()


class Visits(RuleBasedStateMachine):
    """Plays a world in which cards are swapped, people walk off, and answers come late or for somebody gone.

    The world answers a job with the person that the job was about, as real devices do; how late is up to chance.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.situation = Situation()
        self.desk = Desk.INSURANCE
        self.card: str | None = None
        self.readings: dict[int, str] = {}
        self.stopped: set[int] = set()
        self.read_for: dict[int, set[str]] = {}
        """Whose cards were read for which visit."""
        self.look_ups: dict[int, str] = {}
        self.records: dict[int, str] = {}
        self.abandoned: set[int] = set()
        self.camera = False
        self.kept: set[str] = set()
        """Of whom something is kept outside the machine until it says to forget."""
        self.send(ReaderReady())

    def send(self, event: VisitEvent) -> None:
        context = Context(self.now, NOW.date(), self.desk, TimeLimits(), CounterDesk().clinic(), PROVINCES)
        before = self.situation
        transition = step(before, event, context)
        self.situation = transition.situation
        for effect in transition.effects:
            self.do(effect)

    def do(self, effect: Effect) -> None:
        match effect:
            case StartReading(job=job):
                assert job not in self.readings
                if self.card is not None:
                    assert self.situation.visit is not None
                    self.readings[job] = self.card
                    self.kept.add(self.card)
                    self.read_for.setdefault(self.situation.visit.number, set()).add(self.card)
            case StopReading(job=job):
                self.stopped.add(job)
            case ForgetPerson():
                self.kept.clear()
            case LookUpInsurance(job=job, document=document):
                self.look_ups[job] = str(document.personal_number)
            case Record(job=job, document=document):
                self.records[job] = str(document.personal_number)
            case AbandonRecord(job=job):
                self.abandoned.add(job)
            case SetCamera(on=on):
                assert on is not self.camera, "told once"
                self.camera = on

    @rule(desk=st.sampled_from(Desk))
    def change_desk_while_nobody_is_there(self, desk: Desk) -> None:
        if isinstance(self.situation.state, Rest):
            self.desk = desk

    @rule(person=people)
    def lay_card(self, person: str) -> None:
        if self.card is None and self.situation.reader_outage is None:
            self.now += 1.0  # a hand needs that long; what is faster is a contact that blinked
            self.card = person
            self.send(CardPlaced())
            if not isinstance(self.situation.state, Reading | Recording):
                assert persons_in(self.situation.state) <= {person}, "a new card ends what somebody else left open"

    @rule()
    def take_card(self) -> None:
        if self.card is not None:
            self.card = None
            self.send(CardTaken())

    @rule()
    def contact_blinks(self) -> None:
        if self.card is not None:
            self.send(CardTaken())
            self.send(CardPlaced())

    @rule(person=people)
    def scan(self, person: str) -> None:
        self.send(CodeScanned(f"{person}||NGUOI {person}|01011990|Nữ|Xã An Bình|03032022"))

    @rule()
    def scan_something_else(self) -> None:
        self.send(CodeScanned("https://example.org/"))

    @rule(person=people, digits=st.integers(1, 12))
    def type_number(self, person: str, digits: int) -> None:
        for digit in person[:digits]:
            self.send(DigitTyped(digit))

    @rule(
        event=st.sampled_from(
            (Continued(), WentBack(), Touched(), DigitErased(), ClinicChosen("general"), ClinicChosen("none"))
        )
    )
    def press(self, event: VisitEvent) -> None:
        self.send(event)

    @rule(data=st.data(), fraction=st.floats(0, 1), identify=st.booleans())
    def progress(self, data: st.DataObject, fraction: float, identify: bool) -> None:
        if self.readings:
            job = data.draw(st.sampled_from(sorted(self.readings)))
            self.send(ReadingProgressed(Progressed(Phase.VERIFYING, "DG1", fraction), job))
            if identify:
                self.send(ReadingProgressed(IdentityVerified(document_of(self.readings[job])), job))

    @rule(
        data=st.data(),
        verdict=st.sampled_from((Verdict.ACCEPT, Verdict.REVIEW, Verdict.REJECT)),
        failure=st.sampled_from((None, None, None, "access.key_refused", "link.timeout", "document.not_supported")),
    )
    def end_reading(self, data: st.DataObject, verdict: Verdict, failure: str | None) -> None:
        if self.readings:
            job = data.draw(st.sampled_from(sorted(self.readings)))
            self.send(ReadingEnded(inspection_of(self.readings.pop(job), verdict, failure), job))

    @rule(data=st.data())
    def interrupt_reading(self, data: st.DataObject) -> None:
        if self.readings:
            job = data.draw(st.sampled_from(sorted(self.readings)))
            del self.readings[job]
            self.send(ReadingInterrupted(job))

    @rule(data=st.data(), standing=st.sampled_from(InsuranceStanding), clinics=st.booleans())
    def answer(self, data: st.DataObject, standing: InsuranceStanding, clinics: bool) -> None:
        if self.look_ups and standing is not InsuranceStanding.ASKING:
            job = data.draw(st.sampled_from(sorted(self.look_ups)))
            insurance = Insurance(standing, f"GD4 {self.look_ups.pop(job)}")
            self.send(InsuranceAnswered(insurance, CLINICS if clinics else (), job))

    @rule(data=st.data(), fails=st.booleans())
    def finish_record(self, data: st.DataObject, fails: bool) -> None:
        if self.records:
            job = data.draw(st.sampled_from(sorted(self.records)))
            if fails:
                del self.records[job]
                self.send(RecordingFailed("store.full", job))
            else:
                self._issue(job)

    @rule()
    def everything_is_answered_at_last(self) -> None:
        for job in sorted(self.look_ups):
            insurance = Insurance(InsuranceStanding.VALID, f"GD4 {self.look_ups.pop(job)}")
            self.send(InsuranceAnswered(insurance, CLINICS, job))
        for job in sorted(self.records):
            self._issue(job)

    def _issue(self, job: int) -> None:
        person = self.records.pop(job)
        self.send(Recorded(Ticket(f"A{job:03d} {person}", None, NOW), job))
        shown = self.situation.state
        if isinstance(shown, TicketIssued) and shown.ticket.number.startswith(f"A{job:03d}"):
            assert job not in self.abandoned, "nobody gets a ticket after hearing that it failed"

    @rule(person=people, card_stays=st.booleans())
    def read_well(self, person: str, card_stays: bool) -> None:
        """What chance alone seldom brings about: a whole reading, from the card to the person on the screen."""
        self.take_card()
        self.lay_card(person)
        self.scan(person)
        visit = self.situation.visit
        if visit is not None and visit.reading in self.readings:
            job = visit.reading
            self.send(ReadingProgressed(IdentityVerified(document_of(self.readings[job])), job))
            self.send(ReadingEnded(inspection_of(self.readings.pop(job), Verdict.ACCEPT, None), job))
        if not card_stays:
            self.take_card()

    @rule(person=people, store_hangs=st.booleans())
    def go_as_far_as_the_record(self, person: str, store_hangs: bool) -> None:
        self.read_well(person, card_stays=True)
        visit = self.situation.visit
        if visit is not None and visit.looking_up in self.look_ups:
            insurance = Insurance(InsuranceStanding.VALID, f"GD4 {self.look_ups.pop(visit.looking_up)}")
            self.send(InsuranceAnswered(insurance, CLINICS, visit.looking_up))
        self.send(Continued())
        self.send(ClinicChosen("general"))
        if store_hangs:
            self.now += TimeLimits().recording
            self.send(Ticked())

    @rule(person=people, other=people)
    def walk_off_in_mid_read(self, person: str, other: str) -> None:
        self.take_card()
        self.lay_card(person)
        self.scan(person)
        self.send(WentBack())
        self.take_card()
        self.lay_card(other)
        self.scan(other)

    @rule(person=people, other=people)
    def swap_cards_in_mid_read(self, person: str, other: str) -> None:
        self.take_card()
        self.lay_card(person)
        self.scan(person)
        self._identify()
        visit = self.situation.visit
        if visit is not None and visit.looking_up in self.look_ups:
            insurance = Insurance(InsuranceStanding.VALID, f"GD4 {self.look_ups.pop(visit.looking_up)}")
            self.send(InsuranceAnswered(insurance, CLINICS, visit.looking_up))
        self.take_card()
        if visit is not None and visit.reading in self.readings:
            del self.readings[visit.reading]
            self.send(ReadingInterrupted(visit.reading))
        self.lay_card(other)
        self._identify()

    def _identify(self) -> None:
        visit = self.situation.visit
        if visit is not None and visit.reading in self.readings:
            document = document_of(self.readings[visit.reading])
            self.send(ReadingProgressed(IdentityVerified(document), visit.reading))

    @rule(seconds=st.floats(0.1, 70))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.send(Ticked())

    @rule(reason=st.sampled_from((OutOfServiceReason.READER_LOST, OutOfServiceReason.NO_SERVICE)), back=st.booleans())
    def reader_goes(self, reason: OutOfServiceReason, back: bool) -> None:
        self.card = None
        self.send(ReaderGone(reason))
        if back:
            self.send(ReaderReady())

    @rule()
    def reader_comes(self) -> None:
        self.send(ReaderReady())

    @rule(back=st.booleans())
    def store_goes(self, back: bool) -> None:
        self.send(StoreReady() if back else StoreGone())

    @invariant()
    def one_person_at_most(self) -> None:
        found = persons_in(self.situation.visit and (self.situation.visit.document, self.situation.visit.findings))
        found |= persons_in(self.situation.visit and self.situation.visit.insurance)
        assert len(found) <= 1, "one visit, one person"
        assert len(persons_in(self.situation.state)) <= 1, "one screen, one person"
        visit = self.situation.visit
        if visit is not None:
            assert persons_in(visit.document) <= self.read_for.get(visit.number, set()), (
                "a document read for this visit"
            )

    @invariant()
    def nobody_is_left_behind(self) -> None:
        if isinstance(self.situation.state, Rest | Farewell | OutOfService):
            assert self.situation.visit is None
            assert persons_in(self.situation) == set()
            assert self.kept == set(), "what was read is dropped too"
            assert set(self.readings) <= self.stopped, "no reading goes on for nobody"

    @invariant()
    def only_one_reading_is_wanted(self) -> None:
        visit = self.situation.visit
        wanted = set() if visit is None or visit.reading is None else {visit.reading}
        assert set(self.readings) - self.stopped <= wanted

    @invariant()
    def every_state_leads_back(self) -> None:
        situation, now = self.situation, self.now
        for _ in range(12):
            if isinstance(situation.state, Rest | OutOfService):
                return
            assert situation.deadline is not None, "without a deadline nobody can come back"
            now = max(now, situation.deadline)
            context = Context(now, NOW.date(), self.desk, TimeLimits(), CounterDesk().clinic(), PROVINCES)
            situation = step(situation, Ticked(), context).situation
        raise AssertionError(f"time alone does not lead back from {self.situation.state!r}")


TestVisits = Visits.TestCase
TestVisits.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
