"""A chip that exists only in software: commands in, responses out, with the states and rules of an eMRTD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from crypto import bac
from crypto.bac import BacKeys
from crypto.errors import ApduError, CryptoError, ProtectionMissing, SecureMessagingError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.secure_messaging import ChipChannel, max_plain_le
from reader.errors import CardRemoved
from simulator.chip_genuineness import DONE, ChipAuthentication, set_key_agreement_template, sign_challenge
from simulator.chip_pace import ChipPace
from simulator.faults import Emission, Fault
from simulator.file_system import Extract, FileSystem
from simulator.personalisation import ChipAuthenticationKey, Personalisation
from simulator.status import Refusal, Status

_PROTECTED: Final = 0x0C
_CHAINED: Final = 0x10
_SHORT_RESPONSE: Final = 256
_GOOD: Final = Fault("none", "a good card", "accept")


@dataclass(frozen=True, slots=True)
class ChipLimits:
    """What a chip's buffers hold. The responses of a chip with extended length are cut, not refused."""

    extended_length: bool = True
    max_response: int = 4096
    """Data bytes of one response with extended length, secure messaging included."""


class SimulatedChip:
    """Answers like an eMRTD. A `Transport` for the reader, and what `VirtualCard` puts into a slot.

    Args:
        random: gives so many bytes; every challenge, nonce and ephemeral key comes from it.
        fault: what is wrong with it. Changes to the files are the personalisation's matter (`Fault.applied_to`).
    """

    def __init__(
        self,
        personalisation: Personalisation,
        random: Callable[[int], bytes],
        fault: Fault | None = None,
        limits: ChipLimits | None = None,
    ) -> None:
        self._personalisation = personalisation
        self._random = random
        self._fault = fault or _GOOD
        self._limits = limits or ChipLimits()
        self._files = FileSystem(personalisation.files, personalisation.application)
        information = personalisation.mrz_information
        self._bac_keys = None if information is None else BacKeys.from_mrz_information(information)
        self._was_removed = False
        self._channel: ChipChannel | None = None
        self._next_channel: ChipChannel | None = None
        self._challenge = b""
        self._pace: ChipPace | None = None
        self._chip_authentication: ChipAuthentication | None = None
        self._handlers: dict[int, Callable[[CommandApdu, int], ResponseApdu]] = {
            0x22: self._manage_security_environment,
            0x82: self._external_authenticate,
            0x84: self._get_challenge,
            0x86: self._general_authenticate,
            0x88: self._internal_authenticate,
            0xA4: self._select,
            0xB0: self._read_binary,
        }

    def reset(self) -> None:
        """Power-on: the master file is selected, no session is open."""
        self._files.reset()
        self._end_session()

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU, plain or protected, with the status word at the end.

        Raises:
            CardRemoved: a fault pulls the card away before it answers.
        """
        try:
            opened = CommandApdu.decode(command)
        except ApduError:
            return _bare(Status.WRONG_LENGTH)
        extended = len(command) > 5 and command[4] == 0
        if extended and not self._limits.extended_length:
            return _bare(Status.WRONG_LENGTH)
        limit = self._limits.max_response if extended else _SHORT_RESPONSE
        if opened.cla & _PROTECTED == _PROTECTED:
            return self._answer_protected(command, limit)
        # A plain command ends secure messaging, and with it all access (Doc 9303-11, 9.8.1).
        if self._channel is not None:
            self._end_session()
        response = self._answer(opened, limit)
        self._change_channel()
        return response.encode()

    def _answer_protected(self, raw: bytes, limit: int) -> bytes:
        channel = self._channel
        if channel is None:
            return _bare(Status.PROTECTION_INCORRECT)
        try:
            command = channel.unprotect(raw)
        except SecureMessagingError as error:
            self._end_session()
            missing = isinstance(error, ProtectionMissing)
            return _bare(Status.PROTECTION_MISSING if missing else Status.PROTECTION_INCORRECT)
        protected = channel.protect(self._answer(command, max_plain_le(channel.suite, limit)))
        self._change_channel()
        return protected

    def _answer(self, command: CommandApdu, limit: int) -> ResponseApdu:
        try:
            if command.cla & ~_CHAINED:
                raise Refusal(Status.CLASS_NOT_SUPPORTED)
            handler = self._handlers.get(command.ins)
            if handler is None:
                raise Refusal(Status.INSTRUCTION_NOT_SUPPORTED)
            return handler(command, limit)
        except Refusal as refusal:
            return ResponseApdu(b"", refusal.status)

    def _change_channel(self) -> None:
        """A new channel starts after the response that made it."""
        if self._next_channel is not None:
            self._channel, self._next_channel = self._next_channel, None

    def _end_session(self) -> None:
        self._channel = self._next_channel = None
        self._challenge = b""
        self._pace = self._chip_authentication = None

    def _select(self, command: CommandApdu, _: int) -> ResponseApdu:
        self._files.select(command, opened=self._channel is not None)
        return ResponseApdu(b"", Status.SUCCESS)

    def _read_binary(self, command: CommandApdu, limit: int) -> ResponseApdu:
        extract = self._files.read(command, opened=self._channel is not None, limit=limit)
        self._maybe_pulled_away(extract)
        return ResponseApdu(extract.data, Status.END_OF_FILE if extract.ends_early else Status.SUCCESS)

    def _maybe_pulled_away(self, extract: Extract) -> None:
        removal = self._fault.removal
        if removal is None or self._was_removed or extract.file.name != removal.file:
            return
        if extract.offset + len(extract.data) > removal.share * len(self._personalisation.files[removal.file]):
            self._was_removed = True
            raise CardRemoved("the simulated card was pulled away")

    def _get_challenge(self, command: CommandApdu, _: int) -> ResponseApdu:
        # Cards of 2021 answer 6D00 where their application was not selected.
        if not self._files.in_application:
            raise Refusal(Status.INSTRUCTION_NOT_SUPPORTED)
        if command.le != bac.CHALLENGE_LENGTH:
            raise Refusal(Status.WRONG_LENGTH)
        self._challenge = self._random(bac.CHALLENGE_LENGTH)
        return ResponseApdu(self._challenge, Status.SUCCESS)

    def _external_authenticate(self, command: CommandApdu, _: int) -> ResponseApdu:
        challenge, self._challenge = self._challenge, b""
        if not self._files.in_application or self._bac_keys is None:
            raise Refusal(Status.INSTRUCTION_NOT_SUPPORTED)
        if not challenge or self._channel is not None:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        try:
            response, keys, ssc = bac.answer_cryptogram(
                self._bac_keys, command.data, challenge, self._random(bac.KEY_LENGTH)
            )
        except CryptoError:
            raise Refusal(Status.AUTHENTICATION_FAILED) from None
        self._next_channel = ChipChannel(keys, ssc)
        return ResponseApdu(self._fault.said(Emission.BAC_CRYPTOGRAM, response), Status.SUCCESS)

    def _manage_security_environment(self, command: CommandApdu, _: int) -> ResponseApdu:
        self._pace = self._chip_authentication = None
        match command.p1 << 8 | command.p2:
            case 0xC1A4 if self._personalisation.pace and self._channel is None:
                self._pace = ChipPace(
                    self._personalisation,
                    command.data,
                    self._random,
                    lambda token: self._fault.said(Emission.PACE_TOKEN, token),
                )
            case 0x41A4:
                self._chip_authentication = ChipAuthentication(self._ca_key(), command.data)
            case 0x41A6:
                self._next_channel = set_key_agreement_template(self._ca_key(), command.data)
            case _:
                raise Refusal(Status.WRONG_PARAMETERS)
        return ResponseApdu(b"", Status.SUCCESS)

    def _ca_key(self) -> ChipAuthenticationKey:
        if self._channel is None:
            raise Refusal(Status.SECURITY_STATUS_NOT_SATISFIED)
        if self._personalisation.ca_key is None or not self._files.in_application:
            raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
        return self._personalisation.ca_key

    def _general_authenticate(self, command: CommandApdu, _: int) -> ResponseApdu:
        if self._chip_authentication is not None:
            run, self._chip_authentication = self._chip_authentication, None
            self._next_channel = run.answer(command.data)
            return ResponseApdu(DONE, Status.SUCCESS)
        pace, self._pace = self._pace, None
        if pace is None:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        if bool(command.cla & _CHAINED) is pace.in_last_step:
            raise Refusal(Status.CHAINING_NOT_SUPPORTED if pace.in_last_step else Status.LAST_OF_CHAIN_EXPECTED)
        answer = pace.answer(command.data)
        self._next_channel = pace.channel
        if self._next_channel is None:
            self._pace = pace
        return ResponseApdu(answer, Status.SUCCESS)

    def _internal_authenticate(self, command: CommandApdu, limit: int) -> ResponseApdu:
        if not self._files.in_application or self._personalisation.aa_key is None:
            raise Refusal(Status.INSTRUCTION_NOT_SUPPORTED)
        if self._channel is None:
            raise Refusal(Status.SECURITY_STATUS_NOT_SATISFIED)
        if command.le is None:
            raise Refusal(Status.WRONG_LENGTH)
        signature = sign_challenge(self._personalisation.aa_key, command.data, self._random)
        return ResponseApdu(signature[: min(limit, command.le)], Status.SUCCESS)


def _bare(status: Status) -> bytes:
    return ResponseApdu(b"", status).encode()
