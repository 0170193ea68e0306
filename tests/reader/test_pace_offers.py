"""Which of a chip's PACE offers is the best that we can do."""

from __future__ import annotations

from crypto.groups import STANDARDIZED
from crypto.protocols import parse_pace_oid
from reader.access.pace_offers import PaceOffer, best_offer, offers
from reader.lds.security_infos import (
    ChipAuthenticationInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    UnknownSecurityInfo,
)

ROOT = "0.4.0.127.0.7.2.2.4."
GM_AES_128 = ROOT + "2.2"
# AlgorithmIdentifiers: the standardized number 13, and the named curve secp256r1.
NUMBER_13 = bytes.fromhex("300C060704007F0007010202010D")
NAMED = bytes.fromhex("301306072A8648CE3D020106082A8648CE3D030107")


def order(*infos: SecurityInfo) -> list[str]:
    return [f"{offer.protocol.oid[len(ROOT) :]} {offer.group.name}" for offer in offers(infos)]


def test_cipher_then_group_then_mapping() -> None:
    assert order(
        PaceInfo(ROOT + "2.1", 2, 17),  # 3DES, on the largest curve
        PaceInfo(GM_AES_128, 2, 12),
        PaceInfo(ROOT + "4.2", 2, 13),
        PaceInfo(GM_AES_128, 2, 13),
        PaceInfo(ROOT + "6.2", 2, 13),
        PaceInfo(ROOT + "1.2", 2, 2),
        PaceInfo(ROOT + "2.4", 2, 8),
        PaceInfo(ROOT + "1.2", 2, 0),
    ) == [
        "2.4 secp192r1",
        "6.2 brainpoolP256r1",
        "2.2 secp256r1",  # as good as the next, and announced before it
        "2.2 brainpoolP256r1",
        "4.2 brainpoolP256r1",
        "1.2 RFC 5114 2048/256",
        "1.2 RFC 5114 1024/160",
        "2.1 brainpoolP512r1",
    ]


def test_what_we_cannot_do_is_passed_over() -> None:
    assert not offers(
        [
            PaceInfo("1.2.3", 2, 13),
            PaceInfo(ROOT + "6.1", 2, 13),  # chip authentication mapping with 3DES
            PaceInfo(ROOT + "5.2", 2, 13),
            PaceInfo(ROOT + "2.9", 2, 13),
            PaceInfo(GM_AES_128, 2, 3),  # reserved
            PaceInfo(GM_AES_128, 2, 0),  # a curve's protocol with a prime field
            PaceInfo(ROOT + "1.2", 2, 13),
            PaceInfo(GM_AES_128, 2, 40),  # the issuer's own, and nothing says what it is
            PaceInfo(GM_AES_128, 2, None),
            PaceInfo(ROOT + "4.2", 2, 10),  # no point encoding over secp224r1
            ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.2.2", 1, None),
            UnknownSecurityInfo("1.2.4", b""),
        ]
    )
    assert best_offer([]) is None


def test_parameters_are_ambiguous_where_the_chip_announces_several() -> None:
    alone = best_offer([PaceInfo(GM_AES_128, 2, 13), PaceInfo(ROOT + "6.2", 2, 13)])
    assert alone == PaceOffer(parse_pace_oid(ROOT + "6.2"), STANDARDIZED[13], 13)
    found = offers([PaceInfo(GM_AES_128, 2, 13), PaceInfo(ROOT + "2.4", 2, 40)])
    assert [offer.ambiguous for offer in found] == [True]


def test_parameters_of_the_issuers_own_numbering() -> None:
    own = PaceDomainParameterInfo(ROOT + "2", NAMED, 40)
    other = PaceDomainParameterInfo(ROOT + "2", NUMBER_13, 41)
    found = offers([PaceInfo(GM_AES_128, 2, 40), own, other])
    assert [(offer.group.name, offer.parameter_id) for offer in found] == [("secp256r1", 40)]
    assert order(PaceInfo(GM_AES_128, 2, 41), own, other) == ["2.2 brainpoolP256r1"]
    assert order(PaceInfo(GM_AES_128, 2, None), other) == ["2.2 brainpoolP256r1"]
    assert order(PaceInfo(GM_AES_128, 2, None), own, other) == []
    # A number of the standard means what the standard says.
    assert order(PaceInfo(GM_AES_128, 2, 13), PaceDomainParameterInfo(ROOT + "2", NAMED, 13)) == ["2.2 brainpoolP256r1"]


def test_parameters_that_nobody_has_looked_into_are_not_used() -> None:
    for parameters in (b"", b"\x30\x00", NAMED[:-1] + b"\x63", bytes.fromhex("300D06092A864886F70D0101010500")):
        assert order(PaceInfo(GM_AES_128, 2, 40), PaceDomainParameterInfo(ROOT + "2", parameters, 40)) == []
