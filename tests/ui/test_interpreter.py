from __future__ import annotations

import subprocess
import sys

_EMITS = """
from PySide6.QtCore import QObject, Signal
from ui.interpreter import reserve_references

class Source(QObject):
    sent = Signal()

reserve_references()
reserve_references()
source = Source()
for _ in range(50_000):
    source.sent.emit()
"""


def test_the_process_outlives_its_signals() -> None:
    subprocess.run([sys.executable, "-c", _EMITS], check=True, timeout=60)
