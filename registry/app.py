"""The registry's HTTP service. `/openapi.json` describes it."""

from __future__ import annotations

import hmac
import json
import logging
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pydantic import BaseModel, ValidationError

from registry.errors import (
    ExaminationGone,
    IdempotencyConflict,
    NotAuthorised,
    RecordRefused,
    RegistryError,
    StoreUnusable,
)
from registry.examinations import ChipExaminations
from registry.messages import (
    Batch,
    BatchAnswer,
    BatchItem,
    BatchOutcome,
    CheckIn,
    CitizenQuery,
    ClinicInfo,
    ExaminationAnswers,
    ExaminationId,
    ExaminationJudgement,
    ExaminationRequest,
    ExaminationTask,
    IdempotencyKey,
    InsuranceAnswer,
    Problem,
    Receipt,
)
from registry.overview import overview_page
from registry.store import Store

_log = logging.getLogger("motcham.registry")
_STATUS = {RecordRefused: 422, IdempotencyConflict: 409, ExaminationGone: 410, NotAuthorised: 401, StoreUnusable: 503}
_LARGEST_BODY: Final = 256 * 1024
_LARGEST_BATCH: Final = 4 * 1024 * 1024

_Message = TypeVar("_Message", bound=BaseModel)


def create_app(store: Store, *, token: str | None = None, examinations: ChipExaminations | None = None) -> FastAPI:
    """The application over an open store. It logs codes only: no body, no query, no person.

    Args:
        store: the database.
        examinations: of chips; None: this registry examines none.
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
        return await _refuse(_request, _malformed_fields(error))

    def authorise(authorization: Annotated[str | None, Header()] = None) -> None:
        if token is not None and not hmac.compare_digest((authorization or "").encode(), f"Bearer {token}".encode()):
            raise NotAuthorised("the token is missing or wrong")

    v1 = APIRouter(prefix="/v1", dependencies=[Depends(authorise)])

    @v1.post("/insurance/look-ups", responses={422: {"model": Problem}}, openapi_extra=_takes(CitizenQuery))
    async def look_up_insurance(request: Request) -> InsuranceAnswer:
        """A person's health insurance. A POST, so that no number stands in a URL."""
        query = _parsed(CitizenQuery, await _bounded_body(request, _LARGEST_BODY))
        return await run_in_threadpool(store.insurance, query)

    @v1.get("/clinics")
    def list_clinics() -> tuple[ClinicInfo, ...]:
        """The clinics, most used first."""
        return store.clinics()

    @v1.post(
        "/check-ins",
        responses={201: {"model": Receipt}, 409: {"model": Problem}, 422: {"model": Problem}},
        openapi_extra=_takes(CheckIn),
    )
    async def check_in(
        request: Request, response: Response, idempotency_key: Annotated[IdempotencyKey, Header()]
    ) -> Receipt:
        """Store a record once. 201 for a new one, 200 with the first receipt for the same key and body, else 409."""
        body = await _bounded_body(request, _LARGEST_BODY)
        receipt, new = await run_in_threadpool(store.check_in, idempotency_key, body)
        response.status_code = 201 if new else 200
        return receipt

    @v1.post("/check-ins/batch", responses={422: {"model": Problem}}, openapi_extra=_takes(Batch))
    async def check_in_batch(request: Request) -> BatchAnswer:
        """Store up to 100 records, each by itself: one that is refused does not hold up the others."""
        batch = _parsed(Batch, await _bounded_body(request, _LARGEST_BATCH))
        return BatchAnswer(outcomes=await run_in_threadpool(_outcomes, store, batch))

    if examinations is not None:
        _add_examinations(v1, examinations)
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
            "# TYPE motcham_check_ins_by_chip_proof gauge\n"
            + "".join(
                f'motcham_check_ins_by_chip_proof{{chip_proof="{proof}"}} {count}\n'
                for proof, count in store.count_chip_proofs().items()
            )
        )

    @app.get("/", response_class=HTMLResponse)
    def overview() -> str:
        """Today's numbers per clinic: no personal data."""
        return overview_page(store.clinics(), store.count_check_ins(), store.count_chip_proofs())

    return app


def _add_examinations(v1: APIRouter, examinations: ChipExaminations) -> None:
    @v1.post(
        "/chip-examinations",
        status_code=201,
        responses={422: {"model": Problem}},
        openapi_extra=_takes(ExaminationRequest),
    )
    async def begin_examination(request: Request) -> ExaminationTask:
        """Show what the issuer signed, and learn what the chip is to be asked."""
        asked = _parsed(ExaminationRequest, await _bounded_body(request, _LARGEST_BODY))
        return await run_in_threadpool(examinations.begin, asked)

    @v1.post(
        "/chip-examinations/{examination_id}/answers",
        responses={410: {"model": Problem}, 422: {"model": Problem}},
        openapi_extra=_takes(ExaminationAnswers),
    )
    async def finish_examination(request: Request, examination_id: ExaminationId) -> ExaminationJudgement:
        """Hand over what the chip said; taken once, within two minutes of the question."""
        answers = _parsed(ExaminationAnswers, await _bounded_body(request, _LARGEST_BODY))
        return await run_in_threadpool(examinations.finish, examination_id, answers)


def _outcomes(store: Store, batch: Batch) -> tuple[BatchOutcome, ...]:
    return tuple(_outcome(store, item) for item in batch.items)


def _outcome(store: Store, item: BatchItem) -> BatchOutcome:
    # As the kiosk encodes it: sent alone before or after, it is the same body and gets the same receipt.
    body = json.dumps(item.record, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        receipt, new = store.check_in(item.key, body)
    except (RecordRefused, IdempotencyConflict) as error:
        return BatchOutcome(key=item.key, status=_STATUS[type(error)], code=error.code)
    return BatchOutcome(key=item.key, status=201 if new else 200, receipt=receipt)


def _takes(message: type[BaseModel]) -> dict[str, Any]:
    """Describes a body that the endpoint reads by itself, so that it is bounded before it is kept."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": message.model_json_schema()}}}}


async def _bounded_body(request: Request, largest: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise RecordRefused("the body is too large")
    return bytes(body)


def _parsed(kind: type[_Message], body: bytes) -> _Message:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise _malformed_fields(error) from None


def _malformed_fields(error: ValidationError | RequestValidationError) -> RecordRefused:
    fields = ", ".join(sorted({".".join(map(str, problem["loc"])) for problem in error.errors()}))
    return RecordRefused(f"malformed: {fields}")
