"""QR codes: what their text says (`payload`) and how it is found in a picture (`decode`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reader.qr.decoder import decode
    from reader.qr.engines import QrCode

__all__ = ["QrCode", "decode"]


def __getattr__(name: str) -> object:
    # Not imported above: the registry and the window read payloads on machines that have no OpenCV.
    if name == "decode":
        from reader.qr.decoder import decode

        return decode
    if name == "QrCode":
        from reader.qr.engines import QrCode

        return QrCode
    raise AttributeError(f"module {__name__} has no attribute {name}")
