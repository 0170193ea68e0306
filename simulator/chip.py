"""A chip that exists only in software: commands in, responses out, with the states and rules of an eMRTD."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from crypto import bac, tlv
from crypto.bac import BacKeys
from crypto.errors import ApduError, CryptoError, ProtectionMissing, SecureMessagingError, TlvError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.key_pair import RandomBytes
from crypto.secure_messaging import ChipChannel, max_plain_le
from reader.errors import CardRemoved
from simulator.chip_genuineness import DONE, ChipAuthentication, set_key_agreement_template, sign_challenge
from simulator.chip_pace import ChipPace, Password, PinCounter
from simulator.command_data import DYNAMIC_DATA
from simulator.faults import Emission, Fault
from simulator.file_system import Extract, FileSystem
from simulator.manners import BareErrors, ChipManners
from simulator.personalisation import ChipAuthenticationKey, Personalisation
from simulator.status import Refusal, Status

_PROTECTED: Final = 0x0C
_CHAINED: Final = 0x10
_GENERAL_AUTHENTICATE: Final = 0x86
_GET_RESPONSE: Final = 0xC0
_LONGEST_CHAIN: Final = 4096
_SHORT_RESPONSE: Final = 256
"""Data bytes of a response that a short Le can ask for (ISO/IEC 7816-4, 5.2)."""
_GOOD: Final = Fault("none", "a good card", "accept")


@dataclass(frozen=True, slots=True)
class _Form:
    """How a command came, and what its response may carry."""

    extended: bool
    room: int
    """Data bytes, before they are protected."""


class SimulatedChip:
    """Answers like an eMRTD. A `Transport` for the reader, and what `VirtualCard` puts into a slot.

    Args:
        random: gives so many bytes; every challenge, nonce and ephemeral key comes from it.
        fault: what is wrong with it. Changes to the files are the personalisation's matter (`Fault.applied_to`).
        manners: how it behaves outside the protocols.
        sleep: lets so many seconds pass, where the chip's manners slow it down.
    """

    def __init__(
        self,
        personalisation: Personalisation,
        random: RandomBytes,
        fault: Fault | None = None,
        manners: ChipManners | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._personalisation = personalisation
        self._random = random
        self._fault = fault or _GOOD
        self._manners = self._fault.manners(manners or ChipManners())
        self._sleep = sleep
        self._files = FileSystem(personalisation.files, personalisation.application, self._manners)
        information = personalisation.mrz_information if personalisation.bac else None
        self._bac_keys = None if information is None else BacKeys.from_mrz_information(information)
        self._pin = PinCounter()
        self._failures = 0
        self._was_removed = False
        self._channel: ChipChannel | None = None
        self._next_channel: ChipChannel | None = None
        self._opened_with: Password | None = None
        self._challenge = b""
        self._pace: ChipPace | None = None
        self._chip_authentication: ChipAuthentication | None = None
        self._chain: CommandApdu | None = None
        self._rest = b""
        self._handlers: dict[int, Callable[[CommandApdu, _Form], ResponseApdu]] = {
            0x22: self._manage_security_environment,
            0x82: self._external_authenticate,
            0x84: self._get_challenge,
            _GENERAL_AUTHENTICATE: self._general_authenticate,
            0x88: self._internal_authenticate,
            0xA4: self._select,
            0xB0: self._read_binary,
        }
        if self._manners.odd_instruction:
            self._handlers[0xB1] = self._read_binary

    def reset(self) -> None:
        """Power-on: the master file is selected, no session is open."""
        self._files.reset()
        self._end_session()

    def prepare(self) -> None:
        """Draw what the next command will need; leaving it out changes the time that commands take and nothing else."""
        if self._pace is not None:
            self._pace.prepare()

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU, plain or protected, with the status word at the end.

        Raises:
            CardRemoved: a fault pulls the card away before it answers.
        """
        try:
            plain = CommandApdu.decode(command)
        except ApduError:
            return _bare(Status.WRONG_LENGTH)
        if plain.ins == _GET_RESPONSE and self._rest:
            return self._more(plain.le or _SHORT_RESPONSE)
        extended = len(command) > 5 and command[4] == 0
        limit = self._manners.max_response if extended else _SHORT_RESPONSE
        response = self._response(command, plain, _Form(extended, limit))
        self._rest = response
        return self._more(limit)

    def _more(self, limit: int) -> bytes:
        """The next part of a response that is longer than what the terminal asked for (ISO/IEC 7816-4, 11.4.2)."""
        data, status = self._rest[:-2], self._rest[-2:]
        if len(data) <= limit:
            self._rest = b""
            return data + status
        self._rest = data[limit:] + status
        left = len(data) - limit
        return data[:limit] + (Status.MORE_DATA | (left if left < _SHORT_RESPONSE else 0)).to_bytes(2, "big")

    def _response(self, raw: bytes, plain: CommandApdu, form: _Form) -> bytes:
        too_long = len(raw) > self._manners.max_command or not self._manners.extended_length
        if form.extended and too_long:
            return self._refuse_unseen(raw)
        if plain.cla & _PROTECTED == _PROTECTED:
            return self._answer_protected(raw, form)
        # A plain command ends secure messaging, and with it all access (Doc 9303-11, 9.8.1).
        if self._channel is not None:
            self._end_session()
        response = self._answer(plain, form)
        self._change_channel()
        return response.encode()

    def _refuse_unseen(self, raw: bytes) -> bytes:
        """What is too long is refused before anybody looks at its protection."""
        if self._channel is not None and self._manners.bare_errors is not BareErrors.PROTECTED:
            before = copy.copy(self._channel)
            try:
                self._channel.unprotect(raw)
            except CryptoError:
                self._channel = before
            else:
                return self._say_bare(ResponseApdu(b"", Status.WRONG_LENGTH), before)
        return _bare(Status.WRONG_LENGTH)

    def _answer_protected(self, raw: bytes, form: _Form) -> bytes:
        channel = self._channel
        if channel is None:
            return _bare(Status.PROTECTION_INCORRECT)
        before = copy.copy(channel)
        try:
            command = channel.unprotect(raw)
        except SecureMessagingError as error:
            self._end_session()
            missing = isinstance(error, ProtectionMissing)
            return _bare(Status.PROTECTION_MISSING if missing else Status.PROTECTION_INCORRECT)
        response = self._answer(command, replace(form, room=max_plain_le(channel.suite, form.room)))
        refused = not response.data and response.sw != Status.SUCCESS
        if refused and self._manners.bare_errors is not BareErrors.PROTECTED:
            return self._say_bare(response, before)
        protected = channel.protect(response)
        self._change_channel()
        return protected

    def _say_bare(self, refusal: ResponseApdu, before: ChipChannel) -> bytes:
        """Leave secure messaging for an error, and the counter where the chip's manners have it.

        Args:
            before: the channel as it was before the command came.
        """
        match self._manners.bare_errors:
            case BareErrors.NOT_COUNTED:
                self._channel = before
            case BareErrors.BOTH_COUNTED if self._channel is not None:
                self._channel.protect(refusal)
            case BareErrors.SESSION_ENDS:
                self._end_session()
        return refusal.encode()

    def _answer(self, command: CommandApdu, form: _Form) -> ResponseApdu:
        try:
            if command.cla & ~_CHAINED:
                raise Refusal(Status.CLASS_NOT_SUPPORTED)
            handler = self._handlers.get(command.ins)
            if handler is None:
                raise Refusal(Status.INSTRUCTION_NOT_SUPPORTED)
            whole = self._assembled(command)
            return ResponseApdu(b"", Status.SUCCESS) if whole is None else handler(whole, form)
        except Refusal as refusal:
            return ResponseApdu(b"", refusal.status)

    def _assembled(self, command: CommandApdu) -> CommandApdu | None:
        """The command with the data of those chained before it (ISO/IEC 7816-4, 5.3.3); None while parts are missing.

        GENERAL AUTHENTICATE links the steps of PACE by the same bit: there it is the data object that tells.
        """
        chain, self._chain = self._chain, None
        if chain is not None and (chain.ins, chain.p1, chain.p2) == (command.ins, command.p1, command.p2):
            command = replace(command, data=chain.data + command.data)
        if not command.cla & _CHAINED or (command.ins == _GENERAL_AUTHENTICATE and not _is_cut(command.data)):
            return command
        if len(command.data) > _LONGEST_CHAIN:
            raise Refusal(Status.WRONG_LENGTH)
        self._chain = command
        return None

    def _change_channel(self) -> None:
        """A new channel starts after the response that made it."""
        if self._next_channel is not None:
            self._channel, self._next_channel = self._next_channel, None

    def _end_session(self) -> None:
        self._channel = self._next_channel = None
        self._opened_with = None
        self._challenge = self._rest = b""
        self._pace = self._chip_authentication = self._chain = None

    def _select(self, command: CommandApdu, _: _Form) -> ResponseApdu:
        self._files.select(command, opened=self._channel is not None)
        return ResponseApdu(b"", Status.SUCCESS)

    def _read_binary(self, command: CommandApdu, form: _Form) -> ResponseApdu:
        chained = self._manners.chained_reads and not form.extended
        extract = self._files.read(
            command, opened=self._channel is not None, limit=_SHORT_RESPONSE if chained else form.room
        )
        self._maybe_pulled_away(extract)
        return ResponseApdu(extract.response, Status.END_OF_FILE if extract.ends_early else Status.SUCCESS)

    def _maybe_pulled_away(self, extract: Extract) -> None:
        removal = self._fault.removal
        if removal is None or self._was_removed or extract.file.name != removal.file:
            return
        if extract.offset + len(extract.data) > removal.share * len(self._personalisation.files[removal.file]):
            self._was_removed = True
            raise CardRemoved("the simulated card was pulled away")

    def _get_challenge(self, command: CommandApdu, _: _Form) -> ResponseApdu:
        # Cards of 2021 answer 6D00 where their application was not selected.
        if not self._files.in_application or self._bac_keys is None:
            raise Refusal(Status.INSTRUCTION_NOT_SUPPORTED)
        if command.le != bac.CHALLENGE_LENGTH:
            raise Refusal(Status.WRONG_LENGTH)
        self._slow_down()
        self._challenge = self._random(bac.CHALLENGE_LENGTH)
        return ResponseApdu(self._challenge, Status.SUCCESS)

    def _external_authenticate(self, command: CommandApdu, _: _Form) -> ResponseApdu:
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
            self._failures += 1
            raise Refusal(Status.AUTHENTICATION_FAILED) from None
        self._failures = 0
        self._next_channel = ChipChannel(keys, ssc)
        return ResponseApdu(self._fault.said(Emission.BAC_CRYPTOGRAM, response), Status.SUCCESS)

    def _manage_security_environment(self, command: CommandApdu, _: _Form) -> ResponseApdu:
        self._pace = self._chip_authentication = None
        match command.p1 << 8 | command.p2:
            case 0xC1A4 if self._personalisation.pace:
                self._pace = self._start_pace(command.data)
                return ResponseApdu(b"", self._pace.warning or Status.SUCCESS)
            case 0x41A4:
                self._chip_authentication = ChipAuthentication(self._ca_keys(), command.data)
            case 0x41A6:
                self._next_channel = set_key_agreement_template(self._ca_keys(), command.data)
            case _:
                raise Refusal(Status.WRONG_PARAMETERS)
        return ResponseApdu(b"", Status.SUCCESS)

    def _start_pace(self, template: bytes) -> ChipPace:
        """Once the chip is open, PACE is for resuming a suspended PIN only."""
        self._slow_down()
        run = ChipPace(self._personalisation, template, self._random, self._fault.said, self._pin, self._opened_with)
        if self._channel is not None and run.password is not Password.PIN:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        return run

    def _ca_keys(self) -> tuple[ChipAuthenticationKey, ...]:
        if self._channel is None:
            raise Refusal(Status.SECURITY_STATUS_NOT_SATISFIED)
        if not self._personalisation.ca_keys or not self._files.in_application:
            raise Refusal(Status.REFERENCED_DATA_NOT_FOUND)
        return self._personalisation.ca_keys

    def _general_authenticate(self, command: CommandApdu, _: _Form) -> ResponseApdu:
        if self._chip_authentication is not None:
            run, self._chip_authentication = self._chip_authentication, None
            self._next_channel = run.answer(command.data)
            return ResponseApdu(DONE, Status.SUCCESS)
        pace, self._pace = self._pace, None
        if pace is None:
            raise Refusal(Status.CONDITIONS_NOT_SATISFIED)
        if bool(command.cla & _CHAINED) is pace.in_last_step:
            raise Refusal(Status.CHAINING_NOT_SUPPORTED if pace.in_last_step else Status.LAST_OF_CHAIN_EXPECTED)
        try:
            answer = pace.answer(command.data)
        except Refusal:
            self._failures += pace.in_last_step
            raise
        self._next_channel = pace.channel
        if self._next_channel is None:
            self._pace = pace
        else:
            self._failures, self._opened_with = 0, pace.password
        return ResponseApdu(answer, Status.SUCCESS)

    def _internal_authenticate(self, command: CommandApdu, form: _Form) -> ResponseApdu:
        if not self._files.in_application or self._personalisation.aa_key is None:
            raise Refusal(Status.INSTRUCTION_NOT_SUPPORTED)
        if self._channel is None:
            raise Refusal(Status.SECURITY_STATUS_NOT_SATISFIED)
        if command.le is None:
            raise Refusal(Status.WRONG_LENGTH)
        if form.extended and self._manners.empty_signature:
            return ResponseApdu(b"", Status.SUCCESS)
        signature = sign_challenge(self._personalisation.aa_key, command.data, self._random)
        signature = self._fault.said(Emission.AA_SIGNATURE, signature)
        everything = command.le == _SHORT_RESPONSE and not form.extended
        return ResponseApdu(signature if everything else signature[: command.le], Status.SUCCESS)

    def _slow_down(self) -> None:
        self._sleep(self._failures * self._manners.delay_after_failure)


def _is_cut(data: bytes) -> bool:
    """Whether these are the first bytes of a longer template of GENERAL AUTHENTICATE."""
    try:
        header = tlv.read_header(data)
    except TlvError:
        return False
    return header.tag == DYNAMIC_DATA and header.total_length > len(data)


def _bare(status: int) -> bytes:
    return ResponseApdu(b"", status).encode()
