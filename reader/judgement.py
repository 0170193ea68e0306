"""Every check of an inspection, made of what came off the chip and of nothing else.

The inspector feeds it while it reads; whoever verifies the evidence later feeds it the same from a file, and gets the
same checks. It asks no chip and knows no session key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from reader import chip, passive
from reader.access.card_access import CardAccess
from reader.checks import Check, CheckId, CheckStatus, failed, inconclusive, not_applicable, passed, unavailable
from reader.content import check_consistency, check_mrz, check_validity, document_from
from reader.document_content import DocumentContent
from reader.errors import LdsError, PortraitError
from reader.keys import PresentedIdentity
from reader.lds import card_access as ef_card_access
from reader.lds import card_security, com
from reader.lds.files import ELEMENTARY_FILES
from reader.lds.mrz import Mrz
from reader.lds.security_infos import SecurityInfos
from reader.model import Access, Document, Failure, Inspection, LinkStatistics, Portrait, Verdict
from reader.passive import SENSITIVE_GROUPS, SignerExamination, SodExamination
from reader.policy import Policy, decide
from reader.security_infos_check import check_consistency as check_security_infos
from reader.security_infos_check import check_downgrade, offers_pace, shows_pace
from reader.transcript import Stage, Transcript
from reader.trust import TrustStore

_CardSecurity = tuple[SecurityInfos, SignerExamination] | LdsError | None
"""Content and signer of EF.CardSecurity; what is wrong with it; None where the chip gave none."""
_NUMBERS: Final = MappingProxyType({file.name: file.sfi for file in ELEMENTARY_FILES.values() if file.name[:2] == "DG"})


@dataclass(frozen=True, slots=True)
class Standards:
    """What a document is judged by.

    Attributes:
        at: aware moment that validity is judged at, in the time zone whose day counts.
        include_simulated: issuers that exist only in software count too.
    """

    trust: TrustStore
    policy: Policy
    at: datetime
    include_simulated: bool

    def examine_sod(self, raw: bytes | None) -> SodExamination:
        """See `passive.examine`."""
        age = timedelta(days=self.policy.max_crl_age_days)
        return passive.examine(raw, self.trust, self.at, include_simulated=self.include_simulated, max_crl_age=age)

    def examine_signer(self, found: card_security.CardSecurity) -> SignerExamination:
        """See `passive.examine_signer`."""
        age = timedelta(days=self.policy.max_crl_age_days)
        return passive.examine_signer(
            found.signed_data, self.trust, self.at, include_simulated=self.include_simulated, max_crl_age=age
        )


@dataclass(frozen=True, slots=True)
class Course:
    """What came off the chip, and how.

    Attributes:
        files: raw content by name ("DG1", "EF.SOD", …).
        opened: `access.pace` and `access.bac`, as the reader witnessed them.
        portrait: the decoded face image, or why it could not be decoded; None where nobody tried.
    """

    files: Mapping[str, bytes]
    access: Access | None
    opened: tuple[Check, ...]
    transcript: Transcript
    portrait: Portrait | PortraitError | None = None


class Judgement:
    """What can be said of one document, growing with what is read of it.

    Attributes:
        content: the groups that the issuer signed, so far.
        examination: of EF.SOD, once that was read.
    """

    def __init__(self, by: Standards) -> None:
        self._by = by
        self._malformed: dict[int, LdsError] = {}
        self.content = DocumentContent()
        self.examination: SodExamination | None = None

    @property
    def signed(self) -> Mapping[int, bytes]:
        """The hashes of EF.SOD by data group number; none where it is malformed or missing."""
        if self.examination is None or self.examination.sod is None:
            return {}
        return self.examination.sod.security_object.hashes

    @property
    def document(self) -> Document | None:
        """The identity, once DG1 stands verified."""
        content = self.content
        if content.mrz is None:
            return None
        return document_from(content.mrz, content.citizen_details, self._by.at.date(), content.personal_details)

    @property
    def forged(self) -> bool:
        """Whether EF.SOD is already known to be no good."""
        checks = () if self.examination is None else self.examination.checks
        return any(check.status is CheckStatus.FAILED for check in checks)

    def take_sod(self, raw: bytes | None) -> None:
        """EF.SOD as received; None when the chip has none. To come before the data groups."""
        self.examination = self._by.examine_sod(raw)
        closed = tuple(sorted(SENSITIVE_GROUPS & self.signed.keys()))
        self.content = replace(self.content, closed_groups=closed)

    def take_com(self, raw: bytes | None) -> None:
        """EF.COM as received."""
        found = _parsed_com(raw)
        self.content = replace(self.content, com=found if isinstance(found, com.Com) else None)

    def take_group(self, number: int, raw: bytes) -> bool:
        """A data group as received. One that is not as the issuer signed it is not looked into.

        Returns:
            whether the issuer signed it so.
        """
        if self.examination is None or not self.examination.vouches_for(number, raw):
            return False
        # Elsewhere than in Vietnam DG13 is the issuer's own affair (Doc 9303-10, 4.7.13).
        if number == 13 and self.content.mrz is not None and not self.content.mrz.is_vietnamese:
            return True
        try:
            self.content = self.content.with_group(number, raw)
        except LdsError as error:
            self._malformed[number] = error
        if number == 1 and self.content.mrz is not None:
            self.examination = passive.bind_issuing_state(self.examination, self.content.mrz.issuer)
        return True

    def hides_pace(self, card_access: CardAccess) -> bool:
        """Whether the signed DG14 offers PACE that EF.CardAccess does not show."""
        return offers_pace(self.content.security_infos) and not shows_pace(card_access)

    def inspection(self, course: Course, failure: Failure | None = None) -> Inspection:
        """Everything found, and the verdict if nothing failed; without the times."""
        checks = self.checks(course)
        verdict, reasons = (Verdict.NONE, ()) if failure else decide(checks, self._by.policy)
        downgrade = next((check for check in checks if check.id is CheckId.ACCESS_DOWNGRADE), None)
        access = course.access
        if access is not None and downgrade is not None:
            access = replace(access, downgraded=downgrade.status is CheckStatus.FAILED)
        return Inspection(
            verdict=verdict,
            reasons=reasons,
            checks=checks,
            access=access,
            document=self.document,
            files=course.files,
            portrait=course.portrait if isinstance(course.portrait, Portrait) else None,
            timing=(),
            total_ms=0.0,
            link=LinkStatistics(),
            failure=failure,
            content=self.content,
            transcript=course.transcript,
        )

    def checks(self, course: Course) -> tuple[Check, ...]:
        """Every check that the inspection came to, in the contract's order."""
        reached = course.transcript.reached
        found = {check.id: check for check in course.opened}
        if reached.includes(Stage.SIGNED) and self.examination is not None:
            found |= {check.id: check for check in self.examination.checks}
        if reached.includes(Stage.READ) and self.signed:
            secured = self._card_security(course.files.get("EF.CardSecurity"))
            found |= {check.id: check for check in self._of_files(course, secured)}
            found |= self._of_chip(course.transcript, secured)
        if reached.includes(Stage.DONE) and self.signed:
            found |= {check.id: check for check in self._of_content(course)}
        return tuple(found[check] for check in CheckId if check in found)

    def _card_security(self, raw: bytes | None) -> _CardSecurity:
        if raw is None:
            return None
        try:
            found = card_security.parse(raw)
        except LdsError as error:
            return error
        signer = self._by.examine_signer(found)
        if self.content.mrz is None:
            return found.infos, signer
        chain = passive.bind_signer(signer.chain, signer.signer, self.content.mrz.issuer)
        return found.infos, replace(signer, chain=chain)

    def _of_files(self, course: Course, secured: _CardSecurity) -> Iterator[Check]:
        sod = None if self.examination is None else self.examination.sod
        groups = {number: course.files[name] for name, number in _NUMBERS.items() if name in course.files}
        yield passive.check_hashes(sod, groups)
        listed = _parsed_com(course.files.get("EF.COM"))
        if isinstance(listed, LdsError):
            yield failed(CheckId.PASSIVE_COMPLETENESS, "passive.com_malformed", listed.message)
        else:
            numbers = None if listed is None else listed.data_groups
            yield passive.check_completeness(sod, numbers, course.transcript.presence)
        announced = _card_access(course.files.get("EF.CardAccess"))
        dg14 = self.content.security_infos
        yield check_security_infos(announced, dg14, _signed_infos(secured))
        if course.access is not None:
            yield check_downgrade(announced, course.access, course.transcript.mode, dg14)

    def _of_chip(self, transcript: Transcript, secured: _CardSecurity) -> Mapping[CheckId, Check]:
        done = transcript.reached.includes(Stage.DONE)
        dg14, dg15 = self.content.security_infos, self.content.active_authentication_key
        found = {CheckId.CHIP_PACE_CAM: chip.judge_mapping(transcript.mapping_proof, secured, dg14)}
        if done or transcript.agreement is not None:
            check = CheckId.CHIP_CHIP_AUTHENTICATION
            if dg14 is None:
                found[check] = chip.no_key(check, 14, self.signed, self._malformed.get(14))
            else:
                found[check] = chip.judge_agreement(dg14, transcript.agreement or ())
        if done or transcript.signature is not None:
            check = CheckId.CHIP_ACTIVE_AUTHENTICATION
            if dg15 is None:
                found[check] = chip.no_key(check, 15, self.signed, self._malformed.get(15))
            else:
                found[check] = chip.judge_exchange(dg15, dg14, transcript.signature)
        return chip.with_examination(found, transcript.examination) if done else found

    def _of_content(self, course: Course) -> Iterator[Check]:
        mrz, today = self.content.mrz, self._by.at.date()
        if mrz is not None:
            yield check_mrz(mrz)
            yield check_validity(mrz, today)
            yield self._consistency(mrz, course.transcript.presented, today)
        elif 1 in self._malformed:
            yield failed(CheckId.CONTENT_MRZ, "content.mrz_malformed", self._malformed[1].message)
        else:
            reason = "content.not_verified" if 1 in self.signed else "content.mrz_missing"
            for check in (CheckId.CONTENT_MRZ, CheckId.CONTENT_VALIDITY, CheckId.CONTENT_CONSISTENCY):
                yield unavailable(check, reason, "No verified DG1 was read.")
        yield self._portrait(course)

    def _consistency(self, mrz: Mrz, presented: PresentedIdentity | None, today: date) -> Check:
        content = self.content
        check = check_consistency(mrz, content.citizen_details, presented, today, content.personal_details)
        if 13 in self._malformed and mrz.is_vietnamese and check.status is not CheckStatus.FAILED:
            return inconclusive(check.id, "content.dg13_malformed", self._malformed[13].message)
        return check

    def _portrait(self, course: Course) -> Check:
        check, requested = CheckId.CONTENT_PORTRAIT, course.transcript.requested
        if 2 not in self.signed:
            return unavailable(check, "content.portrait_missing", "The issuer signed no face image.")
        if requested is not None and 2 not in requested:
            return not_applicable(check, "content.portrait_not_asked_for")
        if 2 in self._malformed:
            return failed(check, self._malformed[2].code, self._malformed[2].message)
        match course.portrait:
            case None:
                return unavailable(
                    check, "content.portrait_not_decoded", "No verified face image was read and decoded."
                )
            case PortraitError() as error:
                return failed(check, error.code, error.message)
            case portrait:
                evidence = {"format": portrait.format, "width": str(portrait.width), "height": str(portrait.height)}
                return passed(check, evidence, "The face image decodes within its bounds.")


def _signed_infos(secured: _CardSecurity) -> SecurityInfos | None:
    if secured is None or isinstance(secured, LdsError):
        return None
    infos, signer = secured
    # What a stranger signed confirms nothing: who can put weaker offers into EF.CardAccess can write this file, too.
    vouched = all(check.status is CheckStatus.PASSED for check in (signer.signature, signer.chain))
    return infos if vouched else None


def _card_access(raw: bytes | None) -> CardAccess:
    if not raw:
        return CardAccess()
    try:
        return CardAccess(raw, ef_card_access.parse(raw))
    except LdsError:
        return CardAccess(raw)


def _parsed_com(raw: bytes | None) -> com.Com | LdsError | None:
    if raw is None:
        return None
    try:
        return com.parse(raw)
    except LdsError as error:
        return error
