"""ISO/IEC 9797-1 padding method 2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import PaddingError
from crypto.padding import pad, unpad

blocks = st.sampled_from([8, 16])


@given(st.binary(max_size=100), blocks)
def test_padding_comes_off_again(data: bytes, block: int) -> None:
    padded = pad(data, block)
    assert len(padded) % block == 0
    assert 1 <= len(padded) - len(data) <= block
    assert unpad(padded, block) == data


@pytest.mark.parametrize(
    "data", ["", "00" * 8, "81" + "00" * 7, "AA" * 8, "AA80", "80" + "00" * 15, "AA80" + "00" * 14]
)
def test_wrong_padding_is_refused(data: str) -> None:
    with pytest.raises(PaddingError):
        unpad(bytes.fromhex(data), 8)
