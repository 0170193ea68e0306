"""The profiles that ship with the program, and the choice of one for a device."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import ValidationError

from firmware_profiles.errors import ProfileInvalid, ProfileUnknown
from firmware_profiles.schema import PROFILE, Platform, ReaderProfile, ScannerProfile

SAFE_DEFAULT = "safe-default"

P = TypeVar("P", ReaderProfile, ScannerProfile)

# What each system appends to a reader's name to tell instances apart: pcsc-lite the USB serial number, the reader's
# and the slot's number ("… (55021716210255) 00 00"), Windows a counter ("… 0"), macOS mostly nothing ("…(1)", "… 01").
_INSTANCE_SUFFIX: dict[Platform, re.Pattern[str]] = {
    "linux": re.compile(r"( \([^()]*\))? [0-9A-F]{2} [0-9A-F]{2}$"),
    "windows": re.compile(r" \d+$"),
    "macos": re.compile(r"(\(\d+\)| 0\d)$"),
}


def platform_of(sys_platform: str) -> Platform:
    """The profile's name of a `sys.platform`; systems other than Windows and macOS name readers as pcsc-lite does."""
    if sys_platform in ("win32", "cygwin"):
        return "windows"
    return "macos" if sys_platform == "darwin" else "linux"


def device_name(pcsc_name: str, platform: Platform) -> str:
    """The PC/SC name without its instance suffix: what a profile's `name_regex` must match in full."""
    return _INSTANCE_SUFFIX[platform].sub("", pcsc_name)


@dataclass(frozen=True, slots=True)
class Profiles:
    """All known devices."""

    readers: tuple[ReaderProfile, ...]
    scanners: tuple[ScannerProfile, ...]

    def for_reader(self, pcsc_name: str, platform: str) -> ReaderProfile:
        """The profile of the reader with this PC/SC name.

        Args:
            pcsc_name: the name as `SCardListReaders` gives it.
            platform: `sys.platform` of the machine.

        Returns:
            the one profile whose pattern matches. The safe default where none does, and also where several do: a reader
            that two profiles claim is as unknown as one that none claims.
        """
        system = platform_of(platform)
        name = device_name(pcsc_name, system)
        matching = [reader for reader in self.readers if _matches(reader, name, system)]
        return matching[0] if len(matching) == 1 else self.reader(SAFE_DEFAULT)

    def reader(self, profile_id: str) -> ReaderProfile:
        """The reader profile with this id; raises ProfileUnknown."""
        return _with_id(self.readers, profile_id)

    def scanner(self, profile_id: str) -> ScannerProfile:
        """The scanner profile with this id; raises ProfileUnknown."""
        return _with_id(self.scanners, profile_id)


def load_profiles(root: Traversable | None = None) -> Profiles:
    """Read every profile of a folder with `readers/` and `scanners/` in it; by default those of this package.

    Raises:
        ProfileInvalid: a file breaks the schema, lies in the wrong folder, or has an id that is not its file's name.
    """
    root = root or files(__package__)
    return Profiles(
        readers=tuple(_folder(root / "readers", ReaderProfile)),
        scanners=tuple(_folder(root / "scanners", ScannerProfile)),
    )


def parse_profile(text: str, origin: str) -> ReaderProfile | ScannerProfile:
    """Read one profile from TOML; `origin` names it in a ProfileInvalid."""
    try:
        return PROFILE.validate_python(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ProfileInvalid(f"{origin}: {error}") from error


def _folder(folder: Traversable, kind: type[P]) -> Iterator[P]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if not entry.name.endswith(".toml"):
            continue
        profile = parse_profile(entry.read_text(encoding="utf-8"), entry.name)
        if not isinstance(profile, kind):
            raise ProfileInvalid(f"{entry.name}: a {profile.kind} profile lies in the folder {folder.name}")
        # The file's name is unique in its folder, and so is an id that has to be equal to it.
        if f"{profile.id}.toml" != entry.name:
            raise ProfileInvalid(f"{entry.name}: the id {profile.id} is not the file's name")
        yield profile


def _matches(reader: ReaderProfile, name: str, platform: Platform) -> bool:
    pattern: str | None = getattr(reader.name_regex, platform)
    return pattern is not None and re.fullmatch(pattern, name) is not None


def _with_id(profiles: Iterable[P], profile_id: str) -> P:
    for profile in profiles:
        if profile.id == profile_id:
            return profile
    raise ProfileUnknown(f"there is no profile {profile_id}")
