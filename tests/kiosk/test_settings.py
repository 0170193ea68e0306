from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.errors import SettingsError
from kiosk.settings import Settings, config_folder, data_folder
from kiosk.visit.states import Desk


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCHAM_HOME", str(tmp_path))


def test_defaults_work_without_file(tmp_path: Path) -> None:
    settings = Settings.load()
    assert settings.desk is Desk.INSURANCE
    assert settings.outbox_file == tmp_path / "outbox.db"
    assert settings.counter.clinic().room == "Quầy 3"


def test_arguments_win_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.toml").write_text(
        'desk = "residence"\n[place]\nkiosk_id = "file"\nfacility_code = "79001"\n[registry]\ntoken = "s3cret"\n'
    )
    assert Settings.load().desk is Desk.RESIDENCE
    monkeypatch.setenv("MOTCHAM_PLACE__KIOSK_ID", "environment")
    settings = Settings.load(desk="counter")
    assert (settings.desk, settings.place.kiosk_id, settings.place.facility_code) == (
        Desk.COUNTER,
        "environment",
        "79001",
    )
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "content",
    ["desk = 'bank'", "nonsense = 1", "[limits]\nidle = -1", "desk = ", "\udcff", "[registry]\nurl='ftp://x'"],
)
def test_a_bad_file_is_refused_without_repeating_its_values(tmp_path: Path, content: str) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError) as caught:
        Settings.load(file)
    assert "bank" not in str(caught.value)


def test_a_file_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        Settings.load(tmp_path / "absent.toml")


def test_folders_follow_xdg() -> None:
    absolute = {"XDG_DATA_HOME": "/srv/data", "XDG_CONFIG_HOME": "relative"}
    assert data_folder(absolute) == Path("/srv/data/motcham")
    assert config_folder(absolute) == Path.home() / ".config/motcham"
    assert data_folder({"MOTCHAM_HOME": "/opt/x"}) == config_folder({"MOTCHAM_HOME": "/opt/x"}) == Path("/opt/x")
