"""When a Vietnamese identity card expires, from what its QR code says: the law's rule.

Law 59/2014/QH13, article 21, for cards issued before 2024-07-01; law 26/2023/QH15, article 21, from then on. A card is
renewed at certain ages; one issued within the two years before such an age is valid until the next.
"""

from __future__ import annotations

from datetime import date
from typing import Final

_LAW_2023: Final = date(2024, 7, 1)
_AGES_2014: Final = (25, 40, 60)
_AGES_2023: Final = (14, *_AGES_2014)
_YEARS_BEFORE: Final = 2


def candidate_expiries(birth: date, issued: date) -> tuple[date | None, ...]:
    """The expiry dates that a card may carry, likeliest first; None stands for "no expiry" (``991231`` in the MRZ).

    There are two where the holder was born on 29 February and the year of expiry has no such day. The result is empty
    when the card would be older than its holder.
    """
    if issued < birth:
        return ()
    for age in _AGES_2023 if issued >= _LAW_2023 else _AGES_2014:
        if issued < _birthdays(birth, age - _YEARS_BEFORE)[0]:
            return _birthdays(birth, age)
    return (None,)


def _birthdays(birth: date, age: int) -> tuple[date, ...]:
    year = birth.year + age
    try:
        return (birth.replace(year=year),)
    except ValueError:
        # No law says which day stands for 29 February.
        return (date(year, 2, 28), date(year, 3, 1))
