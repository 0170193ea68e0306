"""How a defect is logged: where it happened and of which kind it was, never with what."""

from __future__ import annotations

import traceback
from pathlib import PurePath


def describe(error: BaseException) -> str:
    """Kind, code and places of an exception and of its causes; not its message, which may repeat somebody's data."""
    parts = []
    seen: BaseException | None = error
    while seen is not None:
        places = " < ".join(
            f"{PurePath(frame.filename).name}:{frame.lineno}"
            for frame in reversed(traceback.extract_tb(seen.__traceback__))
        )
        code = getattr(seen, "code", None)
        parts.append(f"{type(seen).__name__}{f' ({code})' if isinstance(code, str) else ''} at {places or 'no place'}")
        seen = seen.__cause__
    return ", caused by ".join(parts)
