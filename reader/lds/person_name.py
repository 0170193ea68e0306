"""Names in full, as DG11, DG12 and DG16 hold them: in the issuer's own letters, laid out as in an MRZ."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in one or two parts; an issuer that does not part it has all of it in `primary`."""

    primary: str = field(repr=False)
    """The surname, as a rule."""
    secondary: str = field(default="", repr=False)
    """The given names, as a rule."""

    @classmethod
    def parse(cls, text: str) -> PersonName:
        """Read ``PRIMARY<IDENTIFIER<<SECONDARY<IDENTIFIER``; single fillers and spaces alike part words."""
        primary, _, secondary = text.partition("<<")
        return cls(_words(primary), _words(secondary))

    @property
    def written(self) -> str:
        """Both parts, the primary one first."""
        return f"{self.primary} {self.secondary}".strip()

    @property
    def encoded(self) -> str:
        """With fillers, as the chip holds it."""
        parts = (self.primary, self.secondary) if self.secondary else (self.primary,)
        return "<<".join(part.replace(" ", "<") for part in parts)


def _words(part: str) -> str:
    return " ".join(part.replace("<", " ").split())
