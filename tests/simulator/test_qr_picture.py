"""The drawn QR codes hold the card's text, Vietnamese letters included."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from simulator.citizen_card import CardModel, qr_text
from simulator.people import sample_people
from simulator.qr_picture import qr_png


@pytest.mark.parametrize("person", sample_people())
def test_a_drawn_code_reads_back(person: str) -> None:
    text = qr_text(sample_people()[person], CardModel.CCCD_2021)
    with Image.open(io.BytesIO(qr_png(text))) as picture:
        (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    assert found.bytes.decode() == text
