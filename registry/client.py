"""The kiosk's way to the registry: plain messages over HTTP, no look at its inside."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from registry.errors import (
    ExaminationGone,
    IdempotencyConflict,
    NotAuthorised,
    RecordRefused,
    RegistryBusy,
    RegistryError,
    RegistryUnreachable,
)
from registry.messages import (
    CheckIn,
    CitizenQuery,
    ClinicInfo,
    ExaminationAnswers,
    ExaminationJudgement,
    ExaminationRequest,
    ExaminationTask,
    InsuranceAnswer,
    Problem,
    Receipt,
)

_Answer = TypeVar("_Answer", bound=BaseModel)
_CLINICS = TypeAdapter(tuple[ClinicInfo, ...])
_LARGEST_ANSWER: Final = 1 << 20
_LONGEST_PAUSE: Final = 86_400


def body_of(record: CheckIn) -> bytes:
    """The bytes that are sent for a record, equal for equal records: the receipt carries their SHA-256."""
    # A registry that examines no chips does not know the field, and refuses what it does not know.
    unknown = {"examination_id"} if record.examination_id is None else None
    return record.model_dump_json(exclude=unknown).encode()


class RegistryClient:
    """Synchronous; each call blocks for up to four times `timeout`, so it belongs in a worker thread.

    Args:
        base_url: for example ``http://127.0.0.1:8600``.
        token: bearer token, where the registry asks for one.
        timeout: seconds for connect, write and read each, and for the whole of an answer's body.
        transport: replaces the network, for example to call an application in this process.
        clock: gives steadily growing seconds.

    Every method raises `RegistryUnreachable`, `RegistryBusy`, `NotAuthorised` or `RecordRefused`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout: float = 3.0,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = timeout
        self._clock = clock
        # Not compressed: a small answer could otherwise grow without bound in memory.
        headers = {"Accept-Encoding": "identity", **({} if token is None else {"Authorization": f"Bearer {token}"})}
        # The environment's proxies must never see a patient's number.
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=timeout, transport=transport, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def ready(self) -> bool:
        """Whether the registry answers and can use its database."""
        try:
            self._send("GET", "/readyz")
        except RegistryError:
            return False
        return True

    def look_up(self, query: CitizenQuery) -> InsuranceAnswer:
        """Ask for a person's health insurance."""
        answer = self._send("POST", "/v1/insurance/look-ups", query.model_dump_json().encode())
        return _parse(InsuranceAnswer, answer)

    def clinics(self) -> tuple[ClinicInfo, ...]:
        """The facility's clinics with the numbers given today."""
        answer = self._send("GET", "/v1/clinics")
        try:
            return _CLINICS.validate_json(answer)
        except ValidationError as error:
            raise RegistryUnreachable("the answer is not a registry's") from error

    def check_in(self, body: bytes, key: str) -> Receipt:
        """Deliver a record, as `body_of` made it. Safe to repeat with the same key until a receipt comes back.

        The bytes are sent as they are: a record that a newer version would encode otherwise stays the same record.

        Raises:
            IdempotencyConflict: the key was used with another body.
            RegistryUnreachable: also when the receipt is for another key or body than was sent.
        """
        receipt = _parse(Receipt, self._send("POST", "/v1/check-ins", body, {"Idempotency-Key": key}))
        if receipt.idempotency_key != key or receipt.body_sha256 != hashlib.sha256(body).hexdigest():
            raise RegistryUnreachable("the receipt is for another record")
        return receipt

    def begin_examination(self, request: ExaminationRequest, timeout: float) -> ExaminationTask:
        """Show what the issuer signed, and learn what the chip is to be asked.

        A registry that examines no chips is `RegistryUnreachable` in this.

        Args:
            timeout: seconds, in the place of the client's own: the card lies on the reader meanwhile.
        """
        answer = self._send("POST", "/v1/chip-examinations", request.model_dump_json().encode(), timeout=timeout)
        return _parse(ExaminationTask, answer)

    def finish_examination(
        self, examination_id: str, answers: ExaminationAnswers, timeout: float
    ) -> ExaminationJudgement:
        """Hand over what the chip said; `timeout` as of `begin_examination`.

        Raises:
            ExaminationGone: it was answered before, or took too long.
        """
        path = f"/v1/chip-examinations/{examination_id}/answers"
        return _parse(
            ExaminationJudgement, self._send("POST", path, answers.model_dump_json().encode(), timeout=timeout)
        )

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float | None = None,
    ) -> bytes:
        """The body of a successful answer."""
        seconds = self._timeout if timeout is None else timeout
        sent = {**(headers or {}), **({} if body is None else {"Content-Type": "application/json"})}
        try:
            with self._http.stream(method, path, content=body, headers=sent, timeout=seconds) as response:
                answer = self._bounded_body(response, seconds)
        except httpx.RequestError as error:
            raise RegistryUnreachable(f"no answer: {type(error).__name__}") from error
        if response.is_success:
            return answer
        raise _error_of(response, answer)

    def _bounded_body(self, response: httpx.Response, seconds: float) -> bytes:
        # The network's own time limit begins anew with every byte that comes.
        deadline = self._clock() + seconds
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _LARGEST_ANSWER:
                raise RegistryUnreachable("the answer is too large")
            if self._clock() > deadline:
                raise RegistryUnreachable("the answer came too slowly")
        return bytes(body)


def _parse(kind: type[_Answer], answer: bytes) -> _Answer:
    try:
        return kind.model_validate_json(answer)
    except ValidationError as error:
        raise RegistryUnreachable("the answer is not a registry's") from error


def _error_of(response: httpx.Response, answer: bytes) -> RegistryError:
    status = response.status_code
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return NotAuthorised(f"refused with {status}")
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        return RegistryBusy(f"asked to wait with {status}", _seconds(response.headers.get("Retry-After")))
    match _code_of(answer):
        case IdempotencyConflict.code:
            return IdempotencyConflict("the key was used with another body")
        case ExaminationGone.code:
            return ExaminationGone("no examination waits for these answers")
        case RecordRefused.code:
            return RecordRefused(f"refused with {status}")
    # A proxy, a portal or a wrong address: nothing that it says is about the record.
    return RegistryUnreachable(f"answered {status}")


def _code_of(answer: bytes) -> str | None:
    try:
        return Problem.model_validate_json(answer).code
    except ValidationError:
        return None


def _seconds(header: str | None) -> float | None:
    # Bounded: numbers of any length are decimal, and few of them are a time.
    return min(float(header), _LONGEST_PAUSE) if header is not None and header.isdecimal() else None
