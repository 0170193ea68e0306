"""PACE: Doc 9303-11 appendices G.1, G.2, H.1, H.2 and I step by step, with every value that they print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from crypto import ciphers, ec, mrz_key, pace, pace_cam, public_keys, tlv
from crypto.curves import match_curve
from crypto.dh_group import match_group
from crypto.ec_group import EcGroup
from crypto.groups import STANDARDIZED, Group
from crypto.iso7816 import CommandApdu, ResponseApdu
from crypto.key_pair import KeyPair
from crypto.protocols import NonceMapping, PaceProtocol, oid_der, parse_pace_oid
from crypto.public_keys import EcPublicKey
from crypto.secure_messaging import SessionKeys

PARAMETER_IDS = {
    "g1_pace_gm_ecdh": 13,
    "g2_pace_gm_dh": 0,
    "h1_pace_im_ecdh": 13,
    "h2_pace_im_dh": 0,
    "i_pace_cam": 13,
}
GENERIC = ["g1_pace_gm_ecdh", "g2_pace_gm_dh", "i_pace_cam"]
INTEGRATED = ["h1_pace_im_ecdh", "h2_pace_im_dh"]
SIDES = (("terminal", "chip"), ("chip", "terminal"))


@dataclass(frozen=True)
class Example:
    numbers: dict[str, Any]
    group: Group
    protocol: PaceProtocol

    def value(self, step: str, *names: str) -> bytes:
        """The first of the names that the step has; a point is put together."""
        value = next(self.numbers[step][name] for name in names if name in self.numbers[step])
        return bytes.fromhex("04" + value["x"] + value["y"] if isinstance(value, dict) else value)

    def private(self, step: str, side: str) -> int:
        return int(self.numbers[step][f"{side}_private_key"], 16)

    def pair(self, step: str, side: str) -> KeyPair:
        return KeyPair(self.private(step, side), self.value(step, f"{side}_public_key"))

    @property
    def nonce(self) -> bytes:
        return self.value("encrypted_nonce", "s")

    @property
    def k_pi(self) -> bytes:
        return bytes.fromhex(self.numbers["k_pi"])

    @property
    def generator(self) -> bytes:
        return self.value("map_nonce", "mapped_generator")

    @property
    def keys(self) -> SessionKeys:
        k_enc, k_mac = (self.value("perform_key_agreement", f"ks_{name}", f"k_{name}") for name in ("enc", "mac"))
        return SessionKeys(self.protocol.suite, k_enc, k_mac)


@pytest.fixture
def example(request: pytest.FixtureRequest, doc9303_11: dict[str, Any]) -> Example:
    numbers = doc9303_11[request.param]
    number = PARAMETER_IDS[request.param]
    assert numbers.get("parameter_id", number) == number
    return Example(numbers, STANDARDIZED[number], parse_pace_oid(numbers["oid"]))


def of(names: list[str]) -> Callable[[Any], Any]:
    return pytest.mark.parametrize("example", names, ids=lambda name: name.partition("_")[0], indirect=True)


def general_authenticate(tag: int | None, value: bytes = b"", *, last: bool = False) -> str:
    data = tlv.encode(0x7C, b"" if tag is None else tlv.encode(tag, value))
    return CommandApdu(0 if last else 0x10, 0x86, 0, 0, data, 256).encode().hex().upper()


def response(*objects: tuple[int, bytes]) -> str:
    data = tlv.encode(0x7C, b"".join(tlv.encode(tag, value) for tag, value in objects))
    return ResponseApdu(data, 0x9000).encode().hex().upper()


@of(GENERIC)
class TestSelection:
    def test_password(self, example: Example) -> None:
        # The examples print each field with its check digit.
        names = ("document_number", "date_of_birth", "date_of_expiry")
        information = mrz_key.mrz_information(*(example.numbers[name][:-1] for name in names))
        assert information == example.numbers["mrz_information"]
        password = mrz_key.mrz_seed(information)
        assert password.hex().upper() == example.numbers["k"]
        assert pace.password_key(password, example.protocol.suite) == example.k_pi

    def test_offer_and_choice(self, example: Example) -> None:
        sequence = tlv.parse(tlv.parse_one(bytes.fromhex(example.numbers["pace_info"])).value)
        version, number = (int(example.numbers[name]) for name in ("version", "parameter_id"))
        oid = oid_der(example.protocol.oid)
        assert [item.value for item in sequence] == [oid, bytes((version,)), bytes((number,))]
        data = tlv.encode(0x80, oid) + tlv.encode(0x83, b"\x01")
        assert CommandApdu(0, 0x22, 0xC1, 0xA4, data).encode().hex().upper() == example.numbers["mse_set_at"]["t_to_c"]
        assert ResponseApdu(b"", 0x9000).encode().hex() == example.numbers["mse_set_at"]["c_to_t"]

    def test_nonce_apdus(self, example: Example) -> None:
        step = example.numbers["encrypted_nonce"]
        assert general_authenticate(None) == step["t_to_c"]
        assert response((0x80, example.value("encrypted_nonce", "z"))) == step["c_to_t"]


@of([*GENERIC, *INTEGRATED])
class TestEveryExample:
    def test_domain_parameters(self, example: Example) -> None:
        numbers = example.numbers["domain_parameters"]
        if isinstance(example.group, EcGroup):
            p, a, b, n, f = (int(numbers[name], 16) for name in "pabnf")
            generator = ec.decode_point(example.group.curve, example.value("domain_parameters", "g"))
            assert match_curve(p, a, b, generator, n) is example.group.curve
            assert example.group.curve.h == f
        else:
            assert match_group(*(int(numbers[name], 16) for name in "pgq")) is example.group
        assert example.value("domain_parameters", "g") == example.group.generator
        if "asn1" in numbers:
            key = tlv.encode(0x30, bytes.fromhex(numbers["asn1"]) + tlv.encode(0x03, b"\0" + example.group.generator))
            parsed = public_keys.parse(key)
            assert isinstance(parsed, EcPublicKey)
            assert EcGroup(parsed.curve) == example.group

    def test_nonce(self, example: Example) -> None:
        suite, encrypted = example.protocol.suite, example.value("encrypted_nonce", "z")
        assert pace.encrypt_nonce(suite, example.k_pi, example.nonce) == encrypted
        assert pace.decrypt_nonce(suite, example.k_pi, encrypted) == example.nonce
        assert len(example.nonce) == pace.nonce_length(example.protocol)

    def test_agreement(self, example: Example) -> None:
        step = "perform_key_agreement"
        for ours, theirs in SIDES:
            pair, peer = example.pair(step, ours), example.value(step, f"{theirs}_public_key")
            assert example.group.public_key(pair.private, example.generator) == pair.public
            assert example.group.check_public_key(peer) == peer
            secret = example.value(step, "shared_secret", "shared_secret_k")
            assert example.group.shared_secret(pair.private, peer) == secret
            assert pace.session_keys(example.protocol.suite, example.group, pair, peer) == example.keys

    def test_tokens(self, example: Example) -> None:
        step, group, k_mac = example.numbers["mutual_authentication"], example.group, example.keys.k_mac
        for token, owner in (("t_ifd", "chip"), ("t_ic", "terminal")):
            public = example.value("perform_key_agreement", f"{owner}_public_key")
            assert pace.token_input(example.protocol, group, public).hex().upper() == step[f"input_data_for_{token}"]
            assert pace.authentication_token(example.protocol, group, k_mac, public).hex().upper() == step[token]
            pace.check_token(example.protocol, group, k_mac, public, bytes.fromhex(step[token]))


@of(GENERIC)
class TestGenericMapping:
    def test_mapping(self, example: Example) -> None:
        for ours, theirs in SIDES:
            pair, peer = example.pair("map_nonce", ours), example.value("map_nonce", f"{theirs}_public_key")
            assert example.group.public_key(pair.private) == pair.public
            assert example.group.agree(pair.private, peer) == example.value("map_nonce", "shared_secret_h")
            assert pace.map_generator_generic(example.group, example.nonce, pair, peer) == example.generator

    def test_private_keys_are_drawn_as_they_are(self, example: Example) -> None:
        """The random source gives the number itself, and no more bytes than it has."""
        for step, generator in (("map_nonce", None), ("perform_key_agreement", example.generator)):
            for side, _ in SIDES:
                private = example.private(step, side)
                if private >= example.group.order:  # one of the chip's in appendix I
                    continue
                drawn = example.group.generate_key_pair(lambda length, k=private: k.to_bytes(length, "big"), generator)  # type: ignore[misc]
                assert drawn == example.pair(step, side)

    def test_apdus(self, example: Example) -> None:
        for step, (sent, received) in {"map_nonce": (0x81, 0x82), "perform_key_agreement": (0x83, 0x84)}.items():
            command = general_authenticate(sent, example.value(step, "terminal_public_key"))
            assert command == example.numbers[step]["t_to_c"]
            assert response((received, example.value(step, "chip_public_key"))) == example.numbers[step]["c_to_t"]
        step = example.numbers["mutual_authentication"]
        t_ifd, t_ic = (bytes.fromhex(step[name]) for name in ("t_ifd", "t_ic"))
        assert general_authenticate(0x85, t_ifd, last=True) == step["t_to_c"]
        objects = [(0x86, t_ic)]
        if example.protocol.mapping is NonceMapping.CAM:
            objects.append((0x8A, example.value("chip_authentication", "encrypted_chip_authentication_data")))
        assert response(*objects) == step.get("c_to_t_itemized", step["c_to_t"])


@of(["g2_pace_gm_dh"])
def test_g2_prints_a_certification_authority_reference_that_its_items_lack(example: Example) -> None:
    step = example.numbers["mutual_authentication"]
    objects = tlv.parse(tlv.parse_one(bytes.fromhex(step["c_to_t"])).value)
    assert [item.tag for item in objects] == [0x86, 0x87]
    assert objects[0].value.hex().upper() == step["t_ic"]


@of(["g2_pace_gm_dh"])
def test_g2_prints_a_key_as_a_signed_integer(example: Example) -> None:
    public = example.value("perform_key_agreement", "terminal_public_key")
    assert public[0] & 0x80
    assert example.group.check_public_key(b"\0" + public) == public


@of(INTEGRATED)
class TestIntegratedMapping:
    def test_pseudo_random_function(self, example: Example) -> None:
        step, suite, prime = example.numbers["map_nonce"], example.protocol.suite, example.group.prime
        terminal_nonce = bytes.fromhex(step["t"])
        assert len(terminal_nonce) == pace.terminal_nonce_length(example.protocol)
        output = pace.pseudo_random_bytes(suite, prime.bit_length() + 64, example.nonce, terminal_nonce)
        assert output.hex().upper() == step["r_s_t"] == "".join(step["x_i"])
        assert pace.pseudo_random(suite, prime, example.nonce, terminal_nonce) == int(step["rp_s_t"], 16)

    def test_its_chain_of_keys(self, example: Example) -> None:
        step, suite = example.numbers["map_nonce"], example.protocol.suite
        key, data = bytes.fromhex(step["t"]), example.nonce
        for next_key, block in zip(step["k_i"], step["x_i"], strict=True):
            key = ciphers.encrypt_cbc(suite, key, bytes(16), data)
            assert key.hex().upper() == next_key
            assert ciphers.encrypt_cbc(suite, key, bytes(16), bytes.fromhex(step["c1"])).hex().upper() == block
            data = bytes.fromhex(step["c0"])

    def test_mapping(self, example: Example) -> None:
        step = example.numbers["map_nonce"]
        assert example.group.map_integrated(int(step["rp_s_t"], 16)) == example.generator
        terminal_nonce = bytes.fromhex(step["t"])
        mapped = pace.map_generator_integrated(example.protocol, example.group, example.nonce, terminal_nonce)
        assert mapped == example.generator


@of(["i_pace_cam"])
class TestChipAuthenticationMapping:
    STEP = "chip_authentication"

    def test_static_key(self, example: Example) -> None:
        step = example.numbers[self.STEP]
        oid, spki, number = tlv.parse(tlv.parse_one(bytes.fromhex(step["chip_authentication_public_key_info"])).value)
        assert oid.value == oid_der("0.4.0.127.0.7.2.2.1.2")
        assert int.from_bytes(number.value, "big") == step["key_id"] == example.numbers["parameter_id"]
        key = public_keys.parse(tlv.encode(spki.tag, spki.value))
        static = example.value(self.STEP, "pk_ic")
        assert public_keys.agreement_key(key) == (example.group, static)
        assert example.group.public_key(int(step["sk_ic"], 16)) == static

    def test_the_chip_makes_its_data(self, example: Example) -> None:
        step = example.numbers[self.STEP]
        data = pace_cam.chip_authentication_data(
            example.group, example.private("map_nonce", "chip"), int(step["sk_ic"], 16)
        )
        assert data.hex().upper() == step["decrypted_chip_authentication_data"]
        assert pace_cam.initialisation_vector(example.keys).hex().upper() == step["iv"]
        sealed = pace_cam.seal_chip_authentication_data(example.keys, data)
        assert sealed.hex().upper() == step["encrypted_chip_authentication_data"]

    def test_the_terminal_checks_them(self, example: Example) -> None:
        step = example.numbers[self.STEP]
        sealed = bytes.fromhex(step["encrypted_chip_authentication_data"])
        iv = bytes.fromhex(step["iv"])
        padded = ciphers.decrypt_cbc(example.protocol.suite, example.keys.k_enc, iv, sealed)
        assert padded.hex().upper() == step["decrypted_chip_authentication_data_padded"]
        data = pace_cam.open_chip_authentication_data(example.keys, sealed)
        assert data.hex().upper() == step["decrypted_chip_authentication_data"]
        map_public, static = example.value(self.STEP, "pk_map_ic"), example.value(self.STEP, "pk_ic")
        assert map_public == example.value("map_nonce", "chip_public_key")
        assert pace_cam.proves_static_key(example.group, data, map_public, static)
