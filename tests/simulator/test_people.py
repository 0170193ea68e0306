"""The invented people are consistent: numbers, dates, and the law's rule for the expiry of cards."""

from __future__ import annotations

from datetime import date

import pytest

from reader.citizen_number import CitizenNumber, conflicts, load_provinces
from reader.expiry_rule import candidate_expiries
from simulator.people import Person, sample_people

PEOPLE = list(sample_people().values())


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.id)
def test_the_number_agrees_with_its_holder(person: Person) -> None:
    number = CitizenNumber(person.personal_number)
    today = date(2026, 11, 22)
    assert not conflicts(number, load_provinces(), today, birth_year=person.birth_date.year, sex=person.sex)
    assert (number.document_number, number.can) == (person.document_number, person.can)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.id)
def test_the_card_expires_as_the_law_says(person: Person) -> None:
    assert person.expires in candidate_expiries(person.birth_date, person.issued)


def test_nobody_shares_a_number_or_an_insurance_card() -> None:
    for values in (
        [person.personal_number for person in PEOPLE],
        [person.insurance.card_number for person in PEOPLE],
        [person.can for person in PEOPLE],
        [person.name for person in PEOPLE],
    ):
        assert len(set(values)) == len(PEOPLE)


def test_there_is_an_old_lady_whose_card_does_not_expire() -> None:
    lan = sample_people()["lan"]
    assert (lan.name, lan.sex, lan.expires) == ("Trần Thị Lan", "F", None)
    assert 2026 - lan.birth_date.year == 75


def test_no_personal_data_in_a_repr() -> None:
    for person in PEOPLE:
        assert person.personal_number not in repr(person)
        assert person.name not in repr(person)
        assert person.residence not in repr(person)
