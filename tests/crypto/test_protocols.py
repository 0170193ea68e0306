"""Object identifiers of PACE and chip authentication."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.ciphers import Suite
from crypto.errors import UnsupportedAlgorithm
from crypto.protocols import (
    Agreement,
    ChipAuthenticationProtocol,
    NonceMapping,
    PaceProtocol,
    oid_der,
    oid_text,
    parse_ca_oid,
    parse_pace_oid,
)

BSI = "0.4.0.127.0.7"


def test_pace_oids_name_all_there_is() -> None:
    found = [
        parse_pace_oid(f"{BSI}.2.2.4.{group}.{cipher}")
        for group, cipher in itertools.product((1, 2, 3, 4, 6), (1, 2, 3, 4))
        if (group, cipher) != (6, 1)
    ]
    assert found[5] == PaceProtocol(f"{BSI}.2.2.4.2.2", Agreement.ECDH, NonceMapping.GM, Suite.AES128)
    assert len({(p.agreement, p.mapping, p.suite) for p in found}) == 19
    assert found[0].agreement == "DH"
    assert found[-1].mapping == "CAM"


def test_chip_authentication_oids_name_all_there_is() -> None:
    found = [parse_ca_oid(f"{BSI}.2.2.3.{group}.{cipher}") for group in (1, 2) for cipher in (1, 2, 3, 4)]
    assert found[4] == ChipAuthenticationProtocol(f"{BSI}.2.2.3.2.1", Agreement.ECDH, Suite.TDES)
    assert len({(p.agreement, p.suite) for p in found}) == 8


@pytest.mark.parametrize(
    "oid",
    [
        "",
        "1.2.3",
        "2.2.4.2.2",
        f"{BSI}.2.2.4",
        f"{BSI}.2.2.4.2",
        f"{BSI}.2.2.4.5.2",
        f"{BSI}.2.2.4.6.1",
        f"{BSI}.2.2.4.2.5",
        f"{BSI}.2.2.4.2.2.1",
        f"{BSI}.2.2.1.2",
        f"{BSI}.2.2.3.3.1",
        f"{BSI}.2.2.3.2",
    ],
)
def test_other_oids_are_unsupported(oid: str) -> None:
    for parse in (parse_pace_oid, parse_ca_oid):
        with pytest.raises(UnsupportedAlgorithm):
            parse(oid)


def test_the_value_as_in_mse_set_at() -> None:
    assert oid_der(f"{BSI}.2.2.4.2.2") == bytes.fromhex("04007F00070202040202")
    assert oid_text(bytes.fromhex("04007F00070202040202")) == f"{BSI}.2.2.4.2.2"


@given(st.binary(max_size=40))
def test_any_value_is_an_oid_or_unsupported(value: bytes) -> None:
    try:
        text = oid_text(value)
    except UnsupportedAlgorithm:
        return
    assert text.count(".") >= 1
