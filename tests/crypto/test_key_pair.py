"""Private keys come evenly from their range, and a broken random source is told from a broken document."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from crypto.errors import CryptoError
from crypto.key_pair import random_below


def test_every_number_of_the_range_comes_up_alike() -> None:
    source = Random(1)
    drawn = Counter(random_below(7, source.randbytes) for _ in range(6_000))
    assert sorted(drawn) == [1, 2, 3, 4, 5, 6]
    assert min(drawn.values()) > 850


@pytest.mark.parametrize("stuck", [0x00, 0xFF])
def test_a_stuck_random_source_ends_with_a_defect_and_accuses_no_document(stuck: int) -> None:
    with pytest.raises(RuntimeError) as raised:
        random_below((1 << 256) - 189, lambda length: bytes((stuck,)) * length)
    assert not isinstance(raised.value, CryptoError)
