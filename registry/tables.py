"""The registry's tables. `province_code` stands in every key of what grows, so that a fleet can be sharded by it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, DateTime, Index, LargeBinary, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Citizen(Base):
    """A person as the registry knows them."""

    __tablename__ = "citizens"

    personal_number: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    birth_date: Mapped[date] = mapped_column(Date)
    sex: Mapped[str] = mapped_column(String(1))
    address: Mapped[str] = mapped_column(String(200))
    insurance_number: Mapped[str | None] = mapped_column(String(15))
    insured_from: Mapped[date | None] = mapped_column(Date)
    insured_until: Mapped[date | None] = mapped_column(Date)


class Clinic(Base):
    __tablename__ = "clinics"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    """Most used first."""
    prefix: Mapped[str] = mapped_column(String(4), unique=True)
    """Of its queue numbers."""
    name_vi: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    room: Mapped[str] = mapped_column(String(20))
    floor_vi: Mapped[str] = mapped_column(String(40))
    floor_en: Mapped[str] = mapped_column(String(40))
    on_menu: Mapped[bool]
    """Whether patients choose it by themselves; people are sent to the others."""


class StoredCheckIn(Base):
    """A check-in and the receipt given for it. The idempotency key is what makes it exist once."""

    __tablename__ = "check_ins"
    __table_args__ = (
        Index("ix_check_ins_person_day", "province_code", "facility_code", "desk", "personal_number", "service_day"),
        UniqueConstraint("province_code", "kiosk_id", "installation", "sequence", name="uq_check_ins_sequence"),
    )

    province_code: Mapped[str] = mapped_column(String(3), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    facility_code: Mapped[str] = mapped_column(String(64))
    kiosk_id: Mapped[str] = mapped_column(String(64))
    installation: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int]
    desk: Mapped[str] = mapped_column(String(16))
    personal_number: Mapped[str | None] = mapped_column(String(12))
    service_day: Mapped[date] = mapped_column(Date)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    clinic_id: Mapped[str | None] = mapped_column(String(64))
    body_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[dict[str, object]] = mapped_column(JSON)


class StoredExamination(Base):
    """What the registry itself found of a chip. Neither the examination's id nor whose chip it was stands here to read:
    a check-in brings the id, and with it the key to the identity.
    """

    __tablename__ = "chip_examinations"

    province_code: Mapped[str] = mapped_column(String(3), primary_key=True)
    id_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    kiosk_id: Mapped[str] = mapped_column(String(64))
    examined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[str]] = mapped_column(JSON)
    sealed_mrz: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of a genuine chip only."""
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    """Idempotency key of the one check-in that it serves."""


class StoredChipProof(Base):
    """What a check-in's examination proved. A table of its own, so that older databases need no migration."""

    __tablename__ = "chip_proofs"

    province_code: Mapped[str] = mapped_column(String(3), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    chip_proof: Mapped[str] = mapped_column(String(8), index=True)


class QueueCounter(Base):
    """The last number given per facility, clinic and day."""

    __tablename__ = "queue_counters"

    province_code: Mapped[str] = mapped_column(String(3), primary_key=True)
    facility_code: Mapped[str] = mapped_column(String(64), primary_key=True)
    clinic_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int]
