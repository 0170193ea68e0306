"""What is compared, hashed or verified are the bytes that were received."""

from __future__ import annotations

import pytest

from crypto import asn1, tlv

ATTRIBUTE_B = bytes.fromhex("300C 0602 2A04 3106 0404 00000000")
OBJECT_DESCRIPTOR = 0x07


@pytest.mark.parametrize(("length", "filling"), [(127, 103), (128, 104), (129, 105), (384, 354)])
def test_a_set_is_given_as_it_was_received(length: int, filling: int) -> None:
    """asn1crypto takes the lengths 128 and 384 (8180, 820180) for indefinite ones and would sort the set."""
    attribute_a = tlv.encode(0x30, bytes.fromhex("06022A03") + tlv.encode(0x31, tlv.encode(0x04, bytes(filling))))
    data = tlv.encode(0x31, ATTRIBUTE_B + attribute_a)
    assert len(tlv.parse_one(data).value) == length
    loaded = asn1.load(asn1.Attributes, data)
    assert asn1.encoded(loaded) == data
    assert asn1.encoded(loaded[1]) == attribute_a


def test_fields_that_are_absent_have_no_bytes_and_choices_those_of_what_was_chosen() -> None:
    algorithm = asn1.load(asn1.AlgorithmIdentifier, bytes.fromhex("300406022A03"))
    assert asn1.encoded(algorithm["parameters"]) == b""
    moment = bytes.fromhex("170D3236313130313030303030305A")
    assert asn1.encoded(asn1.load(asn1.Time, moment)) == moment


def test_types_that_asn1crypto_cannot_write_anew_are_passed_through() -> None:
    parameters = tlv.encode(OBJECT_DESCRIPTOR, bytes(122))
    data = tlv.encode(0x30, bytes.fromhex("06022A03") + parameters)
    assert data[:3] == bytes.fromhex("308180")
    loaded = asn1.load(asn1.AlgorithmIdentifier, data)
    assert asn1.encoded(loaded) == data
    assert asn1.encoded(loaded["parameters"]) == parameters
