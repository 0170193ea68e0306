"""From what a person presents to the keys that may open the chip, best first.

A Vietnamese card opens by PACE with the last six digits of the citizen's number. Where a chip wants the MRZ's data, the
number's last nine digits, the date of birth and the expiry that the law gives for the date of issue make them up.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from reader.citizen_number import CitizenNumber
from reader.errors import KeyMissing, LdsError, PayloadError
from reader.expiry_rule import candidate_expiries
from reader.keys import AccessMode, CanKey, MrzKey, Opening, PresentedIdentity
from reader.lds.mrz import parse_mrz
from reader.qr.payload import IdentityQr, parse

_CAN: Final = re.compile("[0-9]{6,20}")
_DOCUMENT_NUMBER: Final = re.compile("[A-Z0-9<]{1,22}")
_YYMMDD: Final = re.compile("[0-9]{6}|[0-9]{4}<<|[0-9]{2}<<<<|<<<<<<")
_NO_EXPIRY: Final = "991231"


def opening_from_qr(text: str, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From the QR code of an identity card.

    Raises:
        PayloadError: not an identity card's code (code ``payload.not_an_identity_card``).
    """
    card = parse(text)
    if not isinstance(card, IdentityQr):
        raise PayloadError("the QR code is not an identity card's", code="payload.not_an_identity_card")
    number = CitizenNumber(card.number)
    keys: list[CanKey | MrzKey] = [CanKey(number.can)]
    if card.birth_date is not None and card.issue_date is not None:
        keys += [
            MrzKey(number.document_number, _yymmdd(card.birth_date), _NO_EXPIRY if expiry is None else _yymmdd(expiry))
            for expiry in candidate_expiries(card.birth_date, card.issue_date)
        ]
    presented = PresentedIdentity(
        personal_number=card.number, name=card.name, birth_date=card.birth_date, sex=card.sex, source="qr"
    )
    return Opening(tuple(keys), mode, presented)


def opening_from_number(digits: str, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From a citizen's number of twelve digits; raises PayloadError for anything else."""
    number = CitizenNumber(digits)
    return Opening((CanKey(number.can),), mode, PresentedIdentity(personal_number=number.digits))


def opening_from_can(digits: str, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From a card access number as printed; raises PayloadError for what is none (code ``payload.can``)."""
    if _CAN.fullmatch(digits) is None:
        raise PayloadError("a card access number has six digits", code="payload.can")
    return Opening((CanKey(digits),), mode)


def opening_from_mrz(text: str, today: date, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From the lines of an MRZ, joined by line breaks or by nothing.

    Args:
        today: settles the century of the date of birth.

    Raises:
        PayloadError: the text is no MRZ (code ``payload.mrz``).
    """
    try:
        mrz = parse_mrz(text)
    except LdsError as error:
        raise PayloadError(error.message, code="payload.mrz") from error
    presented = PresentedIdentity(
        personal_number=mrz.personal_number,
        document_number=mrz.document_number,
        name=mrz.name_latin,
        birth_date=mrz.birth_date(today),
        sex=None if mrz.sex == "X" else mrz.sex,
        source="mrz",
    )
    return Opening((MrzKey(mrz.document_number, mrz.birth_yymmdd, mrz.expiry_yymmdd),), mode, presented)


def opening_from_fields(number: str, birth: str, expiry: str, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From the three fields of an MRZ, dates as YYMMDD.

    Raises:
        PayloadError: a field holds what no MRZ has (code ``payload.mrz``).
        KeyMissing: a field is empty.
    """
    if not (number and birth and expiry):
        raise KeyMissing("document number, date of birth and date of expiry belong together")
    if not (_DOCUMENT_NUMBER.fullmatch(number.upper()) and _YYMMDD.fullmatch(birth) and _YYMMDD.fullmatch(expiry)):
        raise PayloadError("not a document number and two dates as YYMMDD", code="payload.mrz")
    key = MrzKey(number.upper(), birth, expiry)
    return Opening((key,), mode, PresentedIdentity(document_number=number.upper()))


def opening_from_typed(text: str, today: date, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From whatever a person typed or scanned: a citizen's number, a CAN, the text of a QR code, or an MRZ.

    Raises:
        PayloadError: none of them.
    """
    text = text.strip()
    if text.isdigit():
        return opening_from_number(text, mode=mode) if len(text) == 12 else opening_from_can(text, mode=mode)
    return opening_from_qr(text, mode=mode) if "|" in text else opening_from_mrz(text, today, mode=mode)


def _yymmdd(day: date) -> str:
    return day.strftime("%y%m%d")
