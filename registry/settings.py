"""How one registry is set up."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """`database` is a SQLAlchemy URL. Days, and with them queue numbers, turn over in `timezone`."""

    database: str
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Ho_Chi_Minh"))
