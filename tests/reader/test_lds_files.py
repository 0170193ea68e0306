from __future__ import annotations

import pytest

from reader.lds.files import ELEMENTARY_FILES, data_group, data_group_of_tag


def test_table_of_doc_9303_10() -> None:
    found = {name: (file.fid, file.sfi, file.tag) for name, file in ELEMENTARY_FILES.items()}
    assert found["EF.COM"] == (0x011E, 0x1E, 0x60)
    assert found["EF.SOD"] == (0x011D, 0x1D, 0x77)
    assert found["EF.CardAccess"] == (0x011C, 0x1C, 0x31)
    assert found["EF.CardSecurity"] == (0x011D, 0x1D, 0x30)
    assert found["EF.DIR"] == (0x2F00, 0x1E, None)
    assert found["EF.ATR/INFO"] == (0x2F01, 0x01, None)
    tags = (0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70)
    for number, tag in enumerate(tags, 1):
        assert found[f"DG{number}"] == (0x0100 + number, number, tag)
        assert data_group(number).name == f"DG{number}"
        assert data_group_of_tag(tag) == number
    assert len(found) == 22


def test_identifiers_are_unique_in_their_place() -> None:
    places = [(file.in_master_file, file.fid, file.sfi) for file in ELEMENTARY_FILES.values()]
    assert len(set(places)) == len(places)
    assert {file.name for file in ELEMENTARY_FILES.values() if file.in_master_file} == {
        "EF.ATR/INFO",
        "EF.DIR",
        "EF.CardAccess",
        "EF.CardSecurity",
    }


def test_what_is_no_data_group() -> None:
    assert data_group_of_tag(0x77) is None
    assert data_group_of_tag(0x60) is None
    with pytest.raises(KeyError):
        data_group(17)
