"""An inspection as other programs get it: the JSON of ``motcham.read/1``."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from reader.checks import Check
from reader.model import Access, Document, Inspection

SCHEMA: Final = "motcham.read/1"


def to_json(inspection: Inspection) -> dict[str, Any]:
    """The object that ``motcham read --json`` prints. Personal data stand in `document` alone."""
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": str(inspection.verdict),
        "reasons": list(inspection.reasons),
        "checks": [_check(check) for check in inspection.checks],
        "access": None if inspection.access is None else _access(inspection.access),
        "document": None if inspection.document is None else _document(inspection.document),
        "data_groups": {
            name: {"bytes": len(inspection.files[name])}
            for name in (f"DG{number}" for number in range(1, 17))
            if name in inspection.files
        },
        "portrait": None,
        "timing": {
            "total_ms": round(inspection.total_ms, 1),
            "steps": [{"step": timing.step, "ms": round(timing.ms, 1)} for timing in inspection.timing],
        },
        "link": {
            "apdus": inspection.link.apdus,
            "bytes_sent": inspection.link.bytes_sent,
            "bytes_received": inspection.link.bytes_received,
        },
    }
    if inspection.portrait is not None:
        portrait = inspection.portrait
        report["portrait"] = {"format": portrait.format, "width": portrait.width, "height": portrait.height}
    if inspection.failure is not None:
        failure = inspection.failure
        report["error"] = {"code": failure.code, "message": failure.message, "remedy": failure.remedy}
    return report


def _check(check: Check) -> dict[str, Any]:
    return {
        "id": str(check.id),
        "status": str(check.status),
        "reason": check.reason,
        "detail": check.detail,
        "evidence": dict(check.evidence),
    }


def _access(access: Access) -> dict[str, Any]:
    return {
        "protocol": access.protocol,
        "mapping": access.mapping,
        "agreement": access.agreement,
        "cipher": access.cipher,
        "password": access.password,
        "downgraded": access.downgraded,
    }


def _document(document: Document) -> dict[str, Any]:
    return {
        "type": document.type,
        "issuer": document.issuer,
        "number": document.number,
        "personal_number": document.personal_number,
        "name": document.name,
        "name_latin": document.name_latin,
        "birth_date": _day(document.birth_date),
        "sex": document.sex,
        "nationality": document.nationality,
        "expiry_date": _day(document.expiry_date),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
