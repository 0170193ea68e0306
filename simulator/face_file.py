"""The face of an invented person as a complete DG2, in every way that issuers write it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reader.lds import dg2
from reader.lds.dg2 import Dg2, FaceRecord
from reader.lds.images import ImageFormat
from simulator import face, face_painter
from simulator.errors import SizeUnreachable
from simulator.look import Look

_LONGEST_HEADERS: Final = 150
"""Bytes of DG2 around the image, at most."""
_LARGE: Final = 40_000
"""Bytes of DG2 from which on the picture itself is drawn larger, not only padded."""


@dataclass(frozen=True, slots=True)
class FaceDesign:
    """How an issuer stores faces.

    Attributes:
        size: bytes that DG2 is to have exactly (JPEG only); None: as they come, 15 to 20 kB.
        picture: stands in place of the drawn portrait.
    """

    image_format: ImageFormat = "jpeg"
    record: FaceRecord = "iso19794-5"
    size: int | None = None
    picture: bytes | None = field(default=None, repr=False)


def face_file(look: Look, design: FaceDesign) -> bytes:
    """Make the complete DG2; raises SizeUnreachable where it cannot have the size that is asked for."""
    if design.picture is not None:
        return _encoded(design.picture, design)
    if design.image_format != "jpeg":
        image = face.portrait_jpeg_2000(look, codestream=design.image_format == "j2k")
        return _encoded(image, design)
    if design.size is None or design.size < _LARGE:
        image, scale = face.portrait_jpeg(look), 1
    else:
        image, scale = face.portrait_jpeg(look, scale=2, largest=design.size - _LONGEST_HEADERS), 2
    raw = _encoded(image, design, scale)
    if design.size is None:
        return raw
    try:
        padded = _encoded(face.pad_jpeg(image, len(image) + design.size - len(raw)), design, scale)
    except ValueError as error:
        raise SizeUnreachable(f"DG2 has {len(raw)} bytes and cannot be made {design.size}") from error
    if len(padded) != design.size:
        raise SizeUnreachable(f"DG2 cannot have {design.size} bytes: its length fields grow with the image")
    return padded


def with_image(raw: bytes, look: Look) -> bytes:
    """The same DG2 with another person's face in it, in its usual size."""
    found = dg2.parse(raw)
    return face_file(look, FaceDesign(found.image_format, found.record))


def _encoded(image: bytes, design: FaceDesign, scale: int = 1) -> bytes:
    width, height = scale * face_painter.WIDTH, scale * face_painter.HEIGHT
    return dg2.encode(Dg2(image, design.image_format, width, height, design.record))
