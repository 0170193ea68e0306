"""Which of the keys that an issuer signed are asked for, and in which order."""

from __future__ import annotations

import random

import pytest

from crypto.errors import CryptoError
from crypto.groups import STANDARDIZED
from reader.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
    SecurityInfos,
)
from reader.static_keys import agreement_keys, static_keys
from simulator import chip_keys

CA_DH_AES_128 = "0.4.0.127.0.7.2.2.3.1.2"
CA_ECDH_3DES = "0.4.0.127.0.7.2.2.3.2.1"
CA_ECDH_AES_128 = "0.4.0.127.0.7.2.2.3.2.2"
CA_ECDH_AES_256 = "0.4.0.127.0.7.2.2.3.2.4"
PK_DH = "0.4.0.127.0.7.2.2.1.1"
PK_ECDH = "0.4.0.127.0.7.2.2.1.2"
DRAW = random.Random(622).randbytes


def key(parameter_id: int, key_id: int | None = None) -> ChipAuthenticationPublicKeyInfo:
    group = STANDARDIZED[parameter_id]
    made = chip_keys.generate_ca_key(group, (), DRAW)
    kind = PK_ECDH if group.agreement == "ECDH" else PK_DH
    return ChipAuthenticationPublicKeyInfo(kind, chip_keys.ca_public_key_info(made), key_id)


def info(protocol: str, key_id: int | None = None, version: int = 1) -> ChipAuthenticationInfo:
    return ChipAuthenticationInfo(protocol, version, key_id)


def chosen(*infos: SecurityInfo) -> list[tuple[str, int | None, str, bool]]:
    return [
        (found.protocol.oid, found.key_id, found.group.name, found.inferred)
        for found in agreement_keys(SecurityInfos(infos))
    ]


P256, P384, BP256, DH_2048 = (STANDARDIZED[number].name for number in (12, 15, 13, 2))


def test_the_strongest_cipher_comes_first_then_the_larger_group() -> None:
    assert chosen(
        info(CA_ECDH_3DES, 1),
        info(CA_ECDH_AES_128, 1),
        info(CA_ECDH_AES_256, 2),
        info(CA_ECDH_AES_128, 3),
        info(CA_DH_AES_128, 4),
        key(12, 1),
        key(13, 2),
        key(15, 3),
        key(2, 4),
    ) == [
        (CA_ECDH_AES_256, 2, BP256, False),
        (CA_ECDH_AES_128, 3, P384, False),
        (CA_ECDH_AES_128, 1, P256, False),
        (CA_DH_AES_128, 4, DH_2048, False),
        (CA_ECDH_3DES, 1, P256, False),
    ]


@pytest.mark.parametrize(("of_the_info", "of_the_key"), [(None, None), (None, 7), (7, None), (7, 7), (1, 2)])
def test_the_only_key_goes_with_every_info(of_the_info: int | None, of_the_key: int | None) -> None:
    (found,) = chosen(info(CA_ECDH_AES_128, of_the_info), key(12, of_the_key))
    assert found == (CA_ECDH_AES_128, of_the_info if of_the_key is None else of_the_key, P256, False)


def test_of_two_keys_on_one_curve_the_identifier_decides() -> None:
    """gmrtd issue 447."""
    first, second = key(12, 1), key(12, 2)
    (named, _) = agreement_keys(SecurityInfos((first, second, info(CA_ECDH_AES_128, 2))))
    (_, *_), (_, _, public) = static_keys(SecurityInfos((first, second)))
    assert (named.key_id, named.public) == (2, public)


def test_a_key_that_no_info_names_is_for_3des_and_comes_last() -> None:
    assert chosen(key(12)) == [(CA_ECDH_3DES, None, P256, True)]
    assert chosen(key(0)) == [("0.4.0.127.0.7.2.2.3.1.1", None, STANDARDIZED[0].name, True)]
    assert chosen(key(12, 1), key(13, 2), info(CA_ECDH_3DES, 1)) == [
        (CA_ECDH_3DES, 1, P256, False),
        (CA_ECDH_3DES, 2, BP256, True),
    ]


@pytest.mark.parametrize(
    "infos",
    [
        (info(CA_DH_AES_128), key(12)),
        (info("0.4.0.127.0.7.2.2.3.2.9"), key(12)),
        (info(CA_ECDH_AES_128, version=2), key(12)),
        (info(CA_ECDH_AES_128), key(12, -1)),
        (ChipAuthenticationPublicKeyInfo(PK_ECDH, b"\x30\x00", None),),
    ],
    ids=["another kind of key", "unknown protocol", "version 2", "negative identifier", "no key"],
)
def test_what_cannot_be_used(infos: tuple[SecurityInfo, ...]) -> None:
    with pytest.raises(CryptoError):
        agreement_keys(SecurityInfos(infos))


def test_what_cannot_be_used_harms_no_other() -> None:
    broken = ChipAuthenticationPublicKeyInfo(PK_ECDH, b"\x30\x00", 1)
    assert chosen(broken, info(CA_ECDH_AES_256, 1), key(12, 2), info(CA_ECDH_AES_128, 2)) == [
        (CA_ECDH_AES_128, 2, P256, False)
    ]
    assert agreement_keys(SecurityInfos(())) == ()


def test_only_so_many_keys_are_looked_at() -> None:
    keys = [key(12, number) for number in range(6)]
    infos = SecurityInfos((*keys, *(info(CA_ECDH_AES_128, number) for number in range(6))))
    assert [found.key_id for found in agreement_keys(infos)] == [0, 1, 2, 3]
    assert [key_id for key_id, *_ in static_keys(infos)] == [0, 1, 2, 3]
