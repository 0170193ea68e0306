"""How one kiosk is set up: a TOML file, the environment (`MOTCHAM_…`), and defaults that work without either."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as PydanticSettingsError

from kiosk.errors import SettingsError
from kiosk.visit.states import Clinic, Desk
from reader.policy import Policy
from registry.messages import Code, ProvinceCode

HOME_VARIABLE = "MOTCHAM_HOME"
_LARGEST_FILE = 1 << 20


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where records, keys and trust material live: `$MOTCHAM_HOME`, else XDG's data folder."""
    return _folder(environment, "XDG_DATA_HOME", ".local/share")


def config_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where `settings.toml` lives: `$MOTCHAM_HOME`, else XDG's configuration folder."""
    return _folder(environment, "XDG_CONFIG_HOME", ".config")


def _folder(environment: Mapping[str, str], variable: str, below_home: str) -> Path:
    own = environment.get(HOME_VARIABLE)
    if own:
        return Path(own)
    base = environment.get(variable)
    # The XDG specification says to ignore a path that is not absolute.
    if base and Path(base).is_absolute():
        return Path(base) / "motcham"
    return Path.home() / below_home / "motcham"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Section):
    """Which kiosk this is, and where it stands. The codes go into every record."""

    kiosk_id: Code = "K1"
    ticket_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,5}$")] = "K1"
    """Begins the numbers that this kiosk gives out by itself: "K1-007". No two kiosks of a place share it."""
    province_code: ProvinceCode = "079"
    facility_code: Code = "00000"
    timezone: str = "Asia/Ho_Chi_Minh"
    """Days, and with them ticket numbers, turn over here."""


class CounterDesk(_Section):
    """Where staff help those whom the machine cannot serve. Names are the facility's own."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=8)] = "3"
    name_vi: str = "Quầy bảo hiểm y tế"
    name_en: str = "Insurance counter"
    room_vi: str = "Quầy {number}"
    floor_vi: str = "Tầng trệt"
    floor_en: str = "Ground floor"

    def clinic(self) -> Clinic:
        """The counter as a place that a ticket can send to; its id is known to every registry."""
        room = self.room_vi.replace("{number}", self.number)
        return Clinic("counter", self.name_vi, self.name_en, room, self.floor_vi, self.floor_en)


class RegistryAccess(_Section):
    """How to reach the registry."""

    url: AnyHttpUrl | None = None
    """None: a registry of this kiosk's own, started beside it."""
    token: SecretStr | None = None
    timeout_seconds: float = Field(default=3.0, gt=0, le=30)
    """For connect, write and read each; then the kiosk goes on without an answer."""
    receipt_seconds: float = Field(default=2.0, ge=0, le=30)
    """How long a person waits for the registry's own queue number before the kiosk gives one."""
    examination_seconds: float = Field(default=1.5, ge=0, le=10)
    """How long a reading waits for the registry's questions to the chip, and for its judgement; 0: it is not asked."""


class Devices(_Section):
    """Which devices to use. None: the first that is found, or none where it is optional."""

    reader: str | None = None
    """Part of a PC/SC reader's name."""
    camera: int | None = Field(default=None, ge=0)
    """Index of the camera."""
    scanner: str | None = None
    """Serial port of a QR scanner."""
    scanner_profile: str = "gm65-lines"
    """Id of the scanner's profile in `firmware_profiles/scanners`."""


class TimeLimits(_Section):
    """Seconds. The rules are U08, S20, S21 and S22 of the facts."""

    idle: float = Field(default=40.0, gt=0)
    """Without a sign of life until the screen asks whether somebody is there."""
    countdown: float = Field(default=20.0, gt=0)
    """From that question until the screen clears."""
    card_lifted: float = Field(default=15.0, gt=0)
    """For putting a card back that left in mid-read."""
    ticket: float = Field(default=15.0, gt=0)
    ticket_without_card: float = Field(default=3.0, gt=0)
    """The ticket stays this long after the card was taken."""
    farewell: float = Field(default=4.0, gt=0)
    problem: float = Field(default=20.0, gt=0)
    reading: float = Field(default=45.0, gt=0)
    """For one reading, from the first command to the verdict."""
    reading_stalled: float = Field(default=30.0, gt=0)
    """Without progress until the reading is given up."""
    insurance: float = Field(default=8.0, gt=0)
    """Until an unanswered look-up counts as unconfirmed."""
    recording: float = Field(default=10.0, gt=0)
    """Until a record that is not stored counts as failed."""


class Settings(BaseSettings):
    """Everything that an operator decides. Arguments win over the environment, and that over the file."""

    model_config = SettingsConfigDict(
        env_prefix="MOTCHAM_", env_nested_delimiter="__", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    desk: Desk = Desk.INSURANCE
    place: Place = Place()
    counter: CounterDesk = CounterDesk()
    registry: RegistryAccess = RegistryAccess()
    devices: Devices = Devices()
    limits: TimeLimits = TimeLimits()
    policy: Policy = Policy()
    data: Path = Field(default_factory=data_folder)
    """Folder of the records, the vault's key and the trust store."""

    @model_validator(mode="after")
    def _a_receipt_is_awaited_within_the_recording(self) -> Self:
        if self.registry.receipt_seconds + 2 > self.limits.recording:
            raise ValueError("limits.recording must exceed registry.receipt_seconds by two seconds")
        return self

    @property
    def outbox_file(self) -> Path:
        return self.data / "outbox.db"

    @property
    def key_file(self) -> Path:
        return self.data / "vault.key"

    @property
    def trust_folder(self) -> Path:
        return self.data / "trust"

    @classmethod
    def load(cls, file: Path | None = None, **given: Any) -> Settings:
        """Read a settings file; None reads `settings.toml` of the configuration folder if there is one.

        Args:
            file: must exist when given.
            given: settings that win over environment and file, nested ones as mappings.

        Raises:
            SettingsError: the file cannot be read, is not TOML, or says what no setting means.
        """
        path = file or config_folder() / "settings.toml"
        content = _read_toml(path) if file is not None or path.is_file() else {}

        class FromFile(cls):  # type: ignore[valid-type, misc]
            @classmethod
            def settings_customise_sources(
                cls,
                settings_cls: type[BaseSettings],
                init_settings: PydanticBaseSettingsSource,
                env_settings: PydanticBaseSettingsSource,
                dotenv_settings: PydanticBaseSettingsSource,
                file_secret_settings: PydanticBaseSettingsSource,
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                return init_settings, env_settings, InitSettingsSource(settings_cls, content)

        try:
            return FromFile(**given)
        except ValidationError as error:
            places = ", ".join(".".join(map(str, problem["loc"])) or "the whole" for problem in error.errors())
            raise SettingsError(f"{path.name}: {places}") from None
        except PydanticSettingsError:
            raise SettingsError("a MOTCHAM_ variable of the environment cannot be read") from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as handle:
            raw = handle.read(_LARGEST_FILE + 1)
        if len(raw) > _LARGEST_FILE:
            raise SettingsError(f"{path.name} is too large")
        return tomllib.loads(raw.decode())
    except OSError as error:
        raise SettingsError(f"{path.name}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name} is not TOML") from error
