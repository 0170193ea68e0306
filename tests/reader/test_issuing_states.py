"""Issuing states against the countries that real certificates bear."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto.master_list import MasterList
from reader import issuing_states
from reader.issuing_states import certificate_countries


@pytest.mark.parametrize(
    ("issuing_state", "countries"),
    [
        ("VNM", {"VN"}),
        ("D<<", {"DE"}),
        ("D", {"DE"}),
        ("vnm", {"VN"}),
        ("HKG", {"HK", "CN"}),
        ("UTO", {"UT"}),
        ("ZZZ", set()),
        ("", set()),
        ("<<<", set()),
    ],
)
def test_codes_of_the_mrz(issuing_state: str, countries: set[str]) -> None:
    assert certificate_countries(issuing_state) == countries


def test_no_code_stands_twice() -> None:
    pairs = issuing_states._ISO_3166.split()
    assert len(pairs) == 249
    assert len({pair[:3] for pair in pairs}) == len({pair[3:] for pair in pairs}) == 249


def test_every_country_of_the_german_list_has_a_code(shared_data: Path) -> None:
    master_list = MasterList.parse((shared_data / "master-lists" / "DE_ML_2026-05-28.ml").read_bytes())
    codes = [pair[:3] for pair in issuing_states._ISO_3166.split()] + ["EUE", "UNO", "RKS"]
    known = frozenset[str]().union(*(certificate_countries(code) for code in codes))
    assert {listed.country for listed in master_list.certificates} <= known
