"""Each shipped profile holds to the schema and is chosen for its own device only."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_profiles.errors import ProfileInvalid, ProfileUnknown
from firmware_profiles.json_schema import json_schema
from firmware_profiles.loader import SAFE_DEFAULT, Profiles, load_profiles, parse_profile
from firmware_profiles.schema import ReaderProfile

# Names as SCardListReaders gives them, seen in trackers and programs, each with the profile that must be chosen.
NAMES = [
    ("linux", "Virtual PCD 00 00", "virtual-pcd"),
    ("linux", "Virtual PCD 00 01", "virtual-pcd"),
    ("linux", "HID Global OMNIKEY 5022 Smart Card Reader 00 00", "hid-omnikey-5022"),
    (
        "linux",
        "HID Global OMNIKEY 5022 Smart Card Reader [OMNIKEY 5022 Smart Card Reader] (A1B2C3) 01 00",
        "hid-omnikey-5022",
    ),
    ("win32", "HID Global OMNIKEY 5022 Smart Card Reader 0", "hid-omnikey-5022"),
    ("darwin", "HID Global OMNIKEY 5022 Smart Card Reader", "hid-omnikey-5022"),
    (
        "linux",
        "Identiv uTrust 3700 F CL Reader [uTrust 3700 F CL Reader] (55021722297869) 00 00",
        "identiv-utrust-3700f",
    ),
    ("win32", "Identiv CLOUD 3700 F Contactless Reader 0", "identiv-utrust-3700f"),
    ("win32", "Identive cloud 3700 F Contactless Reader 12", "identiv-utrust-3700f"),
    ("darwin", "Identiv uTrust 3700 F CL Reader", "identiv-utrust-3700f"),
    ("linux", "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00", "acs-acr1252u"),
    ("linux", "ACS ACR1252 1S CL Reader PICC 00 00", "acs-acr1252u"),
    ("win32", "ACS ACR1252 1S CL Reader PICC 0", "acs-acr1252u"),
    ("darwin", "ACS ACR1252 Dual Reader PICC", "acs-acr1252u"),
]
STRANGERS = [
    ("linux", ""),
    ("linux", "ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 01 00"),
    ("win32", "ACS ACR1252 1S CL Reader SAM 0"),
    ("win32", "ACS ACR1552 1S CL Reader PICC 0"),
    ("linux", "ACS ACR122U PICC Interface 00 00"),
    ("linux", "HID Global OMNIKEY 5422CL Smartcard Reader 00 00"),
    ("win32", "HID Global OMNIKEY 5023 Smart Card Reader 0"),
    ("linux", "Identiv uTrust 3701 F CL Reader [uTrust 3701 F CL Reader] 00 00"),
    ("linux", "Not a Virtual PCD 00 00"),
    ("win32", "Virtual PCD 0"),
    ("win32", "Windows Hello for Business 1"),
]


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return load_profiles()


def profile_files(repository: Path) -> list[Path]:
    found = sorted((repository / "firmware_profiles").glob("*/*.toml"))
    assert found
    return found


@pytest.mark.parametrize(("platform", "name", "expected"), NAMES)
def test_a_reader_gets_its_own_profile(profiles: Profiles, platform: str, name: str, expected: str) -> None:
    assert profiles.for_reader(name, platform).id == expected


@pytest.mark.parametrize(("platform", "name"), STRANGERS)
def test_a_stranger_gets_the_safe_default(profiles: Profiles, platform: str, name: str) -> None:
    assert profiles.for_reader(name, platform).id == SAFE_DEFAULT


@given(name=st.text(max_size=80), platform=st.sampled_from(["linux", "win32", "darwin", "freebsd14"]))
def test_any_name_gets_a_profile(profiles: Profiles, name: str, platform: str) -> None:
    assert profiles.for_reader(name, platform).read_sizes


def test_a_reader_that_two_profiles_claim_gets_the_safe_default(profiles: Profiles) -> None:
    twin = profiles.reader("virtual-pcd").model_copy(update={"id": "twin"})
    claimed_twice = Profiles((*profiles.readers, twin), profiles.scanners)
    assert claimed_twice.for_reader("Virtual PCD 00 00", "linux").id == SAFE_DEFAULT


def test_every_reader_but_the_default_can_be_chosen(profiles: Profiles) -> None:
    assert {expected for _, _, expected in NAMES} | {SAFE_DEFAULT} == {reader.id for reader in profiles.readers}


def test_the_safe_default_takes_nothing_for_granted(profiles: Profiles) -> None:
    default = profiles.reader(SAFE_DEFAULT)
    assert (default.apdu.extended, default.apdu.probe) == ("unknown", True)
    assert default.block_sizes(223) == (223, 192, 160, 128)


def test_extended_length_is_tried_out_where_nobody_tested_it(profiles: Profiles) -> None:
    assert not profiles.reader("virtual-pcd").apdu.probe
    real = [profiles.reader(each) for each in ("hid-omnikey-5022", "identiv-utrust-3700f", "acs-acr1252u")]
    assert [(reader.apdu.extended, reader.apdu.probe) for reader in real] == [("declared", True)] * 3
    assert all(reader.not_tested_on_hardware and reader.sources for reader in real)


def test_the_ladder_of_read_sizes_is_cut_to_what_fits(profiles: Profiles) -> None:
    virtual = profiles.reader("virtual-pcd")
    assert virtual.block_sizes(65_000) == (65_000, 4000, 1000, 223, 192, 160, 128)
    assert virtual.block_sizes(223) == (223, 192, 160, 128)
    assert virtual.block_sizes(100) == (100,)


def test_ids_that_do_not_exist_are_refused(profiles: Profiles) -> None:
    assert profiles.scanner("gm65-lines").serial.baud == 9600
    with pytest.raises(ProfileUnknown):
        profiles.scanner("virtual-pcd")
    with pytest.raises(ProfileUnknown):
        profiles.reader("gm65-lines")


def test_the_published_schema_is_that_of_the_models(repository: Path) -> None:
    published = (repository / "firmware_profiles" / "profile.schema.json").read_text(encoding="utf-8")
    assert published == json_schema()


def test_every_file_holds_to_the_published_schema(repository: Path) -> None:
    schema = json.loads((repository / "firmware_profiles" / "profile.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in profile_files(repository):
        jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)


VALID = """
kind = "reader"
id = "some-reader"
vendor = "V"
model = "M"
read_sizes = [256, 128]
confidence = "L"
sources = ["a test"]
[apdu]
max_response = 256
extended = "no"
"""


def test_a_profile_tested_by_somebody_says_so() -> None:
    profile = parse_profile(VALID.replace("[apdu]", 'tested_by = ["A. Person, 2027-01-31"]\n[apdu]'), "some-reader")
    assert isinstance(profile, ReaderProfile)
    assert not profile.not_tested_on_hardware


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind", "kinds"),
        ('"reader"', '"printer"'),
        ('"V"', '"V"\nescape = "FF00"'),
        ("[256, 128]", "[128, 256]"),
        ("[256, 128]", "[256, 256]"),
        ("[256, 128]", "[257, 128]"),
        ("[256, 128]", "[256, 0]"),
        ("[256, 128]", '["256"]'),
        ("[256, 128]", "[]"),
        ("max_response = 256", "max_response = 512"),
        ("max_response = 256", 'max_response = "256"'),
        ('extended = "no"', 'extended = "tested"'),
        ('extended = "no"', 'extended = "broken"'),
        ('confidence = "L"', 'confidence = "sure"'),
        ('sources = ["a test"]', "sources = []"),
        ("[apdu]", '[name_regex]\nlinux = "("\n[apdu]'),
        ("[apdu]", "[apdu"),
    ],
)
def test_a_file_that_breaks_the_schema_is_named(old: str, new: str) -> None:
    broken = VALID.replace(old, new, 1)
    assert broken != VALID
    with pytest.raises(ProfileInvalid, match=r"^some-reader\.toml: "):
        parse_profile(broken, "some-reader.toml")


@pytest.mark.parametrize(
    ("folder", "file", "fault"),
    [
        ("readers", "another-name.toml", "is not the file's name"),
        ("scanners", "some-reader.toml", "lies in the folder scanners"),
    ],
)
def test_a_file_in_the_wrong_place_is_named(tmp_path: Path, folder: str, file: str, fault: str) -> None:
    for each in ("readers", "scanners"):
        (tmp_path / each).mkdir()
    (tmp_path / folder / file).write_text(VALID, encoding="utf-8")
    with pytest.raises(ProfileInvalid, match=f"^{file}: .*{fault}"):
        load_profiles(tmp_path)
