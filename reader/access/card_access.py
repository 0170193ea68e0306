"""What EF.CardAccess offers before the chip is opened. It is read by `reader.master_file`."""

from __future__ import annotations

from dataclasses import dataclass

from reader.lds.security_infos import PaceDomainParameterInfo, PaceInfo, SecurityInfos


@dataclass(frozen=True, slots=True)
class CardAccess:
    """EF.CardAccess as far as it could be read."""

    raw: bytes = b""
    """Empty where there is none."""
    infos: SecurityInfos | None = None
    """None where there is none, or where it is malformed."""
    doubtful: bool = False
    """It could not be read, and the chip did not say either that there is none: a new session may find one."""

    @property
    def malformed(self) -> bool:
        return bool(self.raw) and self.infos is None

    @property
    def pace(self) -> tuple[PaceInfo | PaceDomainParameterInfo, ...]:
        """Everything that it says of PACE."""
        if self.infos is None:
            return ()
        return self.infos.of(PaceInfo) + self.infos.of(PaceDomainParameterInfo)
