"""From errors to exit codes and plain words. The codes are those of the outside contract."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from reader.errors import ReaderError

ACCEPT: Final = 0
USAGE: Final = 2
REVIEW: Final = 10
REJECT: Final = 20
KEY_REFUSED: Final = 30
LINK_FAILED: Final = 31
NOTHING_TO_READ: Final = 32
NOT_A_DOCUMENT: Final = 33
DEFECT: Final = 70


def exit_code_of(error: Exception) -> int:
    """The exit code for an error of any of our trees; 70 for one that nobody foresaw."""
    from kiosk.errors import KioskError, NoSuchRecord, SettingsError
    from reader import errors as reading
    from registry.errors import RegistryError

    table: tuple[tuple[type[Exception] | tuple[type[Exception], ...], int], ...] = (
        (reading.KeyRefused, KEY_REFUSED),
        (reading.LinkError, LINK_FAILED),
        (reading.NothingToRead, NOTHING_TO_READ),
        (reading.NotADocument, NOT_A_DOCUMENT),
        ((reading.KeyMissing, reading.PayloadError, reading.TrustError, SettingsError, NoSuchRecord), USAGE),
        (reading.BrokenProtocol, REJECT),
        ((reading.ReaderError, RegistryError, KioskError), LINK_FAILED),
        (OSError, USAGE),
    )
    return next((code for kinds, code in table if isinstance(error, kinds)), DEFECT)


def in_a_line(error: ReaderError) -> str:
    """What happened and what to do, for the message of a wrong option."""
    return f"{error.message}. {error.remedy}"


def explain(error: Exception) -> None:
    """Tell on stderr what happened and what to do: a message and a remedy, never a traceback, never a value.

    Where nobody foresaw the error, its type and the place in the program are all that is told: its text might hold
    personal data.
    """
    code = getattr(error, "code", None)
    remedy = getattr(error, "remedy", None)
    message = getattr(error, "message", None)
    if isinstance(code, str) and isinstance(remedy, str) and isinstance(message, str):
        print(f"motcham: {message} [{code}]\n         {remedy}", file=sys.stderr)
    elif isinstance(error, OSError) and error.strerror:
        # A file, a port or a disk of this machine: nothing that a report to us would mend.
        file = "" if error.filename is None else f": {error.filename}"
        print(f"motcham: {error.strerror}{file}", file=sys.stderr)
    else:
        place = traceback.extract_tb(error.__traceback__)[-1]
        print(
            f"motcham: a defect of the program: {type(error).__name__} in {place.name}, line {place.lineno} of "
            f"{place.filename.rpartition('/')[2]}\n         Please report it; nothing of the document is in this line.",
            file=sys.stderr,
        )
