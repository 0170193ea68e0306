"""The JSON that other programs rely on, and the trace that tells nothing."""

from __future__ import annotations

import json
from datetime import date
from types import MappingProxyType

import pytest

from reader.apdu_log import LoggedTransport
from reader.checks import CheckId, failed, passed
from reader.errors import CardRemoved
from reader.model import (
    Access,
    Document,
    Failure,
    Inspection,
    LinkStatistics,
    Portrait,
    StepTiming,
    Verdict,
)
from reader.report import to_json

INSPECTION = Inspection(
    verdict=Verdict.REVIEW,
    reasons=("passive.issuer_not_provisioned",),
    checks=(
        passed(CheckId.PASSIVE_HASHES, {"DG1": "00ff"}, "As signed."),
        failed(CheckId.CONTENT_VALIDITY, "content.expired"),
    ),
    access=Access("PACE", "GM", "ECDH", "AES-128", "CAN", downgraded=False),
    document=Document(
        "ID", "VNM", "099000001", "001099000001", "Nguyễn Văn Mẫu", "NGUYEN VAN MAU", date(1999, 2, 1), "M", "VNM", None
    ),
    files=MappingProxyType({"EF.SOD": bytes(9), "DG13": bytes(5), "DG2": bytes(4), "DG1": bytes(3)}),
    portrait=Portrait("jpeg", 2, 1, bytes(6)),
    timing=(StepTiming("access.open", 12.345),),
    total_ms=100.04,
    link=LinkStatistics(22, 685, 23_159, 3.0),
)


def test_the_contracts_object() -> None:
    assert json.loads(json.dumps(to_json(INSPECTION))) == {
        "schema": "motcham.read/1",
        "verdict": "review",
        "reasons": ["passive.issuer_not_provisioned"],
        "checks": [
            {
                "id": "passive.hashes",
                "status": "passed",
                "reason": None,
                "detail": "As signed.",
                "evidence": {"DG1": "00ff"},
            },
            {"id": "content.validity", "status": "failed", "reason": "content.expired", "detail": "", "evidence": {}},
        ],
        "access": {
            "protocol": "PACE",
            "mapping": "GM",
            "agreement": "ECDH",
            "cipher": "AES-128",
            "password": "CAN",
            "downgraded": False,
        },
        "document": {
            "type": "ID",
            "issuer": "VNM",
            "number": "099000001",
            "personal_number": "001099000001",
            "name": "Nguyễn Văn Mẫu",
            "name_latin": "NGUYEN VAN MAU",
            "birth_date": "1999-02-01",
            "sex": "M",
            "nationality": "VNM",
            "expiry_date": None,
        },
        "data_groups": {"DG1": {"bytes": 3}, "DG2": {"bytes": 4}, "DG13": {"bytes": 5}},
        "portrait": {"format": "jpeg", "width": 2, "height": 1},
        "timing": {"total_ms": 100.0, "steps": [{"step": "access.open", "ms": 12.3}]},
        "link": {"apdus": 22, "bytes_sent": 685, "bytes_received": 23_159},
    }


def test_an_error_stands_beside_what_was_found() -> None:
    failure = Failure("access.key_refused", "the chip refused the password", "Check the number.")
    report = to_json(Inspection(Verdict.NONE, (), (), None, None, {}, None, (), 0.0, LinkStatistics(), failure))
    assert report["error"] == {
        "code": "access.key_refused",
        "message": "the chip refused the password",
        "remedy": "Check the number.",
    }
    assert (report["verdict"], report["document"], report["portrait"]) == ("none", None, None)


def test_a_trace_tells_headers_lengths_and_status_words() -> None:
    class Chip:
        def transmit(self, command: bytes) -> bytes:
            if command[1] == 0x84:
                raise CardRemoved("lifted")
            return b"PERSONAL\x90\x00"

    lines: list[str] = []
    logged = LoggedTransport(Chip(), lines.append)
    logged.transmit(b"\x00\xb0\x9d\x00\x08")
    logged.transmit(b"\x0c\x82\x00\x00\x06SECRET\x00")
    with pytest.raises(CardRemoved):
        logged.transmit(b"\x00\x84\x00\x00\x08")
    assert lines[0] == "> 00B09D00 data=0 le=8\n"
    assert lines[1].startswith("< 9000 data=8 ")
    assert lines[2] == "> 0C820000 data=6 le=256\n"
    assert lines[5].startswith("! link.card_removed")
    assert not any(
        secret.hex().upper() in line.upper() or secret.decode() in line
        for line in lines
        for secret in (b"PERSONAL", b"SECRET")
    )
