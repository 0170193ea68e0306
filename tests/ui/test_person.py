"""How people are named and addressed, and what of their numbers is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.model import Document
from ui.view_models.person import address, called_name, full_name, masked, masked_while_typing
from ui.view_models.words import Language, Words

_TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("born", "sex", "word"),
    [
        (date(2010, 1, 1), "M", "bạn"),
        (date(1986, 11, 3), "F", "bạn"),  # 39: the fortieth birthday is tomorrow
        (date(1986, 11, 2), "F", "chị"),
        (date(1986, 11, 2), "M", "anh"),
        (date(1966, 11, 3), "M", "anh"),
        (date(1966, 11, 2), "M", "ông"),
        (date(1951, 5, 14), "F", "bà"),
        (date(1951, 5, 14), "X", "quý khách"),
        (None, "F", "quý khách"),
    ],
)
def test_address_follows_age_and_sex(person: Document, born: date | None, sex: str, word: str) -> None:
    someone = replace(person, birth_date=born, sex=sex)
    assert address(someone, Words.load(Language.VIETNAMESE), _TODAY) == word


def test_a_stranger_is_addressed_neutrally() -> None:
    assert address(None, Words.load(Language.VIETNAMESE), _TODAY) == "quý khách"


@pytest.mark.parametrize(
    ("name", "issuer", "full", "called"),
    [
        ("TRẦN THỊ LAN", "VNM", "Trần Thị Lan", "Lan"),
        ("Nguyễn Văn Mẫu", "VNM", "Nguyễn Văn Mẫu", "Mẫu"),
        ("ĐẶNG  ĐỨC ", "VNM", "Đặng Đức", "Đức"),
        ("MUSTERMANN ERIKA", "D", "Mustermann Erika", "Mustermann Erika"),
    ],
)
def test_names(person: Document, name: str, issuer: str, full: str, called: str) -> None:
    someone = replace(person, name=name, issuer=issuer)
    assert (full_name(someone), called_name(someone)) == (full, called)


def test_a_name_in_decomposed_letters_is_composed(person: Document) -> None:
    assert full_name(replace(person, name="Tra\u0302\u0300n")) == "Trần"


def test_numbers_show_three_at_each_end() -> None:
    assert masked("036151000102") == "036 ••• ••• 102"
    assert masked("151000102") == "151 ••• 102"
    assert masked("123456") == "••••••"


@given(st.text("0123456789", min_size=7, max_size=20))
def test_no_mask_shows_more_than_six_digits(number: str) -> None:
    shown = masked(number)
    assert sum(mark.isdigit() for mark in shown) == 6
    assert len(shown.replace(" ", "")) == len(number)


@given(st.text("0123456789", max_size=12))
def test_typing_shows_the_first_and_the_last_three(digits: str) -> None:
    marks = masked_while_typing(digits, 12)
    assert len(marks) == 12
    assert sum(mark != "" for mark in marks) == len(digits)
    assert sum(mark.isdigit() for mark in marks) == min(6, len(digits))
    assert "".join(marks[: min(3, len(digits))]) == digits[:3]
    assert "".join(marks[max(0, len(digits) - 3) : len(digits)]) == digits[-3:]
