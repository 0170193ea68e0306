"""What the registry keeps: citizens, clinics, check-ins, examinations of chips. One transaction a call."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Engine, create_engine, delete, event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from reader.examiner import ExaminationOutcome
from reader.lds.names import fold_name
from registry import chip_proof
from registry.chip_proof import ChipProof, FinishedExamination
from registry.errors import IdempotencyConflict, RecordRefused, StoreUnusable
from registry.messages import CheckIn, CitizenQuery, ClinicInfo, InsuranceAnswer, Receipt, Standing
from registry.settings import RegistrySettings
from registry.tables import Base, Citizen, Clinic, QueueCounter, StoredCheckIn, StoredChipProof, StoredExamination

_EXAMINATIONS_KEPT: Final = timedelta(days=90)
"""For check-ins that a kiosk without network sends late."""


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must leave transactions to us: a writer takes its lock at BEGIN, never in the middle.
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _make_private(file: str | None) -> None:
    """SQLite would let others read it; its journal takes the file's mode."""
    if file and file != ":memory:":
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class Store:
    """The registry's database.

    Args:
        settings: where it is and in which time zone its days turn.
        clock: gives the present as an aware datetime.
        new_id: gives a fresh receipt id.
    """

    def __init__(self, settings: RegistrySettings, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._settings = settings
        self._clock = clock
        self._new_id = new_id
        # A statement's parameters and rows are people: they belong neither into a log nor into the text of an error.
        logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
        self._engine: Engine = create_engine(settings.database, hide_parameters=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_immediate)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    def create_tables(self) -> None:
        """Make the database if it is not there, for its owner only, and the tables that are missing.

        Raises:
            StoreUnusable: it cannot be made or used.
        """
        with self._guarded():
            if self._engine.dialect.name == "sqlite":
                _make_private(self._engine.url.database)
            Base.metadata.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def usable(self) -> bool:
        """Whether the tables are there and can be read."""
        try:
            with self._session() as session:
                session.execute(select(Clinic.id).limit(1)).all()
        except StoreUnusable:
            return False
        return True

    def add_citizens(self, citizens: Iterable[Citizen]) -> None:
        """Add people, or replace those with the same number."""
        with self._session() as session:
            for chunk in _chunks(citizens, 500):
                session.execute(delete(Citizen).where(Citizen.personal_number.in_(c.personal_number for c in chunk)))
                session.add_all(chunk)
                session.flush()

    def add_clinics(self, clinics: Iterable[Clinic]) -> None:
        """Add clinics, or replace those with the same id."""
        with self._session() as session:
            for clinic in clinics:
                session.merge(clinic)

    def count_citizens(self) -> int:
        with self._session() as session:
            return session.scalar(select(func.count()).select_from(Citizen)) or 0

    def count_check_ins(self) -> int:
        with self._session() as session:
            return session.scalar(select(func.count()).select_from(StoredCheckIn)) or 0

    def count_chip_proofs(self) -> Mapping[ChipProof, int]:
        """How many check-ins there are of each kind; whoever names no examination has no proof."""
        with self._session() as session:
            counted = session.execute(
                select(StoredChipProof.chip_proof, func.count()).group_by(StoredChipProof.chip_proof)
            )
            found = {ChipProof(proof): count for proof, count in counted}
            stored = session.scalar(select(func.count()).select_from(StoredCheckIn)) or 0
        proven, refuted = found.get(ChipProof.PROVEN, 0), found.get(ChipProof.REFUTED, 0)
        return {
            ChipProof.PROVEN: proven,
            ChipProof.REFUTED: refuted,
            ChipProof.NONE: stored - proven - refuted,
        }

    def chip_proof(self, province_code: str, key: str) -> ChipProof:
        """What is known of the chip behind the check-in of this key."""
        with self._session() as session:
            found = session.get(StoredChipProof, (province_code, key))
            return ChipProof.NONE if found is None else ChipProof(found.chip_proof)

    def keep_examination(self, examination: FinishedExamination) -> None:
        """Keep how a chip was judged until a check-in names it, or for 90 days."""
        examination_id, mrz = examination.examination_id, examination.mrz
        with self._session() as session:
            oldest = examination.examined_at - _EXAMINATIONS_KEPT
            session.execute(delete(StoredExamination).where(StoredExamination.examined_at < oldest))
            session.add(
                StoredExamination(
                    province_code=examination.province_code,
                    id_sha256=chip_proof.digest_of(examination_id),
                    kiosk_id=examination.kiosk_id,
                    examined_at=examination.examined_at.astimezone(UTC),
                    outcome=examination.outcome.value,
                    reasons=list(examination.reasons),
                    sealed_mrz=None if mrz is None else chip_proof.seal_mrz(examination_id, mrz),
                )
            )

    def clinics(self) -> tuple[ClinicInfo, ...]:
        """All clinics, most used first, with the numbers given today over all facilities."""
        today = self._today()
        with self._session() as session:
            totals = session.execute(
                select(QueueCounter.clinic_id, func.sum(QueueCounter.last))
                .where(QueueCounter.day == today)
                .group_by(QueueCounter.clinic_id)
            )
            given = {clinic_id: total for clinic_id, total in totals}  # noqa: C416 (a result is no mapping)
            return tuple(
                ClinicInfo(
                    id=clinic.id,
                    name_vi=clinic.name_vi,
                    name_en=clinic.name_en,
                    room=clinic.room,
                    floor_vi=clinic.floor_vi,
                    floor_en=clinic.floor_en,
                    given_today=given.get(clinic.id, 0),
                    on_menu=clinic.on_menu,
                )
                for clinic in session.scalars(select(Clinic).order_by(Clinic.position))
            )

    def insurance(self, query: CitizenQuery) -> InsuranceAnswer:
        """A person's insurance today; every difference between card and registry is named, none is overwritten."""
        with self._session() as session:
            citizen = session.get(Citizen, query.personal_number)
        if citizen is None or citizen.insurance_number is None:
            return InsuranceAnswer(standing=Standing.NOT_FOUND)
        differences = _differences(citizen, query)
        expired = citizen.insured_until is not None and citizen.insured_until < self._today()
        if differences:
            return InsuranceAnswer(standing=Standing.MISMATCH, differences=differences)
        return InsuranceAnswer(
            standing=Standing.EXPIRED if expired else Standing.VALID,
            card_number=citizen.insurance_number,
            valid_from=citizen.insured_from,
            valid_until=citizen.insured_until,
        )

    def check_in(self, key: str, body: bytes) -> tuple[Receipt, bool]:
        """Store a record once and give its receipt; True when it is new.

        What the examination that it names proves is judged here and kept beside it; no record is refused for that.

        Args:
            key: the idempotency key.
            body: the record's JSON as received. A repetition must say the same; it may be spaced or ordered otherwise.

        Raises:
            RecordRefused: the body is not a record, or names a clinic that does not exist.
            IdempotencyConflict: the key came before with another body, or the kiosk's sequence number did.
            StoreUnusable: the database failed; nothing was stored.
        """
        try:
            record = CheckIn.model_validate_json(body)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(map(str, problem["loc"])) for problem in error.errors()}))
            raise RecordRefused(f"not a check-in record: {fields}") from None
        digest = hashlib.sha256(body).hexdigest()
        with self._session() as session:
            before = session.get(StoredCheckIn, (record.province_code, key))
            if before is not None:
                if before.body_sha256 != digest and json.loads(before.body) != json.loads(body):
                    raise IdempotencyConflict("the key was used with another body")
                # The digest tells this caller what was understood; all else stays what it was at first.
                return Receipt.model_validate({**before.receipt, "body_sha256": digest}), False
            if self._sequence_taken(session, record):
                raise IdempotencyConflict("the kiosk's sequence number was used under another key")
            receipt = Receipt(
                receipt_id=self._new_id(),
                idempotency_key=key,
                body_sha256=digest,
                received_at=self._clock().astimezone(UTC),
                queue_number=self._next_number(session, record),
                repeated_visit=self._came_today(session, record),
            )
            session.add(
                StoredCheckIn(
                    province_code=record.province_code,
                    idempotency_key=key,
                    facility_code=record.facility_code,
                    kiosk_id=record.kiosk_id,
                    installation=record.installation,
                    sequence=record.sequence,
                    desk=record.desk,
                    personal_number=record.personal_number,
                    service_day=self._day_of(record),
                    received_at=receipt.received_at,
                    clinic_id=record.clinic_id,
                    body_sha256=digest,
                    body=body,
                    receipt=receipt.model_dump(mode="json"),
                )
            )
            if record.examination_id is not None:
                proof = self._claim(session, record, record.examination_id, key)
                session.add(
                    StoredChipProof(province_code=record.province_code, idempotency_key=key, chip_proof=proof.value)
                )
            return receipt, True

    def _claim(self, session: Session, record: CheckIn, examination_id: str, key: str) -> ChipProof:
        """Let the examination serve this record, if it serves none yet, and tell what it proves of it."""
        place = (record.province_code, chip_proof.digest_of(examination_id))
        examination = session.get(StoredExamination, place, with_for_update=True)
        if examination is None:
            return ChipProof.NONE
        if examination.claimed_by is not None or examination.kiosk_id != record.kiosk_id:
            # No honest kiosk tells twice of one reading, or of another kiosk's.
            return ChipProof.REFUTED
        examination.claimed_by = key
        if examination.outcome != ExaminationOutcome.GENUINE:
            refuted = examination.outcome == ExaminationOutcome.REFUTED
            return ChipProof.REFUTED if refuted else ChipProof.NONE
        mrz = None if examination.sealed_mrz is None else chip_proof.open_mrz(examination_id, examination.sealed_mrz)
        if mrz is None:
            return ChipProof.NONE
        return chip_proof.judge(record, mrz, _aware(examination.examined_at))

    def _sequence_taken(self, session: Session, record: CheckIn) -> bool:
        found = session.scalar(
            select(StoredCheckIn.idempotency_key).where(
                StoredCheckIn.province_code == record.province_code,
                StoredCheckIn.kiosk_id == record.kiosk_id,
                StoredCheckIn.installation == record.installation,
                StoredCheckIn.sequence == record.sequence,
            )
        )
        return found is not None

    def _came_today(self, session: Session, record: CheckIn) -> bool:
        if record.personal_number is None:
            return False
        found = session.scalar(
            select(StoredCheckIn.idempotency_key)
            .where(
                StoredCheckIn.province_code == record.province_code,
                StoredCheckIn.facility_code == record.facility_code,
                StoredCheckIn.desk == record.desk,
                StoredCheckIn.personal_number == record.personal_number,
                StoredCheckIn.service_day == self._day_of(record),
            )
            .limit(1)
        )
        return found is not None

    def _next_number(self, session: Session, record: CheckIn) -> str | None:
        if record.clinic_id is None:
            return None
        clinic = session.get(Clinic, record.clinic_id)
        if clinic is None:
            raise RecordRefused("no such clinic")
        key = (record.province_code, record.facility_code, record.clinic_id, self._day_of(record))
        counter = session.get(QueueCounter, key, with_for_update=True)
        if counter is None:
            counter = QueueCounter(province_code=key[0], facility_code=key[1], clinic_id=key[2], day=key[3], last=0)
            session.add(counter)
        counter.last += 1
        return f"{clinic.prefix}{counter.last:03d}"

    def _day_of(self, record: CheckIn) -> date:
        return record.captured_at.astimezone(self._settings.timezone).date()

    def _today(self) -> date:
        return self._clock().astimezone(self._settings.timezone).date()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._guarded(), self._sessions.begin() as session:
            yield session

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            # The driver's own error comes through bare where a new connection is prepared.
            raise StoreUnusable(f"the database failed: {type(error).__name__}") from error


def _aware(moment: datetime) -> datetime:
    """SQLite gives back a moment without the time zone in which it was stored."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _chunks(citizens: Iterable[Citizen], size: int) -> Iterator[list[Citizen]]:
    remaining = iter(citizens)
    while chunk := list(itertools.islice(remaining, size)):
        yield chunk


def _differences(citizen: Citizen, query: CitizenQuery) -> tuple[str, ...]:
    found = []
    if fold_name(citizen.name) != fold_name(query.name):
        found.append("name")
    if query.birth_date is not None and citizen.birth_date != query.birth_date:
        found.append("birth_date")
    if query.sex is not None and citizen.sex != query.sex:
        found.append("sex")
    return tuple(found)
