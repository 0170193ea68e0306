"""The registry's HTTP service. `/openapi.json` describes it."""

from __future__ import annotations

import hmac
import logging
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from registry.errors import IdempotencyConflict, NotAuthorised, RecordRefused, RegistryError, StoreUnusable
from registry.messages import (
    Batch,
    BatchAnswer,
    BatchOutcome,
    CheckIn,
    CitizenQuery,
    ClinicInfo,
    IdempotencyKey,
    InsuranceAnswer,
    Problem,
    Receipt,
)
from registry.overview import overview_page
from registry.store import Store

_log = logging.getLogger("motcham.registry")
_STATUS = {RecordRefused: 422, IdempotencyConflict: 409, NotAuthorised: 401, StoreUnusable: 503}
_LARGEST_BODY = 256 * 1024


def create_app(store: Store, *, token: str | None = None) -> FastAPI:
    """The application over an open store. It logs codes only: no body, no query, no person.

    Args:
        store: the database.
        token: bearer token that every `/v1` call must carry; None only where nobody but this machine can call.
    """
    app = FastAPI(title="Một Chạm registry", version="1", docs_url=None, redoc_url=None)

    @app.exception_handler(RegistryError)
    async def _refuse(_request: Request, error: RegistryError) -> JSONResponse:
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        _log.warning("refused with %s: %s", status, error.code)
        problem = Problem(code=error.code, message=error.message, remedy=error.remedy)
        headers = {"Retry-After": "5"} if status == 503 else None
        return JSONResponse(problem.model_dump(), status, headers)

    @app.exception_handler(RequestValidationError)
    async def _malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        # The framework's own answer repeats the input, and with it the person.
        fields = ", ".join(sorted({".".join(map(str, problem["loc"])) for problem in error.errors()}))
        problem = Problem(code=RecordRefused.code, message=f"malformed: {fields}", remedy=RecordRefused.remedy)
        return JSONResponse(problem.model_dump(), 422)

    def authorise(authorization: Annotated[str | None, Header()] = None) -> None:
        if token is not None and not hmac.compare_digest((authorization or "").encode(), f"Bearer {token}".encode()):
            raise NotAuthorised("the token is missing or wrong")

    v1 = APIRouter(prefix="/v1", dependencies=[Depends(authorise)])

    @v1.post("/insurance/look-ups")
    def look_up_insurance(query: CitizenQuery) -> InsuranceAnswer:
        """A person's health insurance. A POST, so that no number stands in a URL."""
        return store.insurance(query)

    @v1.get("/clinics")
    def list_clinics() -> tuple[ClinicInfo, ...]:
        """The clinics, most used first."""
        return store.clinics()

    @v1.post(
        "/check-ins",
        responses={201: {"model": Receipt}, 409: {"model": Problem}, 422: {"model": Problem}},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": CheckIn.model_json_schema()}}}},
    )
    async def check_in(
        request: Request, response: Response, idempotency_key: Annotated[IdempotencyKey, Header()]
    ) -> Receipt:
        """Store a record once. 201 for a new one, 200 with the first receipt for the same key and body, else 409."""
        body = await _bounded_body(request)
        receipt, new = await run_in_threadpool(store.check_in, idempotency_key, body)
        response.status_code = 201 if new else 200
        return receipt

    @v1.post("/check-ins/batch")
    def check_in_batch(batch: Batch) -> BatchAnswer:
        """Store up to 100 records, each by itself: one that is refused does not hold up the others."""
        return BatchAnswer(outcomes=tuple(_outcome(store, item.key, item.record) for item in batch.items))

    app.include_router(v1)

    @app.get("/healthz", response_class=PlainTextResponse)
    def healthy() -> str:
        """The process answers."""
        return "ok\n"

    @app.get("/readyz", response_class=PlainTextResponse)
    def ready() -> Response:
        """The database can be used."""
        return PlainTextResponse("ok\n") if store.usable() else PlainTextResponse("database\n", 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> str:
        """Counts in Prometheus' text format."""
        return (
            "# TYPE motcham_check_ins_total counter\n"
            f"motcham_check_ins_total {store.count_check_ins()}\n"
            "# TYPE motcham_citizens gauge\n"
            f"motcham_citizens {store.count_citizens()}\n"
        )

    @app.get("/", response_class=HTMLResponse)
    def overview() -> str:
        """Today's numbers per clinic: no personal data."""
        return overview_page(store.clinics(), store.count_check_ins())

    return app


def _outcome(store: Store, key: str, record: CheckIn) -> BatchOutcome:
    try:
        receipt, new = store.check_in(key, record.model_dump_json().encode())
    except (RecordRefused, IdempotencyConflict) as error:
        return BatchOutcome(key=key, status=_STATUS[type(error)], code=error.code)
    return BatchOutcome(key=key, status=201 if new else 200, receipt=receipt)


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise RecordRefused("the record is too large")
    return bytes(body)
