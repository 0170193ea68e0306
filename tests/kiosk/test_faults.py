from __future__ import annotations

from kiosk.errors import OutboxUnusable
from kiosk.faults import describe


def test_a_fault_tells_kinds_codes_and_places_only() -> None:
    try:
        try:
            raise ValueError("Nguyen Thi Lan, 001190000001")
        except ValueError as cause:
            raise OutboxUnusable("the disk is full", code="store.full") from cause
    except OutboxUnusable as error:
        told = describe(error)
    assert told.startswith("OutboxUnusable (store.full) at test_faults.py:")
    assert ", caused by ValueError at test_faults.py:" in told
    assert "Lan" not in told
    assert describe(KeyError("001190000001")) == "KeyError at no place"
