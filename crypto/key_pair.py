"""A key pair of a key agreement, and where its random numbers come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

RandomBytes = Callable[[int], bytes]
"""Gives so many bytes of a cryptographic random source."""

_MOST_DRAWS: Final = 128
"""At least every other number fits: a source that never gives one is stuck, and would hold the reading for ever."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key with its public key, the latter as it goes over the wire."""

    private: int = field(repr=False)
    public: bytes


def random_below(order: int, random: RandomBytes) -> int:
    """Draw a private key, evenly from 1 to `order` - 1.

    Raises:
        RuntimeError: the random source is broken. That is no fault of any document, so it is no `CryptoError`.
    """
    length = (order.bit_length() + 7) // 8
    excess = 8 * length - order.bit_length()
    for _ in range(_MOST_DRAWS):
        number = int.from_bytes(random(length), "big") >> excess
        if 0 < number < order:
            return number
    raise RuntimeError("the random source gives no usable number")
