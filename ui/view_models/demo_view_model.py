"""The panel of the demo: buttons that play the person and the world around the kiosk. Never part of a real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Property, QObject, Qt, Signal, Slot

from ui.view_models.words import Language, Words


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """A heading and its buttons, each an id and a label."""

    heading: str
    controls: Sequence[tuple[str, str]]


class DemoViewModel(QObject):
    """What the demo's panel shows, and whom it tells.

    Args:
        groups: the buttons, in order.
        act: told the id of the button that was pressed; must not block.
    """

    noteChanged = Signal()  # noqa: N815
    _noted = Signal(str)

    def __init__(
        self,
        groups: Sequence[DemoGroup],
        act: Callable[[str], None],
        language: Language = Language.VIETNAMESE,
    ) -> None:
        super().__init__()
        self._groups = tuple(groups)
        self._act = act
        self._words = Words.load(language)
        self._note = ""
        self._noted.connect(self._take_note, Qt.ConnectionType.QueuedConnection)

    def tell(self, note: str) -> None:
        """Say in one line how things stand, for example which card lies on the reader. From any thread."""
        self._noted.emit(note)

    @Slot(str)
    def _take_note(self, note: str) -> None:
        self._note = note
        self.noteChanged.emit()

    @Property(dict, constant=True)
    def content(self) -> dict[str, object]:
        return {
            "title": self._words.text("demo.title"),
            "explanation": self._words.text("demo.explanation"),
            "groups": [
                {
                    "heading": group.heading,
                    "controls": [{"id": control, "label": label} for control, label in group.controls],
                }
                for group in self._groups
            ],
        }

    @Property(str, notify=noteChanged)
    def note(self) -> str:
        return self._note

    @Slot(str)
    def press(self, control: str) -> None:
        self._act(control)
