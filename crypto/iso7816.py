"""Command and response APDUs (ISO/IEC 7816-4 sections 5.1 and 5.2), short and extended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crypto.errors import ApduError

SW_SUCCESS: Final = 0x9000

_SHORT_DATA: Final = 255
_SHORT_LE: Final = 256
_EXTENDED_DATA: Final = 65_535
_EXTENDED_LE: Final = 65_536


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """A command: four header bytes, up to 65,535 data bytes, and the number of response bytes wanted.

    Attributes:
        le: 1 to 65,536 bytes at most, or None where no data are wanted back.

    Raises:
        ApduError: a field is out of range.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    le: int | None = None

    def __post_init__(self) -> None:
        if (self.cla | self.ins | self.p1 | self.p2) >> 8:
            raise ApduError("a header field is not a byte")
        if len(self.data) > _EXTENDED_DATA:
            raise ApduError(f"{len(self.data)} data bytes where {_EXTENDED_DATA} are the most")
        if self.le is not None and not 0 < self.le <= _EXTENDED_LE:
            raise ApduError(f"an Le of {self.le}")

    @property
    def header(self) -> bytes:
        """CLA, INS, P1, P2."""
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def fits_short(self) -> bool:
        """Whether the short form can carry this command."""
        return len(self.data) <= _SHORT_DATA and (self.le is None or self.le <= _SHORT_LE)

    def encode(self, extended: bool | None = None, longest: int | None = None) -> bytes:
        """Write the command.

        Args:
            extended: the extended form, the short form, or (None) the short form where it can.
            longest: bytes that it may have; None: any number.

        Raises:
            ApduError: the short form is asked for and cannot carry the command, or it is too long.
        """
        if extended is None:
            extended = not self.fits_short
        if extended:
            lc = b"\x00" + len(self.data).to_bytes(2, "big") if self.data else b""
            le = b"" if self.le is None else (self.le & 0xFFFF).to_bytes(2 if lc else 3, "big")
        else:
            if not self.fits_short:
                raise ApduError("the command does not fit the short form")
            lc = bytes((len(self.data),)) if self.data else b""
            le = b"" if self.le is None else bytes((self.le & 0xFF,))
        if longest is not None and len(lc) + len(self.data) + len(le) + len(self.header) > longest:
            raise ApduError(f"a command of more than {longest} bytes")
        return self.header + lc + self.data + le

    @classmethod
    def decode(cls, raw: bytes) -> CommandApdu:
        """Read a command of any of the cases 1 to 4, short or extended.

        Raises:
            ApduError: the length fields do not agree with the number of bytes.
        """
        if len(raw) < 4:
            raise ApduError("a command of less than four bytes")
        cla, ins, p1, p2 = raw[:4]
        body = raw[4:]
        if not body:
            return cls(cla, ins, p1, p2)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, le=body[0] or _SHORT_LE)
        if body[0]:
            start, lc, le_length = 1, body[0], 1
        elif len(body) == 3:
            return cls(cla, ins, p1, p2, le=int.from_bytes(body[1:], "big") or _EXTENDED_LE)
        else:
            start, lc, le_length = 3, int.from_bytes(body[1:3], "big"), 2
        end = start + lc
        le = body[end:]
        if not lc or len(body) < end or len(le) not in (0, le_length):
            raise ApduError("the length fields of a command do not agree with its length")
        wanted = (int.from_bytes(le, "big") or 1 << 8 * le_length) if le else None
        return cls(cla, ins, p1, p2, body[start:end], wanted)


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    """A response: data and the status word."""

    data: bytes = field(repr=False)
    sw: int

    @property
    def ok(self) -> bool:
        """Whether the status word is 9000."""
        return self.sw == SW_SUCCESS

    def encode(self) -> bytes:
        """Write the response."""
        return self.data + self.sw.to_bytes(2, "big")

    @classmethod
    def decode(cls, raw: bytes) -> ResponseApdu:
        """Read a response.

        Raises:
            ApduError: no status word, or more bytes than any response can have.
        """
        if not 2 <= len(raw) <= _EXTENDED_LE + 2:
            raise ApduError(f"a response of {len(raw)} bytes")
        return cls(raw[:-2], int.from_bytes(raw[-2:], "big"))
