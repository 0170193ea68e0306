from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.lds.names import fold_name, is_latin, name_field, names_agree, names_overlap


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Nguyễn Văn Mẫu", "NGUYEN VAN MAU"),
        ("ĐẶNG THỊ ƯỚC", "DANG THI UOC"),
        ("đỗ quỳnh nhữ", "DO QUYNH NHU"),
        ("H'Hen Niê", "HHEN NIE"),
        ("Müller-Groß", "MUELLER GROSS"),
        ("Ærø Þór Œuvré Łódź", "AEROE THOR OEUVRE LODZ"),
        ("  Trần \t Ｂình ", "TRAN BINH"),
        ("Eriksson, Anna-Maria (Jr.)", "ERIKSSON ANNA MARIA JR"),
        ("D’Artagnan / Nguyễn 2", "DARTAGNAN NGUYEN"),
        ("李", ""),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert fold_name(written) == folded
    assert fold_name(unicodedata.normalize("NFD", written)) == folded


@given(st.text())
def test_folded_names_have_mrz_letters_only_and_stay_folded(text: str) -> None:
    folded = fold_name(text)
    assert re.fullmatch(r"(?:[A-Z]+(?: [A-Z]+)*)?", folded)
    assert fold_name(folded) == folded


@pytest.mark.parametrize(
    ("surname", "given_names", "field"),
    [
        ("Nguyễn", "Văn Mẫu", "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"),
        ("Nguyễn", "", "NGUYEN<<<<<<<<<<<<<<<<<<<<<<<<"),
        # 30 places are not enough: a letter stands last.
        ("Công Tằng Tôn Nữ", "Thị Phương Thảo", "CONG<TANG<TON<NU<<THI<PHUONG<T"),
        ("Công Tằng Tôn Nữ", "Thị Phương A Thảo", "CONG<TANG<TON<NU<<THI<PHUONG<A"),
        ("Công Tằng Tôn Nữ", "Thị Phương Oa Thảo", "CONG<TANG<TON<NU<<THI<PHUONG<O"),
        ("Công Tằng Tôn Nữ", "Thị Phượngg Thảo", "CONG<TANG<TON<NU<<THI<PHUONG<T"),
        ("A" * 40, "Bình", "A" * 27 + "<<B"),
        # Doc 9303-5, 4.2.3.3 to 4.2.3.5.
        ("Papandropoulous", "Jonathon Alec", "PAPANDROPOULOUS<<JONATHON<ALEC"),
        ("Al-Basri", "Huda Muhammad Jawad", "AL<BASRI<<HUDA<MUHAMMAD<JAWAD<"),
        ("Vilarchao Fernandez", "Jose Ramon", "VILARCHAO<FERNANDEZ<<JOSE<RAMO"),
        ("Arkfreith", "", "ARKFREITH<<<<<<<<<<<<<<<<<<<<<"),
    ],
)
def test_name_field(surname: str, given_names: str, field: str) -> None:
    assert len(field) == 30
    assert name_field(surname, given_names, 30) == field


@given(st.text(), st.text(), st.sampled_from([30, 31, 39]))
def test_name_field_always_fits(surname: str, given_names: str, width: int) -> None:
    assert re.fullmatch(rf"[A-Z<]{{{width}}}", name_field(surname, given_names, width))


def test_names_agree() -> None:
    assert names_agree("Nguyễn Văn Mẫu", "NGUYEN VAN MAU")
    assert not names_agree("Nguyễn Văn Mẫu", "NGUYEN VAN MAN")
    assert not names_agree("Nguyễn Văn Mẫu", "NGUYEN VAN")
    assert names_agree("Công Tằng Tôn Nữ Thị Phương Thảo", "CONG TANG TON NU THI PHUONG T", truncated=True)
    assert not names_agree("Nguyễn Văn Mẫu", "", truncated=True)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Müller", ["MUELLER", "MULLER", "MUXXLLER"]),
        # Turkish cards of 2017 and of 2018 ("eMRTD data quirks", TD1).
        ("Özdil", ["OEZDIL", "OZDIL"]),
        ("Åse Øst", ["AASE OEST", "ASE OST", "AASE OST"]),
        ("Ñandú Ärön", ["NANDU AEROEN", "NXXANDU ARON"]),
        ("Æble Þór Groß", ["AEBLE THOR GROSS"]),
    ],
)
def test_every_transliteration_that_doc_9303_leaves_to_the_issuer_agrees(written: str, printed: list[str]) -> None:
    for name in printed:
        assert names_agree(written, name)
        assert names_agree(unicodedata.normalize("NFD", written), name.lower())
        assert not names_agree(written, f"{name}X")
        assert not names_agree(written, name[:-1])
        assert names_agree(written, name[:-1], truncated=True)


def test_a_name_full_of_choices_is_compared_in_no_time() -> None:
    assert names_agree("å" * 900, "A" * 1200)
    assert not names_agree("å" * 900, "A" * 1200 + "X")


@given(st.text())
def test_a_name_agrees_with_its_own_fold(text: str) -> None:
    folded = fold_name(text)
    assert names_agree(text, folded)
    assert names_overlap(text, folded)
    if folded:
        assert names_agree(text, folded[: len(folded) // 2 + 1], truncated=True)


def test_names_overlap() -> None:
    assert names_overlap("Anna Maria Eriksson", "ERIKSSON ANNA MARIA")
    assert names_overlap("Eriksson Anna", "ERIKSSON ANNA MARIA")
    assert names_overlap("Eriksson Lind Anna Maria", "ERIKSSON ANNA")
    assert names_overlap("Eriksson Anna Margareta", "ERIKSSON ANNA MARG", truncated=True)
    assert not names_overlap("Eriksson Anna Margareta", "ERIKSSON ANNA MARG")
    assert not names_overlap("Eriksson Peter", "ERIKSSON ANNA")
    assert not names_overlap("Lind Peter", "ERIKSSON ANNA MARIA")


def test_which_names_can_be_compared_with_an_mrz() -> None:
    assert is_latin("Nguyễn Văn Mẫu")
    assert is_latin("O'Brien-Müller, 3rd")
    assert not is_latin("王小明")
    assert not is_latin("Άννα")
    assert not is_latin("WANG 小明")
