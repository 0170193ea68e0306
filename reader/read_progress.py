"""How far a reading is, as a fraction that never falls."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from reader.progress import Phase, Progressed, ProgressListener
from reader.read_memory import ReadMemory

_SPANS: Final[Mapping[str, tuple[Phase, float, float]]] = MappingProxyType(
    {
        "access": (Phase.OPENING, 0.0, 0.08),
        "EF.SOD": (Phase.VERIFYING, 0.08, 0.17),
        "EF.CardSecurity": (Phase.VERIFYING, 0.17, 0.17),
        "EF.COM": (Phase.VERIFYING, 0.17, 0.18),
        "DG1": (Phase.VERIFYING, 0.18, 0.20),
        "DG13": (Phase.VERIFYING, 0.20, 0.24),
        "DG11": (Phase.VERIFYING, 0.20, 0.24),
        "DG14": (Phase.VERIFYING, 0.24, 0.27),
        "DG15": (Phase.VERIFYING, 0.27, 0.29),
        "DG2": (Phase.PHOTO, 0.29, 0.95),
        "chip": (Phase.PROVING, 0.95, 1.0),
        "done": (Phase.DONE, 1.0, 1.0),
    }
)
"""Shares of a Vietnamese card's reading time, by its bytes; other steps take none."""


class ReadProgress:
    """Tells a listener what is being done; the fraction survives in the memory when a session ends early."""

    def __init__(self, listener: ProgressListener, memory: ReadMemory) -> None:
        self._listener = listener
        self._memory = memory
        self._phase = Phase.OPENING

    def at(self, step: str, done: int = 0, total: int = 1) -> None:
        """`done` of `total` of a step: ``access``, a file's name, ``chip`` or ``done``."""
        phase, start, end = _SPANS.get(step, (self._phase, 0.0, 0.0))
        self._phase = phase
        self._memory.fraction = max(self._memory.fraction, start + (end - start) * done / total)
        self._listener(Progressed(phase, step, self._memory.fraction))
