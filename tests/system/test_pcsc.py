"""The reader on the real PC/SC service, with software cards in vpcd's virtual readers."""

from __future__ import annotations

import os
import queue
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from crypto.certificates import Certificate
from firmware_profiles.loader import load_profiles
from firmware_profiles.schema import ReaderTiming
from reader.errors import CardRemoved, LinkError, LinkTimeout, NoCard, NoReader, ServiceUnavailable
from reader.inspection import Inspector
from reader.model import Verdict
from reader.opening import opening_from_qr
from reader.patient_reading import read_patiently
from reader.pcsc import PcscPlace, PcscService, PcscTransport, takes_documents
from reader.policy import Policy
from reader.read_memory import ReadMemory
from reader.trust import Anchor, TrustStore
from reader.watcher import (
    CardInserted,
    CardRemovedEvent,
    CardWatcher,
    ReaderConnected,
    ReaderDisconnected,
    ServiceFound,
    ServiceLost,
    WatcherEvent,
)
from simulator import pcscd as simulated
from simulator.citizen_card import CardModel, ChipKeys, personalise, qr_text
from simulator.faults import find_fault
from simulator.issuer import Issuer
from simulator.people import sample_people
from simulator.sample_card import SampleCard
from simulator.vpcd import CONTACTLESS_ATR, VirtualCard

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may start and stop the service"),
]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = "Virtual PCD 00 00"


class Service:
    """A PC/SC service of this test's own."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program is not None
        self.process = subprocess.Popen([program, "--foreground"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def service(pcsc_lock: None) -> Iterator[Service]:
    if simulated.is_running():
        pytest.skip("a PC/SC service runs already, and may not be stopped")
    own = Service()
    yield own
    own.kill()


@pytest.fixture
def running(service: Service) -> Service:
    service.start()
    return service


class Echo:
    """A card that answers each command with success and nothing else, until told otherwise."""

    def __init__(self) -> None:
        self.silent = threading.Event()
        self.awake = threading.Event()

    def reset(self) -> None:
        pass

    def transmit(self, command: bytes) -> bytes:
        if self.silent.is_set():
            self.awake.wait()
        return b"\x90\x00"


class Events:
    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[WatcherEvent] = queue.SimpleQueue()
        self.put = self._queue.put

    def wait_for(self, wanted: WatcherEvent, seconds: float = 5.0) -> list[WatcherEvent]:
        """Everything up to and including the event."""
        deadline, seen = time.monotonic() + seconds, []
        while not seen or seen[-1] != wanted:
            try:
                seen.append(self._queue.get(timeout=max(0.001, deadline - time.monotonic())))
            except queue.Empty:
                pytest.fail(f"{wanted} did not come within {seconds} s, but {seen}")
        return seen


@pytest.fixture
def events() -> Iterator[Events]:
    found = Events()
    watcher = CardWatcher(found.put)
    watcher.start()
    yield found
    watcher.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "card watcher"]


def test_the_watcher_outlives_the_service(service: Service, events: Events) -> None:
    events.wait_for(ServiceLost())
    service.start()
    found = events.wait_for(ReaderConnected(SLOT))
    assert found[0] == ServiceFound()
    with VirtualCard(Echo()):
        events.wait_for(CardInserted(SLOT, CONTACTLESS_ATR))
    events.wait_for(CardRemovedEvent(SLOT))
    for _ in range(2):
        with VirtualCard(Echo()):
            events.wait_for(CardInserted(SLOT, CONTACTLESS_ATR))
            service.kill()
            gone = events.wait_for(ServiceLost())
            assert gone.index(CardRemovedEvent(SLOT)) < gone.index(ReaderDisconnected(SLOT))
            service.start()
            started = time.monotonic()
            events.wait_for(ReaderConnected(SLOT))
            assert time.monotonic() - started < 5
            events.wait_for(CardInserted(SLOT, CONTACTLESS_ATR))
        events.wait_for(CardRemovedEvent(SLOT))


def test_readers_and_cards_are_waited_for(running: Service) -> None:
    pcsc = PcscService()
    with pytest.raises(NoReader):
        pcsc.wait_for_card(lambda name: "no such reader" in name, 1.0)
    with pytest.raises(NoCard):
        pcsc.wait_for_card(takes_documents, 0.1)
    assert SLOT in pcsc.list_readers()
    card = VirtualCard(Echo())
    threading.Timer(0.3, card.insert).start()
    assert pcsc.wait_for_card(takes_documents, 5.0) == SLOT
    with pcsc.connect(SLOT) as transport:
        assert transport.transmit(b"\x00\xa4\x00\x0c") == b"\x90\x00"
    card.remove()
    running.kill()
    with pytest.raises(ServiceUnavailable):
        pcsc.list_readers()
    running.start()
    with pytest.raises(NoCard):
        pcsc.wait_for_card(lambda name: name == SLOT, 1.0)
    pcsc.close()


def test_no_service() -> None:
    class Dead:
        def __init__(self) -> None:
            raise ServiceUnavailable("not running")

    with pytest.raises(ServiceUnavailable):
        PcscService(Dead).wait_for_card(takes_documents, 0.2)  # type: ignore[arg-type]


def connected(pcsc: PcscService, name: str) -> PcscTransport:
    """A connection as soon as there can be one: vpcd takes a card that hung for absent until it looks again."""
    deadline = time.monotonic() + 5.0
    while True:
        try:
            return pcsc.connect(pcsc.wait_for_card(lambda reader: reader == name, 5.0))
        except NoCard:
            assert time.monotonic() < deadline


def test_a_card_that_never_answers_is_cut_off(running: Service) -> None:
    chip, pcsc = Echo(), PcscService()
    with VirtualCard(chip):
        name = pcsc.wait_for_card(takes_documents, 5.0)
        with pcsc.connect(name, apdu_seconds=0.5) as transport:
            chip.silent.set()
            started = time.monotonic()
            with pytest.raises(LinkTimeout):
                transport.transmit(b"\x00\xb0\x00\x00\x00")
            with pytest.raises(LinkTimeout):
                transport.transmit(b"\x00\xb0\x00\x00\x00")
        assert time.monotonic() - started < 1.0
        # The rest of the program goes on: readers are seen, and the card is back once it answers.
        assert name in pcsc.list_readers()
        chip.silent.clear()
        chip.awake.set()
        with connected(pcsc, name) as transport:
            assert transport.transmit(b"\x00\xb0\x00\x00\x00") == b"\x90\x00"


def test_the_service_stops_in_mid_exchange(running: Service) -> None:
    pcsc = PcscService()
    with VirtualCard(Echo()):
        name = pcsc.wait_for_card(takes_documents, 5.0)
        with pcsc.connect(name) as transport:
            running.kill()
            with pytest.raises(LinkError) as caught:
                transport.transmit(b"\x00\xb0\x00\x00\x00")
    assert caught.value.code == "link.service_lost"


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer.create(now=NOW, random_bytes=random.Random(1).randbytes)


@pytest.fixture(scope="module")
def card(issuer: Issuer) -> SampleCard:
    person = sample_people()["mau"]
    made = personalise(person, issuer, ChipKeys.generate(random.Random(2).randbytes), dg2_size=19_967)
    return SampleCard(made, None, person, qr_text(person, CardModel.CCCD_2021))


def inspector(issuer: Issuer, profile: str) -> Inspector:
    trust = TrustStore((Anchor(Certificate.parse(issuer.csca_der), "simulated", simulated=True),))
    draw: Callable[[int], bytes] = random.Random(3).randbytes
    return Inspector(trust, Policy(), load_profiles().reader(profile), draw, time.perf_counter)


@pytest.mark.parametrize(("profile", "most"), [("virtual-pcd", 35), ("safe-default", 200)])
def test_a_whole_document(running: Service, card: SampleCard, issuer: Issuer, profile: str, most: int) -> None:
    pcsc = PcscService()
    assert card.qr_text is not None
    with card.virtual_card(random.Random(4).randbytes):
        name = pcsc.wait_for_card(takes_documents, 5.0)
        found = inspector(issuer, profile).inspect(lambda: pcsc.connect(name), opening_from_qr(card.qr_text), at=NOW)
    assert found.failure is None
    assert found.link.apdus <= most
    assert dict(found.files) == dict(card.personalisation.files)
    expected = Verdict.ACCEPT if profile == "virtual-pcd" else Verdict.REVIEW
    assert found.verdict is expected


def test_a_card_pulled_away_in_mid_read_is_read_to_its_end(running: Service, card: SampleCard, issuer: Issuer) -> None:
    pcsc, memory = PcscService(), ReadMemory()
    assert card.qr_text is not None
    opening = opening_from_qr(card.qr_text)
    fault = find_fault("pulled-away")
    lifted = SampleCard(card.personalisation, fault, card.person, card.qr_text)
    virtual = VirtualCard(lifted.chip(random.Random(5).randbytes), back_after=0.5)
    reading = inspector(issuer, "virtual-pcd")
    with virtual:
        name = pcsc.wait_for_card(takes_documents, 5.0)
        with pytest.raises(CardRemoved):
            reading.inspect(lambda: pcsc.connect(name), opening, at=NOW, memory=memory)
        half = len(memory.contents["DG2"])
        assert 0 < half < 19_967
        assert pcsc.wait_for_card(lambda reader: reader == name, 10.0) == name
        found = reading.inspect(lambda: pcsc.connect(name), opening, at=NOW, memory=memory)
    assert found.verdict is Verdict.ACCEPT
    assert dict(found.files) == dict(card.personalisation.files)
    pcsc.close()


def test_a_service_that_dies_in_mid_read_is_waited_for(running: Service, card: SampleCard, issuer: Issuer) -> None:
    chip = card.chip(random.Random(5).randbytes)

    class Dying:
        """With the twelfth command the service dies, and all readers with it; it is started again at once."""

        commands = 0

        def transmit(self, command: bytes) -> bytes:
            self.commands += 1
            if self.commands == 12:
                running.kill()
                running.start()
            return chip.transmit(command)

        def prepare(self) -> None:
            chip.prepare()

        def reset(self) -> None:
            chip.reset()

    assert card.qr_text is not None
    interruptions: list[None] = []
    with closing(PcscService()) as pcsc, VirtualCard(Dying()):
        place = PcscPlace(pcsc, pcsc.wait_for_card(takes_documents, 5.0), ReaderTiming())
        found = read_patiently(
            inspector(issuer, "virtual-pcd"),
            place,
            opening_from_qr(card.qr_text),
            at=NOW,
            listener=lambda _: None,
            on_interruption=lambda: interruptions.append(None),
        )
    assert found.verdict is Verdict.ACCEPT
    assert len(interruptions) == 1
