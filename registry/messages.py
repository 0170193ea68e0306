"""What kiosk and registry say to each other. Personal fields never reach a repr.

The models are frozen, refuse unknown fields and bound every text.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints, WithJsonSchema

from reader.examiner import ExaminationOutcome

PersonalNumber = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
ProvinceCode = Annotated[str, StringConstraints(pattern=r"^\d{2,3}$")]
IdempotencyKey = Annotated[str, StringConstraints(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
ExaminationId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
StatusWord = Annotated[int, Field(ge=0, le=0xFFFF)]
_HEX = WithJsonSchema({"type": "string", "format": "hex", "pattern": "^([0-9A-Fa-f]{2})*$"})


class Message(BaseModel):
    # An error's text would otherwise repeat the input, and with it the person.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CitizenQuery(Message):
    """Who is asked about: the verified identity as the chip gives it."""

    personal_number: PersonalNumber = Field(repr=False)
    name: Name = Field(repr=False)
    birth_date: date | None = Field(repr=False)
    sex: str | None = Field(default=None, repr=False, pattern="^[MFX]$")


class Standing(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    MISMATCH = "mismatch"


class InsuranceAnswer(Message):
    """What the registry knows. With `mismatch`, `differences` names the fields, never their values."""

    standing: Standing
    card_number: str | None = Field(default=None, repr=False)
    valid_from: date | None = None
    valid_until: date | None = None
    differences: tuple[str, ...] = ()


class ClinicInfo(Message):
    id: Code
    name_vi: str
    name_en: str
    room: str
    floor_vi: str
    floor_en: str
    given_today: int = Field(ge=0)
    """Numbers given today; how many of them still wait, only the clinic knows."""
    on_menu: bool = True
    """Whether patients choose it by themselves; people are sent to the others."""


class CheckIn(Message):
    """The record that a visit leaves."""

    kiosk_id: Code
    province_code: ProvinceCode
    facility_code: Code
    installation: Code
    """Names the kiosk's database: a new one after a broken disk begins to count anew."""
    sequence: int = Field(ge=1)
    """Counts the installation's records without gaps, so that the registry can see one missing."""
    desk: str = Field(pattern="^(insurance|residence|counter)$")
    captured_at: AwareDatetime
    personal_number: PersonalNumber | None = Field(repr=False)
    document_type: str = Field(max_length=4)
    document_issuer: str = Field(max_length=3)
    document_number: str = Field(max_length=32, repr=False)
    name: Name = Field(repr=False)
    birth_date: date | None = Field(repr=False)
    sex: str = Field(pattern="^[MFX]$", repr=False)
    verdict: str = Field(pattern="^(accept|review|reject)$")
    reasons: tuple[str, ...] = ()
    identified_by: str = Field(max_length=32)
    """"chip"; other ways come with the desks that allow them."""
    insurance: str | None = Field(default=None, max_length=16)
    """What the kiosk knew when the person left: a `Standing`, or "unconfirmed"."""
    clinic_id: Code | None = None
    local_ticket: str | None = Field(default=None, max_length=16)
    """The number that the kiosk gives by itself when no receipt comes in time."""
    examination_id: ExaminationId | None = Field(default=None, repr=False)
    """The examination in which the registry itself had the chip prove that it is genuine. It serves one record."""


class Receipt(Message):
    """The registry has the record. The same key and body always give the same receipt."""

    receipt_id: str
    idempotency_key: IdempotencyKey
    body_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    received_at: AwareDatetime
    queue_number: str | None
    """Per clinic and day, for example "A012"; None at desks without clinics."""
    repeated_visit: bool
    """Another check-in of this person, day, facility and desk exists: flagged, not dropped."""


class BatchItem(Message):
    key: IdempotencyKey
    record: Annotated[dict[str, JsonValue], WithJsonSchema(CheckIn.model_json_schema())] = Field(repr=False)
    """A `CheckIn`, judged by itself: a malformed one is no reason to refuse the others."""


class Batch(Message):
    items: tuple[BatchItem, ...] = Field(min_length=1, max_length=100)


class BatchOutcome(Message):
    key: IdempotencyKey
    status: int
    """HTTP status that the item alone would have had: 200, 201, 409 or 422."""
    receipt: Receipt | None = None
    code: str | None = None


class BatchAnswer(Message):
    outcomes: tuple[BatchOutcome, ...]


class _Octets(Message):
    model_config = ConfigDict(ser_json_bytes="hex", val_json_bytes="hex")


class ExaminationRequest(_Octets):
    """What the issuer signed, as it was read: the registry is to examine the chip by it."""

    kiosk_id: Code
    province_code: ProvinceCode
    sod: Annotated[bytes, Field(max_length=32 * 1024), _HEX] = Field(repr=False)
    dg1: Annotated[bytes, Field(max_length=512), _HEX] = Field(repr=False)
    dg14: Annotated[bytes, Field(max_length=16 * 1024), _HEX] | None = Field(default=None, repr=False)
    dg15: Annotated[bytes, Field(max_length=8 * 1024), _HEX] | None = Field(default=None, repr=False)


class AgreementQuestion(_Octets):
    """Chip authentication with a key pair whose private half stays in the registry; see `reader.examiner`."""

    protocol: str = Field(max_length=64)
    key_id: int | None
    public_key: Annotated[bytes, Field(max_length=1024), _HEX]
    command: Annotated[bytes, Field(max_length=64), _HEX]


class ExaminationTask(_Octets):
    """What the chip is to be asked. Answers are taken once, and for two minutes."""

    examination_id: ExaminationId = Field(repr=False)
    challenge: Annotated[bytes, Field(min_length=8, max_length=8), _HEX] | None = None
    agreement: AgreementQuestion | None = None


class ExaminationAnswers(_Octets):
    """What the chip said, as it came; see `reader.examiner.ChipAnswers`."""

    signature: Annotated[bytes, Field(max_length=1024), _HEX] | None = Field(default=None, repr=False)
    signature_status: StatusWord | None = None
    agreement_status: StatusWord | None = None
    agreement_response: Annotated[bytes, Field(max_length=1024), _HEX] | None = Field(default=None, repr=False)


class ExaminationJudgement(Message):
    """The registry's own judgement of the chip."""

    outcome: ExaminationOutcome
    reasons: tuple[str, ...] = ()
    """Codes of the checks that did not pass."""


class Problem(Message):
    """The body of every error answer."""

    code: str
    message: str
    remedy: str
