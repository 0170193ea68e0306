from __future__ import annotations

import string
import unicodedata
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reader.partial_date import PartialDate
from reader.plain_text import plain_text
from reader.qr.payload import BhytQr, CanCuocQr, CccdQr, QrPayload, UnknownQr, parse

CCCD = "001099000001|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1, Phường 2, Thành phố D|03042022"
CAN_CUOC = "079304000002||TRẦN THỊ MẪU|15082004|Nữ|Xã A, Tỉnh B|02092024||||"
BHYT = (
    "DN4010123456789|4e677579e1bb856e2056c4836e204de1baab75|01/02/1999|1|58c3a32041|01 - 013|01/01/2026|31/12/2026"
    "|15/12/2025|01013|-|K2|01/10/2024|0a1b2c$"
)


def test_cccd() -> None:
    payload = parse(CCCD)
    assert payload == CccdQr(
        number="001099000001",
        old_number="012345678",
        name="Nguyễn Văn Mẫu",
        birth=PartialDate(1999, 2, 1),
        sex="M",
        address="Số 1, Phường 2, Thành phố D",
        issue_date=date(2022, 4, 3),
    )
    assert isinstance(payload, CccdQr)
    assert payload.birth_date == date(1999, 2, 1)
    assert payload.encode() == CCCD
    assert payload.to_json() == {
        "type": "cccd",
        "number": "001099000001",
        "old_number": "012345678",
        "name": "Nguyễn Văn Mẫu",
        "birth_date": "1999-02-01",
        "sex": "M",
        "address": "Số 1, Phường 2, Thành phố D",
        "issue_date": "2022-04-03",
        "extra": [],
    }


def test_can_cuoc_keeps_its_further_fields_as_they_stand() -> None:
    payload = parse(CAN_CUOC)
    assert isinstance(payload, CanCuocQr)
    assert payload.old_number is None
    assert payload.sex == "F"
    assert payload.issue_date == date(2024, 9, 2)
    assert payload.extra == ("", "", "", "")
    assert payload.encode() == CAN_CUOC
    assert payload.to_json()["type"] == "can_cuoc"

    with_parents = parse(CAN_CUOC.replace("||||", "|Trần Văn Cha|Lê Thị Mẹ||"))
    assert isinstance(with_parents, CanCuocQr)
    assert with_parents.extra == ("Trần Văn Cha", "Lê Thị Mẹ", "", "")


@pytest.mark.parametrize(
    ("fields", "issued", "card"),
    [
        (7, "30062024", CccdQr),
        (7, "01072024", CanCuocQr),  # no card of the old kind was issued from that day on
        (8, "03042022", CccdQr),
        (9, "", CccdQr),
        (9, "02092024", CanCuocQr),
        (10, "03042022", CanCuocQr),
        (11, "01012022", CanCuocQr),
        (12, "", CanCuocQr),
        (6, "03042022", UnknownQr),
        (13, "03042022", UnknownQr),
        (4096, "03042022", UnknownQr),
    ],
)
def test_kind_of_card(fields: int, issued: str, card: type[QrPayload]) -> None:
    text = "|".join(
        ["001099000001", "", "Nguyễn Văn Mẫu", "01021999", "Nam", "", issued, *[""] * (fields - 7)][:fields]
    )
    assert type(parse(text)) is card


@pytest.mark.parametrize(
    "text",
    [
        CCCD.replace("|", "｜"),
        CCCD.replace("|", "¦"),
        CCCD + "\r\n",
        "\ufeff" + CCCD.replace("Văn", "\u200bVăn\u200d"),
        CCCD.replace("Phường 2", "Phường\u00a02"),
        CCCD.replace("|Nam|", "| NAM |"),
        "CCCD:" + CCCD,
        "cccd: " + CCCD,
        "CĂN CƯỚC CÔNG DÂN: " + CCCD,
        unicodedata.normalize("NFD", "Căn cước công dân:" + CCCD),
    ],
)
def test_scanners_are_forgiven(text: str) -> None:
    assert parse(text) == parse(CCCD)


def test_two_bars_are_an_empty_field() -> None:
    payload = parse(CCCD.replace("012345678", ""))
    assert isinstance(payload, CccdQr)
    assert (payload.old_number, payload.name) == (None, "Nguyễn Văn Mẫu")


@pytest.mark.parametrize(
    ("birth", "iso", "exact"),
    [("1958", "1958", None), ("051958", "1958-05", None), ("00001958", "1958", None), ("06051958", "1958-05-06", 6)],
)
def test_births_without_day_or_month(birth: str, iso: str, exact: int | None) -> None:
    payload = parse(CCCD.replace("01021999", birth))
    assert isinstance(payload, CccdQr)
    assert payload.to_json()["birth_date"] == iso
    assert (payload.birth_date is None) == (exact is None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|||||||",
        "https://example.org/?a=1|2|3|4|5|6|7",
        "javascript:alert(1)",
        "WIFI:T:WPA;S:Mot Cham;P:secret;;",
        "BEGIN:VCARD\nFN:Nguyễn Văn Mẫu\nEND:VCARD",
        "001099000001",
        CCCD.replace("|", ","),
        CCCD.replace("001099000001", "00109900000"),
        CCCD.replace("001099000001", "٠٠١٠٩٩٠٠٠٠٠١"),
        CCCD.replace("012345678", "01234567X"),
        CCCD.replace("Nguyễn Văn Mẫu", ""),
        CCCD.replace("Nguyễn Văn Mẫu", "12345"),
        CCCD.replace("01021999", "31021999"),
        CCCD.replace("01021999", ""),
        CCCD.replace("Nam", "Nma"),
        CCCD.replace("03042022", "03132022"),
        CCCD.replace("03042022", "2022"),
        CCCD.replace("Văn", "V\0ăn"),
        CCCD + "|" * 5_000,
        "x: " + CCCD,
    ],
)
def test_all_else_is_unknown(text: str) -> None:
    payload = parse(text)
    assert payload == UnknownQr(text)
    assert payload.to_json() == {"type": "unknown"}


def test_insurance_card() -> None:
    payload = parse(BHYT)
    assert payload == BhytQr(
        card_number="DN4010123456789",
        name="Nguyễn Văn Mẫu",
        birth=PartialDate(1999, 2, 1),
        sex="M",
        address="Xã A",
        facility="01013",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        extra=("15/12/2025", "01013", "-", "K2", "01/10/2024", "0a1b2c"),
    )
    assert isinstance(payload, BhytQr)
    assert payload.encode() == BHYT
    assert payload.to_json() == {
        "type": "bhyt",
        "card_number": "DN4010123456789",
        "name": "Nguyễn Văn Mẫu",
        "birth_date": "1999-02-01",
        "sex": "M",
        "address": "Xã A",
        "facility": "01013",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "issue_date": "2025-12-15",
        "agency": "01013",
        "parent_name": None,
        "living_area": "K2",
        "five_years_from": "2024-10-01",
        "extra": ["15/12/2025", "01013", "-", "K2", "01/10/2024", "0a1b2c"],
    }


def test_insurance_card_of_a_child_with_gaps() -> None:
    payload = parse("0123456789|4dE1baab75|2024|2||79–001|01/01/2026|-|||4368610a|$")
    assert isinstance(payload, BhytQr)
    assert (payload.card_number, payload.name, payload.sex, payload.address) == ("0123456789", "Mẫu", "F", "")
    assert (payload.facility, payload.valid_to, payload.parent_name) == ("79001", None, "Cha")
    assert (payload.birth.iso, payload.living_area, payload.five_years_from) == ("2024", None, None)


def test_long_insurance_numbers_count_to_fifteen() -> None:
    payload = parse(BHYT.replace("DN4010123456789", "DN401012345678901"))
    assert isinstance(payload, BhytQr)
    assert payload.card_number == "DN4010123456789"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("DN4010123456789", "DN6010123456789"),
        ("4e677579e1bb856e2056c4836e204de1baab75", "4e6"),
        ("4e677579e1bb856e2056c4836e204de1baab75", "4e 67"),
        ("4e677579e1bb856e2056c4836e204de1baab75", "ff"),
        ("4e677579e1bb856e2056c4836e204de1baab75", "00"),
        ("|1|", "|3|"),
        ("01 - 013", "01 - 13"),
        ("31/12/2026", "31/11/2026"),
        ("01/01/2026", "2026"),
    ],
)
def test_other_insurance_texts_are_unknown(good: str, bad: str) -> None:
    assert good in BHYT
    assert isinstance(parse(BHYT.replace(good, bad, 1)), UnknownQr)


@pytest.mark.parametrize("text", [CCCD, CAN_CUOC, BHYT, "WIFI:P:secret;;"])
def test_repr_shows_no_personal_data(text: str) -> None:
    shown = repr(parse(text))
    assert not [part for part in ("0000", "Nguy", "TRẦN", "1999", "2004", "DN4", "Xã", "secret") if part in shown]


WORDS = st.text(alphabet=string.ascii_letters + "ăâêôơưđÁẾỘỮ ,.-", min_size=1).map(plain_text).filter(str)
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))
BIRTHS = st.one_of(
    DATES.map(PartialDate.of),
    st.builds(PartialDate, st.integers(1900, 2100), st.integers(1, 12)),
    st.builds(PartialDate, st.integers(1900, 2100)),
)
NUMBERS = st.text("0123456789", min_size=12, max_size=12)


@given(
    st.builds(
        CanCuocQr,
        NUMBERS,
        st.none() | st.text("0123456789", min_size=9, max_size=9),
        WORDS.map(lambda text: f"M {text}"),
        BIRTHS,
        st.sampled_from(["M", "F"]),
        WORDS,
        st.none() | DATES,
        st.lists(WORDS | st.just(""), min_size=3, max_size=5).map(tuple),
    )
)
def test_identity_cards_round_trip(card: CanCuocQr) -> None:
    assert parse(card.encode()) == card


@given(
    st.builds(
        BhytQr,
        st.from_regex(r"[A-Z]{2}[1-5][0-9]{12}|[0-9]{10}", fullmatch=True),
        WORDS,
        BIRTHS,
        st.sampled_from(["M", "F"]),
        WORDS,
        st.from_regex("[0-9]{5}", fullmatch=True),
        st.none() | DATES,
        st.none() | DATES,
        st.lists(WORDS | st.just(""), max_size=12).map(tuple),
    )
)
def test_insurance_cards_round_trip(card: BhytQr) -> None:
    assert parse(card.encode()) == card


@given(st.text() | st.lists(st.text(), min_size=6, max_size=22).map("|".join))
@example(CCCD.replace("01021999", "²²²²"))
def test_any_text_is_read_without_an_error(text: str) -> None:
    payload = parse(text)
    assert isinstance(payload.to_json()["type"], str)
    repr(payload)


@given(st.integers(0, len(CAN_CUOC) - 1), st.characters())
def test_altered_payloads_are_read_without_an_error(position: int, character: str) -> None:
    text = CAN_CUOC[:position] + character + CAN_CUOC[position + 1 :]
    payload = parse(text)
    assume(not isinstance(payload, UnknownQr))
    assert isinstance(payload, CccdQr | CanCuocQr)


@given(st.text())
def test_plain_text_is_stable_and_has_no_controls(text: str) -> None:
    plain = plain_text(text)
    assert plain_text(plain) == plain
    assert all(
        unicodedata.category(character)[0] not in "C" or unicodedata.category(character) == "Cn" for character in plain
    )


@pytest.mark.parametrize(
    "text", ["", "1/1/1999", "01/02-1999", "01/021999", "13/1999", "29/02/2023", "0000", "01 02 1999"]
)
def test_texts_that_are_no_dates(text: str) -> None:
    assert PartialDate.parse(text) is None


def test_a_day_needs_its_month() -> None:
    with pytest.raises(ValueError, match="month"):
        PartialDate(1999, None, 1)
