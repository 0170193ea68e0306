"""The example of docs/library.md, run as it stands there, against the virtual reader."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.citizen_card import CardModel, ChipKeys, personalise, qr_text
from simulator.issuer import Issuer
from simulator.pcscd import ensure_pcscd
from simulator.people import sample_people
from simulator.sample_card import SampleCard

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("pcscd") is None and not os.path.exists("/usr/sbin/pcscd"), reason="no pcscd here"),
]

MAX_LINES = 15


def test_the_example_reads_a_card(pcsc_lock: None, repository: Path, tmp_path: Path) -> None:
    text = (repository / "docs/library.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert block is not None
    example = block[1]
    assert len(example.splitlines()) <= MAX_LINES
    draw = random.Random(15).randbytes
    issuer = Issuer.create(now=datetime.now(UTC), random_bytes=draw)
    person = sample_people()["mau"]
    made = personalise(person, issuer, ChipKeys.generate(draw))
    (tmp_path / "csca" / "simulated").mkdir(parents=True)
    (tmp_path / "csca" / "simulated" / "csca.der").write_bytes(issuer.csca_der)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    card = SampleCard(made, None, person, qr_text(person, CardModel.CCCD_2021))
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    with ensure_pcscd(), card.virtual_card(draw):
        run = subprocess.run(
            [sys.executable, "example.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "accept"
    assert any(line.startswith("passive.signature passed") for line in lines)
    assert lines[-1].startswith("Nguyễn Văn Mẫu")
