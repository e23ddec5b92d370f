"""The command that draws a chart into a file."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from typer.testing import CliRunner

import workbench.services
from tests.unit.views.test_share import Services
from workbench.cli import app


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Daily bars of ES from March 2026 on."""
    made = Services()
    monkeypatch.setattr(workbench.services, "get_services", lambda: made)


def run(*arguments: str):
    return CliRunner().invoke(app, ["picture", *arguments])


def words(path: Path) -> str:
    return " ".join(ElementTree.fromstring(path.read_text("utf-8")).itertext())


def test_a_picture_shows_what_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    asked = ("ES", "1d", "--type", "line", "--study", "ema(window=5)", "--study", "rsi", "--scale", "percent", "--dark")
    result = run(*asked, "--from", "2026-04-01", "--to", "2026-06-30", "-o", str(path))
    assert result.exit_code == 0, result.output
    assert result.output.strip() == f"{path}: 91 bars of ES"
    said = words(path)
    assert "Tue 30 Jun 2026" in said and "EMA" in said and "RSI" in said and "+4 %" in said
    plain = tmp_path / "b.svg"
    assert run("ES", "1d", "--bars", "40", "-o", str(plain)).exit_code == 0
    assert "EMA" not in words(plain) and "+4 %" not in words(plain)


def test_each_ending_makes_its_file_and_pictures_their_size(tmp_path: Path) -> None:
    png = tmp_path / "a.png"
    assert run("ES", "--size", "500x300", "-o", str(png)).exit_code == 0
    assert struct.unpack(">II", png.read_bytes()[16:24]) == (1000, 600)
    page, table = tmp_path / "a.html", tmp_path / "a.csv"
    assert run("ES", "-o", str(page)).exit_code == run("ES", "--bars", "20", "-o", str(table)).exit_code == 0
    assert page.read_bytes().startswith(b"<!DOCTYPE html>") and len(pd.read_csv(table)) == 20


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ES", "-o", "a.gif"], "ending in .png, .svg"),
        (["ES", "-o", "no/such/folder.png"], "name a file in a folder that is there"),
        (["ES", "--size", "large"], "--size takes WIDTHxHEIGHT in px, such as 1200x675, got 'large'"),
        (["ES", "--size", "100x100"], "width 100 px of a picture: it must be 320 to 8000"),
        (["ES", "--scale", "loq"], "--scale 'loq' is not known: did you mean log?"),
        (["ES", "--type", "hollw"], "did you mean hollow or hlc?"),
        (["ES", "--study", "emma"], "did you mean"),
        (["ES", "--from", "soon"], "--from 'soon' cannot be read"),
        (["ES", "--from", "2026-04-02", "--to", "2026-04-01"], "is not before end"),
        (["ES", "--from", "2026-04-02", "--bars", "20"], "--bars counts from the newest back"),
        (["NQ"], "there are no bars of NQ on the chart to export"),
    ],
)
def test_what_is_wrong_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 1 and message in " ".join(result.output.split()) and "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []
