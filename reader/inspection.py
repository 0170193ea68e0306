"""One document, opened, read and verified: the steps in their fixed order, each leaving its checks behind.

Nothing of a data group is shown before its hash stands in a signed EF.SOD; chip keys are taken from such groups only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from firmware_profiles.schema import ReaderProfile
from reader import passive
from reader.access import open_chip
from reader.access.card_access import CardAccess
from reader.channel import Channel
from reader.checks import Check, CheckId, CheckStatus, failed, inconclusive, not_applicable, passed, unavailable
from reader.chip import CHALLENGE_LENGTH, KEY_MALFORMED, NOT_OFFERED, authenticate_actively, authenticate_chip
from reader.content import check_consistency, check_mrz, check_validity, document_from
from reader.document_files import DocumentFiles
from reader.errors import (
    BrokenProtocol,
    CardRemoved,
    LdsError,
    LinkError,
    NoCard,
    NoReader,
    PortraitError,
    ReaderError,
    ReaderLost,
    ServiceLost,
    ServiceUnavailable,
)
from reader.keys import Opening
from reader.lds import com as ef_com
from reader.lds import dg1, dg2, dg13, dg14, dg15
from reader.lds.dg13 import Dg13
from reader.lds.dg15 import Dg15
from reader.lds.mrz import Mrz
from reader.lds.security_infos import SecurityInfos
from reader.lds.sod import EfSod
from reader.link_meter import LinkMeter
from reader.master_file import read_master_files
from reader.model import Access, Document, Failure, Inspection, LinkStatistics, Portrait, StepTiming, Verdict
from reader.passive import SodExamination
from reader.policy import Policy, decide
from reader.progress import IdentityVerified, PortraitVerified, ProgressListener
from reader.read_memory import ReadMemory
from reader.read_progress import ReadProgress
from reader.security_infos_check import check_consistency as check_security_infos
from reader.security_infos_check import check_downgrade
from reader.sessions import SessionBudget
from reader.transport import Transport
from reader.trust import TrustStore

Connect = Callable[[], AbstractContextManager[Transport]]
"""Makes a fresh connection to the card, which is reset when the context ends."""

_ALL_GROUPS: Final = (1, 13, 2, 11, 12, 16, 5, 6, 7, 8, 9, 10)
"""Read in this order when nobody asks for another. DG3 and DG4 need extended access control."""
_ALWAYS: Final = (1, 14, 15)
"""Read whatever was asked for: on DG1 hang issuing state, validity and whose document it is, on the others the chip."""
_IDENTITY_GROUPS: Final = (1, 13)
_LOOKED_FOR: Final = (13, 14, 15)
"""Groups that a forger would add, since what they say counts: keys, and the data of Vietnamese cards."""

T = TypeVar("T")


class PortraitSource(Protocol):
    """Decodes face images within bounds."""

    def decode(self, image: bytes) -> Portrait:
        """The image in RGB; raises PortraitError."""
        ...


def _nobody(_: object) -> None:
    """Listens to nothing."""


@dataclass(frozen=True, slots=True)
class Inspector:
    """Everything that an inspection needs and that does not depend on the document.

    Attributes:
        random: gives so many bytes of a cryptographic random source.
        clock: monotonic seconds.
        portraits: None: the face image is verified and not decoded.
    """

    trust: TrustStore
    policy: Policy
    profile: ReaderProfile
    random: Callable[[int], bytes]
    clock: Callable[[], float]
    portraits: PortraitSource | None = None

    def inspect(
        self,
        connect: Connect,
        opening: Opening,
        *,
        at: datetime,
        groups: tuple[int, ...] | None = None,
        listener: ProgressListener = _nobody,
        memory: ReadMemory | None = None,
        seconds: float = 30.0,
    ) -> Inspection:
        """Read and verify the document on the reader.

        Args:
            at: aware moment that validity is judged at, in the time zone whose day counts.
            groups: data groups to read, in this order; None reads all that the issuer signed. DG1, DG14 and DG15 are
                read in any case, since the verdict hangs on them.
            listener: called as things become known, from the calling thread.
            memory: what was read of the same document before its card was taken away; filled while reading.
            seconds: for all of it.

        Returns:
            the inspection; its `failure` tells why there is no verdict.

        Raises:
            CardRemoved, ReaderLost: card or reader are gone; call again with the same `memory` when they are back.
        """
        started = self.clock()
        memory = memory or ReadMemory()
        meter = LinkMeter(self.clock, started + seconds)
        with ThreadPoolExecutor(1, "portrait") as beside:
            reading = _Reading(self, opening, at, groups, listener, memory, meter, beside)
            failure = None
            try:
                reading.run(connect)
            except (CardRemoved, ReaderLost):
                raise
            except BrokenProtocol as error:
                reading.note_broken_protocol(error)
            except ReaderError as error:
                failure = Failure(error.code, error.message, error.remedy)
            found = reading.findings(failure)
        return replace(found, total_ms=1000 * (self.clock() - started), link=meter.statistics)


class _Reading:
    """One inspection under way. What it does stands in `_session`, step by step."""

    def __init__(
        self,
        by: Inspector,
        opening: Opening,
        at: datetime,
        requested: tuple[int, ...] | None,
        listener: ProgressListener,
        memory: ReadMemory,
        meter: LinkMeter,
        beside: Executor,
    ) -> None:
        self._by = by
        self._opening = opening.opened_by(memory.key)
        self._at = at
        self._today = at.date()
        self._requested = requested
        self._listener = listener
        self._memory = memory
        self._progress = ReadProgress(listener, memory)
        self._meter = meter
        self._beside = beside
        self._timing: list[StepTiming] = []
        self._forget()

    def _forget(self) -> None:
        """A session begins: whatever the last one found is found again."""
        self._checks: dict[CheckId, Check] = {}
        self._card_access = CardAccess()
        self._access: Access | None = None
        self._files: DocumentFiles | None = None
        self._mrz: Mrz | None = None
        self._dg13: Dg13 | None = None
        self._infos: SecurityInfos | None = None
        self._dg15: Dg15 | None = None
        self._portrait: Future[Portrait] | None = None
        self._decoded: Portrait | None = None
        self._malformed: dict[int, LdsError] = {}

    def run(self, connect: Connect) -> None:
        """Go through the steps; in a new session where one ended early."""
        budget = SessionBudget(self._memory)
        while True:
            try:
                with connect() as transport:
                    self._session(self._meter.around(transport))
                return
            except NoCard as error:
                raise CardRemoved("the card left the reader") from error
            except NoReader as error:
                raise ReaderLost("the reader went away") from error
            except ServiceUnavailable as error:
                raise ServiceLost("the PC/SC service stopped") from error
            except LinkError as error:
                if not budget.allows_another(error):
                    raise

    def _session(self, transport: Transport) -> None:
        """The order of verification: no step uses what an earlier one has not verified."""
        self._forget()
        channel = self._plain_channel(transport)
        self._open(channel)
        files = self._files = self._document_files(channel)
        examination = self._examine_sod(files)
        if examination.sod is None:
            return
        com = self._timed("read.EF.COM", files.read_com)
        plan = self._plan(examination.sod)
        for number in plan:
            content = self._timed(f"read.DG{number}", partial(files.read_group, number))
            self._understand(number, content, examination)
            self._greet(number, plan)
        files.look_for(sorted(self._suspects(examination.sod)))
        self._check_integrity(examination.sod, com, files)
        self._check_announcements()
        self._progress.at("chip")
        self._timed("chip", partial(self._prove_chip, channel, examination.sod))
        self._timed("content", partial(self._check_content, examination.sod))
        self._progress.at("done")

    def note_broken_protocol(self, error: BrokenProtocol) -> None:
        """The chip broke the protocol that protects the channel: nothing that it said since can be believed."""
        by_bac = error.code.startswith("access.bac") if self._access is None else self._access.protocol == "BAC"
        check = CheckId.ACCESS_BAC if by_bac else CheckId.ACCESS_PACE
        self._add(failed(check, error.code, f"{error.message} ({error.step})."))

    def findings(self, failure: Failure | None) -> Inspection:
        """Everything found, and the verdict if nothing failed."""
        checks = tuple(self._checks[check] for check in CheckId if check in self._checks)
        verdict, reasons = (Verdict.NONE, ()) if failure else decide(checks, self._by.policy)
        return Inspection(
            verdict=verdict,
            reasons=reasons,
            checks=checks,
            access=self._access,
            document=self._document(),
            files=self._raw_files(),
            portrait=self._decoded,
            timing=tuple(self._timing),
            total_ms=0.0,
            link=LinkStatistics(),
            failure=failure,
        )

    def _plain_channel(self, transport: Transport) -> Channel:
        limits = self._by.profile.apdu
        return Channel(transport, limits.max_response, self._memory.manners, probing=limits.probe)

    def _document_files(self, channel: Channel) -> DocumentFiles:
        return DocumentFiles(channel, self._by.profile.block_sizes, self._memory, self._progress.at)

    def _open(self, channel: Channel) -> None:
        by = self._by
        self._progress.at("access")
        master_files = self._timed("access.card_access", lambda: read_master_files(channel, by.profile.block_sizes))
        self._card_access = master_files.card_access
        fall_back = by.policy.fall_back_to_bac
        opened = self._timed(
            "access.open",
            lambda: open_chip(
                channel, self._card_access, self._opening, by.random, clock=by.clock, fall_back_to_bac=fall_back
            ),
        )
        self._memory.key = opened.key
        self._opening = self._opening.opened_by(opened.key)
        self._access = opened.access
        self._add(*opened.checks)

    def _examine_sod(self, files: DocumentFiles) -> SodExamination:
        by = self._by
        raw = self._timed("read.EF.SOD", files.read_sod)
        examination = self._timed(
            "passive.sod",
            lambda: passive.examine(
                raw,
                by.trust,
                self._at,
                include_simulated=by.profile.simulated,
                max_crl_age=timedelta(days=by.policy.max_crl_age_days),
            ),
        )
        self._add(*examination.checks)
        return examination

    def _plan(self, sod: EfSod) -> list[int]:
        """The data groups to read: what was asked for, then what the verdict needs, as far as they are signed."""
        wanted = _ALL_GROUPS if self._requested is None else self._requested
        return [number for number in dict.fromkeys((*wanted, *_ALWAYS)) if number in sod.security_object.hashes]

    def _suspects(self, sod: EfSod) -> set[int]:
        """Data groups that must not be on the chip, since nobody signed them."""
        return {*_LOOKED_FOR, *(self._requested or ())} - sod.security_object.hashes.keys()

    def _understand(self, number: int, content: bytes | None, examination: SodExamination) -> None:
        """Parse a data group that is as the issuer signed it; no other is looked into."""
        if content is None or not examination.vouches_for(number, content):
            return
        try:
            match number:
                case 1:
                    self._mrz = dg1.parse(content)
                    bound = passive.bind_issuing_state(examination, self._mrz.issuer)
                    self._add(bound.chain)
                case 2:
                    image = dg2.parse(content).image
                    self._listener(PortraitVerified(image))
                    if self._by.portraits is not None:
                        self._portrait = self._beside.submit(self._by.portraits.decode, image)
                case 13:
                    self._dg13 = dg13.parse(content)
                case 14:
                    self._infos = dg14.parse(content)
                case 15:
                    self._dg15 = dg15.parse(content)
        except LdsError as error:
            self._malformed[number] = error

    def _greet(self, number: int, plan: list[int]) -> None:
        """Tell who it is as soon as DG1, and DG13 where it is read, stand verified."""
        document = self._document()
        last = next((group for group in reversed(plan) if group in _IDENTITY_GROUPS), None)
        forged = any(check.status is CheckStatus.FAILED for check in self._checks.values())
        if number == last and document is not None and not forged:
            self._listener(IdentityVerified(document))

    def _check_integrity(self, sod: EfSod, com: bytes | None, files: DocumentFiles) -> None:
        self._add(passive.check_hashes(sod, files.groups))
        try:
            listed = None if com is None else ef_com.parse(com).data_groups
        except LdsError as error:
            self._add(failed(CheckId.PASSIVE_COMPLETENESS, "passive.com_malformed", error.message))
            return
        self._add(passive.check_completeness(sod, listed, files.presence))

    def _check_announcements(self) -> None:
        self._add(check_security_infos(self._card_access, self._infos))
        if self._access is not None:
            downgrade = check_downgrade(self._card_access, self._access, self._opening.mode, self._infos)
            self._access = replace(self._access, downgraded=downgrade.status is CheckStatus.FAILED)
            self._add(downgrade)

    def _prove_chip(self, channel: Channel, sod: EfSod) -> None:
        self._add(not_applicable(CheckId.CHIP_PACE_CAM, "chip.pace_cam_not_used"))
        if self._infos is None:
            by_agreement = self._no_chip_key(CheckId.CHIP_CHIP_AUTHENTICATION, 14, sod)
        else:
            by_agreement = authenticate_chip(channel, self._infos, self._by.random)
        self._add(by_agreement)
        if self._dg15 is None:
            by_signature = self._no_chip_key(CheckId.CHIP_ACTIVE_AUTHENTICATION, 15, sod)
        elif by_agreement.status is CheckStatus.FAILED:
            by_signature = unavailable(CheckId.CHIP_ACTIVE_AUTHENTICATION, "chip.channel_lost")
        else:
            challenge = self._by.random(CHALLENGE_LENGTH)
            by_signature = authenticate_actively(channel, self._dg15, self._infos, challenge)
        self._add(by_signature)

    def _no_chip_key(self, check: CheckId, number: int, sod: EfSod) -> Check:
        if number not in sod.security_object.hashes:
            return not_applicable(check, NOT_OFFERED, f"The issuer signed no DG{number}.")
        if number in self._malformed:
            return inconclusive(check, KEY_MALFORMED, self._malformed[number].message)
        return inconclusive(check, "chip.key_not_verified", f"DG{number} is not there as the issuer signed it.")

    def _check_content(self, sod: EfSod) -> None:
        mrz = self._mrz
        if mrz is not None:
            self._add(check_mrz(mrz), check_validity(mrz, self._today), self._check_consistency(mrz))
        elif 1 in self._malformed:
            self._add(failed(CheckId.CONTENT_MRZ, "content.mrz_malformed", self._malformed[1].message))
        else:
            signed = 1 in sod.security_object.hashes
            reason = "content.not_verified" if signed else "content.mrz_missing"
            for check in (CheckId.CONTENT_MRZ, CheckId.CONTENT_VALIDITY, CheckId.CONTENT_CONSISTENCY):
                self._add(unavailable(check, reason, "No verified DG1 was read."))
        self._add(self._check_portrait(sod))

    def _check_consistency(self, mrz: Mrz) -> Check:
        check = check_consistency(mrz, self._dg13, self._opening.presented, self._today)
        # Elsewhere DG13 is the issuer's own affair (Doc 9303-10, 4.7.13).
        if 13 in self._malformed and mrz.is_vietnamese and check.status is not CheckStatus.FAILED:
            return inconclusive(check.id, "content.dg13_malformed", self._malformed[13].message)
        return check

    def _check_portrait(self, sod: EfSod) -> Check:
        check = CheckId.CONTENT_PORTRAIT
        if 2 not in sod.security_object.hashes:
            return unavailable(check, "content.portrait_missing", "The issuer signed no face image.")
        if self._requested is not None and 2 not in self._requested:
            return not_applicable(check, "content.portrait_not_asked_for")
        if 2 in self._malformed:
            return failed(check, self._malformed[2].code, self._malformed[2].message)
        if self._portrait is None:
            return unavailable(check, "content.portrait_not_decoded", "No verified face image was read and decoded.")
        try:
            portrait = self._portrait.result()
        except PortraitError as error:
            return failed(check, error.code, error.message)
        self._decoded = portrait
        evidence = {"format": portrait.format, "width": str(portrait.width), "height": str(portrait.height)}
        return passed(check, evidence, "The face image decodes within its bounds.")

    def _document(self) -> Document | None:
        return None if self._mrz is None else document_from(self._mrz, self._dg13, self._today)

    def _raw_files(self) -> Mapping[str, bytes]:
        raw = {"EF.CardAccess": self._card_access.raw} if self._card_access.raw else {}
        return MappingProxyType(raw | ({} if self._files is None else self._files.raw()))

    def _add(self, *checks: Check) -> None:
        self._checks |= {check.id: check for check in checks}

    def _timed(self, step: str, act: Callable[[], T]) -> T:
        started, before = self._by.clock(), self._meter.statistics
        try:
            return act()
        finally:
            passed_ms = 1000 * (self._by.clock() - started)
            self._timing.append(StepTiming(step, passed_ms, self._meter.statistics.since(before)))
