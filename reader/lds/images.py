"""Images as they stand on the chip: JPEG, a JP2 file, or a raw JPEG 2000 codestream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

ImageFormat = Literal["jpeg", "jp2", "j2k"]

_MAGIC: Final[tuple[tuple[bytes, ImageFormat], ...]] = (
    # JFIF and Exif alike: signatures in Hungarian passports are Exif (gmrtd issue 94).
    (b"\xff\xd8\xff", "jpeg"),
    (bytes.fromhex("0000000C6A5020200D0A870A"), "jp2"),
    (b"\xff\x4f\xff\x51", "j2k"),
)


def image_format(image: bytes) -> ImageFormat | None:
    """Recognise JPEG, a JP2 file or a JPEG 2000 codestream by its first bytes; None for anything else."""
    return next((name for magic, name in _MAGIC if image.startswith(magic)), None)


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of a data group, undecoded."""

    image: bytes = field(repr=False)

    @property
    def image_format(self) -> ImageFormat | None:
        """By its first bytes; None when it is of no format that a chip should hold."""
        return image_format(self.image)
