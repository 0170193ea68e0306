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
from reader.mrz_repair import TypedMrz, as_digits, is_date, read_typed, repaired_keys
from reader.qr.payload import IdentityQr, parse

_CAN: Final = re.compile("[0-9]{6,20}")
_DOCUMENT_NUMBER: Final = re.compile("[A-Z0-9<]{1,22}")
_YYMMDD: Final = re.compile("[0-9]{6}|[0-9]{4}<<|[0-9]{2}<<<<|<<<<<<")
_YYYYMMDD: Final = re.compile("(?:19|20)([0-9]{6})")
_NO_EXPIRY: Final = "991231"


def opening_from_qr(text: str, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From the QR code of an identity card.

    Raises:
        PayloadError: not an identity card's code (code ``payload.not_an_identity_card``).
    """
    card = parse(text)
    if not isinstance(card, IdentityQr):
        raise PayloadError(
            "the QR code is not an identity card's",
            code="payload.not_an_identity_card",
            remedy="Show the QR code on the identity card that is to be read.",
        )
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
        raise PayloadError(
            "a card access number has six digits", code="payload.can", remedy="Type the number as it is printed."
        )
    return Opening((CanKey(digits),), mode)


def opening_from_mrz(text: str, today: date, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From the lines of an MRZ, joined by line breaks or by nothing. Typing faults are mended as `mrz_repair` tells.

    Where the text has faults, only what its check digits confirm is held against the chip.

    Args:
        today: settles the century of the date of birth.

    Raises:
        PayloadError: the text is no MRZ (code ``payload.mrz``).
    """
    try:
        typed = read_typed(text)
    except LdsError as error:
        raise PayloadError(
            error.message, code="payload.mrz", remedy="Type the lines as they are printed, with every <."
        ) from error
    mrz = typed.mrz
    key = MrzKey(mrz.document_number, mrz.birth_yymmdd, mrz.expiry_yymmdd, typed.mended)
    keys: tuple[MrzKey, ...] = (key,)
    if "document_number" in typed.unconfirmed:
        digit = mrz.number_check_digit
        others = repaired_keys(key, digit)
        # What the check digit confirms is likelier than what it does not.
        keys = (*others, key) if digit.isdigit() else (key, *others)
    faultless = typed.intact and not typed.unconfirmed
    presented = PresentedIdentity(
        personal_number=mrz.personal_number if _believable("personal_number", typed) else None,
        document_number=mrz.document_number if _believable("document_number", typed) else None,
        name=mrz.name_latin if faultless else None,
        birth_date=mrz.birth_date(today) if _believable("birth_date", typed) else None,
        sex=mrz.sex if faultless and mrz.sex != "X" else None,
        source="mrz",
    )
    return Opening(keys[:1], mode, presented, keys[1:], typed.unconfirmed)


def opening_from_fields(number: str, birth: str, expiry: str, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From the three fields of an MRZ, dates as YYMMDD; YYYYMMDD and letters that stand for digits are understood.

    Raises:
        PayloadError: a field holds what no MRZ has (code ``payload.mrz``).
        KeyMissing: a field is empty.
    """
    if not (number and birth and expiry):
        raise KeyMissing("document number, date of birth and date of expiry belong together")
    number = number.upper()
    dates = {"birth_date": birth.upper(), "expiry_date": expiry.upper()}
    meant = {name: _YYYYMMDD.sub(r"\1", as_digits(value)) for name, value in dates.items()}
    if not (_DOCUMENT_NUMBER.fullmatch(number) and all(map(_YYMMDD.fullmatch, meant.values()))):
        raise PayloadError(
            "not a document number and two dates as YYMMDD",
            code="payload.mrz",
            remedy="Type the three as they stand in the MRZ.",
        )
    mended = tuple(name for name in dates if as_digits(dates[name]) != dates[name])
    key = MrzKey(number, meant["birth_date"], meant["expiry_date"], mended)
    repairs = repaired_keys(key)
    suspicious = [name for name in dates if name in mended or not is_date(meant[name])]
    if repairs:
        suspicious.insert(0, "document_number")
    return Opening((key,), mode, PresentedIdentity(document_number=number), repairs, tuple(suspicious))


def opening_from_typed(text: str, today: date, *, mode: AccessMode = AccessMode.AUTO) -> Opening:
    """From whatever a person typed or scanned: a citizen's number, a CAN, the text of a QR code, or an MRZ.

    Raises:
        PayloadError: none of them.
    """
    text = text.strip()
    if text.isdigit():
        return opening_from_number(text, mode=mode) if len(text) == 12 else opening_from_can(text, mode=mode)
    return opening_from_qr(text, mode=mode) if "|" in text else opening_from_mrz(text, today, mode=mode)


def _believable(field: str, typed: TypedMrz) -> bool:
    """Whether a field may be held against the chip: its check digit is right, or it has none in a text as it stood."""
    return typed.mrz.check_digits_ok.get(field, typed.intact)


def _yymmdd(day: date) -> str:
    return day.strftime("%y%m%d")
