"""Status words of ISO/IEC 7816-4 (5.6) that a simulated chip gives, and how a command handler refuses."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    SUCCESS = 0x9000
    MORE_DATA = 0x6100
    """The second byte tells how many bytes GET RESPONSE can fetch; 00: 256 or more."""
    END_OF_FILE = 0x6282
    """Fewer bytes than asked for: the file ends before."""
    AUTHENTICATION_FAILED = 0x6300
    TRIES_LEFT = 0x63C0
    """The last four bits tell how many tries of a password are left."""
    WRONG_LENGTH = 0x6700
    LAST_OF_CHAIN_EXPECTED = 0x6883
    CHAINING_NOT_SUPPORTED = 0x6884
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    PASSWORD_BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    PROTECTION_MISSING = 0x6987
    PROTECTION_INCORRECT = 0x6988
    WRONG_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    REFERENCED_DATA_NOT_FOUND = 0x6A88
    OFFSET_OUTSIDE_FILE = 0x6B00
    EXACT_LENGTH = 0x6C00
    """The second byte tells how many bytes may be asked for."""
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00


class Refusal(Exception):
    """A command ends with an error status, a `Status` or any other, and no data."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = int(status)
