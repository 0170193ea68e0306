from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.expiry_rule import candidate_expiries

BIRTH = date(1999, 2, 1)


@pytest.mark.parametrize(
    ("birth", "issued", "expiries"),
    [
        (BIRTH, date(2022, 1, 31), (date(2024, 2, 1),)),
        # Two years before 25 and later: valid until 40.
        (BIRTH, date(2022, 2, 1), (date(2039, 2, 1),)),
        (BIRTH, date(2022, 4, 3), (date(2039, 2, 1),)),
        (BIRTH, date(2037, 1, 31), (date(2039, 2, 1),)),
        (BIRTH, date(2037, 2, 1), (date(2059, 2, 1),)),
        (BIRTH, date(2057, 1, 31), (date(2059, 2, 1),)),
        (BIRTH, date(2057, 2, 1), (None,)),
        (date(1958, 5, 6), date(2021, 7, 8), (None,)),
        # The age of 14 counts for cards of the 2023 law only.
        (date(2013, 1, 1), date(2024, 6, 30), (date(2038, 1, 1),)),
        (date(2013, 1, 1), date(2024, 7, 1), (date(2027, 1, 1),)),
        (date(2012, 7, 1), date(2024, 7, 1), (date(2037, 7, 1),)),
        (date(2024, 8, 1), date(2024, 9, 1), (date(2038, 8, 1),)),
        # 29 February: alternatives where the year has no such day.
        (date(2000, 2, 29), date(2021, 5, 1), (date(2025, 2, 28), date(2025, 3, 1))),
        (date(2000, 2, 29), date(2023, 5, 1), (date(2040, 2, 29),)),
        # 23 years after 29 February: from 28 February on.
        (date(2000, 2, 29), date(2023, 2, 27), (date(2025, 2, 28), date(2025, 3, 1))),
        (date(2000, 2, 29), date(2023, 2, 28), (date(2040, 2, 29),)),
        (date(2000, 1, 1), date(1999, 12, 31), ()),
    ],
)
def test_the_laws_rule(birth: date, issued: date, expiries: tuple[date | None, ...]) -> None:
    assert candidate_expiries(birth, issued) == expiries


@given(st.dates(date(1900, 1, 1), date(2030, 12, 31)), st.integers(min_value=0, max_value=36_500))
def test_a_card_is_valid_for_two_years_at_least(birth: date, days: int) -> None:
    issued = date.fromordinal(birth.toordinal() + days)
    candidates = candidate_expiries(birth, issued)
    assert candidates
    for expiry in candidates:
        assert expiry is None or (expiry - issued).days > 2 * 365 - 1
