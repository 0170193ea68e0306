"""The kiosk in a window, beside a panel that plays the person in front of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
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
from ui.window import run

_CARDS: Mapping[str, tuple[str, str | None, str]] = MappingProxyType(
    {
        "good": ("cccd-no-expiry", None, "Bà Lan · thẻ tốt"),
        "young": ("cccd", None, "Anh Mẫu · thẻ tốt"),
        "new": ("can_cuoc_2024", None, "Cô Yến · thẻ Căn cước 2024"),
        "expired-insurance": ("cccd-expired-insurance", None, "Bảo hiểm đã hết hạn"),
        "tampered": ("cccd", "tampered-portrait", "Ảnh trong chip bị thay"),
        "unknown-issuer": ("cccd", "unknown-issuer", "Nơi cấp không rõ"),
        "pulled-away": ("cccd", "pulled-away", "Thẻ bị nhấc ra giữa chừng"),
        "bank-card": ("bank-card", None, "Thẻ ngân hàng"),
    }
)
"""Buttons: profile, fault, label."""


def play(stage: Stage, desk: Desk) -> int:
    """Run until the window is closed; gives the application's exit code."""
    settings = stage.settings(desk=desk)
    access = stage.registry.running
    with (
        RegistryClient(access.url, token=access.token) as client,
        assembled(settings, client, stage.trust, Extras(code_devices=False)) as conductor,
    ):
        hand = _Hand(stage, conductor)
        groups = [
            DemoGroup("Đưa mã QR và đặt thẻ", [(identity, label) for identity, (_, _, label) in _CARDS.items()]),
            DemoGroup("Thẻ", [("place-only", "Chỉ đặt thẻ của anh Mẫu"), ("take", "Lấy thẻ ra")]),
            DemoGroup("Mã QR", [("code-only", "Chỉ đưa mã của anh Mẫu"), ("foreign-code", "Đưa một mã lạ")]),
            DemoGroup("Mạng", [("cut", "Ngắt mạng"), ("restore", "Nối lại mạng")]),
        ]
        panel = DemoViewModel(groups, hand.act)
        hand.note = panel.tell
        conductor.start()
        try:
            return run(conductor, settings, demo=panel)
        finally:
            hand.close()


class _Hand:
    """Does what the panel's buttons say, on a thread of its own."""

    def __init__(self, stage: Stage, conductor: Conductor) -> None:
        self._stage = stage
        self._conductor = conductor
        self._card: VirtualCard | None = None
        self.note: Callable[[str], None] = lambda _: None
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
                self.note("Mạng đang ngắt")
            case "restore":
                self._stage.registry.restore()
                self.note("Mạng đã nối lại")
            case _:
                profile, fault, label = _CARDS[button]
                self._place(profile, fault, with_code=True)
                self.note(f"Trên đầu đọc: {label}")

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
            self.note("Đầu đọc đang trống")

    def _show_code(self, text: str | None) -> None:
        for read in codes_seen(text or ""):
            self._conductor.post(CodeScanned(read))

    def _tell_fault(self, error: BaseException) -> None:
        self.note(describe(error))
