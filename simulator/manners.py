"""What real chips do differently though the standard says otherwise or nothing: lengths, files, bare errors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulator.status import Status


class Addressing(Enum):
    """How READ BINARY reaches a file."""

    BOTH = "by short identifier, or selected first"
    SHORT_IDENTIFIER = "by short identifier only"
    SELECTION = "selected first only"


class BareErrors(Enum):
    """How errors leave a chip inside secure messaging, and where its send sequence counter stands afterwards."""

    PROTECTED = "protected, as the standard wants them"
    NOT_COUNTED = "bare, as if the command had never come"
    COMMAND_COUNTED = "bare, after the command was counted"
    BOTH_COUNTED = "bare, command and response counted"
    SESSION_ENDS = "bare, and secure messaging is over"


@dataclass(frozen=True, slots=True)
class ReadRefusal:
    """READ BINARY of more than so many bytes is refused.

    Attributes:
        above: the most data bytes that are given.
        status: 6C00 has `above` put into its second byte.
        from_offset: smaller offsets are not concerned.
    """

    above: int
    status: int = Status.WRONG_LENGTH
    from_offset: int = 0


@dataclass(frozen=True, slots=True)
class ChipManners:
    """The defaults are those of a well-behaved chip with extended length.

    Attributes:
        extended_length: False: commands in the extended form are refused with 6700.
        max_command: bytes of a whole command with extended length; longer ones are refused with 6700.
        max_response: data bytes of one response with extended length, secure messaging included.
        read_limit: data bytes that one READ BINARY gives at most; the rest is cut off.
        read_refusal: blocks that are refused.
        header_first: the status that refuses a READ BINARY beyond the end of the file, where a chip gives no data then;
            None: it gives what there is, with 6282.
        chained_reads: READ BINARY in the short form gives 256 bytes and the rest of the protected response by 61xx.
        empty_signature: INTERNAL AUTHENTICATE with an extended Le brings no data.
        master_file: how the files of the master file are reached.
        application: how the files of the application are reached.
        select_p2: the values of P2 that SELECT takes.
        select_master_file: the status word of SELECT for the master file; all but 9000 leave it unselected.
        odd_instruction: READ BINARY with the odd instruction byte is known.
        bare_errors: what errors inside secure messaging look like.
        delay_after_failure: seconds that a chip lets pass, after each failed opening in turn, before it answers again.
    """

    extended_length: bool = True
    max_command: int = 4096
    max_response: int = 4096
    read_limit: int | None = None
    read_refusal: ReadRefusal | None = None
    header_first: int | None = None
    chained_reads: bool = False
    empty_signature: bool = False
    master_file: Addressing = Addressing.BOTH
    application: Addressing = Addressing.BOTH
    select_p2: tuple[int, ...] = (0x00, 0x0C)
    select_master_file: int = Status.SUCCESS
    odd_instruction: bool = True
    bare_errors: BareErrors = BareErrors.PROTECTED
    delay_after_failure: float = 0.0
