"""Key agreement over an elliptic curve (BSI TR-03111 section 4.3.1); see `groups.Group`."""

from __future__ import annotations

from dataclasses import dataclass

from crypto import ec, point_encoding
from crypto.ec import Curve, Point
from crypto.errors import PointError
from crypto.key_pair import KeyPair, RandomBytes
from crypto.protocols import Agreement


@dataclass(frozen=True, slots=True)
class EcGroup:
    """The points of a curve of cofactor 1, so that each but the one at infinity is a proper public key."""

    curve: Curve

    @property
    def name(self) -> str:
        return self.curve.name

    @property
    def agreement(self) -> Agreement:
        return Agreement.ECDH

    @property
    def prime(self) -> int:
        return self.curve.p

    @property
    def order(self) -> int:
        return self.curve.n

    @property
    def generator(self) -> bytes:
        return ec.encode_point(self.curve, self.curve.g)

    @property
    def public_key_tag(self) -> int:
        return 0x86

    def generate_key_pair(self, random: RandomBytes, generator: bytes | None = None) -> KeyPair:
        """Draw a key pair on the curve's own generator, or on a mapped one."""
        private = ec.random_scalar(self.curve, random)
        return KeyPair(private, self.public_key(private, generator))

    def public_key(self, private: int, generator: bytes | None = None) -> bytes:
        """Compute the public key to a private one."""
        point = self.curve.g if generator is None else self._point(generator)
        return ec.encode_point(self.curve, ec.multiply(self.curve, private, point))

    def check_public_key(self, received: bytes) -> bytes:
        """Give the encoding itself; raises PointError where it is no uncompressed point of the curve."""
        self._point(received)
        return received

    def padded(self, public: bytes) -> bytes:
        """Give the key itself, whose coordinates are as wide as the field."""
        return public

    def agree(self, private: int, peer: bytes) -> bytes:
        """Agree on a point; raises PointError where it is at infinity, or the peer's is none."""
        return ec.encode_point(self.curve, ec.agree(self.curve, private, self._point(peer)))

    def shared_secret(self, private: int, peer: bytes) -> bytes:
        """Agree on an x coordinate; raises PointError as `agree` does."""
        return ec.encode_x(self.curve, ec.agree(self.curve, private, self._point(peer)))

    def map_generic(self, nonce: bytes, shared: bytes) -> bytes:
        """Compute s·G + H; raises PointError where that is at infinity."""
        curve = self.curve
        mapped = ec.add(
            curve, ec.multiply(curve, int.from_bytes(nonce, "big"), curve.g), ec.decode_point(curve, shared)
        )
        if mapped == ec.INFINITY:
            raise PointError("the mapping gave the point at infinity")
        return ec.encode_point(curve, mapped)

    def map_integrated(self, mapped_number: int) -> bytes:
        """Encode the number as a point (appendix B); raises UnsupportedAlgorithm unless p ≡ 3 mod 4."""
        return ec.encode_point(self.curve, point_encoding.encode(self.curve, mapped_number))

    def _point(self, encoded: bytes) -> Point:
        return ec.decode_point(self.curve, encoded)
