"""Doc 9303-11 appendix D.2: from the MRZ to the key seed."""

from __future__ import annotations

from typing import Any

import pytest

from crypto.errors import MrzTextError
from crypto.mrz_key import check_digit, mrz_information, mrz_seed


def test_every_printed_mrz_gives_its_information(doc9303_11: dict[str, Any]) -> None:
    for example in doc9303_11["d2_mrz"]:
        for field in ("document_number", "date_of_birth", "date_of_expiry"):
            assert check_digit(example[field]) == example[f"{field}_check_digit"]
        information = mrz_information(example["document_number"], example["date_of_birth"], example["date_of_expiry"])
        assert information == example["mrz_information"]
        if "h_sha1_mrz_information" in example:
            assert mrz_seed(information).hex().upper() == example["h_sha1_mrz_information"]


def test_seed_of_the_worked_example(doc9303_11: dict[str, Any]) -> None:
    example = doc9303_11["d2_kdf"]
    assert mrz_seed(example["mrz_information"]).hex().upper() == example["h_sha1_mrz_information"]
    assert example["h_sha1_mrz_information"].startswith(example["k_seed"])


def test_composite_check_digits(doc9303_11: dict[str, Any]) -> None:
    for example in doc9303_11["d2_mrz"]:
        one, two = example["mrz"][:2]
        covered = (
            one[5:30] + two[0:7] + two[8:15] + two[18:29]
            if example["format"] == "TD1"
            else two[0:10] + two[13:20] + two[21:35]
        )
        assert check_digit(covered) == example["composite_check_digit"]


def test_short_numbers_are_filled_and_unknown_dates_kept() -> None:
    assert mrz_information("AB1", "<<<<<<", "991231").startswith("AB1<<<<<<")


@pytest.mark.parametrize("arguments", [("ab", "990101", "990101"), ("A", "99011", "990101"), ("A", "990101", "Ü90101")])
def test_what_no_mrz_holds_is_refused(arguments: tuple[str, str, str]) -> None:
    with pytest.raises(MrzTextError):
        mrz_information(*arguments)
    with pytest.raises(MrzTextError):
        mrz_seed("".join(arguments) + "ü")
