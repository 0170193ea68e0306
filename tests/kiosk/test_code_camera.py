from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.code_camera import CodeCamera
from kiosk.visit.events import CodeScanned, VisitEvent
from reader.frames import ImageFiles
from reader.qr.decoder import QrDecoder
from reader.qr.engines import installed_engines


@pytest.fixture
def picture(tmp_path: Path, lan: Any) -> Path:
    code = zxingcpp.create_barcode(lan.qr, zxingcpp.BarcodeFormat.QRCode)
    file = tmp_path / "card.png"
    cv2.imwrite(str(file), np.array(code.to_image(scale=6)))
    return file


def test_codes_are_looked_for_each_time_that_the_camera_is_on(picture: Path, lan: Any) -> None:
    seen: list[VisitEvent] = []
    told = threading.Semaphore(0)
    sources: list[ImageFiles] = []

    def post(event: VisitEvent) -> None:
        seen.append(event)
        told.release()

    def open_source() -> ImageFiles:
        sources.append(ImageFiles([picture]))
        return sources[-1]

    camera = CodeCamera(open_source, QrDecoder(installed_engines()), post, lambda error: None)
    camera.start()
    camera.switch(True)
    camera.switch(True)
    assert told.acquire(timeout=5)
    assert len(sources) == 1, "on is on"
    camera.switch(False)
    camera.switch(True)
    assert told.acquire(timeout=5)
    assert camera.close(5)
    assert seen == [CodeScanned(lan.qr)] * 2
    assert len(sources) == 2
