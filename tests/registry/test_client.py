"""The kiosk's way to a registry that answers badly."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator

import httpx
import pytest

from registry.client import RegistryClient
from registry.errors import RegistryBusy, RegistryUnreachable


def client(response: httpx.Response) -> RegistryClient:
    seconds = itertools.count()
    transport = httpx.MockTransport(lambda _request: response)
    return RegistryClient("http://registry.invalid", transport=transport, clock=lambda: float(next(seconds)))


def drip(chunk: bytes) -> Iterator[bytes]:
    """An answer without an end."""
    return itertools.repeat(chunk)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, content=drip(b"[")),
        httpx.Response(200, content=drip(b" " * 600_000)),
        httpx.Response(200, content=drip(gzip.compress(b" " * 2_000_000)), headers={"Content-Encoding": "gzip"}),
        httpx.Response(200, content=iter([b"no gzip"]), headers={"Content-Encoding": "gzip"}),
        httpx.Response(503, content=drip(b"x" * 600_000)),
        httpx.Response(200, content=b'[{"id":'),
        httpx.Response(302, headers={"Location": "http://elsewhere.invalid/"}),
    ],
    ids=["endless", "too large", "unpacks too large", "falsely packed", "endless refusal", "half", "elsewhere"],
)
def test_an_answer_that_is_none_is_no_answer(response: httpx.Response) -> None:
    with client(response) as asked, pytest.raises(RegistryUnreachable):
        asked.clinics()


@pytest.mark.parametrize(("header", "pause"), [("120", 120.0), ("9" * 400, 86_400.0), ("soon", None), ("-1", None)])
def test_no_registry_sends_a_kiosk_away_for_ever(header: str, pause: float | None) -> None:
    with client(httpx.Response(503, headers={"Retry-After": header})) as asked, pytest.raises(RegistryBusy) as busy:
        asked.clinics()
    assert busy.value.retry_after == pause
