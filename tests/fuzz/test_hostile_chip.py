"""Whatever a chip answers and when, a reading ends by itself, and with an inspection."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.model import Verdict
from reader.transport import Transport
from tests.fuzz.tlv_mutator import mutate_tlv
from tests.reader.cases import SHORT, Cases, read

MOST_COMMANDS = 20_000
"""A reading of these documents takes about 40. Where a chip takes time, the deadline of a reading comes first."""
PROFILES = ("cccd", "passport_bac_only", "passport_cam")
STATUS_WORDS = tuple(
    status.to_bytes(2, "big")
    for status in (
        *(0x9000, 0x6100, 0x61FF, 0x6282, 0x6300, 0x63C1, 0x6700, 0x6982, 0x6985, 0x6988),
        *(0x6A82, 0x6A86, 0x6B00, 0x6C00, 0x6CFF, 0x6D00, 0x6F00, 0x0000, 0xFFFF),
    )
)
responses = st.one_of(
    st.sampled_from(STATUS_WORDS),
    st.binary(max_size=40),
    st.binary(max_size=300).map(lambda data: data + b"\x90\0"),
)


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


def _changed(response: bytes, seed: int) -> bytes:
    """With one object changed, right lengths and the old status word."""
    changed = mutate_tlv(response[:-2], 300, Random(seed), lambda value, _: value[:-1] + bytes((seed & 0xFF,)))
    return changed + response[-2:]


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=40)
@given(data=st.data())
def test_some_answers_are_others(cases: Cases, profile: str, data: st.DataObject) -> None:
    replaced = data.draw(st.dictionaries(st.integers(1, 45), st.one_of(responses, st.integers(0, 2**32)), min_size=1))

    def meddle(number: int, command: bytes, chip: Transport) -> bytes:
        assert number <= MOST_COMMANDS
        response = chip.transmit(command)
        if number not in replaced:
            return response
        found = replaced[number]
        return _changed(response, found) if isinstance(found, int) else found

    short = data.draw(st.booleans())
    inspection = read(cases, cases.card(profile), meddle=meddle, **({"profile": SHORT} if short else {}))
    assert inspection.verdict in Verdict
    assert inspection.failure is None or inspection.verdict is Verdict.NONE


@pytest.mark.parametrize("answer", [b"", b"\x90", *STATUS_WORDS, bytes(256) + b"\x90\0", b"\x7c\x02\x80\0\x90\0"])
@pytest.mark.parametrize("first", [1, 6, 20])
def test_a_chip_that_says_one_thing_only(cases: Cases, answer: bytes, first: int) -> None:
    def meddle(number: int, command: bytes, chip: Transport) -> bytes:
        assert number <= MOST_COMMANDS
        return answer if number >= first else chip.transmit(command)

    inspection = read(cases, cases.card("cccd"), meddle=meddle)
    assert inspection.verdict is not Verdict.ACCEPT
