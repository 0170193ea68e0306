"""Typing faults in an MRZ are mended where that is sure, and guessed at in a few keys where it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.mrz_key import check_digit
from reader.errors import LdsError
from reader.keys import MrzKey
from reader.lds.mrz import MrzFormat, build_mrz, parse_mrz
from reader.mrz_repair import MAX_REPAIRS, read_typed, repaired_keys

NUMBERS = st.text("ABCDEGILOQSTZ0123456789<", min_size=1, max_size=22).filter(lambda number: number.strip("<") != "")
TD1 = (
    "IDVNM0990000017001099000001<<8",
    "9902015M3902013VNM<<<<<<<<<<<6",
    "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<",
)
# Doc 9303-4, appendix B, with an optional-data field that is empty.
TD3 = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
TD2 = (
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
    "D231458907UTO7408122F1204159<<<<<<<6",
)


def numbers(keys: tuple[MrzKey, ...]) -> list[str]:
    return [key.document_number for key in keys]


def key(number: str) -> MrzKey:
    return MrzKey(number, "740812", "120415")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("L8989O2C", "L898902C"),  # the letter O for a zero
        ("L898902C3", "L898902C"),  # the check digit where the filler was left out
        ("L898902C<3", "L898902C"),
        ("D23145890<7349", "D23145890734"),  # the long number of Doc 9303-11, D.2, with filler and check digit
        ("CIIT002JM", "C11T002JM"),  # both at once
        ("AO0123456", "A00123456"),
        ("A1234567I", "A12345671"),
        ("0A1234567", "OA1234567"),  # the only digit beside a letter
    ],
)
def test_the_likeliest_other_number_comes_first(typed: str, meant: str) -> None:
    first, *_ = repaired_keys(key(typed))
    assert first == key(meant)
    assert first.repaired == ("document_number",)


@pytest.mark.parametrize("number", ["099000001", "L898902C", "123456789", "AB<CD"])
def test_a_number_in_which_nothing_stands_out_is_not_guessed_at(number: str) -> None:
    assert repaired_keys(key(number)) == ()


def test_a_check_digit_leaves_few_numbers() -> None:
    digit = check_digit("C01S5B200")
    for mistyped in ("CO1S5B200", "CD1S5B200", "C01S58200", "COIS5B200", "C01SSB200"):
        assert "C01S5B200" in numbers(repaired_keys(key(mistyped), digit))
    assert repaired_keys(key("099000001"), check_digit("099000004")) == ()


@given(number=NUMBERS, digit=st.none() | st.sampled_from("0123456789<"))
def test_guesses_are_few_and_different(number: str, digit: str | None) -> None:
    found = repaired_keys(MrzKey(number, "740812", "120415", ("birth_date",)), digit)
    assert len(found) <= MAX_REPAIRS
    assert len({guess.document_number.rstrip("<") for guess in found} | {number.rstrip("<")}) == len(found) + 1
    for guess in found:
        assert (guess.birth, guess.expiry) == ("740812", "120415")
        assert guess.repaired == ("document_number", "birth_date")
        if digit is not None and digit.isdigit():
            assert check_digit(guess.document_number.ljust(9, "<")) == digit


@given(number=st.text("ABCOI01", min_size=9, max_size=9), seed=st.integers(0, 8))
def test_one_confusion_of_o_and_i_is_found_by_the_check_digit(number: str, seed: int) -> None:
    exchange = {"O": "0", "0": "O", "I": "1", "1": "I"}
    places = [place for place, character in enumerate(number) if character in exchange]
    if not places:
        return
    place = places[seed % len(places)]
    mistyped = number[:place] + exchange[number[place]] + number[place + 1 :]
    found = repaired_keys(key(mistyped), check_digit(number))
    assert found, "O and 0 differ in the check digit, and so do I and 1"
    assert number in numbers(found) or len(found) == MAX_REPAIRS


@pytest.mark.parametrize("lines", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
@pytest.mark.parametrize("join", ["\n", "", "\r\n", "\n\n"])
def test_a_right_mrz_is_taken_as_it_stands(lines: tuple[str, ...], join: str) -> None:
    found = read_typed(join.join(lines))
    assert found.intact
    assert (found.mended, found.unconfirmed) == ((), ())
    assert found.mrz == parse_mrz("\n".join(lines))


@pytest.mark.parametrize("lines", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
def test_spaces_small_letters_and_look_alikes_are_no_faults(lines: tuple[str, ...]) -> None:
    spaced = "\n".join(" ".join(line.lower()).replace("< <", "«") for line in lines)
    assert read_typed(spaced).mrz == parse_mrz("\n".join(lines))


@pytest.mark.parametrize("lines", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
def test_fillers_missing_at_the_end_of_lines(lines: tuple[str, ...]) -> None:
    found = read_typed("\n".join(line.rstrip("<") for line in lines))
    assert found.mrz.lines == lines
    assert found.unconfirmed == ()


@pytest.mark.parametrize("lines", [TD1, TD2, TD3], ids=["TD1", "TD2", "TD3"])
@pytest.mark.parametrize("change", [-2, -1, 1, 3])
def test_fillers_miscounted_in_the_middle_of_a_line(lines: tuple[str, ...], change: int) -> None:
    number = next(place for place, line in enumerate(lines) if "<<<<<" in line[25:] or "<<8" in line)
    line = lines[number]
    at = line.rindex("<")
    mistyped = line[:at] + line[at + 1 :] if change < 0 else line[:at] + "<" * change + line[at:]
    found = read_typed("\n".join((*lines[:number], mistyped, *lines[number + 1 :])))
    assert found.unconfirmed == ()
    assert found.mrz.document_number == parse_mrz("\n".join(lines)).document_number


def test_the_filler_missing_behind_a_short_document_number() -> None:
    for size in MrzFormat:
        right = build_mrz(
            size,
            document_type="P" if size is MrzFormat.TD3 else "I",
            issuer="UTO",
            document_number="L8902C",
            birth_yymmdd="740812",
            sex="F",
            expiry_yymmdd="300415",
            nationality="UTO",
            surname="Eriksson",
            given_names="Anna",
        )
        for typed in (right.replace("L8902C<<<", "L8902C<"), right.replace("L8902C<<<", "L8902C")):
            found = read_typed(typed)
            assert found.mrz.text == right.replace("\n", "")
            assert found.mended == ("document_number",)


@pytest.mark.parametrize(("right", "typed"), [("740812", "74O8I2"), ("120415", "IZ04lS"), ("F1", "FI")])
def test_letters_and_digits_each_in_the_others_place(right: str, typed: str) -> None:
    found = read_typed("\n".join(TD3).replace(right, typed))
    assert found.mrz == parse_mrz("\n".join(TD3))
    assert found.unconfirmed == ()
    assert not found.intact


def test_what_the_check_digit_does_not_confirm_is_named() -> None:
    found = read_typed("\n".join(TD3).replace("7408122", "7408132"))
    assert found.unconfirmed == ("birth_date",)
    assert read_typed("\n".join(TD3).replace("L898902C3", "L89890203")).unconfirmed == ("document_number",)


@pytest.mark.parametrize(
    "text",
    [
        "IDVNM",
        "HELLO",
        "P<UTO" * 20,
        "https://example.org/0123456789",
        "\n".join(TD3).replace("7408122", "7499122").replace("12041", "99049").replace("L898", "L899")[:-1],
        "I<UTO\nD23\nX",
        "Đ" * 88,
        "<" * 88,
        "<" * 70,
        "",
        "0" * 401,
    ],
)
def test_what_is_no_mrz_stays_none(text: str) -> None:
    with pytest.raises(LdsError):
        read_typed(text)


@given(text=st.text(st.sampled_from("ABCDMFOI0123456789< \n"), max_size=120) | st.text(max_size=100))
def test_any_text_is_an_mrz_or_a_refusal(text: str) -> None:
    try:
        found = read_typed(text)
    except LdsError:
        return
    assert found.mrz.document_number


@given(data=st.data())
def test_any_fault_in_an_mrz_gives_an_mrz_or_a_refusal(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from((TD1, TD2, TD3)))
    text = list("\n".join(lines))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place : place + data.draw(st.integers(0, 2))] = data.draw(st.text("AO0I1<MF \n", max_size=2))
    try:
        found = read_typed("".join(text))
    except LdsError:
        return
    assert set(found.mended) <= {"document_number", "birth_date", "expiry_date"}
    assert len(found.mrz.text) in (72, 88, 90)
