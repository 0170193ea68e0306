"""Secure messaging: Doc 9303-11 appendix D.4, both ends against each other, and every way to cheat."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import tlv
from crypto.ciphers import BlockKey, Suite, mac
from crypto.errors import ApduError, ProtectionMissing, SecureMessagingError
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.padding import pad
from crypto.secure_messaging import ChipChannel, SessionKeys, TerminalChannel, max_plain_le

READ = CommandApdu(0, 0xB0, 0, 0, le=18)
READ_ODD = CommandApdu(0, 0xB1, 0, 0, b"\x54\x02\x80\x00", 18)
DATA = bytes(range(18))

suites = st.sampled_from(Suite)


def pair(suite: Suite) -> tuple[TerminalChannel, ChipChannel]:
    keys = SessionKeys.derive(b"shared secret", suite)
    return TerminalChannel(keys, bytes(suite.block_size)), ChipChannel(keys, bytes(suite.block_size))


def exchange(
    suite: Suite, command: CommandApdu = READ, data: bytes = DATA, sw: int = 0x9000
) -> tuple[TerminalChannel, bytes]:
    """A terminal that waits for the response, and the genuine one."""
    terminal, chip = pair(suite)
    chip.unprotect(terminal.protect(command))
    return terminal, chip.protect(ResponseApdu(data, sw))


def forged(suite: Suite, objects: bytes, sw: int = 0x9000) -> bytes:
    """A response whose MAC is right over whatever objects, as only the chip itself could make it."""
    keys = SessionKeys.derive(b"shared secret", suite)
    covered = (2).to_bytes(suite.block_size, "big") + (pad(objects, suite.block_size) if objects else b"")
    return objects + b"\x8e\x08" + mac(suite, keys.k_mac, covered) + sw.to_bytes(2, "big")


def cryptogram(suite: Suite, plain: bytes, indicator: bytes = b"\x01") -> bytes:
    """The value of a cryptogram object over blocks that are padded already."""
    keys = SessionKeys.derive(b"shared secret", suite)
    key = BlockKey(suite, keys.k_enc)
    ssc = (2).to_bytes(suite.block_size, "big")
    return indicator + key.encrypt_cbc(bytes(8) if suite is Suite.TDES else key.encrypt_block(ssc), plain)


def test_every_apdu_of_appendix_d4(doc9303_11: dict[str, Any]) -> None:
    steps = doc9303_11["d4_secure_messaging"]
    keys = SessionKeys(Suite.TDES, bytes.fromhex(steps[0]["ks_enc"]), bytes.fromhex(steps[0]["ks_mac"]))
    ssc = bytes.fromhex(doc9303_11["d3_bac"]["ssc"])
    terminal, chip = TerminalChannel(keys, ssc), ChipChannel(keys, ssc)
    content = b""
    for step in steps:
        command = CommandApdu.decode(bytes.fromhex(step["unprotected_apdu"]))
        protected = terminal.protect(command)
        assert protected.hex().upper() == step["protected_apdu"]
        assert chip.unprotect(protected) == command
        response = terminal.unprotect(bytes.fromhex(step["rapdu"]))
        assert response.sw == 0x9000
        assert response.data.hex().upper() == step.get("decrypted_data", "")
        assert chip.protect(response).hex().upper() == step["rapdu"]
        content += response.data
    assert content.hex().upper() == doc9303_11["d4_result"]["ef_com"]


def test_intermediate_values_of_appendix_d4(doc9303_11: dict[str, Any]) -> None:
    for step in doc9303_11["d4_secure_messaging"]:
        k_mac = bytes.fromhex(step["ks_mac"])
        n = pad(bytes.fromhex(step["ssc"] + step["m"]), 8)
        assert n.hex().upper() == step["n"]
        assert mac(Suite.TDES, k_mac, n).hex().upper() == step["cc"]
        assert mac(Suite.TDES, k_mac, bytes.fromhex(step["k"])).hex().upper() == step["cc_prime"]
        if "encrypted_data" in step:
            key = BlockKey(Suite.TDES, bytes.fromhex(step["ks_enc"]))
            assert key.encrypt_cbc(bytes(8), bytes.fromhex(step["data"])).hex().upper() == step["encrypted_data"]


commands = st.builds(
    CommandApdu,
    cla=st.sampled_from([0x00, 0x10, 0x80]),
    ins=st.sampled_from([0xA4, 0xB0, 0xB1, 0x22, 0x86, 0x88]),
    p1=st.integers(min_value=0, max_value=255),
    p2=st.integers(min_value=0, max_value=255),
    data=st.binary(max_size=300),
    le=st.none() | st.integers(min_value=1, max_value=65_536),
)
responses = st.builds(ResponseApdu, data=st.binary(max_size=300), sw=st.sampled_from([0x9000, 0x6282, 0x6A82, 0x6300]))


@given(suites, st.lists(st.tuples(commands, responses), max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_one_end_protects_the_other_opens(suite: Suite, exchanges: list[tuple[CommandApdu, ResponseApdu]]) -> None:
    terminal, chip = pair(suite)
    for command, response in exchanges:
        assert chip.unprotect(terminal.protect(command, extended=True)) == command
        assert terminal.unprotect(chip.protect(response)) == response


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
@pytest.mark.parametrize("command", [READ, READ_ODD], ids=["B0", "B1"])
def test_every_bit_of_a_response_counts(suite: Suite, command: CommandApdu) -> None:
    genuine = exchange(suite, command)[1]
    for position in range(len(genuine)):
        for bit in range(8):
            terminal, _ = exchange(suite, command)
            changed = bytearray(genuine)
            changed[position] ^= 1 << bit
            with pytest.raises(SecureMessagingError):
                terminal.unprotect(bytes(changed))
            with pytest.raises(SecureMessagingError, match="closed"):
                terminal.protect(READ)


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
def test_every_byte_of_a_command_counts(suite: Suite) -> None:
    keys = SessionKeys.derive(b"shared secret", suite)
    genuine = TerminalChannel(keys, bytes(suite.block_size)).protect(READ_ODD)
    for position in range(len(genuine) - 1):
        chip = ChipChannel(keys, bytes(suite.block_size))
        changed = bytearray(genuine)
        changed[position] ^= 1
        with pytest.raises((SecureMessagingError, ApduError)):
            chip.unprotect(bytes(changed))


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
def test_no_cut_and_no_addition_passes(suite: Suite) -> None:
    genuine = exchange(suite)[1]
    for length in range(len(genuine)):
        terminal, _ = exchange(suite)
        with pytest.raises((SecureMessagingError, ApduError)):
            terminal.unprotect(genuine[:length])
    for addition in (b"\x00", b"\x90\x00", b"\x81\x00"):
        terminal, _ = exchange(suite)
        with pytest.raises(SecureMessagingError):
            terminal.unprotect(genuine[:-2] + addition + genuine[-2:])


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
@pytest.mark.parametrize("steps", [0, 1, 2])
def test_the_counter_keeps_step_with_each_way_to_count_a_bare_error(suite: Suite, steps: int) -> None:
    keys = SessionKeys.derive(b"shared secret", suite)
    for counted in (0, 1, 2):
        terminal, chip = TerminalChannel(keys, bytes(suite.block_size), counted), pair(suite)[1]
        refused = terminal.protect(READ)
        # The chip looks at the command or throws it out, and counts its bare answer or does not.
        if steps:
            chip.unprotect(refused)
        if steps == 2:
            chip.protect(ResponseApdu(b"", 0x6A82))
        assert terminal.unprotect(b"\x6a\x82") == ResponseApdu(b"", 0x6A82)
        command = terminal.protect(READ)
        if counted == steps:
            assert chip.unprotect(command) == READ
            assert terminal.unprotect(chip.protect(ResponseApdu(DATA, 0x9000))).data == DATA
        else:
            with pytest.raises(SecureMessagingError):
                chip.unprotect(command)


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
def test_what_fits_is_the_most_that_fits(suite: Suite) -> None:
    def protected_length(plain: int) -> int:
        return len(exchange(suite, data=bytes(plain))[1]) - 2

    for limit in (*range(14, 300), 4096, 65_530, 65_536):
        most = max_plain_le(suite, limit)
        assert not most or protected_length(most) <= limit < protected_length(most + 1)


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
class TestWhatAnAuthenticMacDoesNotExcuse:
    """C04, C07 and C08 of the fault catalogue, made by a chip that knows the keys."""

    def refused(
        self, suite: Suite, objects: bytes, sw: int = 0x9000, command: CommandApdu = READ
    ) -> SecureMessagingError:
        terminal, _ = exchange(suite, command)
        with pytest.raises(SecureMessagingError) as caught:
            terminal.unprotect(forged(suite, objects, sw))
        return caught.value

    def value(self, suite: Suite) -> bytes:
        return cryptogram(suite, pad(DATA, suite.block_size))

    def test_the_forge_itself_is_right(self, suite: Suite) -> None:
        terminal, genuine = exchange(suite)
        objects = tlv.encode(0x87, self.value(suite)) + b"\x99\x02\x90\x00"
        assert forged(suite, objects) == genuine
        assert terminal.unprotect(forged(suite, objects)).data == DATA

    @pytest.mark.parametrize("length", ["8119", "820019", "84 00 00 00 19"])
    def test_a_length_in_more_bytes_than_it_needs(self, suite: Suite, length: str) -> None:
        """What was sent counts, not the same written anew: last frames of passports of the USA (gmrtd issue 6)."""
        value = self.value(suite)
        size = len(bytes.fromhex(length))
        objects = b"\x87" + bytes.fromhex(length)[:-1] + bytes((len(value),)) + value + b"\x99\x02\x90\x00"
        assert objects[1 + size :].startswith(value)
        terminal, _ = exchange(suite)
        assert terminal.unprotect(forged(suite, objects)).data == DATA

    def test_no_status_object(self, suite: Suite) -> None:
        assert isinstance(self.refused(suite, tlv.encode(0x87, self.value(suite))), ProtectionMissing)
        assert isinstance(self.refused(suite, b""), ProtectionMissing)

    @pytest.mark.parametrize("status", ["990190", "9903900000", "99826A82", "9981029000", "99020090"])
    def test_a_status_object_that_says_otherwise(self, suite: Suite, status: str) -> None:
        self.refused(suite, tlv.encode(0x87, self.value(suite)) + bytes.fromhex(status))

    def test_another_status_word_outside(self, suite: Suite) -> None:
        self.refused(suite, b"\x99\x02\x6a\x82")
        self.refused(suite, b"\x99\x02\x90\x00", sw=0x6A82)

    @pytest.mark.parametrize("indicator", [b"", b"\x00", b"\x02"])
    def test_the_padding_indicator(self, suite: Suite, indicator: bytes) -> None:
        value = cryptogram(suite, pad(DATA, suite.block_size), indicator)
        self.refused(suite, tlv.encode(0x87, value) + b"\x99\x02\x90\x00")

    def test_wrong_padding_looks_like_a_wrong_mac(self, suite: Suite) -> None:
        wrong_mac_terminal, genuine = exchange(suite)
        with pytest.raises(SecureMessagingError) as wrong_mac:
            wrong_mac_terminal.unprotect(genuine[:-3] + bytes([genuine[-3] ^ 1]) + genuine[-2:])
        block = suite.block_size
        for plain in (bytes(block), b"\x01" * block, b"\x80" + bytes(2 * block - 1), b""):
            error = self.refused(suite, tlv.encode(0x87, cryptogram(suite, plain)) + b"\x99\x02\x90\x00")
            assert (error.code, error.message) == (wrong_mac.value.code, wrong_mac.value.message)
        error = self.refused(suite, tlv.encode(0x87, self.value(suite)[:-1]) + b"\x99\x02\x90\x00")
        assert (error.code, error.message) == (wrong_mac.value.code, wrong_mac.value.message)

    def test_objects_out_of_order_unknown_or_twice(self, suite: Suite) -> None:
        data = tlv.encode(0x87, self.value(suite))
        status = b"\x99\x02\x90\x00"
        for objects in (
            status + data,
            data + data + status,
            data + status + status,
            data + b"\x81\x01\x00" + status,
            b"\x81\x01\x00" + data + status,
            data + status + b"\x81\x01\x00",
            b"\x81\x01\x00" + status,
            b"\x97\x01\x00" + status,
        ):
            self.refused(suite, objects)

    def test_the_cryptogram_object_follows_the_instruction(self, suite: Suite) -> None:
        status = b"\x99\x02\x90\x00"
        self.refused(suite, tlv.encode(0x85, self.value(suite)) + status)
        self.refused(suite, tlv.encode(0x85, self.value(suite)[1:]) + status)
        self.refused(suite, tlv.encode(0x87, self.value(suite)) + status, command=READ_ODD)
        self.refused(suite, tlv.encode(0x87, self.value(suite)[1:]) + status, command=READ_ODD)


@pytest.mark.parametrize("suite", Suite, ids=lambda suite: suite.label)
class TestSessions:
    def test_plain_success_is_refused(self, suite: Suite) -> None:
        for raw in (
            b"\x90\x00",
            DATA + b"\x90\x00",
            b"\x61\x10",
            DATA + b"\x6a\x82",
            b"\x87\x19",
            b"\x99\x02\x90\x00\x90\x00",
        ):
            terminal, _ = exchange(suite)
            with pytest.raises(ProtectionMissing):
                terminal.unprotect(raw)
            with pytest.raises(SecureMessagingError, match="closed"):
                terminal.protect(READ)

    def test_a_response_without_its_mac_is_refused(self, suite: Suite) -> None:
        terminal, genuine = exchange(suite)
        with pytest.raises(ProtectionMissing):
            terminal.unprotect(genuine[:-12] + genuine[-2:])

    def test_a_bare_error_does_not_count_as_a_response(self, suite: Suite) -> None:
        terminal, chip = pair(suite)
        for sw in (0x6700, 0x6982, 0x6C10):
            chip.unprotect(terminal.protect(READ))
            assert terminal.unprotect(sw.to_bytes(2, "big")) == ResponseApdu(b"", sw)
            chip.unprotect(terminal.protect(READ))
            assert terminal.unprotect(chip.protect(ResponseApdu(DATA, 0x9000))).data == DATA

    def test_a_replayed_response_is_refused(self, suite: Suite) -> None:
        terminal, chip = pair(suite)
        chip.unprotect(terminal.protect(READ))
        first = chip.protect(ResponseApdu(DATA, 0x9000))
        terminal.unprotect(first)
        chip.unprotect(terminal.protect(READ))
        with pytest.raises(SecureMessagingError):
            terminal.unprotect(first)

    def test_a_skipped_counter_is_refused(self, suite: Suite) -> None:
        terminal, chip = pair(suite)
        chip.unprotect(terminal.protect(READ))
        chip.protect(ResponseApdu(DATA, 0x9000))
        terminal.unprotect(b"\x67\x00")
        with pytest.raises(SecureMessagingError):
            chip.unprotect(terminal.protect(READ))

    def test_one_command_one_response(self, suite: Suite) -> None:
        terminal, chip = pair(suite)
        with pytest.raises(SecureMessagingError):
            chip.protect(ResponseApdu(b"", 0x9000))
        with pytest.raises(SecureMessagingError):
            terminal.unprotect(b"\x6a\x82")
        terminal.protect(READ)
        with pytest.raises(SecureMessagingError):
            terminal.protect(READ)

    def test_the_counter_wraps(self, suite: Suite) -> None:
        keys = SessionKeys.derive(b"shared secret", suite)
        last = b"\xff" * suite.block_size
        terminal, chip = TerminalChannel(keys, last), ChipChannel(keys, last)
        assert chip.unprotect(terminal.protect(READ)) == READ
        assert terminal.unprotect(chip.protect(ResponseApdu(DATA, 0x9000))).data == DATA

    def test_the_chip_refuses_a_plain_command_for_good(self, suite: Suite) -> None:
        terminal, chip = pair(suite)
        with pytest.raises(ProtectionMissing):
            chip.unprotect(READ.encode())
        with pytest.raises(SecureMessagingError):
            chip.unprotect(terminal.protect(READ))

    def test_the_chip_refuses_other_objects(self, suite: Suite) -> None:
        keys = SessionKeys.derive(b"shared secret", suite)
        header = bytes.fromhex("0CB00000")
        ssc = (1).to_bytes(suite.block_size, "big")
        for objects in ("99029000", "970101970101", "9703010203", "9700", "9701018101018101 01", "97", "8701"):
            raw = bytes.fromhex(objects)
            covered = ssc + pad(header, suite.block_size) + pad(raw, suite.block_size)
            body = raw + b"\x8e\x08" + mac(suite, keys.k_mac, covered)
            with pytest.raises(SecureMessagingError):
                ChipChannel(keys, bytes(suite.block_size)).unprotect(CommandApdu(0x0C, 0xB0, 0, 0, body, 256).encode())

    def test_the_short_form_is_not_stretched(self, suite: Suite) -> None:
        terminal, chip = pair(suite)
        for command in (CommandApdu(0, 0xB0, 0, 0, le=257), CommandApdu(0, 0x86, 0, 0, bytes(250), 256)):
            with pytest.raises(ApduError):
                terminal.protect(command)
            assert chip.unprotect(terminal.protect(command, extended=True)) == command
            terminal.unprotect(chip.protect(ResponseApdu(b"", 0x9000)))

    def test_the_largest_le_fills_the_response(self, suite: Suite) -> None:
        for limit in (256, 261, 1024, 65_536):
            largest = max_plain_le(suite, limit)
            terminal, genuine = exchange(suite, data=bytes(largest))
            assert len(genuine) - 2 <= limit
            assert terminal.unprotect(genuine).data == bytes(largest)
            assert len(exchange(suite, data=bytes(largest + 1))[1]) - 2 > limit
        assert max_plain_le(suite, 256) == (231 if suite is Suite.TDES else 223)
        assert max_plain_le(suite, 10) == 0

    def test_a_counter_of_another_length_is_refused(self, suite: Suite) -> None:
        with pytest.raises(SecureMessagingError):
            TerminalChannel(SessionKeys.derive(b"secret", suite), bytes(suite.block_size + 1))


def test_another_suite_than_the_agreed_one_fails() -> None:
    keys = SessionKeys.derive(b"shared secret", Suite.TDES)
    confused = SessionKeys(Suite.AES128, keys.k_enc, keys.k_mac)
    terminal, chip = TerminalChannel(keys, bytes(8)), ChipChannel(confused, bytes(16))
    with pytest.raises(SecureMessagingError):
        chip.unprotect(terminal.protect(READ))


def test_no_key_in_the_repr() -> None:
    keys = SessionKeys(Suite.AES128, b"K" * 16, b"M" * 16)
    assert "KKKK" not in repr(keys)
    assert "MMMM" not in repr(keys)


def test_no_byte_of_random_noise_is_taken_for_a_response() -> None:
    @given(st.binary(max_size=60))
    @settings(max_examples=200)
    def probe(raw: bytes) -> None:
        terminal, _ = exchange(Suite.AES128)
        try:
            response = terminal.unprotect(raw)
        except (SecureMessagingError, ApduError):
            return
        assert response.data == b""
        assert 0x6200 <= response.sw <= 0x6FFF

    probe()
