"""What the registry says of a person and of the clinics, in the kiosk's own values."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError

from kiosk.visit.states import Clinic, Insurance, InsuranceStanding
from reader.model import Document
from registry.errors import RegistryError
from registry.messages import CitizenQuery, ClinicInfo, InsuranceAnswer, Receipt

_log = logging.getLogger("motcham.kiosk")
_CITIZEN_NUMBER: Final = re.compile(r"[0-9]{12}")
_LONGEST_NAME: Final = 120
_CLINICS: Final = TypeAdapter(tuple[ClinicInfo, ...])


class Registry(Protocol):
    """What a kiosk asks of the registry; see `registry.client.RegistryClient`, whose errors it raises."""

    def look_up(self, query: CitizenQuery) -> InsuranceAnswer: ...

    def clinics(self) -> tuple[ClinicInfo, ...]: ...

    def check_in(self, body: bytes, key: str) -> Receipt: ...


def citizen_number(document: Document) -> str | None:
    """The 12 digits that the registry knows a citizen by, or None for a document without them."""
    number = document.personal_number or ""
    return number if document.issuer == "VNM" and _CITIZEN_NUMBER.fullmatch(number) else None


def name_for_registry(document: Document) -> str:
    """A name is never empty and never longer than the registry takes."""
    return (document.name or document.name_latin or "?")[:_LONGEST_NAME]


def ask_insurance(registry: Registry, document: Document) -> Insurance:
    """Look a person's insurance up; whatever goes wrong, the answer is "unconfirmed" and nobody is turned away."""
    number = citizen_number(document)
    if number is None:
        return Insurance(InsuranceStanding.NOT_FOUND)
    sex = document.sex if document.sex in ("M", "F", "X") else None
    query = CitizenQuery(
        personal_number=number, name=name_for_registry(document), birth_date=document.birth_date, sex=sex
    )
    try:
        answer = registry.look_up(query)
    except RegistryError as error:
        _log.warning("insurance not confirmed: %s", error.code)
        return Insurance(InsuranceStanding.UNCONFIRMED)
    return Insurance(
        InsuranceStanding(answer.standing.value),
        answer.card_number,
        answer.valid_from,
        answer.valid_until,
        answer.differences,
    )


def menu_of(clinics: Iterable[ClinicInfo]) -> tuple[Clinic, ...]:
    """The clinics that patients choose by themselves, in the registry's order."""
    return tuple(
        Clinic(info.id, info.name_vi, info.name_en, info.room, info.floor_vi, info.floor_en)
        for info in clinics
        if info.on_menu
    )


def write_clinics(clinics: tuple[ClinicInfo, ...]) -> str:
    """For keeping over a restart without network."""
    return _CLINICS.dump_json(clinics).decode()


def read_clinics(text: str | None) -> tuple[ClinicInfo, ...]:
    """What `write_clinics` made; none when there is nothing, or nothing that this version understands."""
    if text is None:
        return ()
    try:
        return _CLINICS.validate_json(text)
    except ValidationError:
        _log.warning("the kept clinics belong to another version; the registry will be asked")
        return ()
