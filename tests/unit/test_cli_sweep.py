"""``workbench sweep`` and ``workbench sweeps``: options, pause and resume, lists, exports."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import workbench.cli.sweep as module
import workbench.services
from tests.unit.test_cli_backtest import daily
from workbench.cli import app
from workbench.cli.sweep import STOPPED, grid_of
from workbench.config import Settings
from workbench.errors import ConfigError, UnknownNameError
from workbench.services import Services
from workbench.strategies import RsiReversion, SmaCross
from workbench.sweep import sweep
from workbench.sweep.measures import ALL

GRID = ("--grid", "fast=3:13", "--grid", "slow=5:25:2", "--where", "fast < slow", "--fees", "0.001")


@pytest.fixture(autouse=True)
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(data_dir=tmp_path / "data", catalogs=tmp_path / "catalogs", sweep_quota_jobs=5)
    made = Services(settings)
    made.catalog.store.write("test", "bars_1d", "UPP-USD", daily(0))
    monkeypatch.setattr(workbench.services, "_services", made)
    monkeypatch.chdir(tmp_path)
    yield made
    made.close()


@pytest.fixture
def expected(services):
    bars = services.catalog.bars("UPP-USD", "1d")
    values = {"fast": range(3, 13), "slow": range(5, 25, 2)}
    return sweep(SmaCross, bars, values, where="fast < slow", fees=0.001, measures=ALL)


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, (result.output, result.exception)
    assert "Traceback" not in result.output
    return result.output


def interrupted(monkeypatch: pytest.MonkeyPatch, *more: str) -> str:
    """A sweep that Ctrl-C stopped after its first piece."""

    @contextmanager
    def progress():
        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        yield stop

    with monkeypatch.context() as patch:
        patch.setattr(module, "progress", progress)
        return run("sweep", "sma_cross", "UPP-USD", "1d", *GRID, "--workers", "1", *more, code=STOPPED)


def test_the_plan_comes_first_and_the_table_is_that_of_a_sweep(expected, tmp_path):
    said = run("sweep", "sma_cross", "UPP-USD", "1d", *GRID, "--out", "t.parquet", "--top", "4")
    assert f"{len(expected)} cells of 400 bars in" in said.splitlines()[0]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), expected.table, check_exact=True)
    best = expected.best("sharpe").iloc[0]
    assert f"{best['sharpe']:,.2f}" in said and "deflated sharpe" in said and "workbench sweeps show" in said
    run("sweeps", "export", "last", "t.csv")
    assert len(pd.read_csv(tmp_path / "t.csv")) == len(expected)


def test_as_json(expected):
    said = run("sweep", "sma_cross", "UPP-USD", "1d", *GRID, "--no-job", "--json", "--top", "3")
    told = json.loads(said[said.index("{") :])
    board = expected.leaderboard(3)
    assert [one["cell"] for one in told["best"]] == board.index.tolist()
    assert [one["sharpe"] for one in told["best"]] == pytest.approx(board["sharpe"].tolist())
    assert told["cells"] == told["trials"] == len(expected) and told["id"] == ""


def test_ctrl_c_pauses_and_says_how_to_go_on(expected, services, monkeypatch):
    said = interrupted(monkeypatch, "--name", "long")
    one = services.sweeps.status("long")
    assert f"workbench sweeps resume {one.id}" in said and 0 < one.done < one.cells
    assert "paused" in run("sweeps", "list") and "long" in run("sweeps")
    assert f"{one.done:,} of {one.cells:,} cells" in run("sweeps", "show", "long")
    run("sweeps", "resume", "long", "--top", "2")
    pd.testing.assert_frame_equal(services.sweeps.load("long").table, expected.table, check_exact=True)
    assert "nothing to stop" in run("sweeps", "pause", "long", code=1)
    assert "resume" not in interrupted(monkeypatch, "--no-job")


def test_lists_and_the_trash(monkeypatch, services):
    assert "No sweep has been written yet" in run("sweeps")
    interrupted(monkeypatch, "--name", "one")
    run("sweeps", "cancel", "one")
    listed = json.loads(run("sweeps", "list", "--json"))
    assert [(one["name"], one["state"]) for one in listed] == [("one", "cancelled")]
    assert "cancelled after" in run("sweeps", "watch", "one", code=STOPPED)
    run("sweeps", "delete", "one")
    assert "No sweep has been written yet" in run("sweeps")
    run("sweeps", "restore", listed[0]["id"])
    told = json.loads(run("sweeps", "show", "one", "--json"))
    assert told["state"] == "cancelled" and told["done"] == listed[0]["done"]
    assert "has no sweeps" in run("sweeps", "list", "--who", "nobody-at-all")


def test_the_plan_alone_runs_nothing(services):
    assert "cells of 400 bars" in run("sweep", "sma_cross", "UPP-USD", "1d", *GRID, "--plan")
    assert services.sweeps.list().empty and services.ledger.list().empty


def test_drawn_cells(services):
    run("sweep", "sma_cross", "UPP-USD", "1d", *GRID, "--search", "random", "--count", "7", "--seed", "3")
    assert len(services.sweeps.load("last")) == 7


def test_the_quota_is_that_of_the_settings(services):
    for _ in range(5):
        run("sweep", "sma_cross", "UPP-USD", "1d", "--grid", "fast=3,4")
    assert "WORKBENCH_SWEEP_QUOTA_JOBS" in run("sweep", "sma_cross", "UPP-USD", "1d", "--grid", "fast=3,4", code=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give values of a parameter"),
        (("--grid", "fst=3:5"), "did you mean fast"),
        (("--grid", "fast=3:5", "--grid", "fast=7"), "given twice"),
        (("--grid", "fast"), "takes KEY=VALUE"),
        (("--grid", "fast=x:5"), "it takes 5:105"),
        (("--grid", "fast=9:5"), "below END"),
        (("--grid", "fast=0:5"), "fast=0"),
        (("--grid", "fast=x"), "it takes a whole number"),
        (("--grid", "fast=1:90000000"), "take a wider step"),
        (("--grid", "fast=3:5", "--where", "fast <"), "where="),
        (("--grid", "fast=3:5", "--out", "t.xlsx"), "ending in .parquet or .csv"),
        (("--grid", "fast=3:5", "--measure", "sharp"), "did you mean sharpe"),
        (("--grid", "fast=3:5", "--no-job", "--name", "x"), "has no --name"),
        (("--grid", "fast=3:5", "--executor", "thread"), "did you mean threads"),
        (("--grid", "fast=3:5", "--search", "latn"), "did you mean latin"),
    ],
)
def test_a_wrong_use_is_told_in_a_sentence(arguments, said):
    assert said in run("sweep", "sma_cross", "UPP-USD", "1d", *arguments, code=2)


def test_what_is_not_there_is_told():
    assert "there is no sweep 'x'" in run("sweeps", "show", "x", code=2)
    assert "did you mean sma_cross" in run("sweep", "sma_cros", "UPP-USD", "--grid", "fast=3:5", code=2)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fast=5:8", [5, 6, 7]),
        ("fast=5:12:3", [5, 8, 11]),
        ("fast=5:11:3", [5, 8]),
        ("fast=5", [5]),
        ("fast=5, 7,9", [5, 7, 9]),
        ("fast=log:1:1000:4", [1, 10, 100, 1000]),
    ],
)
def test_values_of_whole_numbers(text, values):
    found = grid_of(SmaCross, [text])["fast"]
    assert found == values and all(isinstance(one, int) for one in found)


def test_values_of_fractions():
    name = next(key for key in RsiReversion.param if isinstance(getattr(RsiReversion, key), float))
    assert grid_of(RsiReversion, [f"{name}=0.1:0.4:0.1"]) == {name: [0.1, 0.2, 0.3]}
    assert grid_of(RsiReversion, [f"{name}=log:0.01:1:3"])[name] == pytest.approx([0.01, 0.1, 1])
    with pytest.raises(ConfigError, match="needs a step"):
        grid_of(RsiReversion, [f"{name}=0.1:0.4"])
    with pytest.raises(UnknownNameError):
        grid_of(RsiReversion, ["nothing=1"])
