"""The record that a visit leaves, as the registry takes it."""

from __future__ import annotations

from kiosk.entitlement import citizen_number, name_for_registry
from kiosk.outbox import Slot
from kiosk.settings import Place
from kiosk.visit.effects import Record
from kiosk.visit.states import Desk
from reader.model import Document
from registry.messages import CheckIn

RECORD_KIND = "check-in"


def compose_check_in(record: Record, slot: Slot, desk: Desk, place: Place, installation: str) -> CheckIn:
    """Put a record together; `installation` names the outbox that numbers it."""
    document = record.document
    return CheckIn(
        kiosk_id=place.kiosk_id,
        province_code=place.province_code,
        facility_code=place.facility_code,
        installation=installation,
        sequence=slot.sequence,
        desk=desk.value,
        captured_at=slot.captured_at,
        personal_number=citizen_number(document),
        document_type=document.type,
        document_issuer=document.issuer,
        document_number=document.number,
        name=name_for_registry(document),
        birth_date=document.birth_date,
        sex=document.sex if document.sex in ("M", "F") else "X",
        verdict=record.verdict.value,
        reasons=record.reasons,
        identified_by="chip",
        insurance=None if record.insurance is None else record.insurance.value,
        clinic_id=None if record.clinic is None else record.clinic.id,
        local_ticket=local_ticket(slot, place),
        examination_id=record.examination_id,
    )


def local_ticket(slot: Slot, place: Place) -> str:
    """The number that the kiosk gives by itself when the registry's does not come in time: "K1-007"."""
    return f"{place.ticket_prefix}-{slot.ticket_number:03d}"


def identity_of(document: Document) -> str:
    """What the audit trail's pseudonym is made from: the same for the same person, whichever card they carry."""
    return f"{document.issuer}:{document.personal_number or document.number}"
