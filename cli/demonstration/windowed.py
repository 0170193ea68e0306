"""The kiosk in a window, beside a panel that plays the person in front of it."""

from __future__ import annotations

import locale
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cli.demonstration.player import codes_seen
from cli.demonstration.stage import Stage
from kiosk.assembly import Extras, assembled
from kiosk.conductor import Conductor
from kiosk.faults import describe
from kiosk.visit.events import CodeScanned
from kiosk.visit.states import Desk
from kiosk.worker import Worker
from registry.client import RegistryClient
from simulator.vpcd import VirtualCard
from ui.view_models.demo_view_model import DemoGroup, DemoViewModel
from ui.view_models.words import Language
from ui.window import run


@dataclass(frozen=True, slots=True)
class _Button:
    """A button of the panel that lays a card down; `labels` in Vietnamese and English."""

    profile: str
    fault: str | None
    labels: tuple[str, str]


_CARDS: Mapping[str, _Button] = MappingProxyType(
    {
        "good": _Button("cccd-no-expiry", None, ("Bà Lan · thẻ tốt", "Mrs Lan · a good card")),
        "young": _Button("cccd", None, ("Anh Mẫu · thẻ tốt", "Mr Mẫu · a good card")),
        "new": _Button("can_cuoc_2024", None, ("Bà Yến · thẻ mẫu 2024", "Mrs Yến · the card of 2024")),
        "expired-insurance": _Button("cccd-expired-insurance", None, ("Bảo hiểm đã hết hạn", "Insurance has ended")),
        "tampered": _Button("cccd", "tampered-portrait", ("Ảnh trong chip bị thay", "Another face on the chip")),
        "unknown-issuer": _Button("cccd", "unknown-issuer", ("Nơi cấp không rõ", "Unknown issuer")),
        "pulled-away": _Button("cccd", "pulled-away", ("Thẻ bị nhấc ra giữa chừng", "Pulled away, put back")),
        "bank-card": _Button("bank-card", None, ("Thẻ ngân hàng", "A bank card")),
    }
)
_GROUPS = (
    (
        ("Đưa mã QR và đặt thẻ", "Show the QR code, lay the card down"),
        {name: card.labels for name, card in _CARDS.items()},
    ),
    (
        ("Từng việc một", "One thing at a time"),
        {
            "place-only": ("Chỉ đặt thẻ", "Lay a card down, no code"),
            "code-only": ("Chỉ đưa mã QR", "Show a code, no card"),
            "foreign-code": ("Đưa một mã lạ", "Show a strange code"),
            "take": ("Lấy thẻ ra", "Take the card away"),
        },
    ),
    (("Mạng", "Network"), {"cut": ("Ngắt mạng", "Cut"), "restore": ("Nối lại mạng", "Restore")}),
)


def play(stage: Stage, desk: Desk) -> int:
    """Run until the window is closed; gives the application's exit code."""
    settings = stage.settings(desk=desk)
    access = stage.registry.running
    with (
        RegistryClient(access.url, token=access.token) as client,
        assembled(settings, client, stage.trust, Extras(code_devices=False)) as conductor,
    ):
        hand = _Hand(stage, conductor)
        language = _panel_language()
        index = 0 if language is Language.VIETNAMESE else 1
        groups = [
            DemoGroup(heading[index], [(identity, labels[index]) for identity, labels in buttons.items()])
            for heading, buttons in _GROUPS
        ]
        panel = DemoViewModel(groups, hand.act, language)
        hand.say = panel.tell
        conductor.start()
        try:
            return run(conductor, settings, demo=panel)
        finally:
            hand.close()


def _panel_language() -> Language:
    """The panel is for whoever shows the product: it follows their system, as the kiosk itself never does."""
    spoken = locale.getlocale()[0] or ""
    return Language.VIETNAMESE if spoken.startswith("vi") else Language.ENGLISH


class _Hand:
    """Does what the panel's buttons say, on a thread of its own."""

    def __init__(self, stage: Stage, conductor: Conductor) -> None:
        self._stage = stage
        self._conductor = conductor
        self._card: VirtualCard | None = None
        self.say: Callable[[str], None] = lambda _: None
        self._worker = Worker("demo", self._tell_fault)
        self._worker.start()

    def act(self, button: str) -> None:
        """A button was pressed; returns at once."""
        self._worker.submit(lambda: self._act(button))

    def close(self) -> None:
        self._worker.stop()
        self._worker.join(5)
        self._take()

    def _act(self, button: str) -> None:
        match button:
            case "take":
                self._take()
            case "place-only":
                self._place("cccd", None, with_code=False)
            case "code-only":
                self._show_code(self._stage.card("cccd").qr_text)
            case "foreign-code":
                self._show_code("https://example.invalid/menu")
            case "cut":
                self._stage.registry.cut()
            case "restore":
                self._stage.registry.restore()
            case _:
                card = _CARDS[button]
                self._place(card.profile, card.fault, with_code=True)

    def _place(self, profile: str, fault: str | None, *, with_code: bool) -> None:
        self._take()
        card = self._stage.card(profile, fault)
        if with_code:
            # A bank card has no code: the person shows that of their identity card and lays down the other.
            self._show_code(card.qr_text or self._stage.card("cccd").qr_text)
        self._card = card.virtual_card(secrets.token_bytes)
        self._card.insert()

    def _take(self) -> None:
        if self._card is not None:
            self._card.remove()
            self._card = None

    def _show_code(self, text: str | None) -> None:
        for read in codes_seen(text or ""):
            self._conductor.post(CodeScanned(read))

    def _tell_fault(self, error: BaseException) -> None:
        self.say(describe(error))
