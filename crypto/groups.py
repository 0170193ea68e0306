"""The domain parameters that PACE and chip authentication run in: elliptic curves and Diffie-Hellman groups alike.

A public key is handled as the bytes that go over the wire (Doc 9303-11 section 9.4): the uncompressed point with
coordinates at the field's width, or for Diffie-Hellman the shortest unsigned integer.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from crypto import curves, dh_group
from crypto.ec_group import EcGroup
from crypto.key_pair import KeyPair, RandomBytes
from crypto.protocols import Agreement


class Group(Protocol):
    """A group of prime order in which two sides agree on a secret; `EcGroup` and `DhGroup` are all there are."""

    @property
    def name(self) -> str:
        """What people call it, such as `brainpoolP256r1`."""

    @property
    def agreement(self) -> Agreement:
        """Elliptic curve or prime field."""

    @property
    def prime(self) -> int:
        """The field's number of elements."""

    @property
    def order(self) -> int:
        """Number of elements that the generator reaches, a prime."""

    @property
    def generator(self) -> bytes:
        """The group's own generator, encoded as a public key is."""

    @property
    def public_key_tag(self) -> int:
        """Tag of a public key within the template 7F49: 86 for a point, 84 for an integer (section 9.4)."""

    def generate_key_pair(self, random: RandomBytes, generator: bytes | None = None) -> KeyPair:
        """Draw a key pair on the group's own generator, or on a mapped one."""

    def public_key(self, private: int, generator: bytes | None = None) -> bytes:
        """Compute the public key to a private one."""

    def check_public_key(self, received: bytes) -> bytes:
        """Give the canonical encoding of a public key that came from outside.

        Raises:
            PointError: it is no element of the group, or the neutral one.
        """

    def padded(self, public: bytes) -> bytes:
        """Widen a public key to the field's width, as chips write integers that re-encode them; a point is so wide."""

    def agree(self, private: int, peer: bytes) -> bytes:
        """Agree on an element of the group, encoded as a public key is.

        Args:
            peer: as `check_public_key` gave it.

        Raises:
            PointError: the result is the neutral element.
        """

    def shared_secret(self, private: int, peer: bytes) -> bytes:
        """Agree on the secret for the key derivation: the x coordinate or the integer, at the field's width.

        Args:
            peer: as `check_public_key` gave it.

        Raises:
            PointError: the result is the neutral element.
        """

    def map_generic(self, nonce: bytes, shared: bytes) -> bytes:
        """Map a nonce to a generator with the element agreed on (section 4.4.3.3.1).

        Raises:
            PointError: the result is the neutral element.
        """

    def map_integrated(self, mapped_number: int) -> bytes:
        """Map the number that both nonces give to a generator (section 4.4.3.3.2).

        Raises:
            UnsupportedAlgorithm: the group does not allow it.
            PointError: the result is the neutral element.
        """


STANDARDIZED: Final[Mapping[int, Group]] = MappingProxyType(
    {
        0: dh_group.RFC5114_1024_160,
        1: dh_group.RFC5114_2048_224,
        2: dh_group.RFC5114_2048_256,
        **{number: EcGroup(curve) for number, curve in curves.STANDARDIZED.items()},
    }
)
"""By standardized domain parameter id (TR-03110-3 table 4, Doc 9303-11 table 6)."""
