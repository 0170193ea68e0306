"""What a device profile may hold: strict models, from which `profile.schema.json` is made.

A profile is data, and holds no command: a reader gets plain ISO 7816-4 commands and nothing else.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, TypeAdapter, model_validator

SHORT_RESPONSE = 256
"""Bytes of response data that a short Le can ask for (ISO 7816-4, 5.2)."""
EXTENDED_RESPONSE = 65_536
"""Bytes of response data that an extended Le can ask for."""

Confidence = Literal["H", "M", "L"]
"""H: read in a driver's source, a descriptor or measured; M: a manual or several programs; L: a single mention."""
Platform = Literal["linux", "windows", "macos"]

Item = TypeVar("Item")
# TOML has arrays only; strict mode would otherwise refuse a list where an immutable tuple is kept.
Many = Annotated[tuple[Item, ...], Strict(False)]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Text = Annotated[str, Field(min_length=1, max_length=500)]
Pattern = Annotated[
    str, Field(min_length=1, max_length=200, json_schema_extra={"format": "regex"}), AfterValidator(_compiles)
]
UsbId = Annotated[str, Field(pattern=r"^[0-9A-F]{4}:[0-9A-F]{4}$")]
Milliseconds = Annotated[int, Field(ge=1, le=60_000)]
BlockSize = Annotated[int, Field(ge=1, le=EXTENDED_RESPONSE)]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class NamePatterns(_Model):
    """Regular expressions for the whole PC/SC name, without what the system appends to tell instances apart."""

    linux: Pattern | None = None
    windows: Pattern | None = None
    macos: Pattern | None = None


class ApduLimits(_Model):
    """What one command can carry through this reader."""

    max_response: int = Field(ge=1, le=EXTENDED_RESPONSE)
    """Bytes of response data, without the status word, that reader and driver pass in one piece."""
    extended: Literal["tested", "declared", "unknown", "no"]
    """Extended length: tried on the device, only declared by its descriptor, not known, or not there."""

    @property
    def probe(self) -> bool:
        """Whether extended length is tried out with each card, since nobody did it on the device."""
        return self.extended in ("declared", "unknown")

    @model_validator(mode="after")
    def _short_is_short(self) -> Self:
        if self.extended == "no" and self.max_response > SHORT_RESPONSE:
            raise ValueError(f"without extended length a response holds at most {SHORT_RESPONSE} bytes")
        return self


class ReaderTiming(_Model):
    """Deadlines of one exchange with this reader, in milliseconds."""

    connect_ms: Milliseconds = 2_000
    apdu_ms: Milliseconds = 5_000


class _Device(_Model):
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    vendor: Text
    model: Text
    usb: Many[UsbId] = ()
    """Vendor and product ids, as `lsusb` prints them, in capitals."""
    quirks: Many[Text] = ()
    confidence: Confidence
    tested_by: Many[Text] = ()
    """Who ran the self-test on the device, when, and with which firmware."""
    sources: Many[Text] = Field(min_length=1)

    @property
    def not_tested_on_hardware(self) -> bool:
        """Whether nobody has confirmed this profile on the device itself; the operator is told so."""
        return not self.tested_by


class ReaderProfile(_Device):
    """A PC/SC reader."""

    kind: Literal["reader"]
    simulated: bool = False
    """Whether the reader exists only in software."""
    name_regex: NamePatterns = NamePatterns()
    apdu: ApduLimits
    read_sizes: Many[BlockSize] = Field(min_length=1)
    """READ BINARY sizes in bytes of plain data, to be tried from the first on when the chip or reader refuses one."""
    timing: ReaderTiming = ReaderTiming()

    def block_sizes(self, most: int) -> tuple[int, ...]:
        """The ladder of READ BINARY sizes, none above `most` bytes, each once, largest first."""
        return tuple(dict.fromkeys(min(size, most) for size in self.read_sizes))

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if any(above <= below for above, below in zip(self.read_sizes, self.read_sizes[1:], strict=False)):
            raise ValueError("read_sizes must fall from step to step")
        if self.read_sizes[0] > self.apdu.max_response:
            raise ValueError("the first of read_sizes is larger than apdu.max_response")
        if self.apdu.extended == "tested" and not (self.simulated or self.tested_by):
            raise ValueError("extended length counts as tested only when tested_by names who tested it")
        return self


class SerialLine(_Model):
    """How the port is opened; 8 data bits, no parity, one stop bit, no flow control."""

    baud: Literal[1200, 4800, 9600, 14400, 19200, 38400, 57600, 115200]


class LineFraming(_Model):
    """Each code arrives as one line of text that CR, LF or both end."""

    kind: Literal["lines"]
    max_bytes: int = Field(ge=16, le=8_192)
    """The longest line that is taken, without its end; a longer one is thrown away whole."""
    idle_ms: Milliseconds
    """After this silence the beginning of a line is thrown away: the rest of it will not come."""


class ScannerProfile(_Device):
    """A serial barcode scanner."""

    kind: Literal["scanner"]
    serial: SerialLine
    framing: LineFraming


Profile = Annotated[ReaderProfile | ScannerProfile, Field(discriminator="kind")]
PROFILE: TypeAdapter[ReaderProfile | ScannerProfile] = TypeAdapter(Profile)
