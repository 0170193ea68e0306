from __future__ import annotations

from datetime import UTC, datetime
from uuid import RFC_4122, UUID

from kiosk.record_id import new_record_id


def test_the_example_of_rfc_9562() -> None:
    """Appendix A.6: rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F (without the two bits of the variant)."""
    moment = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    random = 0xCC3 << 64 | 0x18C4DC0C0C07398F
    made = new_record_id(moment, lambda count: random.to_bytes(count, "big"))
    assert made == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_version_variant_and_order() -> None:
    early = new_record_id(datetime(2026, 3, 2, 8, tzinfo=UTC), lambda count: b"\xff" * count)
    late = new_record_id(datetime(2026, 3, 2, 8, 0, 0, 2000, tzinfo=UTC), lambda count: b"\x00" * count)
    assert early < late
    for made in (early, late):
        assert (UUID(made).version, UUID(made).variant) == (7, RFC_4122)
