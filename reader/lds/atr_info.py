"""EF.ATR/INFO: what the card as a whole can do (Doc 9303-10, 3.11.1; ISO/IEC 7816-4, 12.7.1 and 12.7.2).

It is not signed: it may only choose the size of commands, never decide on trust.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crypto import tlv
from reader.errors import LdsError
from reader.lds.content import objects, reading
from reader.lds.files import ELEMENTARY_FILES

_FILE: Final = ELEMENTARY_FILES["EF.ATR/INFO"]
_CARD_CAPABILITIES: Final = 0x47
_EXTENDED_LENGTH_INFORMATION: Final = 0x7F66
_INTEGER: Final = 0x02
_MAX_INTEGER_SIZE: Final = 4
_MAX_CAPABILITIES: Final = 3

# Third byte of the card capabilities.
_COMMAND_CHAINING: Final = 0x80
_EXTENDED_LENGTH: Final = 0x40


@dataclass(frozen=True, slots=True)
class AtrInfo:
    """The content of EF.ATR/INFO, as far as a reader has use for it."""

    max_command: int | None = None
    """The longest command APDU that the card takes: bytes, header and length fields included."""
    max_response: int | None = None
    """The longest response APDU that the card gives: bytes, status word included."""
    card_capabilities: bytes | None = None
    """One to three bytes."""
    others: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)
    """All other objects: tag and value, in the file's order. A serial number may be among them."""

    @property
    def extended_length(self) -> bool | None:
        """Whether the card takes extended Lc and Le; None when it does not say."""
        return self._third_byte(_EXTENDED_LENGTH)

    @property
    def command_chaining(self) -> bool | None:
        """Whether the card takes commands in several parts; None when it does not say."""
        return self._third_byte(_COMMAND_CHAINING)

    def _third_byte(self, bit: int) -> bool | None:
        if self.card_capabilities is None or len(self.card_capabilities) < _MAX_CAPABILITIES:
            return None
        return bool(self.card_capabilities[_MAX_CAPABILITIES - 1] & bit)


def parse(raw: bytes) -> AtrInfo:
    """Read the complete file; padding with 00 or FF after the last object is taken.

    Raises:
        LdsError: an object is malformed, or one of the two known ones has a content that it cannot have.
    """
    capabilities: bytes | None = None
    lengths: tuple[int, int] | None = None
    others: list[tuple[int, bytes]] = []
    for item in objects(raw, _FILE):
        if item.tag == _CARD_CAPABILITIES and capabilities is None:
            if not 0 < len(item.value) <= _MAX_CAPABILITIES:
                raise LdsError(f"{_FILE.name}: card capabilities of {len(item.value)} bytes")
            capabilities = item.value
        elif item.tag == _EXTENDED_LENGTH_INFORMATION and lengths is None:
            lengths = _lengths(item.value)
        else:
            others.append((item.tag, item.value))
    max_command, max_response = lengths or (None, None)
    return AtrInfo(max_command, max_response, capabilities, tuple(others))


def encode(info: AtrInfo) -> bytes:
    """Write the complete file; raises ValueError when only one of the two lengths is given."""
    if (info.max_command is None) is not (info.max_response is None):
        raise ValueError("the lengths of commands and of responses stand together")
    encoded = b"" if info.card_capabilities is None else tlv.encode(_CARD_CAPABILITIES, info.card_capabilities)
    if info.max_command is not None and info.max_response is not None:
        lengths = _encode_integer(info.max_command) + _encode_integer(info.max_response)
        encoded += tlv.encode(_EXTENDED_LENGTH_INFORMATION, lengths)
    return encoded + b"".join(tlv.encode(tag, value) for tag, value in info.others)


def _lengths(value: bytes) -> tuple[int, int]:
    with reading(_FILE):
        numbers = tlv.parse(value)
    if len(numbers) != 2 or any(
        number.tag != _INTEGER or not 0 < len(number.value) <= _MAX_INTEGER_SIZE for number in numbers
    ):
        raise LdsError(f"{_FILE.name}: the extended length information is no two numbers")
    # Unsigned: 0202FFFF stands for 65,535, although DER would have it negative.
    command, response = (int.from_bytes(number.value, "big") for number in numbers)
    return command, response


def _encode_integer(number: int) -> bytes:
    return tlv.encode(_INTEGER, number.to_bytes(2 if number < 1 << 16 else _MAX_INTEGER_SIZE, "big"))
