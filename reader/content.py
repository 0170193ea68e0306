"""What the verified data groups say: the document's fields, and whether they agree with themselves and one another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from reader.checks import Check, CheckId, failed, inconclusive, not_applicable, passed
from reader.keys import PresentedIdentity
from reader.lds.dg11 import Dg11
from reader.lds.dg13 import Dg13
from reader.lds.mrz import Mrz
from reader.lds.names import fold_name, is_latin, names_agree, names_overlap
from reader.model import Document
from reader.partial_date import PartialDate

_CITIZEN_NUMBER: Final = re.compile("[0-9]{12}")

Comparison = tuple[str, bool]
"""Name of a field, and whether it agrees."""


def document_from(mrz: Mrz, dg13: Dg13 | None, today: date, dg11: Dg11 | None = None) -> Document:
    """Put the document's fields together.

    The name is DG13's on Vietnamese cards, else DG11's where it says the same as the MRZ in other letters, else the
    MRZ's. The personal number stands in DG13 and the MRZ of Vietnamese documents, elsewhere in DG11.

    Args:
        mrz: from a verified DG1.
        dg13: verified; passed over on other documents than Vietnamese ones, where it is the issuer's own affair.
        today: settles the century of two-digit years that DG11 does not settle.
        dg11: verified.
    """
    dg13 = _vietnamese(mrz, dg13)
    return Document(
        type=mrz.document_type,
        issuer=mrz.issuer,
        number=mrz.document_number,
        personal_number=_personal_number(mrz, dg13, dg11),
        name=(dg13.name if dg13 is not None else None) or _full_name(mrz, dg11) or mrz.name_latin,
        name_latin=mrz.name_latin,
        birth_date=_birth_date(mrz, dg11, today),
        sex=mrz.sex,
        nationality=mrz.nationality,
        expiry_date=mrz.expiry_date(today),
    )


def check_mrz(mrz: Mrz) -> Check:
    """The check digits of DG1 (Doc 9303-3, 4.9)."""
    wrong = [name for name, right in mrz.check_digits_ok.items() if not right]
    if wrong:
        return failed(CheckId.CONTENT_MRZ, "content.check_digit", f"Wrong check digit: {', '.join(wrong)}.")
    evidence = {"format": str(mrz.format), "check_digits": ", ".join(mrz.check_digits_ok)}
    return passed(CheckId.CONTENT_MRZ, evidence, "All check digits are right.")


def check_validity(mrz: Mrz, today: date) -> Check:
    """Whether the document is valid on a day; it is on the day of its expiry."""
    check, judged = CheckId.CONTENT_VALIDITY, {"judged_at": today.isoformat()}
    if mrz.never_expires:
        return passed(check, judged, "The document does not expire.")
    expiry = mrz.expiry_date(today)
    if expiry is None:
        return inconclusive(check, "content.expiry_unknown", "The date of expiry is no date.", judged)
    if expiry < today:
        return failed(check, "content.expired", "The document has expired.", judged)
    return passed(check, judged, "The document has not expired.")


def check_consistency(
    mrz: Mrz, dg13: Dg13 | None, presented: PresentedIdentity | None, today: date, dg11: Dg11 | None = None
) -> Check:
    """DG1 against DG13 and DG11, and all against the QR code, MRZ or number that was presented with the card.

    Inconclusive where a citizen's number was presented and the document holds none.
    """
    check = CheckId.CONTENT_CONSISTENCY
    dg13 = _vietnamese(mrz, dg13)
    sources = []
    if dg13 is not None:
        sources.append(("DG13", "content.groups_differ", tuple(_with_dg13(mrz, dg13, today))))
    if dg11 is not None:
        sources.append(("DG11", "content.groups_differ", tuple(_with_dg11(mrz, dg11))))
    if presented is not None:
        compared = tuple(_with_presented(mrz, dg13, dg11, presented, today))
        sources.append((presented.source, "content.presented_differs", compared))
    evidence = {name: ", ".join(field for field, _ in compared) for name, _, compared in sources if compared}
    for name, reason, compared in sources:
        differing = [field for field, agrees in compared if not agrees]
        if differing:
            return failed(check, reason, f"DG1 and {name} differ in: {', '.join(differing)}.", evidence)
    wanted = presented is not None and presented.personal_number is not None
    if wanted and _citizen_number(mrz, dg13, dg11) is None:
        detail = "A citizen's number was presented, and the document holds none."
        return inconclusive(check, "content.presented_not_confirmed", detail, evidence)
    if not evidence:
        return not_applicable(check, "content.nothing_to_compare")
    return passed(check, evidence, "All fields that stand in two places agree.")


def _vietnamese(mrz: Mrz, dg13: Dg13 | None) -> Dg13 | None:
    """DG13 where it means what `Dg13` says: French and Singaporean passports have one of their own kind."""
    return dg13 if mrz.is_vietnamese else None


def _with_dg13(mrz: Mrz, dg13: Dg13, today: date) -> Iterator[Comparison]:
    if dg13.number is not None and mrz.personal_number is not None:
        yield "personal_number", dg13.number == mrz.personal_number
    if dg13.name:
        yield "name", names_agree(dg13.name, mrz.name_latin, truncated=mrz.name_may_be_cut)
    if dg13.birth_date is not None:
        yield "birth_date", dg13.birth_date == mrz.birth_date(today)
    if dg13.sex is not None and mrz.sex != "X":
        yield "sex", dg13.sex == mrz.sex
    if dg13.never_expires or dg13.expiry_date is not None:
        yield "expiry_date", dg13.expiry_date == mrz.expiry_date(today)


def _with_dg11(mrz: Mrz, dg11: Dg11) -> Iterator[Comparison]:
    """What issuers do in different ways is no difference: both groups are signed by the same hand.

    Names in another script, and personal numbers that the MRZ holds in another form, are not compared.
    """
    number = _digits_of_a_citizen(dg11)
    if number is not None and mrz.personal_number is not None:
        yield "personal_number", number == mrz.personal_number
    name = "" if dg11.name is None else dg11.name.written
    if fold_name(name) and is_latin(name):
        yield "name", names_overlap(name, mrz.name_latin, truncated=mrz.name_may_be_cut)
    if dg11.birth_date is not None:
        yield "birth_date", _same_birth(mrz, dg11.birth_date)


def _with_presented(
    mrz: Mrz, dg13: Dg13 | None, dg11: Dg11 | None, presented: PresentedIdentity, today: date
) -> Iterator[Comparison]:
    number = _citizen_number(mrz, dg13, dg11)
    if presented.personal_number is not None and number is not None:
        yield "personal_number", presented.personal_number == number
    if presented.document_number is not None:
        yield "document_number", presented.document_number.rstrip("<") == mrz.document_number
    if presented.name is not None:
        yield "name", _same_name(mrz, dg13, presented.name, presented.source)
    if presented.birth_date is not None and presented.source == "mrz":
        # Both dates come from two digits of the year: the centuries were guessed.
        yield "birth_date", _same_birth(mrz, PartialDate.of(presented.birth_date))
    elif presented.birth_date is not None:
        yield "birth_date", presented.birth_date == _birth_date(mrz, dg11, today)
    if presented.sex is not None and mrz.sex != "X":
        yield "sex", presented.sex == mrz.sex


def _personal_number(mrz: Mrz, dg13: Dg13 | None, dg11: Dg11 | None) -> str | None:
    numbers = (dg13 and dg13.number, mrz.personal_number, dg11 and dg11.personal_number)
    return next((number for number in numbers if number), None)


def _citizen_number(mrz: Mrz, dg13: Dg13 | None, dg11: Dg11 | None) -> str | None:
    """The Vietnamese citizen's number: twelve digits in another state's document are something else."""
    return _personal_number(mrz, dg13, dg11) if mrz.is_vietnamese else None


def _digits_of_a_citizen(dg11: Dg11) -> str | None:
    number = dg11.personal_number or ""
    return number if _CITIZEN_NUMBER.fullmatch(number) else None


def _full_name(mrz: Mrz, dg11: Dg11 | None) -> str | None:
    name = "" if dg11 is None or dg11.name is None else dg11.name.written
    return name if names_agree(name, mrz.name_latin, truncated=mrz.name_may_be_cut) else None


def _birth_date(mrz: Mrz, dg11: Dg11 | None, today: date) -> date | None:
    """DG11's, whose year has four digits, where the MRZ's agrees with it."""
    full = None if dg11 is None else dg11.birth_date
    if full is not None and full.exact is not None and _same_birth(mrz, full):
        return full.exact
    return mrz.birth_date(today)


def _same_birth(mrz: Mrz, born: PartialDate) -> bool:
    """Whether the parts that both know are the same; an MRZ knows the year's last two digits."""
    year, month, day = (mrz.birth_yymmdd[start : start + 2] for start in (0, 2, 4))
    parts = [
        (year, born.year % 100),
        *((text, part) for text, part in ((month, born.month), (day, born.day)) if text != "00"),
    ]
    return all(part is None or not text.isdigit() or int(text) == part for text, part in parts)


def _same_name(mrz: Mrz, dg13: Dg13 | None, name: str, source: str) -> bool:
    if source == "mrz":
        return fold_name(name) == fold_name(mrz.name_latin)
    if dg13 is not None and dg13.name:
        return fold_name(name) == fold_name(dg13.name)
    return names_agree(name, mrz.name_latin, truncated=mrz.name_may_be_cut)
