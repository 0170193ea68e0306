"""The MRZ as a password: check digits (Doc 9303-3 section 4.9) and the key seed (Doc 9303-11 section 9.7.2)."""

from __future__ import annotations

import hashlib
import string

from crypto.errors import MrzTextError

_VALUES = {character: value for value, character in enumerate(string.digits + string.ascii_uppercase)} | {"<": 0}
_WEIGHTS = (7, 3, 1)
_DOCUMENT_NUMBER_LENGTH = 9


def check_digit(text: str) -> str:
    """Compute the check digit of an MRZ field.

    Raises:
        MrzTextError: a character other than A to Z, 0 to 9 and `<`.
    """
    try:
        return str(sum(_VALUES[character] * _WEIGHTS[i % 3] for i, character in enumerate(text)) % 10)
    except KeyError:
        raise MrzTextError("a character that has no place in an MRZ") from None


def mrz_information(document_number: str, birth_yymmdd: str, expiry_yymmdd: str) -> str:
    """Join document number, date of birth and date of expiry, each with its check digit.

    Args:
        document_number: without its check digit; a shorter one than nine characters is filled with `<`, a longer one
            (TD1 and TD2 continue it in the optional data) counts as a whole.
        birth_yymmdd: as in the MRZ; unknown parts are `<`.
        expiry_yymmdd: as in the MRZ.

    Raises:
        MrzTextError: a character that has no place in an MRZ, or a date that is not six characters long.
    """
    if len(birth_yymmdd) != 6 or len(expiry_yymmdd) != 6:
        raise MrzTextError("a date that is not six characters long")
    number = document_number.ljust(_DOCUMENT_NUMBER_LENGTH, "<")
    return "".join(item + check_digit(item) for item in (number, birth_yymmdd, expiry_yymmdd))


def mrz_seed(information: str) -> bytes:
    """Hash the MRZ information to the 20 bytes that PACE takes as its password; BAC takes the first 16.

    Raises:
        MrzTextError: a character that has no place in an MRZ.
    """
    if not _VALUES.keys() >= set(information):
        raise MrzTextError("a character that has no place in an MRZ")
    return hashlib.sha1(information.encode("ascii"), usedforsecurity=False).digest()
