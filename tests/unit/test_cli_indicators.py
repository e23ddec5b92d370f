"""The command that tells of indicators."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from workbench.charts import gallery
from workbench.cli import indicators as module
from workbench.errors import ConfigError, UnknownNameError
from workbench.indicators import indicators

APP = typer.Typer()
APP.command()(module.indicators_command)


def run(*arguments: str):
    return CliRunner().invoke(APP, list(arguments))


def test_all_are_listed() -> None:
    said = run()
    assert said.exit_code == 0
    lines = [line.split()[0] for line in said.output.splitlines() if line and not line.startswith(" ")]
    assert set(indicators.names()) <= set(lines)


def test_one_is_told() -> None:
    text = run("macd").output
    for word in (
        "Moving average convergence divergence (macd)",
        "value = ema(price, fast) - ema(price, slow)",
        "Appel",
        "Bars of the fast mean.",
        "outputs  value, signal, histogram",
        'wb.indicator("macd", fast=12)',
    ):
        assert word in text, word
    assert "no: it repaints" in run("dpo_centred").output and "causal   yes" in text


def test_an_unknown_name_is_an_error() -> None:
    assert isinstance(run("rsii").exception, UnknownNameError)


def test_the_gallery_takes_the_parity_of_the_project(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gallery.indicators, "names", lambda: ["sma", "rsi"])
    said = run("--gallery", "site")
    assert said.exit_code == 0 and said.output.startswith("site/index.html (0.0 MB)")
    assert (tmp_path / "site" / "index.html").read_text("utf-8").count("not compared") == 2
    parity = tmp_path / "docs" / "indicators" / "parity.json"
    parity.parent.mkdir(parents=True)
    parity.write_text(json.dumps({"sma": {"difference": 3e-14, "peers": ["TA-Lib SMA"]}}))
    run("--gallery", "site")
    assert "3e-14 at most, relative, from TA-Lib SMA" in (tmp_path / "site" / "index.html").read_text("utf-8")
    parity.write_text("{")
    assert isinstance(run("--gallery", "site").exception, ConfigError)


@pytest.mark.parametrize("name", ["rsi", "nothing"])
def test_a_gallery_of_one_is_refused(name, tmp_path) -> None:
    said = run(name, "--gallery", str(tmp_path))
    assert isinstance(said.exception, ConfigError) and list(tmp_path.iterdir()) == []
