"""What the verified data groups say: the document's fields, and whether they agree with themselves and one another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reader.checks import Check, CheckId, failed, inconclusive, not_applicable, passed
from reader.keys import PresentedIdentity
from reader.lds.dg13 import Dg13
from reader.lds.mrz import Mrz
from reader.lds.names import fold_name, names_agree
from reader.model import Document

Comparison = tuple[str, bool]
"""Name of a field, and whether it agrees."""


def document_from(mrz: Mrz, dg13: Dg13 | None, today: date) -> Document:
    """Put the document's fields together.

    Args:
        mrz: from a verified DG1.
        dg13: verified, of a Vietnamese card; its name has the diacritics that an MRZ cannot have.
        today: settles the century of two-digit years.
    """
    return Document(
        type=mrz.document_type,
        issuer=mrz.issuer,
        number=mrz.document_number,
        personal_number=mrz.personal_number,
        name=(dg13.name if dg13 is not None else None) or mrz.name_latin,
        name_latin=mrz.name_latin,
        birth_date=mrz.birth_date(today),
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


def check_consistency(mrz: Mrz, dg13: Dg13 | None, presented: PresentedIdentity | None, today: date) -> Check:
    """DG1 against DG13, and both against the QR code, MRZ or number that was presented with the card.

    Inconclusive where a citizen's number was presented and the document holds none.
    """
    check = CheckId.CONTENT_CONSISTENCY
    sources = []
    if dg13 is not None:
        sources.append(("DG13", "content.groups_differ", tuple(_with_dg13(mrz, dg13, today))))
    if presented is not None:
        sources.append(
            (presented.source, "content.presented_differs", tuple(_with_presented(mrz, dg13, presented, today)))
        )
    evidence = {name: ", ".join(field for field, _ in compared) for name, _, compared in sources if compared}
    for name, reason, compared in sources:
        differing = [field for field, agrees in compared if not agrees]
        if differing:
            return failed(check, reason, f"DG1 and {name} differ in: {', '.join(differing)}.", evidence)
    if presented is not None and presented.personal_number is not None and _personal_number(mrz, dg13) is None:
        detail = "A citizen's number was presented, and the document holds none."
        return inconclusive(check, "content.presented_not_confirmed", detail, evidence)
    if not evidence:
        return not_applicable(check, "content.nothing_to_compare")
    return passed(check, evidence, "All fields that stand in two places agree.")


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


def _with_presented(mrz: Mrz, dg13: Dg13 | None, presented: PresentedIdentity, today: date) -> Iterator[Comparison]:
    number = _personal_number(mrz, dg13)
    if presented.personal_number is not None and number is not None:
        yield "personal_number", presented.personal_number == number
    if presented.document_number is not None:
        yield "document_number", presented.document_number.rstrip("<") == mrz.document_number
    if presented.name is not None:
        yield "name", _same_name(mrz, dg13, presented.name, presented.source)
    if presented.birth_date is not None:
        yield "birth_date", presented.birth_date == mrz.birth_date(today)
    if presented.sex is not None and mrz.sex != "X":
        yield "sex", presented.sex == mrz.sex


def _personal_number(mrz: Mrz, dg13: Dg13 | None) -> str | None:
    return mrz.personal_number or (None if dg13 is None else dg13.number or None)


def _same_name(mrz: Mrz, dg13: Dg13 | None, name: str, source: str) -> bool:
    if source == "mrz":
        return fold_name(name) == fold_name(mrz.name_latin)
    if dg13 is not None and dg13.name:
        return fold_name(name) == fold_name(dg13.name)
    return names_agree(name, mrz.name_latin, truncated=mrz.name_may_be_cut)
