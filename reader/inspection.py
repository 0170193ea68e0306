"""One document, opened, read and verified: the steps in their fixed order.

Nothing of a data group is shown before its hash stands in a signed EF.SOD; chip keys are taken from such groups only.
The steps collect what the chip gives and says; what that is worth, `reader.judgement` alone decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final, TypeVar

from crypto.errors import CryptoError
from crypto.iso7816 import SW_SUCCESS
from firmware_profiles.schema import ReaderProfile
from reader.access import open_chip
from reader.access.card_access import CardAccess
from reader.channel import Channel
from reader.checks import Check, CheckId, CheckStatus, failed
from reader.chip import CHALLENGE_LENGTH, judge_agreement, signature_length
from reader.chip_dialogue import agree_on_keys, ask_for_signature
from reader.document_files import DocumentFiles
from reader.errors import (
    BrokenProtocol,
    CardRemoved,
    LinkError,
    NoCard,
    NoReader,
    PortraitError,
    ReaderError,
    ReaderLost,
    ServiceLost,
    ServiceUnavailable,
)
from reader.examination import Examination, agreement_answer
from reader.examiner import ChipAnswers, ChipExaminer, ChipTask
from reader.judgement import Course, Judgement, Standards
from reader.keys import AccessMode, Opening
from reader.link_meter import LinkMeter
from reader.master_file import read_master_files
from reader.model import Access, Document, Failure, Inspection, Portrait, PortraitSource, StepTiming
from reader.passive import GroupPresence
from reader.policy import Policy
from reader.progress import IdentityVerified, PortraitVerified, ProgressListener
from reader.read_memory import ReadMemory
from reader.read_progress import ReadProgress
from reader.reading_plan import BEFORE_THE_FACE, KEY_GROUPS, greeting_after, groups_to_look_for, groups_to_read
from reader.sessions import SessionBudget
from reader.static_keys import agreement_keys
from reader.transcript import Stage, Transcript
from reader.transport import Transport
from reader.trust import TrustStore

Connect = Callable[[], AbstractContextManager[Transport]]
"""Makes a fresh connection to the card, which is reset when the context ends."""

T = TypeVar("T")

_REFUSED: Final = (GroupPresence.ABSENT, GroupPresence.DENIED)


def _nobody(_: object) -> None:
    """Listens to nothing."""


@dataclass(frozen=True, slots=True)
class Inspector:
    """Everything that an inspection needs and that does not depend on the document.

    Attributes:
        random: gives so many bytes of a cryptographic random source.
        clock: monotonic seconds.
        portraits: None: the face image is verified and not decoded.
        examiner: None: nobody but the inspector asks the chip.
    """

    trust: TrustStore
    policy: Policy
    profile: ReaderProfile
    random: Callable[[int], bytes]
    clock: Callable[[], float]
    portraits: PortraitSource | None = None
    examiner: ChipExaminer | None = None

    def inspect(
        self,
        connect: Connect,
        opening: Opening,
        *,
        at: datetime,
        groups: tuple[int, ...] | None = None,
        challenge: bytes | None = None,
        listener: ProgressListener = _nobody,
        memory: ReadMemory | None = None,
        seconds: float = 30.0,
    ) -> Inspection:
        """Read and verify the document on the reader (Doc 9303-11, sections 4 to 6).

        Args:
            at: aware moment that validity is judged at, in the time zone whose day counts.
            groups: data groups to read; None reads all that the issuer signed. DG1, DG14 and DG15 are read in any case,
                since the verdict hangs on them. `reader.reading_plan` has their order.
            challenge: eight bytes that the chip is to sign in active authentication; None: the examiner's, or random.
            listener: called as things become known, from the calling thread.
            memory: what was read of the same document before its card was taken away; filled while reading.
            seconds: for all of it.

        Returns:
            the inspection; its `failure` tells why there is no verdict. Its times and link statistics are those of all
            inspections with the same `memory`.

        Raises:
            CardRemoved, ReaderLost: card or reader are gone; call again with the same `memory` when they are back.
            ValueError: the challenge has not eight bytes.
        """
        if challenge is not None and len(challenge) != CHALLENGE_LENGTH:
            raise ValueError("a challenge has eight bytes")
        started = self.clock()
        memory = memory or ReadMemory()
        meter = LinkMeter(self.clock, started + seconds, memory.link)
        before = memory.elapsed_ms
        with ThreadPoolExecutor(1, "portrait") as beside:
            reading = _Reading(self, opening, at, groups, challenge, listener, memory, meter, beside)
            failure = None
            try:
                reading.run(connect)
            except (CardRemoved, ReaderLost):
                raise
            except BrokenProtocol as error:
                reading.note_broken_protocol(error)
            except ReaderError as error:
                failure = Failure(error.code, error.message, error.remedy)
            finally:
                memory.link = meter.statistics
                memory.elapsed_ms = before + 1000 * (self.clock() - started)
            found = reading.findings(failure)
        return replace(found, total_ms=before + 1000 * (self.clock() - started), link=meter.statistics)


class _Reading:
    """One inspection under way. What it does stands in `_session`, step by step."""

    def __init__(
        self,
        by: Inspector,
        opening: Opening,
        at: datetime,
        requested: tuple[int, ...] | None,
        challenge: bytes | None,
        listener: ProgressListener,
        memory: ReadMemory,
        meter: LinkMeter,
        beside: Executor,
    ) -> None:
        self._by = by
        self._standards = Standards(by.trust, by.policy, at, by.profile.simulated)
        self._opening = opening.opened_by(memory.key)
        self._requested = requested
        self._challenge = challenge
        self._listener = listener
        self._memory = memory
        memory.refused_keys = memory.refused_keys.for_any_card()
        self._progress = ReadProgress(listener, memory)
        self._meter = meter
        self._beside = beside
        if memory.examination is None and by.examiner is not None:
            memory.examination = Examination(by.examiner)
        self._examination = memory.examination
        self._greeted: Document | None = None
        self._looked_again = False
        self._forget()

    def _forget(self) -> None:
        """A session begins: whatever the last one found is found again."""
        self._judgement = Judgement(self._standards)
        self._card_access = CardAccess()
        self._access: Access | None = None
        self._opened: tuple[Check, ...] = ()
        self._files: DocumentFiles | None = None
        self._portrait: Future[Portrait] | None = None
        self._decoded: Portrait | PortraitError | None = None
        self._transcript = Transcript(
            reader=self._by.profile.id,
            simulated=self._by.profile.simulated,
            mode=self._opening.mode,
            presented=self._opening.presented,
            requested=self._requested,
        )

    def run(self, connect: Connect) -> None:
        """Go through the steps; in a new session where one ended early, or seems to hide something."""
        budget = SessionBudget(self._memory)
        while True:
            try:
                with connect() as transport:
                    if self._session(self._meter.around(transport), last=budget.is_last):
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

    def _session(self, transport: Transport, *, last: bool) -> bool:
        """The order of verification: no step uses what an earlier one has not verified.

        Args:
            last: there will be no other session.

        Returns:
            False: it must be begun anew: once since EF.CardAccess did not show the PACE that DG14 offers, once since
            the chip refused what a genuine one does not.
        """
        self._forget()
        channel = self._plain_channel(transport)
        self._open(channel)
        self._reach(Stage.OPENED)
        files = self._files = self._document_files(channel)
        sod = self._timed("read.EF.SOD", files.read_sod)
        if sod is None and self._may_doubt():
            return False
        self._timed("passive.sod", partial(self._judgement.take_sod, sod))
        self._reach(Stage.SIGNED)
        if sod is None or not self._judgement.signed:
            return True
        if self._transcript.mapping_proof is not None:
            self._timed("read.EF.CardSecurity", files.read_card_security)
        self._judgement.take_com(self._timed("read.EF.COM", files.read_com))
        plan = groups_to_read(self._requested, self._judgement.signed)
        greeting = greeting_after(plan)
        for number in plan:
            if number not in BEFORE_THE_FACE:
                self._begin_examination(sod, files)
            self._take(number, self._timed(f"read.DG{number}", partial(files.read_group, number)))
            if number in greeting:
                self._greet()
            if number == 14 and self._must_look_again():
                return False
        self._begin_examination(sod, files)
        self._timed("look_for", lambda: files.look_for(groups_to_look_for(self._requested, self._judgement.signed)))
        if any(files.presence[number] in _REFUSED for number in plan) and self._may_doubt():
            files.forget_refusals(plan)
            return False
        self._reach(Stage.READ)
        self._progress.at("chip")
        if not self._timed("chip", partial(self._prove_chip, channel, last=last)):
            return False
        self._reach(Stage.DONE)
        self._timed("portrait", self._wait_for_portrait)
        self._progress.at("done")
        return True

    def note_broken_protocol(self, error: BrokenProtocol) -> None:
        """The chip broke the protocol that protects the channel: nothing that it said since can be believed."""
        by_bac = error.code.startswith("access.bac") if self._access is None else self._access.protocol == "BAC"
        broken = CheckId.ACCESS_BAC if by_bac else CheckId.ACCESS_PACE
        others = tuple(check for check in self._opened if check.id is not broken)
        self._opened = (*others, failed(broken, error.code, f"{error.message} ({error.step})."))

    def findings(self, failure: Failure | None) -> Inspection:
        """Everything found, and the verdict if nothing failed."""
        if self._files is not None:
            self._transcript = replace(self._transcript, presence=MappingProxyType(dict(self._files.presence)))
        files = self._raw_files()
        course = Course(files, self._access, self._opened, self._transcript, self._decoded)
        found = self._timed("judgement", partial(self._judgement.inspection, course, failure))
        return replace(found, timing=tuple(self._memory.timing))

    def _plain_channel(self, transport: Transport) -> Channel:
        limits = self._by.profile.apdu
        return Channel(transport, limits.max_response, self._memory.manners, probing=limits.probe)

    def _document_files(self, channel: Channel) -> DocumentFiles:
        return DocumentFiles(channel, self._by.profile.block_sizes, self._memory, self._progress.at)

    def _open(self, channel: Channel) -> None:
        by = self._by
        self._progress.at("access")
        master = self._timed("access.card_access", lambda: read_master_files(channel, by.profile.block_sizes))
        self._card_access = master.card_access
        opened = self._timed(
            "access.open",
            lambda: open_chip(
                channel,
                self._card_access,
                self._opening,
                by.random,
                clock=by.clock,
                fall_back_to_bac=by.policy.fall_back_to_bac,
                refused=self._memory.refused_keys,
            ),
        )
        self._memory.key = opened.key
        self._opening = self._opening.opened_by(opened.key)
        self._access = opened.access
        self._opened = opened.checks
        self._transcript = replace(
            self._transcript,
            presented=self._opening.presented,
            access=opened.transcript,
            mapping_proof=opened.mapping_proof,
        )

    def _reach(self, stage: Stage) -> None:
        self._transcript = replace(self._transcript, reached=stage)

    def _take(self, number: int, raw: bytes | None) -> None:
        if raw is None or not self._judgement.take_group(number, raw):
            return
        face = self._judgement.content.face
        if number == 2 and face is not None:
            self._listener(PortraitVerified(face.image))
            if self._by.portraits is not None:
                self._portrait = self._beside.submit(self._by.portraits.decode, face.image)

    def _greet(self) -> None:
        """Tell who it is as soon as that stands verified, and again when more is known."""
        document = self._judgement.document
        if document is None or document == self._greeted or self._judgement.forged:
            return
        self._greeted = document
        self._listener(IdentityVerified(document))

    def _must_look_again(self) -> bool:
        """Whether EF.CardAccess may have hidden PACE by a hiccup: the next session tells that from a forgery."""
        by_bac = self._access is not None and self._access.protocol == "BAC"
        if self._looked_again or not by_bac or self._opening.mode is AccessMode.BAC:
            return False
        self._looked_again = self._judgement.hides_pace(self._card_access)
        return self._looked_again

    def _may_doubt(self) -> bool:
        """Whether a refusal may be asked about in a new session before it counts against the document; once.

        Nobody vouches for a bare status word, and a chip that is short of power says 6F00. A copy says it again.
        """
        doubted, self._memory.refusal_doubted = self._memory.refusal_doubted, True
        return not doubted

    def _begin_examination(self, sod: bytes, files: DocumentFiles) -> None:
        content = self._judgement.content
        if self._examination is None or (content.security_infos is None and content.active_authentication_key is None):
            return
        shown = {number: raw for number, raw in files.groups.items() if number in (1, *KEY_GROUPS)}
        self._examination.begin(sod, shown)

    def _prove_chip(self, channel: Channel, *, last: bool) -> bool:
        """The reader's own questions first: the verdict does not hang on the network. The examiner's come last.

        Returns:
            False: the chip refused, and is to be asked again in a new session.
        """
        usable = self._run_chip_authentication(channel, last=last)
        if not usable and self._may_doubt():
            return False
        task = None if self._examination is None else self._examination.task()
        if usable:
            self._run_active_authentication(channel, None if task is None else task.challenge)
        exchange = self._transcript.signature
        if exchange is not None and exchange.status not in (None, SW_SUCCESS) and self._may_doubt():
            return False
        if task is not None and self._examination is not None:
            answers = self._answers(channel, task, usable=usable)
            self._transcript = replace(self._transcript, examination=self._examination.finish(answers))
        return True

    def _answers(self, channel: Channel, task: ChipTask, *, usable: bool) -> ChipAnswers:
        """What the chip says to the examiner.

        Args:
            usable: whether the channel may still be used; never again after this.
        """
        answers = ChipAnswers(task.examination_id)
        exchange = self._transcript.signature
        if exchange is not None and exchange.challenge == task.challenge:
            answers = replace(answers, signature=exchange.signature, signature_status=exchange.status)
        if not usable:
            return answers
        status, response = agreement_answer(channel, task)
        return replace(answers, agreement_status=status, agreement_response=response)

    def _run_chip_authentication(self, channel: Channel, *, last: bool) -> bool:
        """Returns whether the channel may still be used."""
        infos = self._judgement.content.security_infos
        if infos is None:
            return True
        try:
            keys = agreement_keys(infos)
        except CryptoError:
            return True  # The judgement says so, too.
        attempts = agree_on_keys(channel, keys, self._by.random, last_session=last)
        self._transcript = replace(self._transcript, agreement=attempts)
        return judge_agreement(infos, attempts).status is not CheckStatus.FAILED

    def _run_active_authentication(self, channel: Channel, wanted: bytes | None) -> None:
        dg15 = self._judgement.content.active_authentication_key
        if dg15 is None:
            return
        try:
            length = signature_length(dg15)
        except CryptoError:
            return  # The judgement says so, too.
        challenge = self._challenge or wanted or self._by.random(CHALLENGE_LENGTH)
        exchange = ask_for_signature(channel, challenge, length)
        self._transcript = replace(self._transcript, signature=exchange)

    def _wait_for_portrait(self) -> None:
        if self._portrait is None:
            return
        try:
            self._decoded = self._portrait.result()
        except PortraitError as error:
            self._decoded = error

    def _raw_files(self) -> Mapping[str, bytes]:
        raw = {"EF.CardAccess": self._card_access.raw} if self._card_access.raw else {}
        if self._files is None:
            return MappingProxyType(raw)
        # An empty group is one that was read, and none that is missing.
        groups = {f"DG{number}": content for number, content in self._files.groups.items()}
        return MappingProxyType({**raw, **self._files.raw(), **groups})

    def _timed(self, step: str, act: Callable[[], T]) -> T:
        started, before = self._by.clock(), self._meter.statistics
        try:
            return act()
        finally:
            passed_ms = 1000 * (self._by.clock() - started)
            self._memory.timing.append(StepTiming(step, passed_ms, self._meter.statistics.since(before)))
