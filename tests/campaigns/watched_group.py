"""A group that counts the numbers with leading zeros which it meets, and can be made to meet one."""

from __future__ import annotations

from collections import Counter
from enum import Enum

from crypto.groups import Group
from crypto.key_pair import KeyPair, RandomBytes
from crypto.protocols import Agreement


class Short(Enum):
    """What is to begin with a zero byte, in the second agreement of a run."""

    NOTHING = "nothing"
    KEY = "key"
    SECRET = "secret"


class WatchedGroup:
    """One side's view of a group, for one run. What it meets is named as seen by the chip.

    Args:
        met: numbers that begin with a zero byte, by what they are; counted up.
        short: key pairs on a mapped generator are drawn until they give it.
        pads: public keys are sent at the field's width.
    """

    def __init__(self, group: Group, met: Counter[str], short: Short = Short.NOTHING, *, pads: bool = False) -> None:
        self.group = group
        self._met = met
        self._short = short
        self._pads = pads
        self._peer: bytes | None = None

    @property
    def name(self) -> str:
        return self.group.name

    @property
    def agreement(self) -> Agreement:
        return self.group.agreement

    @property
    def prime(self) -> int:
        return self.group.prime

    @property
    def order(self) -> int:
        return self.group.order

    @property
    def generator(self) -> bytes:
        return self.group.generator

    @property
    def public_key_tag(self) -> int:
        return self.group.public_key_tag

    def generate_key_pair(self, random: RandomBytes, generator: bytes | None = None) -> KeyPair:
        pair = self.group.generate_key_pair(random, generator)
        while generator is not None and not self._serves(pair):
            pair = self.group.generate_key_pair(random, generator)
        self._note("chip's public key", self._numbers(pair.public))
        return KeyPair(pair.private, self.group.padded(pair.public)) if self._pads else pair

    def public_key(self, private: int, generator: bytes | None = None) -> bytes:
        return self.group.public_key(private, generator)

    def check_public_key(self, received: bytes) -> bytes:
        self._peer = self.group.check_public_key(received)
        self._note("terminal's public key", self._numbers(self._peer))
        return self._peer

    def padded(self, public: bytes) -> bytes:
        return self.group.padded(public)

    def agree(self, private: int, peer: bytes) -> bytes:
        shared = self.group.agree(private, peer)
        self._note("mapping's shared element", self._numbers(shared))
        return shared

    def shared_secret(self, private: int, peer: bytes) -> bytes:
        secret = self.group.shared_secret(private, peer)
        self._note("shared secret", (int.from_bytes(secret, "big"),))
        return secret

    def map_generic(self, nonce: bytes, shared: bytes) -> bytes:
        return self._mapped(self.group.map_generic(nonce, shared))

    def map_integrated(self, mapped_number: int) -> bytes:
        return self._mapped(self.group.map_integrated(mapped_number))

    def _mapped(self, generator: bytes) -> bytes:
        self._note("mapped generator", self._numbers(generator))
        return generator

    def _serves(self, pair: KeyPair) -> bool:
        if self._short is Short.KEY:
            return self._is_short(self._numbers(pair.public))
        if self._short is Short.SECRET and self._peer is not None:
            return self._is_short((int.from_bytes(self.group.shared_secret(pair.private, self._peer), "big"),))
        return True

    def _numbers(self, public: bytes) -> tuple[int, ...]:
        """The integer, or both coordinates."""
        if self.group.agreement is Agreement.DH:
            return (int.from_bytes(public, "big"),)
        width = len(public) // 2
        return int.from_bytes(public[1 : 1 + width], "big"), int.from_bytes(public[1 + width :], "big")

    def _is_short(self, numbers: tuple[int, ...]) -> bool:
        # The first eight bits of the field, since the first byte of secp521r1 has one bit only.
        return any(number.bit_length() <= self.group.prime.bit_length() - 8 for number in numbers)

    def _note(self, what: str, numbers: tuple[int, ...]) -> None:
        if self._is_short(numbers):
            self._met[what] += 1
