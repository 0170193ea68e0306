"""The kiosk's way to the registry: plain messages over HTTP, no look at its inside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from registry.errors import (
    IdempotencyConflict,
    NotAuthorised,
    RecordRefused,
    RegistryBusy,
    RegistryError,
    RegistryUnreachable,
)
from registry.messages import CheckIn, CitizenQuery, ClinicInfo, InsuranceAnswer, Problem, Receipt

_Answer = TypeVar("_Answer", bound=BaseModel)
_CLINICS = TypeAdapter(tuple[ClinicInfo, ...])
_LARGEST_ANSWER = 1 << 20


def body_of(record: CheckIn) -> bytes:
    """The bytes that are sent for a record, equal for equal records: the receipt carries their SHA-256."""
    return record.model_dump_json().encode()


class RegistryClient:
    """Synchronous; each call blocks at most about `timeout` seconds a phase, so it belongs in a worker thread.

    Args:
        base_url: for example ``http://127.0.0.1:8600``.
        token: bearer token, where the registry asks for one.
        timeout: seconds for connect, write and read each.
        transport: replaces the network, for example to call an application in this process.

    Every method raises `RegistryUnreachable`, `RegistryBusy`, `NotAuthorised` or `RecordRefused`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout: float = 3.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
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
            return self._http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def look_up(self, query: CitizenQuery) -> InsuranceAnswer:
        """Ask for a person's health insurance."""
        response = self._send("POST", "/v1/insurance/look-ups", query.model_dump_json().encode())
        return _parse(InsuranceAnswer, response)

    def clinics(self) -> tuple[ClinicInfo, ...]:
        """The facility's clinics with the numbers given today."""
        response = self._send("GET", "/v1/clinics")
        try:
            return _CLINICS.validate_json(response.content)
        except ValidationError as error:
            raise RegistryUnreachable("the answer is not a registry's") from error

    def check_in(self, body: bytes, key: str) -> Receipt:
        """Deliver a record, as `body_of` made it. Safe to repeat with the same key until a receipt comes back.

        The bytes are sent as they are: a record that a newer version would encode otherwise stays the same record.

        Raises:
            IdempotencyConflict: the key was used with another body.
            RegistryUnreachable: also when the receipt is for another key or body than was sent.
        """
        response = self._send("POST", "/v1/check-ins", body, {"Idempotency-Key": key})
        receipt = _parse(Receipt, response)
        if receipt.idempotency_key != key or receipt.body_sha256 != hashlib.sha256(body).hexdigest():
            raise RegistryUnreachable("the receipt is for another record")
        return receipt

    def _send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        sent = {**(headers or {}), **({} if body is None else {"Content-Type": "application/json"})}
        try:
            response = self._http.request(method, path, content=body, headers=sent)
        except httpx.TransportError as error:
            raise RegistryUnreachable(f"no answer: {type(error).__name__}") from error
        if len(response.content) > _LARGEST_ANSWER:
            raise RegistryUnreachable("the answer is too large")
        if response.is_success:
            return response
        raise _error_of(response)


def _parse(kind: type[_Answer], response: httpx.Response) -> _Answer:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise RegistryUnreachable("the answer is not a registry's") from error


def _error_of(response: httpx.Response) -> RegistryError:
    status = response.status_code
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return NotAuthorised(f"refused with {status}")
    if status in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        return RegistryBusy(f"asked to wait with {status}", _seconds(response.headers.get("Retry-After")))
    match _code_of(response):
        case IdempotencyConflict.code:
            return IdempotencyConflict("the key was used with another body")
        case RecordRefused.code:
            return RecordRefused(f"refused with {status}")
    # A proxy, a portal or a wrong address: nothing that it says is about the record.
    return RegistryUnreachable(f"answered {status}")


def _code_of(response: httpx.Response) -> str | None:
    try:
        return Problem.model_validate_json(response.content).code
    except ValidationError:
        return None


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None
