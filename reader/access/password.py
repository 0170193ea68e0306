"""What a key gives to the protocols: the password of PACE, and the MRZ's data for BAC."""

from __future__ import annotations

from typing import Final

from crypto.errors import MrzTextError
from crypto.mrz_key import mrz_information, mrz_seed
from reader.errors import KeyRefused
from reader.keys import AccessKey, MrzKey

NOT_A_PASSWORD: Final = "access.key_refused.characters"
"""The key holds characters that no password of its kind has; nothing was sent."""


def mrz_data(key: MrzKey) -> str:
    """The MRZ information (Doc 9303-11 section 9.7.2); raises KeyRefused with the code `NOT_A_PASSWORD`."""
    try:
        return mrz_information(key.document_number, key.birth, key.expiry)
    except MrzTextError as error:
        raise _refusal(key) from error


def pace_password(key: AccessKey) -> bytes:
    """The password as the key derivation takes it (Doc 9303-11 section 9.7.3); raises as `mrz_data`."""
    if isinstance(key, MrzKey):
        return mrz_seed(mrz_data(key))
    try:
        return key.digits.encode("ascii")
    except UnicodeEncodeError as error:
        raise _refusal(key) from error


def _refusal(key: AccessKey) -> KeyRefused:
    return KeyRefused(f"no {key.kind} has such characters", code=NOT_A_PASSWORD)
