"""What the house rules say of the repository itself."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from kiosk.settings import Settings


def tracked(repository: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, check=True, capture_output=True, text=True)
    return [repository / name for name in listed.stdout.split("\0") if name and (repository / name).is_file()]


def test_the_lock_names_no_host(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text()
    assert "://" not in lock
    pins = re.findall(r"^[A-Za-z0-9_.-]+==[^ ]+", lock, re.MULTILINE)
    assert len(pins) > 30
    assert lock.count("--hash=sha256:") >= len(pins)


def test_every_dependency_is_locked(repository: Path) -> None:
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    wanted = {*project["dependencies"], *project["optional-dependencies"]["dev"]}
    locked = {
        name.lower()
        for name in re.findall(r"^([A-Za-z0-9_.-]+)==", (repository / "requirements.lock").read_text(), re.M)
    }
    assert {re.split("[ <;]", name)[0].lower() for name in wanted} <= locked


@pytest.mark.parametrize("name", ["setup", "run", "test", "lock"])
def test_the_scripts_can_be_run(repository: Path, name: str) -> None:
    assert os.access(repository / "script" / name, os.X_OK)
    assert subprocess.run(["bash", "-n", repository / "script" / name], check=False).returncode == 0


def test_no_path_of_a_machine_is_committed(repository: Path) -> None:
    if repository.parent == Path("/"):
        pytest.skip("this checkout lies at the root, whose path says nothing")
    for path in tracked(repository):
        assert str(repository.parent).encode() + b"/" not in path.read_bytes(), path


def test_no_file_is_large(repository: Path) -> None:
    assert [path for path in tracked(repository) if path.stat().st_size > 1 << 20] == []


def test_links_of_the_documentation_lead_somewhere(repository: Path) -> None:
    for page in [repository / "README.md", *(repository / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_settings_of_the_documentation_load(repository: Path, tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", (repository / "docs" / "settings.md").read_text(), re.DOTALL)
    assert example is not None
    file = tmp_path / "settings.toml"
    file.write_text(example[1])
    assert Settings.load(file).place.facility_code == "79024"
