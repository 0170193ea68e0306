"""Portraits: their size, their bytes, and that they differ from person to person."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from simulator.face import pad_jpeg, portrait_jpeg
from simulator.people import sample_people


@pytest.mark.parametrize("person", sample_people())
def test_every_portrait_is_a_jpeg_of_the_size_that_cards_have(person: str) -> None:
    jpeg = portrait_jpeg(sample_people()[person].look)
    assert 15_000 <= len(jpeg) <= 20_000
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (413, 531), "RGB")


def test_the_same_look_gives_the_same_bytes_and_another_look_others() -> None:
    people = sample_people()
    first, again, other = (portrait_jpeg(people[name].look) for name in ("lan", "lan", "thao"))
    assert first == again != other


@pytest.mark.parametrize("more", [0, 4, 5, 3_000, 0x10001])
def test_padding_keeps_the_picture(more: int) -> None:
    jpeg = portrait_jpeg(sample_people()["mau"].look)
    padded = pad_jpeg(jpeg, len(jpeg) + more)
    assert len(padded) == len(jpeg) + more
    with Image.open(io.BytesIO(jpeg)) as before, Image.open(io.BytesIO(padded)) as after:
        assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("more", [-1, 1, 3, 0x10002])
def test_padding_that_cannot_be(more: int) -> None:
    jpeg = portrait_jpeg(sample_people()["mau"].look)
    with pytest.raises(ValueError, match="cannot be padded"):
        pad_jpeg(jpeg, len(jpeg) + more)
