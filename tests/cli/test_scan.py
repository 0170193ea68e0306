"""`motcham scan`: the contract's JSON, and plain words for what cannot be scanned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import typer
import zxingcpp
from typer.testing import CliRunner, Result

from cli.scan import scan

CCCD = "001099000001|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 Phố Huế, Hà Nội|01012022"
CAN_CUOC = "001199000002||Đỗ Thị Thuỳ Dương|02032001|Nữ|Thôn Đoài, Xã Ứng Hoà, Hà Nội|02082024||||"


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(scan)
    return app


def run(app: typer.Typer, *arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def draw(path: Path, text: str | None) -> Path:
    image = np.full((60, 60), 255, dtype=np.uint8)
    if text is not None:
        image = np.array(zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode).to_image(scale=4))
    assert cv2.imwrite(str(path), image)
    return path


def test_one_json_object_a_file(app: typer.Typer, tmp_path: Path) -> None:
    paths = [
        draw(tmp_path / "cccd.png", CCCD),
        draw(tmp_path / "căn cước.jpg", CAN_CUOC),
        draw(tmp_path / "other.png", "https://example.vn"),
        draw(tmp_path / "empty.png", None),
    ]
    result = run(app, *paths, "--json")
    assert result.exit_code == 0
    reports = objects(result)
    assert [report["schema"] for report in reports] == ["motcham.scan/1"] * 4
    assert [report["file"] for report in reports] == [str(path) for path in paths]
    found = [code for report in reports for code in report["results"]]
    assert [(code["kind"], code["text"], code["payload"]["type"]) for code in found] == [
        ("qr", CCCD, "cccd"),
        ("qr", CAN_CUOC, "can_cuoc"),
        ("qr", "https://example.vn", "unknown"),
    ]
    assert found[0]["payload"]["name"] == "Nguyễn Văn Mẫu"
    assert all(code["ms"] > 0 for code in found)
    assert reports[3]["results"] == []


def test_plain_words(app: typer.Typer, tmp_path: Path) -> None:
    card, empty = draw(tmp_path / "card.png", CCCD), draw(tmp_path / "empty.png", None)
    result = run(app, card, empty, "--kind", "qr")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"{card}: cccd: {CCCD}", f"{empty}: no QR code found"]


def test_a_code_cannot_command_the_terminal(app: typer.Typer, tmp_path: Path) -> None:
    result = run(app, draw(tmp_path / "evil.png", "\x1b[2Jhello\r\n\u202eolleh"))
    assert result.stdout.endswith(": unknown: \\x1b[2Jhello\\r\\n\\u202eolleh\n")


def test_a_file_that_is_no_picture_is_named_and_the_others_are_scanned(app: typer.Typer, tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    card = draw(tmp_path / "card.png", CCCD)
    result = run(app, text, card, "--json")
    assert result.exit_code == 2
    assert "image.unreadable" in result.stderr
    assert str(text) in result.stderr
    bad, good = objects(result)
    assert bad["results"] == []
    assert bad["error"]["code"] == "image.unreadable"
    assert good["results"][0]["text"] == CCCD
    assert run(app, text).stdout == ""


def test_a_missing_file_is_wrong_usage(app: typer.Typer, tmp_path: Path) -> None:
    for missing in (tmp_path / "none.png", tmp_path):
        result = run(app, missing, "--json")
        assert result.exit_code == 2
        assert result.stdout == ""
    assert run(app).exit_code == 2


def test_an_mrz_is_said_to_be_beyond_this_version(app: typer.Typer, tmp_path: Path) -> None:
    card = draw(tmp_path / "card.png", CCCD)
    result = run(app, card, "--kind", "mrz", "--json")
    assert result.exit_code == 2
    assert "scan.mrz_not_available" in result.stderr
    [report] = objects(result)
    assert report["error"]["code"] == "scan.mrz_not_available"
    assert report["results"] == []
