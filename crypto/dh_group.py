"""Diffie-Hellman key agreement in a prime field (RFC 2631), and the groups of RFC 5114; see `groups.Group`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crypto.errors import PointError, UnsupportedAlgorithm
from crypto.key_pair import KeyPair, RandomBytes, random_below
from crypto.protocols import Agreement


@dataclass(frozen=True, slots=True)
class DhGroup:
    """The powers of `g` modulo the prime `p`, of which there are `q`, a prime.

    `q` is None where the parameters do not tell it, as PKCS #3 has them: then no key can be checked for the subgroup.
    """

    name: str
    p: int
    g: int
    q: int | None

    @property
    def agreement(self) -> Agreement:
        return Agreement.DH

    @property
    def prime(self) -> int:
        return self.p

    @property
    def order(self) -> int:
        """`q`, or where that is not known what it divides."""
        return self.p - 1 if self.q is None else self.q

    @property
    def field_length(self) -> int:
        """Bytes of an element."""
        return (self.p.bit_length() + 7) // 8

    @property
    def generator(self) -> bytes:
        return _shortest(self.g)

    @property
    def public_key_tag(self) -> int:
        return 0x84

    def generate_key_pair(self, random: RandomBytes, generator: bytes | None = None) -> KeyPair:
        """Draw a key pair on the group's own generator, or on a mapped one."""
        private = random_below(self.order, random)
        return KeyPair(private, self.public_key(private, generator))

    def public_key(self, private: int, generator: bytes | None = None) -> bytes:
        """Compute the public key to a private one."""
        base = self.g if generator is None else int.from_bytes(generator, "big")
        return _shortest(pow(base, private, self.p))

    def check_public_key(self, received: bytes) -> bytes:
        """Give the shortest form of an integer that may have leading zeros (RFC 2631 section 2.1.5).

        Raises:
            PointError: longer than the field with one sign byte, not within 2 … p - 2, or not in the subgroup.
        """
        # One more than the field's width: the terminal of appendix G.2 sends its key as a signed integer.
        if len(received) > self.field_length + 1:
            raise PointError(f"{len(received)} bytes are no public key of {self.name}")
        number = int.from_bytes(received, "big")
        if not 2 <= number <= self.p - 2:
            raise PointError("the public key is out of range")
        if self.q is not None and pow(number, self.q, self.p) != 1:
            raise PointError("the public key is not in the subgroup")
        return _shortest(number)

    def padded(self, public: bytes) -> bytes:
        """Widen a public key to the field's width with leading zeros."""
        return public.rjust(self.field_length, b"\0")

    def agree(self, private: int, peer: bytes) -> bytes:
        """Agree on an element; raises PointError where it is 1."""
        return _shortest(self._agree(private, peer))

    def shared_secret(self, private: int, peer: bytes) -> bytes:
        """Agree on an integer at the field's width; raises PointError where it is 1."""
        return self._agree(private, peer).to_bytes(self.field_length, "big")

    def map_generic(self, nonce: bytes, shared: bytes) -> bytes:
        """Compute g^s · h; raises PointError where that is 1."""
        mapped = pow(self.g, int.from_bytes(nonce, "big"), self.p) * int.from_bytes(shared, "big") % self.p
        return self._generator(mapped)

    def map_integrated(self, mapped_number: int) -> bytes:
        """Raise the number to the cofactor (p - 1)/q; raises PointError where that gives 0 or 1.

        Raises:
            UnsupportedAlgorithm: the order is not known.
        """
        if self.q is None:
            raise UnsupportedAlgorithm("integrated mapping without the subgroup's order")
        return self._generator(pow(mapped_number, (self.p - 1) // self.q, self.p))

    def _agree(self, private: int, peer: bytes) -> int:
        shared = pow(int.from_bytes(peer, "big"), private, self.p)
        if shared <= 1:
            raise PointError("the agreement gave the neutral element")
        return shared

    def _generator(self, mapped: int) -> bytes:
        if mapped <= 1:
            raise PointError("the mapping gave the neutral element")
        return _shortest(mapped)


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _group(name: str, *, p: str, g: str, q: str) -> DhGroup:
    """Make a group from its parameters in hexadecimal."""
    return DhGroup(name, int(p, 16), int(g, 16), int(q, 16))


def match_group(p: int, g: int, q: int | None = None) -> DhGroup | None:
    """Find the group of RFC 5114 with exactly these parameters, or nothing; PKCS #3 does not state q."""
    for group in (RFC5114_1024_160, RFC5114_2048_224, RFC5114_2048_256):
        if (group.p, group.g) == (p, g) and q in (None, group.q):
            return group
    return None


RFC5114_1024_160: Final = _group(
    "RFC 5114 1024/160",
    p=(
        "B10B8F96A080E01DDE92DE5EAE5D54EC52C99FBCFB06A3C69A6A9DCA52D23B616073E28675A23D189838EF1E2EE652C0"
        "13ECB4AEA906112324975C3CD49B83BFACCBDD7D90C4BD7098488E9C219A73724EFFD6FAE5644738FAA31A4FF55BCCC0"
        "A151AF5F0DC8B4BD45BF37DF365C1A65E68CFDA76D4DA708DF1FB2BC2E4A4371"
    ),
    g=(
        "A4D1CBD5C3FD34126765A442EFB99905F8104DD258AC507FD6406CFF14266D31266FEA1E5C41564B777E690F5504F213"
        "160217B4B01B886A5E91547F9E2749F4D7FBD7D3B9A92EE1909D0D2263F80A76A6A24C087A091F531DBF0A0169B6A28A"
        "D662A4D18E73AFA32D779D5918D08BC8858F4DCEF97C2A24855E6EEB22B3B2E5"
    ),
    q="F518AA8781A8DF278ABA4E7D64B7CB9D49462353",
)
RFC5114_2048_224: Final = _group(
    "RFC 5114 2048/224",
    p=(
        "AD107E1E9123A9D0D660FAA79559C51FA20D64E5683B9FD1B54B1597B61D0A75E6FA141DF95A56DBAF9A3C407BA1DF15"
        "EB3D688A309C180E1DE6B85A1274A0A66D3F8152AD6AC2129037C9EDEFDA4DF8D91E8FEF55B7394B7AD5B7D0B6C12207"
        "C9F98D11ED34DBF6C6BA0B2C8BBC27BE6A00E0A0B9C49708B3BF8A317091883681286130BC8985DB1602E714415D9330"
        "278273C7DE31EFDC7310F7121FD5A07415987D9ADC0A486DCDF93ACC44328387315D75E198C641A480CD86A1B9E587E8"
        "BE60E69CC928B2B9C52172E413042E9B23F10B0E16E79763C9B53DCF4BA80A29E3FB73C16B8E75B97EF363E2FFA31F71"
        "CF9DE5384E71B81C0AC4DFFE0C10E64F"
    ),
    g=(
        "AC4032EF4F2D9AE39DF30B5C8FFDAC506CDEBE7B89998CAF74866A08CFE4FFE3A6824A4E10B9A6F0DD921F01A70C4AFA"
        "AB739D7700C29F52C57DB17C620A8652BE5E9001A8D66AD7C17669101999024AF4D027275AC1348BB8A762D0521BC98A"
        "E247150422EA1ED409939D54DA7460CDB5F6C6B250717CBEF180EB34118E98D119529A45D6F834566E3025E316A330EF"
        "BB77A86F0C1AB15B051AE3D428C8F8ACB70A8137150B8EEB10E183EDD19963DDD9E263E4770589EF6AA21E7F5F2FF381"
        "B539CCE3409D13CD566AFBB48D6C019181E1BCFE94B30269EDFE72FE9B6AA4BD7B5A0F1C71CFFF4C19C418E1F6EC0179"
        "81BC087F2A7065B384B890D3191F2BFA"
    ),
    q="801C0D34C58D93FE997177101F80535A4738CEBCBF389A99B36371EB",
)
RFC5114_2048_256: Final = _group(
    "RFC 5114 2048/256",
    p=(
        "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00E00DF8F1D61957D4FAF7DF4561B2AA30"
        "16C3D91134096FAA3BF4296D830E9A7C209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B"
        "6C5BFC11D45F9088B941F54EB1E59BB8BC39A0BF12307F5C4FDB70C581B23F76B63ACAE1CAA6B7902D52526735488A0E"
        "F13C6D9A51BFA4AB3AD8347796524D8EF6A167B5A41825D967E144E5140564251CCACB83E6B486F6B3CA3F7971506026"
        "C0B857F689962856DED4010ABD0BE621C3A3960A54E710C375F26375D7014103A4B54330C198AF126116D2276E11715F"
        "693877FAD7EF09CADB094AE91E1A1597"
    ),
    g=(
        "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA12510DBC15077BE463FFF4FED4AAC0BB555"
        "BE3A6C1B0C6B47B1BC3773BF7E8C6F62901228F8C28CBB18A55AE31341000A650196F931C77A57F2DDF463E5E9EC144B"
        "777DE62AAAB8A8628AC376D282D6ED3864E67982428EBC831D14348F6F2F9193B5045AF2767164E1DFC967C1FB3F2E55"
        "A4BD1BFFE83B9C80D052B985D182EA0ADB2A3B7313D3FE14C8484B1E052588B9B7D2BBD2DF016199ECD06E1557CD0915"
        "B3353BBB64E0EC377FD028370DF92B52C7891428CDC67EB6184B523D1DB246C32F63078490F00EF8D647D148D4795451"
        "5E2327CFEF98C582664B4C0F6CC41659"
    ),
    q="8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3",
)
