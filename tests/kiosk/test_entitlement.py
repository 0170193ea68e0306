from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kiosk.entitlement import ask_insurance, menu_of, read_clinics, write_clinics
from kiosk.visit.states import InsuranceStanding
from registry.client import RegistryClient


@pytest.fixture
def unreachable() -> Iterator[RegistryClient]:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network")

    with RegistryClient("http://registry.invalid", transport=httpx.MockTransport(refuse)) as client:
        yield client


def test_the_registry_is_asked_with_what_the_chip_says(registry: RegistryClient, insured: Any) -> None:
    valid = ask_insurance(registry, insured.document)
    assert (valid.standing, valid.card_number) == (InsuranceStanding.VALID, "GD4010000000001")
    other = replace(insured.document, name="Nguyễn Thị Hoa")
    mismatch = ask_insurance(registry, other)
    assert (mismatch.standing, mismatch.differences) == (InsuranceStanding.MISMATCH, ("name",))
    stranger = replace(insured.document, personal_number="001190999999")
    assert ask_insurance(registry, stranger).standing is InsuranceStanding.NOT_FOUND


def test_whoever_has_no_citizen_number_is_not_asked_about(unreachable: RegistryClient, insured: Any) -> None:
    for changed in ({"issuer": "D"}, {"personal_number": None}, {"personal_number": "12345678901X"}):
        foreign = replace(insured.document, **changed)
        assert ask_insurance(unreachable, foreign).standing is InsuranceStanding.NOT_FOUND


def test_without_registry_nothing_is_claimed(unreachable: RegistryClient, insured: Any) -> None:
    assert ask_insurance(unreachable, insured.document).standing is InsuranceStanding.UNCONFIRMED


def test_clinics_are_kept_over_a_restart(registry: RegistryClient) -> None:
    clinics = registry.clinics()
    assert read_clinics(write_clinics(clinics)) == clinics
    assert [clinic.id for clinic in menu_of(clinics)] == ["general", "eyes"]
    assert read_clinics(None) == read_clinics('[{"of": "another version"}]') == ()
