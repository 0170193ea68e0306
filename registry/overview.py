"""The page at `/`: what happened today, without personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from registry.chip_proof import ChipProof
from registry.messages import ClinicInfo

_STYLE = """
body { font: 18px/1.35 "Be Vietnam Pro", system-ui, sans-serif; margin: 3rem auto; max-width: 46rem; padding: 0 1rem;
       background: #FBFAF6; color: #10231F }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 500; color: #3C4F4A }
td, th { padding: .6rem 0 } td:last-child, th:last-child { text-align: right; font-variant-numeric: tabular-nums }
"""

_CHIP_PROOFS: Final = MappingProxyType(
    {
        ChipProof.PROVEN: "chip được hệ thống trung tâm xác thực",
        ChipProof.REFUTED: "chip không vượt qua xác thực",
        ChipProof.NONE: "chip chưa được hệ thống trung tâm xác thực",
    }
)


def overview_page(clinics: Iterable[ClinicInfo], check_ins: int, chip_proofs: Mapping[ChipProof, int]) -> str:
    """One page of HTML: today's numbers per clinic, all check-ins ever stored, and what is proved of their chips."""
    rows = "".join(
        f"<tr><td>{escape(clinic.name_vi)}</td><td>{escape(clinic.room)}</td><td>{clinic.given_today}</td></tr>"
        for clinic in clinics
    )
    proofs = "".join(f"<tr><td>{text}</td><td>{chip_proofs[proof]}</td></tr>" for proof, text in _CHIP_PROOFS.items())
    return (
        f'<!doctype html><html lang="vi"><meta charset="utf-8"><title>Một Chạm</title><style>{_STYLE}</style>'
        f"<h1>Một Chạm</h1><p>{check_ins} lượt đăng ký đã lưu.</p>"
        f"<table>{proofs}</table>"
        f"<table><tr><th>Phòng khám</th><th>Phòng</th><th>Số đã cấp hôm nay</th></tr>{rows}</table></html>"
    )
